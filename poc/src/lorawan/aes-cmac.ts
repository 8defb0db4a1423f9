/**
 * AES-128 block operations and AES-CMAC (RFC 4493).
 *
 * The one file of `poc` besides protocol/{hash,signature}.ts that imports node:crypto, for AES-128 in ECB mode: LoRaWAN builds
 * everything from single blocks. Not constant-time around the cipher, and not a general encryption interface: ECB over
 * more than one block is what LoRaWAN prescribes for join-accepts and key derivation, and nothing else should use it.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { pocError } from "../errors.ts";

/** Bytes of a block, a key and a CMAC. */
export const AES_BLOCK_BYTES = 16;

const blockBytes = AES_BLOCK_BYTES;

function assertKeyAndBlocks(key: Uint8Array, data: Uint8Array): void {
  if (key.length !== blockBytes) throw pocError("POC_BAD_LENGTH", `AES key: expected 16 bytes, got ${key.length}`);
  if (data.length % blockBytes !== 0)
    throw pocError("POC_BAD_LENGTH", `AES data: expected whole blocks, got ${data.length} bytes`);
}

/** Encrypts whole blocks one by one. Throws POC_BAD_LENGTH. */
export function aesEncryptBlocks(key: Uint8Array, data: Uint8Array): Uint8Array {
  assertKeyAndBlocks(key, data);
  return new Uint8Array(createCipheriv("aes-128-ecb", key, null).setAutoPadding(false).update(data));
}

/** Decrypts whole blocks one by one. Throws POC_BAD_LENGTH. */
export function aesDecryptBlocks(key: Uint8Array, data: Uint8Array): Uint8Array {
  assertKeyAndBlocks(key, data);
  return new Uint8Array(createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false).update(data));
}

/** Doubles in GF(2^128): shift left by one bit, reduce by 0x87 (RFC 4493 §2.3). */
function double(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(blockBytes);
  for (let i = 0; i < blockBytes; i++) result[i] = (block[i] << 1) | (i + 1 < blockBytes ? block[i + 1] >>> 7 : 0);
  if (block[0] & 0x80) result[blockBytes - 1] ^= 0x87;
  return result;
}

/** The 16-byte CMAC of a message of any length. Throws POC_BAD_LENGTH when the key has not 16 bytes. */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const subkey1 = double(aesEncryptBlocks(key, new Uint8Array(blockBytes)));
  const isWhole = message.length > 0 && message.length % blockBytes === 0;
  const lastStart = isWhole ? message.length - blockBytes : message.length - (message.length % blockBytes);
  const last = new Uint8Array(blockBytes);
  last.set(message.subarray(lastStart));
  if (!isWhole) last[message.length - lastStart] = 0x80;
  const subkey = isWhole ? subkey1 : double(subkey1);
  let state: Uint8Array = new Uint8Array(blockBytes);
  for (let at = 0; at < lastStart; at += blockBytes) {
    for (let i = 0; i < blockBytes; i++) state[i] ^= message[at + i];
    state = aesEncryptBlocks(key, state);
  }
  for (let i = 0; i < blockBytes; i++) state[i] ^= last[i] ^ subkey[i];
  return aesEncryptBlocks(key, state);
}
