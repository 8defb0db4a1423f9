import { cellFromString, cellToString } from "@earshot/geo";
import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import type { DensityLimit } from "../../src/parameters/network-parameters.ts";
import { buildDensityMap, type DensityMap, explainDensity } from "../../src/score/density.ts";
import { limitFor } from "../../src/score/density-levels.ts";
import { referenceDensity } from "./density-reference.ts";

const SOAK = Math.max(1, Number(process.env.EARSHOT_SOAK ?? 1));

function limitTable(...rows: readonly (readonly [number, number, number, number])[]): DensityLimit[] {
  return rows.map(([resolution, neighbours, target, maximum]) => ({ resolution, neighbours, target, maximum }));
}

const HIP_104 = limitTable(
  [10, 2, 1, 1],
  [9, 2, 1, 1],
  [8, 2, 1, 1],
  [7, 4, 5, 10],
  [6, 4, 25, 50],
  [5, 4, 100, 200],
  [4, 2, 500, 1000],
);
const HIP_17 = limitTable(
  [10, 2, 1, 1],
  [9, 2, 1, 2],
  [8, 2, 1, 4],
  [7, 2, 5, 20],
  [6, 1, 25, 100],
  [5, 1, 100, 400],
  [4, 1, 250, 800],
);
/** No limit that a test reaches, for the levels a test is not about. */
const ROOMY = 100_000;

function columns(texts: readonly string[]): { hi: Uint32Array; lo: Uint32Array } {
  const hi = new Uint32Array(texts.length);
  const lo = new Uint32Array(texts.length);
  texts.forEach((text, row) => {
    hi[row] = Number.parseInt(text.slice(0, -8), 16);
    lo[row] = Number.parseInt(text.slice(-8), 16);
  });
  return { hi, lo };
}

function densityOf(texts: readonly string[], limits: readonly DensityLimit[]): DensityMap {
  const { hi, lo } = columns(texts);
  return buildDensityMap(hi, lo, limits);
}

function scaleOf(map: DensityMap, text: string, defaultE4 = 2000): number {
  const { hi, lo } = cellFromString(text);
  return map.scaleE4(hi, lo, defaultE4);
}

/** The cell under `parent` with the given further digits, at resolution 12: the rest are zeros. */
function under(parent: string, ...digits: readonly number[]): string {
  const own = Array.from({ length: h3.getResolution(parent) }, (_, at) => h3.getIndexDigit(parent, at + 1));
  const all = [...own, ...digits];
  while (all.length < 12) all.push(0);
  return h3.constructCell(h3.getBaseCellNumber(parent), all, 12);
}

