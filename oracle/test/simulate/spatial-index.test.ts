import { chordSquared, type Position, surfaceDistanceM } from "@earshot/geo";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SpatialIndex } from "../../src/simulate/spatial-index.ts";

const equator: Position = { x: 1_630_977_838, y: 0, z: 0 };

function metres(a: Position, b: Position): number {
  return surfaceDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z));
}

describe("spatial index", () => {
  test("includes a position at exactly the distance and leaves out the next one", () => {
    const at = (units: number): Position => ({ ...equator, y: units });
    const index = new SpatialIndex([at(0), at(256_000), at(256_010)]);
    const distanceM = metres(at(0), at(256_000));
    expect(index.within(at(0), distanceM)).toEqual([0, 1]);
  });

  test("finds what a look at every position finds, also across the axes", () => {
    const coordinate = fc.integer({ min: -30_000_000, max: 30_000_000 });
    const position = fc.record({ x: coordinate, y: coordinate, z: coordinate });
    fc.assert(
      fc.property(
        fc.array(position, { maxLength: 60 }),
        position,
        fc.integer({ min: 0, max: 120_000 }),
        (all, from, distanceM) => {
          const expected = all.flatMap((p, i) => (metres(p, from) <= distanceM ? [i] : []));
          expect(new SpatialIndex(all).within(from, distanceM)).toEqual(expected);
        },
      ),
    );
  });
});
