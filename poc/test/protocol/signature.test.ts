import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DeviceSigner,
  ED25519_TAG,
  importKey,
  signerFromEd25519Seed,
  signerFromP256Scalar,
  verifySignature,
  withLowS,
} from "../../src/protocol/index.ts";
import { bytes, codeOf, edDevice, hex, p256Device, seed, soak, vectors } from "./support.ts";

interface SignatureVectors {
  readonly valid: readonly { key: string; message: string; signature: string }[];
  readonly invalid: readonly { key: string; message: string; signature: string; why: string }[];
}
const { valid, invalid } = vectors<SignatureVectors>("signatures.json");
const EIGHT_TORSION = ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
const ED_ORDER = ed25519.Point.Fn.ORDER;
const P256_ORDER = p256.Point.Fn.ORDER;

function little(value: bigint): Uint8Array {
  return ed25519.Point.Fn.toBytes(value);
}

/** h of RFC 8032: SHA-512(R, A, M) mod L. */
function challengeScalar(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  const digest = new Bun.CryptoHasher("sha512").update(r).update(a).update(message).digest();
  return BigInt(`0x${hex(new Uint8Array(digest).toReversed())}`) % ED_ORDER;
}

describe("verifySignature", () => {
  test("accepts the vectors of both kinds", () => {
    for (const { key, message, signature } of valid) {
      expect(verifySignature(importKey(bytes(key)), bytes(message), bytes(signature))).toBe(true);
    }
  });

  test("refuses malleated, out-of-range, small-order and wrongly long signatures", () => {
    for (const { key, message, signature, why } of invalid) {
      expect(verifySignature(importKey(bytes(key)), bytes(message), bytes(signature)), why).toBe(false);
    }
  });

  test("accepts the second Ed25519 vector of RFC 8032", () => {
    const key = importKey(bytes(`ed3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c`));
    const signature = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    expect(verifySignature(key, bytes("72"), signature)).toBe(true);
    const signer = signerFromEd25519Seed(bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    expect(hex(signer.sign(bytes("72")))).toBe(hex(signature));
  });

  test("takes the RFC 6979 P-256 signature of 'sample' in its low-S form only", () => {
    const signer = signerFromP256Scalar(bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"));
    const message = new TextEncoder().encode("sample");
    const high = bytes(
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    );
    const key = importKey(signer.publicKey);
    expect(verifySignature(key, message, high)).toBe(false);
    expect(verifySignature(key, message, withLowS(high))).toBe(true);
    expect(hex(withLowS(withLowS(high)))).toBe(hex(withLowS(high)));
  });

  test("decides s at half the order of P-256 by one", () => {
    // With s chosen, find the key it verifies under: Q = r^-1 (s R - z G), for R = G.
    const message = new TextEncoder().encode("half");
    const z = BigInt(`0x${hex(new Uint8Array(new Bun.CryptoHasher("sha256").update(message).digest()))}`);
    const r = p256.Point.BASE.x % P256_ORDER;
    const half = (P256_ORDER - 1n) / 2n;
    for (const [s, expected] of [
      [half, true],
      [half + 1n, false],
      [1n, true],
      [P256_ORDER - 1n, false],
    ] as const) {
      const { Fn, BASE } = p256.Point;
      const q = BASE.multiply(Fn.mul(Fn.inv(r), Fn.create(s - z)));
      const signature = Uint8Array.of(...Fn.toBytes(r), ...Fn.toBytes(s));
      expect(p256.verify(signature, message, q.toBytes(true), { lowS: false })).toBe(true);
      expect(verifySignature(importKey(q.toBytes(true)), message, signature), `s ${s}`).toBe(expected);
    }
  });

  test("uses the cofactorless equation: a key with torsion verifies only where the torsion cancels", () => {
    const a = 123456789012345678901234567890n;
    const mixed = ed25519.Point.BASE.multiply(a).add(EIGHT_TORSION);
    const key = importKey(Uint8Array.of(ED25519_TAG, ...mixed.toBytes()));
    const outcomes = new Set<boolean>();
    for (let i = 0; i < 64; i++) {
      const message = Uint8Array.of(i);
      const nonce = 987654321n + BigInt(i);
      const r = ed25519.Point.BASE.multiply(nonce).toBytes();
      const h = challengeScalar(r, mixed.toBytes(), message);
      const signature = Uint8Array.of(...r, ...little((nonce + h * a) % ED_ORDER));
      // The cofactored equation takes them all; ours, like dalek's strict one, those with 8 | h.
      expect(ed25519.verify(signature, message, mixed.toBytes(), { zip215: true })).toBe(true);
      expect(verifySignature(key, message, signature)).toBe(h % 8n === 0n);
      outcomes.add(h % 8n === 0n);
    }
    expect(outcomes.size).toBe(2);
  });

  test("refuses an R of small order even where the equation holds", () => {
    const a = 424242n;
    const point = ed25519.Point.BASE.multiply(a).toBytes();
    const r = ed25519.Point.ZERO.toBytes();
    const message = Uint8Array.of(9);
    const signature = Uint8Array.of(...r, ...little((challengeScalar(r, point, message) * a) % ED_ORDER));
    expect(ed25519.verify(signature, message, point, { zip215: true })).toBe(true);
    expect(verifySignature(importKey(Uint8Array.of(ED25519_TAG, ...point)), message, signature)).toBe(false);
  });

  test("refuses an R with torsion", () => {
    const a = 55555n;
    const point = ed25519.Point.BASE.multiply(a).toBytes();
    const r = ed25519.Point.BASE.multiply(77n).add(EIGHT_TORSION).toBytes();
    const message = Uint8Array.of(1);
    const h = challengeScalar(r, point, message);
    const signature = Uint8Array.of(...r, ...little((77n + h * a) % ED_ORDER));
    expect(ed25519.verify(signature, message, point, { zip215: true })).toBe(true);
    expect(verifySignature(importKey(Uint8Array.of(ED25519_TAG, ...point)), message, signature)).toBe(false);
  });

  test("refuses every single-bit change of a signature and a message", () => {
    const message = new TextEncoder().encode("bits");
    for (const signer of [edDevice, p256Device]) {
      const key = importKey(signer.publicKey);
      const signature = signer.sign(message);
      for (let bit = 0; bit < 512; bit++) {
        const flipped = signature.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifySignature(key, message, flipped), `bit ${bit}`).toBe(false);
      }
      for (let bit = 0; bit < 32; bit++) {
        const flipped = message.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifySignature(key, flipped, signature), `bit ${bit}`).toBe(false);
      }
    }
  });

  test("agrees with another library on signatures of any key and message", () => {
    const secret = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .filter((scalar) => scalar.some((byte) => byte !== 0) && scalar[0] !== 0xff);
    fc.assert(
      fc.property(secret, fc.uint8Array({ maxLength: 300 }), (scalar, message) => {
        const ed = signerFromEd25519Seed(scalar);
        expect(hex(ed.publicKey.subarray(1))).toBe(hex(ed25519.getPublicKey(scalar)));
        expect(hex(ed.sign(message))).toBe(hex(ed25519.sign(message, scalar)));
        expect(verifySignature(importKey(ed.publicKey), message, ed.sign(message))).toBe(true);
        const ec = signerFromP256Scalar(scalar);
        expect(hex(ec.publicKey)).toBe(hex(p256.getPublicKey(scalar, true)));
        expect(p256.verify(ec.sign(message), message, ec.publicKey, { lowS: true })).toBe(true);
        expect(verifySignature(importKey(ec.publicKey), message, p256.sign(message, scalar))).toBe(true);
        expect(verifySignature(importKey(ec.publicKey), message, ed.sign(message))).toBe(false);
      }),
      soak(25),
    );
  });
});

