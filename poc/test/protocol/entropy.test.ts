import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeEntropyRecord,
  ENTROPY_RECORD_BYTES,
  type EntropyRecord,
  encodeEntropyRecord,
  type SolanaBlock,
  selectEntropyBlock,
} from "../../src/protocol/index.ts";
import { bytes, codeOf, hex, seed, soak, vectors } from "./support.ts";

const MINUTE = 29_830_320;
const START_S = MINUTE * 60;

function block(slot: number, blockTimeS: number): SolanaBlock {
  return { slot, blockTimeS, blockhash: seed(`block ${slot}`) };
}

describe("the entropy of a minute", () => {
  const { entropy } = vectors<{
    entropy: { record: Omit<EntropyRecord, "blockhash"> & { blockhash: string }; recordBytes: string };
  }>("statements.json");

  test("has the encoding of the vector", () => {
    const record = { ...entropy.record, blockhash: bytes(entropy.record.blockhash) };
    expect(hex(encodeEntropyRecord(record))).toBe(entropy.recordBytes);
    expect(decodeEntropyRecord(bytes(entropy.recordBytes))).toEqual({ status: "ok", record });
  });

  test("is the first block at or after its start: one second earlier does not count, the same second does", () => {
    const blocks = [block(10, START_S - 1), block(11, START_S), block(12, START_S), block(13, START_S + 1)];
    expect(selectEntropyBlock(blocks, MINUTE)?.slot).toBe(11);
    expect(selectEntropyBlock(blocks.slice(0, 1), MINUTE)).toBeUndefined();
    expect(selectEntropyBlock([], MINUTE)).toBeUndefined();
  });

  test("may be shared by minutes when the chain paused", () => {
    const late = block(20, START_S + 200);
    for (const minute of [MINUTE, MINUTE + 1, MINUTE + 2, MINUTE + 3]) {
      expect(selectEntropyBlock([late], minute)).toEqual({ minute, ...late });
    }
    expect(selectEntropyBlock([late], MINUTE + 4)).toBeUndefined();
  });

  test("counts minutes of another length in milliseconds", () => {
    const minute = Math.ceil((START_S * 1000) / 2500);
    expect(selectEntropyBlock([block(1, START_S), block(2, START_S + 1)], minute + 1, 2500)).toBeUndefined();
    expect(selectEntropyBlock([block(1, START_S), block(2, START_S + 3)], minute + 1, 2500)?.slot).toBe(2);
  });

  test("does not depend on the order in which blocks arrive", () => {
    const chain = fc
      .array(fc.integer({ min: -90, max: 90 }), { minLength: 1, maxLength: 30 })
      .map((offsets) => offsets.sort((a, b) => a - b).map((offset, slot) => block(slot, START_S + offset)));
    fc.assert(
      fc.property(
        chain.chain((blocks) =>
          fc.tuple(fc.constant(blocks), fc.shuffledSubarray(blocks, { minLength: blocks.length })),
        ),
        ([blocks, shuffled]) => {
          const expected = blocks.find(({ blockTimeS }) => blockTimeS >= START_S);
          expect(selectEntropyBlock(shuffled, MINUTE)?.slot).toBe(expected?.slot);
        },
      ),
      soak(100),
    );
  });

  test("is refused from outside when of another length, not canonical or from before its minute", () => {
    const record = encodeEntropyRecord({ minute: MINUTE, slot: 5, blockTimeS: START_S, blockhash: seed("b") });
    for (let length = 0; length < ENTROPY_RECORD_BYTES; length++) {
      expect(decodeEntropyRecord(record.subarray(0, length))).toMatchObject({ status: "refused", code: "bad_length" });
    }
    expect(decodeEntropyRecord(Uint8Array.of(...record, 0))).toMatchObject({ code: "bad_length" });
    for (const at of [6, 7, 14, 15, 22, 23]) {
      const large = record.slice();
      large[at] = 0xff;
      expect(decodeEntropyRecord(large)).toMatchObject({ code: "non_canonical" });
    }
    const early = encodeEntropyRecord({ minute: MINUTE, slot: 5, blockTimeS: START_S - 1, blockhash: seed("b") });
    expect(decodeEntropyRecord(early)).toMatchObject({ code: "too_early" });
  });

  test("cannot be encoded from numbers that a u64 of 53 bits does not hold", () => {
    const record = { minute: MINUTE, slot: 5, blockTimeS: START_S, blockhash: seed("b") };
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(codeOf(() => encodeEntropyRecord({ ...record, slot: value }))).toBe("POC_BAD_ENCODING");
    }
    expect(codeOf(() => encodeEntropyRecord({ ...record, blockhash: new Uint8Array(31) }))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => decodeEntropyRecord(new Uint8Array(56), 0))).toBe("POC_BAD_PARAMETERS");
  });
});
