/** The density scale of private hotspots: never more than any place in their cell would have, and no more taken from others than one place. */
import { cellFromString } from "@earshot/geo";
import fc from "fast-check";
import { cellToChildren, cellToParent, getPentagons, gridDisk, latLngToCell } from "h3-js";
import { describe, expect, test } from "vitest";
import { earshot } from "../../src/index.ts";
import { buildDensityMap, type DensityMap, explainDensity } from "../../src/score/density.ts";
import { runs } from "../helium/soak.ts";
import { privateDensityScalesE4 } from "../reference/private-density.ts";

const { limits } = earshot.density;
const DEFAULT_E4 = 2000;

/** `places`: resolution-12 cells, and resolution-8 cells for private hotspots. */
function densityOf(places: readonly string[]): DensityMap {
  const cells = places.map((place) => cellFromString(place));
  return buildDensityMap(
    Uint32Array.from(cells, ({ hi }) => hi),
    Uint32Array.from(cells, ({ lo }) => lo),
    limits,
    true,
  );
}

function scaleOf(map: DensityMap, place: string): number {
  const { hi, lo } = cellFromString(place);
  return map.scaleE4(hi, lo, DEFAULT_E4);
}

const cell = latLngToCell(51.5, -0.12, 8);
const nine = cellToChildren(cell, 9);
/** The centre resolution-12 cell of the n-th resolution-10 hexagon of the m-th resolution-9 one. */
const openAt = (m: number, n: number) => cellToChildren(cellToChildren(nine[m], 10)[n], 12)[0];

describe("vectors", () => {
  test.each([
    ["alone", [cell], 10_000],
    ["two private ones share", [cell, cell], 5000],
    ["three private ones share", [cell, cell, cell], 3333],
    // 1/2 in the open one's resolution-10 or resolution-9 hexagon, or beside it: 1/2 all.
    ["beside one open one", [cell, openAt(0, 0)], 5000],
    // In the hexagon of one of the two: 1/2 × 1 × 1/2.
    ["beside two open ones in two resolution-9 hexagons", [cell, openAt(0, 0), openAt(1, 0)], 2500],
    // In the hexagon of one of the two: 1/2 × 1/2 × 1; or the third of a resolution-9 hexagon: 1/3.
    ["beside two open ones in one resolution-9 hexagon", [cell, openAt(0, 0), openAt(0, 1)], 2500],
    // Two open ones in one resolution-10 hexagon: the third there.
    ["beside two open ones in one resolution-10 hexagon", [cell, openAt(0, 0), openAt(0, 0)], 3333],
    // A third of one part in three, or half of one in two.
    ["a pair beside an open one", [cell, cell, openAt(0, 0)], 2500],
  ])("%s", (_, places, scale) => {
    expect(scaleOf(densityOf(places), cell)).toBe(scale);
  });

  test("all private hotspots of a cell take the room of one place from the open ones", () => {
    const open = openAt(0, 0);
    expect(scaleOf(densityOf([open]), open)).toBe(10_000);
    expect(scaleOf(densityOf([open, cell]), open)).toBe(5000);
    expect(scaleOf(densityOf([open, cell, cell, cell, cell]), open)).toBe(5000);
  });
});

describe("boundaries", () => {
  test("a cell with all seven resolution-9 hexagons taken counts private ones as one place more", () => {
    const full = nine.map((_, m) => openAt(m, 0));
    expect(scaleOf(densityOf([...full, cell]), full[0])).toBe(1250);
    // In the hexagon of any of the seven: 1/2 × 1 × 1/7.
    expect(scaleOf(densityOf([...full, cell]), cell)).toBe(714);
  });

  test("a pentagon has six children to stand in", () => {
    const pentagon = getPentagons(8)[3];
    const children = cellToChildren(pentagon, 9);
    const full = children.map((child) => cellToChildren(child, 12)[0]);
    expect(children).toHaveLength(6);
    for (let taken = 0; taken <= full.length; taken++) {
      const open = full.slice(0, taken);
      const expected = privateDensityScalesE4({ open, hidden: [pentagon] }).get(pentagon);
      expect(scaleOf(densityOf([...open, pentagon]), pentagon)).toBe(expected);
    }
  });

  test("hexagons finer than resolution 8 are listed without those that stand for private places", () => {
    const map = densityOf([cell, cell, openAt(2, 3)]);
    for (const level of map.levels) {
      const { hi, lo, hexagon } = map.cells(level);
      expect([hi.length, lo.length, hexagon.length]).toEqual([1, 1, 1]);
    }
  });

  test("without private rows cells of resolution 8 do not count", () => {
    const { hi, lo } = cellFromString(cell);
    const map = buildDensityMap(Uint32Array.of(hi), Uint32Array.of(lo), limits);
    expect(map.activeCount).toBe(0);
  });
});

/** A crowd in a few cells: open and private hotspots mixed. */
const crowds = fc
  .record({
    origin: fc.constantFrom(cell, getPentagons(8)[5], latLngToCell(0.001, 179.9999, 8)),
    draws: fc.array(fc.record({ at: fc.nat(6), child: fc.nat(2400), isPrivate: fc.boolean(), isClose: fc.boolean() }), {
      minLength: 1,
      maxLength: 24,
    }),
  })
  .map(({ origin, draws }) => {
    const cells = gridDisk(origin, 1);
    return draws.map(({ at, child, isPrivate, isClose }) => {
      const own = cells[at % cells.length];
      const children = cellToChildren(own, 12);
      return isPrivate ? own : children[isClose ? child % 60 : child % children.length];
    });
  });

describe("properties", () => {
  test("is what a count of the whole world for each place in the cell says", () => {
    fc.assert(
      fc.property(crowds, (places) => {
        const map = densityOf(places);
        const isOpen = (place: string) => place[1] === "c";
        const expected = privateDensityScalesE4({
          open: places.filter(isOpen),
          hidden: places.filter((place) => !isOpen(place)),
        });
        for (const place of places) expect(scaleOf(map, place), place).toBe(expected.get(place));
      }),
      { numRuns: runs(25) },
    );
  });

  test("is never more than one private hotspot would have at any place of its cell", () => {
    fc.assert(
      fc.property(crowds, fc.nat(), fc.nat(), (places, which, where) => {
        const at = which % places.length;
        const own = cellToParent(places[at], 8);
        const children = cellToChildren(own, 12);
        const place = children[where % children.length];
        const hidden = scaleOf(densityOf(places.with(at, own)), own);
        expect(hidden).toBeLessThanOrEqual(scaleOf(densityOf(places.with(at, place)), place));
      }),
      { numRuns: runs(100) },
    );
  });

  test("is explained: its factors multiply to it", () => {
    fc.assert(
      fc.property(crowds, (places) => {
        const map = densityOf(places);
        for (const place of places) {
          const { hi, lo } = cellFromString(place);
          const steps = explainDensity(map, hi, lo);
          expect(steps).toHaveLength(limits.length);
          const product = steps.reduce((scale, { clipped, unclipped }) => (scale * clipped) / unclipped, 10_000);
          expect(Math.abs(product - scaleOf(map, place))).toBeLessThan(0.5001);
        }
      }),
      { numRuns: runs(25) },
    );
  });
});
