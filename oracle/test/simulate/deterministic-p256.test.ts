import { importKey, signerFromP256Scalar, verifySignature } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deterministicP256Signer } from "../../src/simulate/deterministic-p256.ts";

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

describe("deterministic P-256", () => {
  // RFC 6979, A.2.5, SHA-256; s is replaced by n - s where it is above n / 2.
  test.each([
    [
      "sample",
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ],
    [
      "test",
      "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
      "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ],
  ])("signs %j as RFC 6979 does", (message, r, s) => {
    const signer = deterministicP256Signer(
      Uint8Array.fromHex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
    );
    const value = BigInt(`0x${s}`);
    const low = value > order / 2n ? order - value : value;
    expect(signer.sign(new TextEncoder().encode(message)).toHex()).toBe(r + low.toString(16).padStart(64, "0"));
  });

  test("has the public key of the native signer and signs what it verifies", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 31, maxLength: 31 }),
        fc.uint8Array({ maxLength: 200 }),
        (rest, message) => {
          const scalar = new Uint8Array(32);
          scalar.set(rest, 1);
          scalar[31] |= 1;
          const signer = deterministicP256Signer(scalar);
          expect(signer.publicKey).toEqual(signerFromP256Scalar(scalar).publicKey);
          expect(verifySignature(importKey(signer.publicKey), message, signer.sign(message))).toBe(true);
          expect(signer.sign(message)).toEqual(signer.sign(message));
        },
      ),
      { numRuns: 30 },
    );
  });
});
