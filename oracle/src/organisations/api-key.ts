/** Keys for programs: a bearer token of 32 random bytes, which the oracle knows only as its SHA-256. */
import { sha256 } from "@earshot/poc/protocol";

/** Begins every key, so that one that leaked is found by who looks for leaked keys. */
const PREFIX = "earshot_";
const SECRET_BYTES = 32;
const SHAPE = /^earshot_[A-Za-z0-9_-]{43}$/;
const ID_BYTES = 6;
export const DAY_MS = 86_400_000;
export const MOST_KEY_DAYS = 366;
export const DEFAULT_KEY_DAYS = 90;

/** An API key as it is listed. */
export interface ApiKey {
  /** 12 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** The key's text from 32 random bytes. */
export function apiKeyText(random: Uint8Array): string {
  if (random.length !== SECRET_BYTES) throw new RangeError(`expected ${SECRET_BYTES} bytes, got ${random.length}`);
  return `${PREFIX}${random.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** The hash that is kept, 32 bytes; undefined for a text that is no key. */
export function apiKeyHash(text: string): Uint8Array | undefined {
  return SHAPE.test(text) ? sha256(new TextEncoder().encode(text)) : undefined;
}

/** What a key is called in lists and changes. */
export function apiKeyId(hash: Uint8Array): string {
  return hash.subarray(0, ID_BYTES).toHex();
}

/** The key of a header `Authorization: Bearer KEY`; undefined where there is none. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(header ?? "")?.[1];
}
