/**
 * Which positions lie within a distance of a point, without looking at all of them: cubes of 16 km in a hash map, each point
 * in one. Exact integers on the positions of geo/src/position.ts; nothing is asked of H3.
 */
import { chordSquared, POSITION_UNITS_PER_M, type Position, surfaceDistanceM } from "@earshot/geo";

/** log2 of a cube's side in position units: 2^22 / 256 = 16,384 m. */
const SIDE_SHIFT = 22;
const SIDE_M = 2 ** SIDE_SHIFT / POSITION_UNITS_PER_M;
/** Cubes per axis: an int32 holds 2^10 sides; one more bit keeps neighbours beyond the edge apart. */
const AXIS = 2 ** 11;

function cubeKey(x: number, y: number, z: number): number {
  return (x * AXIS + y) * AXIS + z;
}

export class SpatialIndex {
  readonly #positions: readonly Position[];
  readonly #cubes = new Map<number, number[]>();

  constructor(positions: readonly Position[]) {
    this.#positions = positions;
    positions.forEach(({ x, y, z }, index) => {
      const key = cubeKey(x >> SIDE_SHIFT, y >> SIDE_SHIFT, z >> SIDE_SHIFT);
      const cube = this.#cubes.get(key);
      if (cube === undefined) this.#cubes.set(key, [index]);
      else cube.push(index);
    });
  }

  /** Indices of the positions at most `distanceM` along the sphere from a point, ascending. */
  within(from: Position, distanceM: number): number[] {
    const reach = Math.ceil(distanceM / SIDE_M);
    const [cx, cy, cz] = [from.x >> SIDE_SHIFT, from.y >> SIDE_SHIFT, from.z >> SIDE_SHIFT];
    const found: number[] = [];
    for (let x = cx - reach; x <= cx + reach; x++) {
      for (let y = cy - reach; y <= cy + reach; y++) {
        for (let z = cz - reach; z <= cz + reach; z++) {
          for (const index of this.#cubes.get(cubeKey(x, y, z)) ?? []) {
            const p = this.#positions[index];
            if (surfaceDistanceM(chordSquared(p.x - from.x, p.y - from.y, p.z - from.z)) <= distanceM)
              found.push(index);
          }
        }
      }
    }
    return found.sort((a, b) => a - b);
  }
}
