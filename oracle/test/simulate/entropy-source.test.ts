import { describe, expect, test } from "vitest";
import { EntropySource } from "../../src/simulate/entropy-source.ts";

const minute = 29_892_960; // 2026-11-02T00:00
const source = new EntropySource("seed");

describe("synthetic chain", () => {
  test("block times never decrease, and some slots are skipped", () => {
    const { slot: first } = source.entropy(minute, 60_000);
    let before = 0;
    let skipped = 0;
    for (let slot = first; slot < first + 2000; slot++) {
      const block = source.block(slot);
      if (block === undefined) {
        skipped++;
        continue;
      }
      expect(block.blockTimeS).toBeGreaterThanOrEqual(before);
      before = block.blockTimeS;
    }
    expect(skipped).toBeGreaterThan(50);
    expect(skipped).toBeLessThan(150);
  });

  test("E(m) is the first block of the chain at or after its minute, within seconds", () => {
    for (let m = minute; m < minute + 200; m++) {
      const { slot, blockTimeS, blockhash } = source.entropy(m, 60_000);
      expect(blockTimeS).toBeGreaterThanOrEqual(m * 60);
      expect(blockTimeS).toBeLessThan(m * 60 + 10);
      for (let earlier = slot - 1; earlier > slot - 10; earlier--) {
        expect(source.block(earlier)?.blockTimeS ?? 0).toBeLessThan(m * 60);
      }
      expect(blockhash).toEqual(source.block(slot)!.blockhash);
    }
  });

  test("columns hold consecutive minutes with different hashes; another seed gives others", () => {
    const columns = source.columns(minute, 100, 60_000);
    expect([...columns.minute]).toEqual(Array.from({ length: 100 }, (_, i) => minute + i));
    const hashes = Array.from({ length: 100 }, (_, i) => columns.blockhash.slice(32 * i, 32 * i + 32).toHex());
    expect(new Set(hashes).size).toBe(100);
    expect(new EntropySource("other").entropy(minute, 60_000).blockhash.toHex()).not.toBe(hashes[0]);
  });
});