function sum(counts: Int32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

// A resolution-8 cell in San Francisco, on a hexagonal base cell, and its ancestors.
const RES_8 = "8828308283fffff";
const RES_6 = h3.cellToParent(RES_8, 6);

describe("vectors", () => {
  test("raises the limit with the occupied hexagons as the tables of both HIPs say", () => {
    const table = (limits: readonly DensityLimit[], resolution: number) => {
      const row = limits.find((limit) => limit.resolution === resolution);
      return row === undefined ? [] : Array.from({ length: 8 }, (_, occupied) => limitFor(row, occupied));
    };
    expect(table(HIP_104, 4)).toEqual([500, 500, 500, 1000, 1000, 1000, 1000, 1000]);
    expect(table(HIP_104, 5)).toEqual([100, 100, 100, 100, 100, 200, 200, 200]);
    expect(table(HIP_104, 6)).toEqual([25, 25, 25, 25, 25, 50, 50, 50]);
    expect(table(HIP_104, 7)).toEqual([5, 5, 5, 5, 5, 10, 10, 10]);
    for (const resolution of [8, 9, 10]) expect(table(HIP_104, resolution)).toEqual(new Array(8).fill(1));
    expect(table(HIP_17, 4)).toEqual([250, 250, 500, 750, 800, 800, 800, 800]);
    expect(table(HIP_17, 5)).toEqual([100, 100, 200, 300, 400, 400, 400, 400]);
    expect(table(HIP_17, 6)).toEqual([25, 25, 50, 75, 100, 100, 100, 100]);
    expect(table(HIP_17, 7)).toEqual([5, 5, 5, 10, 15, 20, 20, 20]);
    expect(table(HIP_17, 8)).toEqual([1, 1, 1, 2, 3, 4, 4, 4]);
    expect(table(HIP_17, 9)).toEqual([1, 1, 1, 2, 2, 2, 2, 2]);
    expect(table(HIP_17, 10)).toEqual(new Array(8).fill(1));
  });

  test("clips 36 hotspots in one resolution-8 hexagon to 17, 6 and 1, with scales from 0.0060 to 0.1667", () => {
    // Hotspots per resolution-10 hexagon, for each of six resolution-9 hexagons.
    const crowd = [[4, 2, 2, 2, 2, 2, 2], [3, 2, 2], [2, 2], [2, 2], [2, 2], [1]];
    const hotspots = crowd.flatMap((tens, nine) =>
      tens.flatMap((count, ten) => Array.from({ length: count }, (_, at) => under(RES_8, nine, ten, at % 3))),
    );
    const map = densityOf(hotspots, HIP_104);
    expect(hotspots).toHaveLength(36);
    expect([10, 9, 8].map((r) => [sum(map.level(r).unclipped), sum(map.level(r).clipped)])).toEqual([
      [36, 17],
      [17, 6],
      [6, 1],
    ]);
    const scales = [...map.rowScalesE4(2000)];
    expect([Math.min(...scales), Math.max(...scales)]).toEqual([60, 1667]);
    expect(scaleOf(map, under(RES_8, 0, 0, 0))).toBe(60); // 1/4 · 1/7 · 1/6
    expect(scaleOf(map, under(RES_8, 5, 0, 0))).toBe(1667); // 1/6
  });

  test("multiplies the chain 4/61, 27/27, 49/106 of HIP-17's example to 0.0303", () => {
    const limits = limitTable(
      [10, 2, ROOMY, ROOMY],
      [9, 2, ROOMY, ROOMY],
      [8, 2, 4, 4],
      [7, 2, 27, 27],
      [6, 2, 49, 49],
    );
    const fill = (seven: number, eight: number, count: number) =>
      Array.from({ length: count }, (_, at) => under(RES_6, seven, eight, at % 7, Math.floor(at / 7) % 7));
    const hotspots = [
      // 61 in one resolution-8 hexagon, 4 of them count; 23 more make 27 in its resolution-7 hexagon.
      ...fill(0, 0, 61),
      ...[4, 4, 4, 4, 4, 3].flatMap((count, at) => fill(0, at + 1, count)),
      // 79 in the others of the resolution-6 hexagon: 106 in all.
      ...[28, 28, 25].flatMap((count, at) =>
        [4, 4, 4, 4, 4, 4, count - 24].flatMap((some, eight) => fill(at + 1, eight, some)),
      ),
    ];
    const map = densityOf(hotspots, limits);
    const { hi, lo } = cellFromString(under(RES_6, 0, 0, 0, 0));
    const ratios = explainDensity(map, hi, lo).map((step) => [step.resolution, step.clipped, step.unclipped]);
    expect(ratios).toEqual([
      [10, 2, 2],
      [9, 9, 9],
      [8, 4, 61],
      [7, 27, 27],
      [6, 49, 106],
    ]);
    expect(map.scaleE4(hi, lo, 2000)).toBe(303);
  });

  test("rounds exact ties to the even ten-thousandth", () => {
    const crowd = Array.from({ length: 32 }, (_, at) => under(RES_8, 0, 0, at % 7, Math.floor(at / 7)));
    for (const [most, scale] of [
      [1, 312], // 312.5
      [3, 938], // 937.5
      [5, 1562], // 1562.5
      [7, 2188], // 2187.5
      [31, 9688], // 9687.5
    ] as const) {
      const map = densityOf(crowd, limitTable([10, 0, most, most]));
      expect(new Set(map.rowScalesE4(0)), `${most}/32`).toEqual(new Set([scale]));
    }
    // The same tie from ratios that no double holds: 1/3 · 3/32 is 1/32.
    const spread = [0, 0, 0, ...Array.from({ length: 31 }, (_, at) => at + 1)].map((at) =>
      under(RES_8, Math.floor(at / 7), at % 7),
    );
    const map = densityOf(spread, limitTable([10, 0, 1, 1], [9, 0, ROOMY, ROOMY], [8, 0, 3, 3]));
    expect(scaleOf(map, under(RES_8, 0, 0))).toBe(312);
    expect(scaleOf(map, under(RES_8, 1, 0))).toBe(938);
  });
});

describe("boundaries", () => {
  test("is empty without hotspots, and answers the caller's default", () => {
    const map = buildDensityMap(new Uint32Array(0), new Uint32Array(0), HIP_104);
    expect(map.activeCount).toBe(0);
    expect(map.levels.map((level) => level.unclipped.length)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(scaleOf(map, under(RES_8, 0), 2000)).toBe(2000);
    expect(map.rowScalesE4(2000)).toHaveLength(0);
    expect(explainDensity(map, 0x08c28308, 0x2838c1ff)).toEqual([]);
  });

  test("gives a lone hotspot its full scale", () => {
    const map = densityOf([under(RES_8, 3, 2, 1)], HIP_104);
    expect(scaleOf(map, under(RES_8, 3, 2, 1))).toBe(10_000);
  });

  test("counts a million hotspots in one cell", () => {
    const hi = new Uint32Array(1_000_000).fill(0x08c28308);
    const lo = new Uint32Array(1_000_000).fill(0x2838c1ff);
    const map = buildDensityMap(hi, lo, HIP_104);
    expect(map.level(10).unclipped[0]).toBe(1_000_000);
    expect(map.level(4).clipped[0]).toBe(1);
    expect(map.scaleE4(0x08c28308, 0x2838c1ff, 2000)).toBe(0);
    expect(map.rowScalesE4(2000).every((scale) => scale === 0)).toBe(true);
  });

  test("skips hotspots without a location, coarser than resolution 11 or asserting what is no cell", () => {
    const good = under(RES_8, 0, 0, 0);
    const { hi, lo } = columns([good, h3.cellToParent(good, 10), "0", h3.cellToParent(good, 11), good]);
    hi[4] = (hi[4] ?? 0) ^ 0x80000000;
    const map = buildDensityMap(hi, lo, HIP_104);
    expect(map.activeCount).toBe(2);
    expect([...map.rowScalesE4(777)]).toEqual([5000, 777, 777, 5000, 777]);
    expect([...map.scalesE4(hi, lo, 777)]).toEqual([5000, 777, 777, 5000, 777]);
  });

  test("is keyed by the exact asserted cell: a sibling in the same hexagon gets the default", () => {
    const map = densityOf([under(RES_8, 0, 0, 0, 0)], HIP_104);
    expect(scaleOf(map, under(RES_8, 0, 0, 0, 1), 2000)).toBe(2000);
    const { hi, lo } = cellFromString(under(RES_8, 0, 0, 0, 1));
    expect(explainDensity(map, hi, lo)).toHaveLength(7);
  });

  test("counts a hexagon exactly at its target as occupied and does not clip it", () => {
    // Five in a resolution-7 hexagon is its target; six is one over it, and five neighbours at the target double the limit.
    const centre = h3.cellToParent(RES_8, 7);
    const ring = h3.gridRing(centre, 1);
    const fill = (seven: string, count: number) => Array.from({ length: count }, (_, eight) => under(seven, eight));
    for (const [neighboursAtTarget, clipped] of [
      [3, 5],
      [4, 6],
      [5, 6],
    ] as const) {
      const hotspots = [
        ...fill(centre, 6),
        ...ring.flatMap((seven, at) => fill(seven, at < neighboursAtTarget ? 5 : 4)),
      ];
      const map = densityOf(hotspots, HIP_104);
      const level = map.level(7);
      const { hi, lo } = cellFromString(centre);
      const hexagon = map.findHexagon(level, hi, lo);
      expect(map.occupied(level, hexagon)).toBe(neighboursAtTarget + 1);
      expect([level.unclipped[hexagon], level.clipped[hexagon]]).toEqual([6, clipped]);
    }
  });
});

/** Deterministic numbers in [0, 1) from a seed that fast-check prints on failure. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Clusters of hotspots at resolutions 10 to 14: around pentagons, along borders of base cells, and anywhere. */
function clusteredHotspots(seed: number, count: number): string[] {
  const random = generator(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const centres = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const kind = random();
    if (kind < 0.3) return h3.cellToLatLng(pick(h3.gridDisk(pick(h3.getPentagons(6)), 2)));
    if (kind < 0.6) return pick(h3.cellToBoundary(pick(h3.getRes0Cells())));
    return [random() * 170 - 85, random() * 360 - 180];
  });
  return Array.from({ length: count }, () => {
    const [lat = 0, lng = 0] = pick(centres);
    // From a few metres to a few tens of kilometres, near being likelier.
    const spread = 10 ** (random() * 4.5 - 5);
    const at = [lat + (random() - 0.5) * spread, lng + (random() - 0.5) * spread] as const;
    return h3.latLngToCell(Math.max(-90, Math.min(90, at[0])), at[1], pick([10, 11, 12, 12, 12, 13, 14]));
  });
}

function expectEqualToReference(hotspots: readonly string[], limits: readonly DensityLimit[]): void {
  const expected = referenceDensity(hotspots, limits);
  const map = densityOf(hotspots, limits);
  const seen = new Set<string>();
  for (const level of map.levels) {
    const { hi, lo } = map.cells(level);
    const allLimits = map.limits(level);
    for (let hexagon = 0; hexagon < hi.length; hexagon++) {
      const text = cellToString(hi[hexagon] ?? 0, lo[hexagon] ?? 0);
      seen.add(text);
      expect(
        [level.unclipped[hexagon], level.clipped[hexagon], map.occupied(level, hexagon), map.limit(level, hexagon)],
        text,
      ).toEqual([
        expected.unclipped.get(text),
        expected.clipped.get(text),
        expected.occupied.get(text),
        expected.limit.get(text),
      ]);
      expect(allLimits[hexagon]).toBe(expected.limit.get(text));
      expect(map.findHexagon(level, hi[hexagon] ?? 0, lo[hexagon] ?? 0)).toBe(hexagon);
    }
  }
  expect(seen.size).toBe(expected.limit.size);
  const { hi, lo } = columns(hotspots);
  const byRow = map.rowScalesE4(2000);
  const byCell = map.scalesE4(hi, lo, 2000);
  hotspots.forEach((text, row) => {
    const scale = expected.scale.get(text) ?? 2000;
    expect(byRow[row], text).toBe(scale);
    expect(byCell[row], text).toBe(scale);
    expect(map.scaleE4(hi[row] ?? 0, lo[row] ?? 0, 2000)).toBe(scale);
  });
}

const seeds = fc.integer();

describe("properties", () => {
  test("equals the reference model on clusters near pentagons, base-cell borders and anywhere", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(HIP_104, HIP_17), fc.integer({ min: 1, max: 400 }), (seed, limits, count) => {
        expectEqualToReference(clusteredHotspots(seed, count), limits);
      }),
      { numRuns: 25 * SOAK },
    );
  });

  test("equals the reference model under any limits from resolution 10 downwards", () => {
    const limits = fc
      .array(
        fc.record({
          neighbours: fc.nat({ max: 7 }),
          target: fc.integer({ min: 1, max: 12 }),
          more: fc.nat({ max: 40 }),
        }),
        {
          minLength: 1,
          maxLength: 11,
        },
      )
      .map((rows) =>
        rows.map(({ neighbours, target, more }, at) => ({
          resolution: 10 - at,
          neighbours,
          target,
          maximum: target + more,
        })),
      );
    fc.assert(
      fc.property(seeds, limits, fc.integer({ min: 1, max: 150 }), (seed, table, count) => {
        expectEqualToReference(clusteredHotspots(seed, count), table);
      }),
      { numRuns: 25 * SOAK },
    );
  });

  test("equals the reference model on thousands of hotspots", () => {
    expectEqualToReference(
      [1, 2, 3].flatMap((seed) => clusteredHotspots(seed, 2000)),
      HIP_104,
    );
    expectEqualToReference(
      [4, 5].flatMap((seed) => clusteredHotspots(seed, 1500)),
      HIP_17,
    );
  });

  test("does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 300 }), (seed, count) => {
        const hotspots = clusteredHotspots(seed, count);
        const random = generator(seed + 1);
        const shuffled = hotspots
          .map((text) => [random(), text] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, text]) => text);
        const [a, b] = [densityOf(hotspots, HIP_104), densityOf(shuffled, HIP_104)];
        a.levels.forEach((level, at) => {
          expect([level.unclipped, level.clipped]).toEqual([b.levels[at]?.unclipped, b.levels[at]?.clipped]);
        });
        for (const text of hotspots) expect(scaleOf(a, text)).toBe(scaleOf(b, text));
      }),
      { numRuns: 50 * SOAK },
    );
  });

  test("explains every scale: its factors multiply to it, its counts are those of the levels", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(HIP_104, HIP_17), (seed, limits) => {
        const hotspots = clusteredHotspots(seed, 120);
        const map = densityOf(hotspots, limits);
        for (const text of hotspots.filter((cell) => h3.getResolution(cell) > 10)) {
          const { hi, lo } = cellFromString(text);
          const steps = explainDensity(map, hi, lo);
          expect(steps.map((step) => step.resolution)).toEqual([10, 9, 8, 7, 6, 5, 4]);
          for (const step of steps) {
            expect(step.clipped).toBe(Math.min(step.unclipped, step.limit));
            expect(step.active).toBeGreaterThanOrEqual(step.unclipped);
            expect(cellToString(step.cell.hi, step.cell.lo)).toBe(h3.cellToParent(text, step.resolution));
          }
          const product = steps.reduce((scale, step) => scale * step.factor, 10_000);
          expect(Math.abs(product - map.scaleE4(hi, lo, -1))).toBeLessThan(0.5001);
        }
      }),
      { numRuns: 20 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses halves of different length", () => {
    const three = new Uint32Array(3);
    expect(() => buildDensityMap(three, new Uint32Array(2), HIP_104)).toThrow("POC_BAD_COLUMNS");
    expect(() => densityOf([], HIP_104).scalesE4(three, new Uint32Array(2), 0)).toThrow("POC_BAD_COLUMNS");
  });

  test("refuses limits that leave out a resolution, repeat one, or start elsewhere than at 10", () => {
    const tables = [
      [],
      limitTable([9, 0, 1, 1]),
      limitTable([10, 0, 1, 1], [8, 0, 1, 1]),
      limitTable([10, 0, 1, 1], [10, 0, 1, 1]),
      limitTable([11, 0, 1, 1], [10, 0, 1, 1]),
    ];
    for (const table of tables) expect(() => densityOf([], table)).toThrow("POC_BAD_PARAMETERS");
    const reversed = densityOf([under(RES_8, 0)], [...HIP_104].reverse());
    expect(reversed.levels.map((level) => level.resolution)).toEqual([10, 9, 8, 7, 6, 5, 4]);
    expect(() => reversed.level(3)).toThrow("POC_BAD_PARAMETERS");
    expect(() => reversed.level(11)).toThrow("POC_BAD_PARAMETERS");
  });

  test("refuses a target below one, a maximum below the target and numbers that are not whole", () => {
    for (const [neighbours, target, maximum] of [
      [-1, 1, 1],
      [0, 0, 1],
      [0, 2, 1],
      [0.5, 1, 1],
      [0, 1.5, 2],
      [0, 1, Number.NaN],
      [0, 1, Number.POSITIVE_INFINITY],
    ] as const) {
      expect(() => densityOf([], limitTable([10, neighbours, target, maximum]))).toThrow("POC_BAD_PARAMETERS");
    }
  });
});
