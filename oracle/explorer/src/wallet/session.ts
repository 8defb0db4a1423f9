/**
 * Who is signed in: a wallet whose key this page may sign lines of text with, never transactions (docs/adr/0019).
 *
 * The key becomes a WebCrypto key that cannot be read back, lives as long as the page, and is stored nowhere. Each request is signed
 * with its path and time, good for a minute, as poc/protocol signed-request.ts has it.
 */
import { useEffect, useState } from "preact/hooks";
import { ask, oracleNowMs } from "../api.ts";
import { base58Text } from "./base58.ts";

export interface Session {
  /** Base58. */
  readonly wallet: string;
  readonly key: CryptoKey;
}

const SEED_BYTES = 32;
/** PKCS #8 of an Ed25519 seed, before the seed (RFC 8410). */
const PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
const PROBE = new TextEncoder().encode("earshot-owner probe");

let current: Session | undefined;
const listeners = new Set<(session: Session | undefined) => void>();

/** Reads a keypair file of Solana's tools, `[1,2,…]` with 64 numbers: seed, then public key. Throws Error with what was expected. */
export async function signIn(text: string): Promise<void> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new Error(
      "This page was not loaded from localhost or over https, so the browser signs nothing. Use the command line.",
    );
  }
  const bytes = bytesOf(text);
  const seed = bytes.slice(0, SEED_BYTES);
  const publicBytes = bytes.slice(SEED_BYTES);
  const pkcs8 = new Uint8Array(PKCS8.length + SEED_BYTES);
  pkcs8.set(PKCS8);
  pkcs8.set(seed, PKCS8.length);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  pkcs8.fill(0);
  seed.fill(0);
  bytes.fill(0, 0, SEED_BYTES);
  const verifier = await crypto.subtle.importKey("raw", publicBytes, "Ed25519", false, ["verify"]);
  const isPair = await crypto.subtle.verify(
    "Ed25519",
    verifier,
    await crypto.subtle.sign("Ed25519", key, PROBE),
    PROBE,
  );
  if (!isPair) throw new Error("The two halves of the file do not belong together: it is no keypair.");
  tell({ wallet: base58Text(publicBytes), key });
}

export function signOut(): void {
  tell(undefined);
}

export function useSession(): Session | undefined {
  const [session, setSession] = useState(current);
  useEffect(() => {
    setSession(current);
    listeners.add(setSession);
    return () => void listeners.delete(setSession);
  }, []);
  return session;
}

/** Asks for what is the wallet's alone. Throws ApiFailure. */
export async function askSigned<T>(session: Session, path: string): Promise<T> {
  return ask<T>(path, await signedHeaders(session, path));
}

/** The same for an answer that is no JSON. Throws Error. */
export async function askSignedText(session: Session, path: string): Promise<string> {
  const answer = await fetch(path, { headers: await signedHeaders(session, path), cache: "no-store" });
  if (!answer.ok) throw new Error(`the oracle refused: ${answer.status}`);
  return answer.text();
}

async function signedHeaders({ wallet, key }: Session, path: string): Promise<Readonly<Record<string, string>>> {
  const timeMs = Math.round(oracleNowMs());
  const line = new TextEncoder().encode(`earshot-owner GET ${path} ${timeMs}`);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, line));
  return { "earshot-owner": `${wallet} ${timeMs} ${btoa(String.fromCharCode(...signature))}` };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("That is no keypair file: expected a list of 64 numbers, such as `solana-keygen` writes.");
  }
  const isBytes =
    Array.isArray(value) &&
    value.length === 2 * SEED_BYTES &&
    value.every((one) => Number.isInteger(one) && one >= 0 && one < 256);
  if (!isBytes) throw new Error("That is no keypair file: expected a list of 64 numbers from 0 to 255.");
  return Uint8Array.from(value as number[]);
}

function tell(session: Session | undefined): void {
  current = session;
  for (const listener of listeners) listener(session);
}
