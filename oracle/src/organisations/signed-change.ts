/**
 * A change that its signer alone can ask for, once, of one oracle (docs/adr/0020).
 *
 * Header `earshot-change: SIGNER REVISION TIME SIGNATURE`. Signed is a line of text, `earshot-change METHOD PATH TIME REVISION ORACLE
 * SHA256`: path with its query, time in Unix ms and good for a minute around it, the revision that is changed, the oracle's key as text,
 * and the body's hash in hexadecimal.
 */
import { type DeviceSigner, SIGNATURE_BYTES, SIGNED_REQUEST_MS, sha256, verifySignature } from "@earshot/poc/protocol";
import { type Refusal, refusal } from "./organisation.ts";
import { signerKey } from "./signer.ts";

export const CHANGE_HEADER = "earshot-change";
/** Longest header: a key of 51 characters, two numbers, a signature in base64. */
export const MAX_CHANGE_HEADER_CHARS = 200;

export interface ChangeRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: Uint8Array;
}

export interface SignedChange {
  readonly status: "signed";
  readonly signer: string;
  readonly revision: number;
}

const SHAPE = /^([1-9A-HJ-NP-Za-km-z]{32,51}) ([0-9]{1,15}) ([0-9]{1,15}) ([A-Za-z0-9+/]{86}==)$/;
const encoder = new TextEncoder();

/** The bytes that are signed. */
export function changeMessage(
  { method, path, body }: ChangeRequest,
  timeMs: number,
  revision: number,
  oracle: string,
): Uint8Array {
  return encoder.encode(`earshot-change ${method} ${path} ${timeMs} ${revision} ${oracle} ${sha256(body).toHex()}`);
}

/** The header's value. `signer` is the text that names the key. */
export function signChange(
  request: ChangeRequest,
  { timeMs, revision, oracle }: { readonly timeMs: number; readonly revision: number; readonly oracle: string },
  signer: string,
  key: Pick<DeviceSigner, "sign">,
): string {
  const signature = key.sign(changeMessage(request, timeMs, revision, oracle));
  return `${signer} ${revision} ${timeMs} ${signature.toBase64()}`;
}

/** Reads and checks the header at the oracle's time. Never throws. */
export function readSignedChange(
  header: string,
  request: ChangeRequest,
  oracle: string,
  nowMs: number,
): SignedChange | Refusal {
  const [, signer = "", revisionText = "", timeText = "", signatureText = ""] = SHAPE.exec(header) ?? [];
  if (signer === "") {
    return refusal(
      "bad_request",
      `${CHANGE_HEADER}: SIGNER REVISION TIME SIGNATURE`,
      header === "" ? "none" : "another",
    );
  }
  const revision = Number(revisionText);
  const timeMs = Number(timeText);
  if (!(Math.abs(timeMs - nowMs) <= SIGNED_REQUEST_MS)) {
    return refusal("bad_request", `${CHANGE_HEADER}: a time within a minute of ${Math.round(nowMs)}`, timeMs);
  }
  const key = signerKey(signer);
  if (key === undefined) return refusal("bad_request", `${CHANGE_HEADER}: a wallet or a route key`, signer);
  const signature = bytesOf(signatureText);
  const isSigned =
    signature !== undefined && verifySignature(key, changeMessage(request, timeMs, revision, oracle), signature);
  if (isSigned) return { status: "signed", signer, revision };
  return refusal("bad_signature", "the signature of this very change, for this oracle", "another");
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
    return bytes.length === SIGNATURE_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}
