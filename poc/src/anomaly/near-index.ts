/** Which hotspots that took part in the epoch are asserted near another, by cubes of 5 km. */
import { MAX_REACH_M, POSITION_UNITS_PER_M } from "@earshot/geo";
import { LINE, LINE_STRIDE, META } from "../verify/hotspot-lines.ts";
import { farthestLineChordSquared, lineChordSquared } from "./link-columns.ts";

const CUBE_M = 5000;
/** Cubes of the sphere along an axis stay below this, so that three indices make one exact number. */
const AXIS = 1 << 14;

export class NearIndex {
  readonly #lines: Int32Array;
  readonly #cubes = new Map<number, number[]>();

  /** `isActive`: 1 by hotspot for those that took part. */
  constructor(lines: Int32Array, isActive: Uint8Array) {
    this.#lines = lines;
    for (let hotspot = 0; hotspot < isActive.length; hotspot++) {
      if (isActive[hotspot] === 0 || (lines[hotspot * LINE_STRIDE + LINE.meta] & META.notAsserted) !== 0) continue;
      const cube = this.#cubeOf(hotspot, 0, 0, 0);
      const members = this.#cubes.get(cube);
      if (members === undefined) this.#cubes.set(cube, [hotspot]);
      else members.push(hotspot);
    }
  }

  /**
   * Others within `radiusM` of a hotspot's asserted place, in no particular order. Where places are private, those that are so wherever in
   * their cells they stand (`isSure`), or that may be.
   */
  around(hotspot: number, radiusM: number, isSure: boolean): number[] {
    const found: number[] = [];
    const chordSquared = isSure ? farthestLineChordSquared : lineChordSquared;
    const span = Math.ceil((radiusM + (isSure ? 0 : 2 * MAX_REACH_M)) / CUBE_M);
    const limitSq = (radiusM * POSITION_UNITS_PER_M) ** 2;
    const first = this.#cubeOf(hotspot, -span, -span, -span);
    const width = 2 * span + 1;
    for (let cube = 0; cube < width ** 3; cube++) {
      const [dx, dy, dz] = [Math.floor(cube / (width * width)), Math.floor(cube / width) % width, cube % width];
      const members = this.#cubes.get(first + (dx * AXIS + dy) * AXIS + dz);
      if (members === undefined) continue;
      for (const other of members)
        if (other !== hotspot && chordSquared(this.#lines, hotspot, other) <= limitSq) found.push(other);
    }
    return found;
  }

  #cubeOf(hotspot: number, dx: number, dy: number, dz: number): number {
    const at = hotspot * LINE_STRIDE;
    const index = (coordinate: number, step: number) =>
      Math.floor(coordinate / (CUBE_M * POSITION_UNITS_PER_M)) + step + AXIS / 2;
    const x = index(this.#lines[at + LINE.x], dx);
    const y = index(this.#lines[at + LINE.y], dy);
    return (x * AXIS + y) * AXIS + index(this.#lines[at + LINE.z], dz);
  }
}
