import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256, sha256Into } from "../../src/protocol/index.ts";
import { codeOf, hex, soak } from "./support.ts";

describe("sha256", () => {
  test("gives the digests of FIPS 180-4", () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    expect(hex(sha256(encode("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hex(sha256())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hex(sha256(encode("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  test("hashes parts as their concatenation, as node:crypto does", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
        const expected = createHash("sha256").update(Buffer.concat(parts)).digest("hex");
        expect(hex(sha256(...parts))).toBe(expected);
        const digest = new Uint8Array(32);
        sha256Into(Buffer.concat(parts), digest);
        expect(hex(digest)).toBe(expected);
      }),
      soak(200),
    );
  });

  test("refuses a digest that is not 32 bytes", () => {
    expect(codeOf(() => sha256Into(new Uint8Array(1), new Uint8Array(31)))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => sha256Into(new Uint8Array(1), new Uint8Array(33)))).toBe("POC_BAD_LENGTH");
  });
});