describe("signers", () => {
  test("refuse secrets of another length and scalars outside 1 to n - 1", () => {
    for (const build of [signerFromEd25519Seed, signerFromP256Scalar] as ((secret: Uint8Array) => DeviceSigner)[]) {
      expect(codeOf(() => build(new Uint8Array(31)))).toBe("POC_BAD_LENGTH");
      expect(codeOf(() => build(new Uint8Array(33)))).toBe("POC_BAD_LENGTH");
    }
    const order = bytes(P256_ORDER.toString(16));
    expect(codeOf(() => signerFromP256Scalar(new Uint8Array(32)))).toBe("POC_BAD_KEY");
    expect(codeOf(() => signerFromP256Scalar(order))).toBe("POC_BAD_KEY");
    expect(codeOf(() => signerFromP256Scalar(new Uint8Array(32).fill(0xff)))).toBe("POC_BAD_KEY");
    const largest = bytes((P256_ORDER - 1n).toString(16));
    expect(hex(signerFromP256Scalar(largest).publicKey)).toBe(hex(p256.getPublicKey(largest, true)));
  });

  test("keep their own copy of a key that is imported", () => {
    const key = edDevice.publicKey.slice();
    const imported = importKey(key);
    key.fill(0);
    expect(hex(imported.key)).toBe(hex(edDevice.publicKey));
    expect(verifySignature(imported, seed("m"), edDevice.sign(seed("m")))).toBe(true);
  });
});
