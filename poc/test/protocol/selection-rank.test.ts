import { halfSipHash64 } from "@earshot/fixtures";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gatewayIdOf, halfSipHash8, SelectionRank, sha256 } from "../../src/protocol/index.ts";
import { bytes, codeOf, soak, vectors } from "./support.ts";

const vector = vectors<{ entropy: string; challengeId: string; witnesses: { key: string; rank: string }[] }>(
  "selection.json",
);

function rankHex(rank: SelectionRank): string {
  return rank.hi.toString(16).padStart(8, "0") + rank.lo.toString(16).padStart(8, "0");
}

/** Published vectors of HalfSipHash-2-4-64, key 00..07, input 00, 01, … of each length (SipHash reference, CC0). */
const published = [
  "218d1f59b9b83cc8",
  "be552412f8387315",
  "064f39ef7c50eb57",
  "ce0f1a45f7060679",
  "d5e78a175be52ea1",
  "cb9d7c3f2f3db580",
  "ce3e91358aa2bc25",
  "ff202728b07bc684",
  "edfee820bce4858c",
  "5b51cccc13888307",
];

describe("HalfSipHash", () => {
  test("the oracle gives the published vectors, and ours the one of eight bytes", () => {
    const counting = Uint8Array.from({ length: 16 }, (_, byte) => byte);
    published.forEach((vector, length) => {
      expect(halfSipHash64(counting.subarray(0, 8), counting.subarray(0, length)).toHex()).toBe(vector);
    });
    const output = { first: 0, second: 0 };
    halfSipHash8(0x03020100, 0x07060504, 0x03020100, 0x07060504, output);
    expect(new Uint8Array(Uint32Array.of(output.first, output.second).buffer).toHex()).toBe(published[8]);
  });

  test("ours is the oracle's for any key and input", () => {
    const eight = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(eight, eight, (key, input) => {
        const [k0, k1] = new Uint32Array(key.slice().buffer);
        const [w0, w1] = new Uint32Array(input.slice().buffer);
        const output = { first: 0, second: 0 };
        halfSipHash8(k0, k1, w0, w1, output);
        expect(new Uint8Array(Uint32Array.of(output.first, output.second).buffer)).toEqual(halfSipHash64(key, input));
      }),
      soak(300),
    );
  });
});

describe("the rank of a witness", () => {
  test("is the vector's", () => {
    const rank = new SelectionRank();
    rank.begin(bytes(vector.entropy), 0, bytes(vector.challengeId), 0);
    for (const { key, rank: expected } of vector.witnesses) {
      rank.rank(new Uint32Array(gatewayIdOf(bytes(key)).slice().buffer), 0);
      expect(rankHex(rank)).toBe(expected);
    }
  });

  test("is keyed by entropy and challenge at their offsets, for any row of the table", () => {
    const rank = new SelectionRank();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 96, maxLength: 96 }),
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 6 }),
        (table, ids, calls) => {
          for (const [at, hotspot] of calls) {
            const seed = sha256(table.subarray(at * 32, at * 32 + 32), table.subarray(64 - at * 32, 96 - at * 32));
            rank.begin(table, at * 32, table, 64 - at * 32);
            rank.rank(new Uint32Array(ids.slice().buffer), hotspot);
            const output = halfSipHash64(seed.subarray(0, 8), ids.subarray(8 * hotspot, 8 * hotspot + 8));
            expect([rank.hi, rank.lo]).toEqual([...new Uint32Array(output.buffer)]);
          }
        },
      ),
      soak(50),
    );
  });

  test("is refused over entropy or an id that ends early", () => {
    const rank = new SelectionRank();
    expect(codeOf(() => rank.begin(new Uint8Array(31), 0, new Uint8Array(32), 0))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => rank.begin(new Uint8Array(32), 0, new Uint8Array(64), 33))).toBe("POC_BAD_LENGTH");
  });
});
