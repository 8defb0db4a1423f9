import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base58Bytes, base58Text } from "../../src/protocol/base58.ts";

describe("base58", () => {
  test.each([
    // The system program of Solana and its wrapped mint, and the vectors of draft-msporny-base58 §5.
    ["0000000000000000000000000000000000000000000000000000000000000000", "11111111111111111111111111111111"],
    ["069b8857feab8184fb687f634618c035dac439dc1aeb3b5598a0f00000000001", "So11111111111111111111111111111111111111112"],
    ["48656c6c6f20576f726c6421", "2NEpo7TZRRrLZSi2U"],
    ["0000287fb4cd", "11233QC4"],
    ["", ""],
  ])("of %s is %s", (hex, text) => {
    expect(base58Text(Uint8Array.fromHex(hex))).toBe(text);
    expect(base58Bytes(text)?.toHex()).toBe(hex);
  });

  test("of any bytes is read back, and text outside the alphabet is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 48 }), (bytes) => {
        expect(base58Bytes(base58Text(bytes))).toEqual(bytes);
      }),
    );
    for (const text of ["0", "O", "I", "l", "a b", "ä"]) expect(base58Bytes(text)).toBeUndefined();
  });
});
