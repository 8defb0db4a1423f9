/**
 * ECDSA on P-256 with the nonce of RFC 6979, so that a simulation signs the same bytes on every run.
 *
 * The native signer draws its nonce at random. Here k comes from HMAC-SHA-256 as the RFC says, k·G from the native ECDH, and the
 * rest is a few operations on bigint. Not for a key worth anything: nothing here hides its timing.
 */
import { createECDH, createHmac } from "node:crypto";
import { DEVICE_KEY_BYTES, type DeviceSigner, SIGNATURE_BYTES, sha256, withLowS } from "@earshot/poc/protocol";

/** Order of the base point. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SCALAR_BYTES = 32;

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function toBytes(value: bigint): Uint8Array {
  return Uint8Array.fromHex(value.toString(16).padStart(2 * SCALAR_BYTES, "0"));
}

/** The inverse modulo the (prime) order, by Euclid's algorithm. */
function inverse(value: bigint): bigint {
  let [r, nextR, t, nextT] = [ORDER, value, 0n, 1n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR] = [nextR, r - quotient * nextR];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return t < 0n ? t + ORDER : t;
}

function hmac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** The nonces of RFC 6979, section 3.2, for a key and a hash, one after the other. */
function* nonces(scalar: Uint8Array, hash: Uint8Array): Generator<bigint> {
  const reduced = toBytes(toBigInt(hash) % ORDER);
  let v: Uint8Array = new Uint8Array(32).fill(1);
  let k: Uint8Array = new Uint8Array(32);
  for (const round of [0, 1]) {
    k = hmac(k, v, Uint8Array.of(round), scalar, reduced);
    v = hmac(k, v);
  }
  for (;;) {
    v = hmac(k, v);
    const nonce = toBigInt(v);
    if (nonce > 0n && nonce < ORDER) yield nonce;
    k = hmac(k, v, Uint8Array.of(0));
    v = hmac(k, v);
  }
}

/** A P-256 signer from its secret scalar (32 bytes, big-endian, from 1 to n - 1) whose signatures depend on nothing else. */
export function deterministicP256Signer(scalar: Uint8Array): DeviceSigner {
  const own = createECDH("prime256v1");
  own.setPrivateKey(scalar);
  const publicKey = new Uint8Array(DEVICE_KEY_BYTES);
  publicKey.set(own.getPublicKey(null, "compressed"));
  const secret = toBigInt(scalar);
  const point = createECDH("prime256v1");
  return {
    publicKey,
    sign(message) {
      const hash = sha256(message);
      const signature = new Uint8Array(SIGNATURE_BYTES);
      for (const nonce of nonces(scalar, hash)) {
        point.setPrivateKey(toBytes(nonce));
        const r = toBigInt(point.getPublicKey().subarray(1, 1 + SCALAR_BYTES)) % ORDER;
        const s = (inverse(nonce) * (toBigInt(hash) + r * secret)) % ORDER;
        if (r === 0n || s === 0n) continue;
        signature.set(toBytes(r));
        signature.set(toBytes(s), SCALAR_BYTES);
        break;
      }
      return withLowS(signature);
    },
  };
}
