import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aesCmac, aesDecryptBlocks, aesEncryptBlocks } from "../../src/lorawan/aes-cmac.ts";
import { hex, hexOf } from "./hex.ts";

const key = hex("2b7e151628aed2a6abf7158809cf4f3c");
const message = hex(
  "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710",
);

describe("aesCmac", () => {
  test.each([
    [0, "bb1d6929e95937287fa37d129b756746"],
    [16, "070a16b46b4d4144f79bdd9dd04a287c"],
    [40, "dfa66747de9ae63030ca32611497c827"],
    [64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ])("gives the RFC 4493 value for a message of %i bytes", (length, expected) => {
    expect(hexOf(aesCmac(key, message.subarray(0, length)))).toBe(expected);
  });

  test("refuses a key of another length", () => {
    expect(() => aesCmac(key.subarray(1), message)).toThrow(/^POC_BAD_LENGTH/);
  });
});

describe("AES blocks", () => {
  test("encrypt the FIPS 197 example", () => {
    const encrypted = aesEncryptBlocks(
      hex("000102030405060708090a0b0c0d0e0f"),
      hex("00112233445566778899aabbccddeeff"),
    );
    expect(hexOf(encrypted)).toBe("69c4e0d86a7b0430d8cdb78070b4c55a");
  });

  test("decrypt what they encrypted, for any number of blocks", () => {
    const blocks = fc
      .integer({ min: 0, max: 4 })
      .chain((count) => fc.uint8Array({ minLength: 16 * count, maxLength: 16 * count }));
    fc.assert(
      fc.property(blocks, (plain) => {
        expect(aesDecryptBlocks(key, aesEncryptBlocks(key, plain))).toEqual(plain);
      }),
    );
  });

  test("refuse a broken block", () => {
    expect(() => aesEncryptBlocks(key, message.subarray(1))).toThrow(/^POC_BAD_LENGTH/);
    expect(() => aesDecryptBlocks(key, message.subarray(1))).toThrow(/^POC_BAD_LENGTH/);
  });
});
