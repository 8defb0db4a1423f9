/**
 * SHA-256, and SHA-512 for Ed25519, for poc: the one file that reaches the native hashes.
 *
 * Native and not a kernel in TypeScript, because both were tried: under JavaScriptCore an unrolled compression of one block took
 * 2.6 times as long as the native call takes for two blocks, call included (gcc -O3 on the same source: 2.3 times), on a CPU with
 * SHA instructions. So sortition and selection hash whole messages instead of keeping midstates.
 */
import { pocError } from "../errors.ts";

/** Bytes of a SHA-256 digest. */
export const DIGEST_BYTES = 32;

/** SHA-256 of the concatenation of `parts`, in a new array of 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const digest = new Uint8Array(DIGEST_BYTES);
  if (parts.length === 1) {
    Bun.SHA256.hash(parts[0]!, digest);
    return digest;
  }
  const hasher = new Bun.SHA256();
  for (const part of parts) hasher.update(part);
  hasher.digest(digest);
  return digest;
}

/**
 * SHA-256 of `message` into `digest`, allocating nothing: for loops.
 * @throws POC_BAD_LENGTH if `digest` is not exactly 32 bytes.
 */
export function sha256Into(message: Uint8Array, digest: Uint8Array): void {
  if (digest.length !== DIGEST_BYTES)
    throw pocError("POC_BAD_LENGTH", `digest: 32 bytes expected, ${digest.length} given`);
  Bun.SHA256.hash(message, digest);
}

/**
 * SHA-512 of `message` into `digest`, which Ed25519 is made with.
 * @throws POC_BAD_LENGTH if `digest` is not exactly 64 bytes.
 */
export function sha512Into(message: Uint8Array, digest: Uint8Array): void {
  if (digest.length !== 64) throw pocError("POC_BAD_LENGTH", `digest: 64 bytes expected, ${digest.length} given`);
  Bun.SHA512.hash(message, digest);
}
