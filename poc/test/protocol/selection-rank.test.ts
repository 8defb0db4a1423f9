import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SelectionRank, sha256 } from "../../src/protocol/index.ts";
import { bytes, codeOf, soak, vectors } from "./support.ts";

const vector = vectors<{ entropy: string; challengeId: string; witnesses: { key: string; rank: string }[] }>(
  "selection.json",
);

function rankHex(rank: SelectionRank): string {
  return rank.hi.toString(16).padStart(8, "0") + rank.lo.toString(16).padStart(8, "0");
}

describe("the rank of a witness", () => {
  test("is the vector's", () => {
    const keys = bytes(vector.witnesses.map(({ key }) => key).join(""));
    const rank = new SelectionRank();
    rank.begin(bytes(vector.entropy), 0, bytes(vector.challengeId), 0);
    vector.witnesses.forEach((witness, hotspot) => {
      rank.rank(keys, hotspot);
      expect(rankHex(rank)).toBe(witness.rank);
    });
  });

  test("is the digest's first u64 for any table, row and order of calls", () => {
    const rank = new SelectionRank();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 96, maxLength: 96 }),
        fc.uint8Array({ minLength: 99, maxLength: 99 }),
        fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 6 }),
        (table, keys, calls) => {
          for (const [at, hotspot] of calls) {
            const entropy = table.subarray(at * 32, at * 32 + 32);
            const id = table.subarray(64 - at * 32, 96 - at * 32);
            rank.begin(table, at * 32, table, 64 - at * 32);
            rank.rank(keys, hotspot);
            const digest = sha256(entropy, id, keys.subarray(hotspot * 33, hotspot * 33 + 33));
            expect(rankHex(rank)).toBe(digest.subarray(0, 8).toHex());
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
