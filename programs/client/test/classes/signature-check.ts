/** Signature checks as nobody should send them: every field of the precompiles' data by hand. Layout: SIMD-0075 and Ed25519SigVerify. */
import { PublicKey, TransactionInstruction } from "@solana/web3.js";

export const ED25519 = new PublicKey("Ed25519SigVerify111111111111111111111111111");
export const SECP256R1 = new PublicKey("Secp256r1SigVerify1111111111111111111111111");
const THIS = 0xffff;

export interface Check {
  /** As the precompile takes it: 32 bytes of Ed25519, 33 of P-256. */
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  /** Instructions that signature, key and message are read from. */
  readonly from?: readonly [number, number, number];
  /** Bytes nobody reads between the parts. */
  readonly gap?: number;
  readonly count?: number;
}

/** A check with its parts in an unusual order and place: message, then key, then signature. */
export function signatureCheck(programId: PublicKey, check: Check): TransactionInstruction {
  const { key, signature, message, from = [THIS, THIS, THIS], gap = 0, count = 1 } = check;
  const messageAt = 16 + gap;
  const keyAt = messageAt + message.length + gap;
  const signatureAt = keyAt + key.length + gap;
  const data = Buffer.alloc(signatureAt + signature.length, 0xcc);
  data[0] = count;
  data[1] = 0;
  [signatureAt, from[0], keyAt, from[1], messageAt, message.length, from[2]].forEach((word, index) => {
    data.writeUInt16LE(word, 2 + 2 * index);
  });
  data.set(message, messageAt);
  data.set(key, keyAt);
  data.set(signature, signatureAt);
  return new TransactionInstruction({ programId, keys: [], data });
}

/** A check of no signature at all, which the Ed25519 precompile accepts. */
export function emptyCheck(programId: PublicKey): TransactionInstruction {
  return new TransactionInstruction({ programId, keys: [], data: Buffer.from([0, 0]) });
}
