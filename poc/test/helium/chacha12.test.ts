import { heliumPublishedVectors } from "@earshot/fixtures";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chacha12Words, chachaBlock, chachaInput } from "../../src/helium/chacha12.ts";
import { runs } from "./soak.ts";

function bytesOf(words: Uint32Array): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, i) => {
    bytes.writeUInt32LE(word, 4 * i);
  });
  return bytes;
}

/** Keystream of any round count, counter and 8-byte nonce, from the block function. */
function keystream(key: Buffer, iv: Buffer, doubleRounds: number, blocks: number): Buffer {
  const input = chachaInput(key);
  input[14] = iv.readUInt32LE(0);
  input[15] = iv.readUInt32LE(4);
  return Buffer.concat(
    Array.from({ length: blocks }, (_, block) => {
      input[12] = block;
      const output = new Uint32Array(16);
      chachaBlock(input, doubleRounds, output);
      return bytesOf(output);
    }),
  );
}

describe("vectors", () => {
  test.each(heliumPublishedVectors.chacha12)(
    "gives the published keystream of $name",
    ({ key, iv, keystream: expected }) => {
      expect(keystream(Buffer.from(key, "hex"), Buffer.from(iv, "hex"), 6, 2).toString("hex")).toBe(expected);
    },
  );

  test("with ten double rounds is the ChaCha20 of RFC 8439, section 2.3.2 and appendix A.1", () => {
    const input = chachaInput(Uint8Array.from({ length: 32 }, (_, i) => i));
    input.set([1, 0x09000000, 0x4a000000, 0], 12);
    const output = new Uint32Array(16);
    chachaBlock(input, 10, output);
    expect(bytesOf(output).toString("hex")).toBe(
      "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
    );
    chachaBlock(chachaInput(new Uint8Array(32)), 10, output);
    expect(bytesOf(output).toString("hex")).toMatch(
      /^76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7/,
    );
  });

  test("gives the words of the published stream with a zero IV", () => {
    const zeroIv = heliumPublishedVectors.chacha12.filter(({ iv }) => /^0+$/.test(iv));
    expect(zeroIv).toHaveLength(2);
    for (const { key, keystream: expected } of zeroIv) {
      expect(bytesOf(chacha12Words(Buffer.from(key, "hex"), 32)).toString("hex")).toBe(expected);
    }
  });
});

describe("boundaries", () => {
  test("returns as many words as asked for, none for 0, across block ends", () => {
    const key = new Uint8Array(32).fill(7);
    const all = chacha12Words(key, 64);
    for (const count of [0, 1, 15, 16, 17, 31, 32, 33, 63]) {
      expect([...chacha12Words(key, count)]).toEqual([...all.subarray(0, count)]);
    }
  });

  test("does not change the key", () => {
    const key = new Uint8Array(32).map((_, i) => i);
    chacha12Words(key, 51);
    expect([...key]).toEqual(Array.from({ length: 32 }, (_, i) => i));
  });
});

describe("properties", () => {
  test("one bit of the key changes every block", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat({ max: 255 }), (key, bit) => {
        const other = key.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        const [ours, theirs] = [chacha12Words(key, 64), chacha12Words(other, 64)];
        for (let at = 0; at < 64; at += 16)
          expect(ours.subarray(at, at + 16)).not.toEqual(theirs.subarray(at, at + 16));
      }),
      { numRuns: runs(50) },
    );
  });
});

describe("misuse", () => {
  test.each([0, 31, 33])("refuses a key of %i bytes", (length) => {
    expect(() => chacha12Words(new Uint8Array(length), 1)).toThrow("POC_BAD_LENGTH");
  });
});
