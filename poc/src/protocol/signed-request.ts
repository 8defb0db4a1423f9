/**
 * A request that only one key may make: a hotspot asking for what holds its credentials, an owner for what is the owner's alone.
 *
 * Signed is a line of text that a person can read in a wallet's window: `earshot-device GET /v1/… 1800000000000`, role, method,
 * path with its query, and time in Unix ms. It is good for a minute around its time, for that address.
 */
import { type DeviceSigner, SIGNATURE_BYTES, type VerifyKey, verifySignature } from "./signature.ts";

export type RequestRole = "device" | "owner";

/** Header of a request signed by a device: `TIME SIGNATURE`, the signature in base64. */
export const DEVICE_REQUEST_HEADER = "earshot-device";
/** How far the signer's clock may be from the oracle's, and the time a person takes to sign, ms. */
export const SIGNED_REQUEST_MS = 60_000;

const encoder = new TextEncoder();

/** The bytes that are signed. */
export function requestMessage(role: RequestRole, method: string, path: string, timeMs: number): Uint8Array {
  return encoder.encode(`earshot-${role} ${method} ${path} ${timeMs}`);
}

/** The value of a device's header. */
export function signRequest(
  role: RequestRole,
  method: string,
  path: string,
  timeMs: number,
  signer: DeviceSigner,
): string {
  return `${timeMs} ${signer.sign(requestMessage(role, method, path, timeMs)).toBase64()}`;
}

/**
 * Checks `TIME SIGNATURE` under a key at the oracle's time; undefined when it holds, else what was expected. Never throws.
 */
export function requestProblem(
  value: string,
  role: RequestRole,
  method: string,
  path: string,
  nowMs: number,
  key: VerifyKey,
): string | undefined {
  const [timeText = "", signatureText = "", ...more] = value.split(" ");
  if (!/^\d{1,15}$/.test(timeText) || signatureText === "" || more.length > 0) return "TIME SIGNATURE";
  const timeMs = Number(timeText);
  if (!(Math.abs(timeMs - nowMs) <= SIGNED_REQUEST_MS)) return `a time within a minute of ${Math.round(nowMs)}`;
  const signature = fromBase64(signatureText);
  if (signature?.length !== SIGNATURE_BYTES) return "a signature of 64 bytes in base64";
  const isValid = verifySignature(key, requestMessage(role, method, path, timeMs), signature);
  return isValid ? undefined : "the signature of this very request";
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}
