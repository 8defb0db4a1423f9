/** Cells for the tests: arbitraries over every resolution and the places where H3's tables are hard, and the strings of h3-js. */

import fc from "fast-check";
import * as h3 from "h3-js";
import type { Cell } from "../src/index.ts";

/** Multiplies the number of runs of a property that is worth a long one; 1 in CI. */
export const SOAK = Math.max(1, Number(process.env.EARSHOT_SOAK ?? 1));

/** The halves of an H3 string. */
export function split(text: string): Cell {
  return { hi: Number.parseInt(text.slice(0, -8), 16), lo: Number.parseInt(text.slice(-8), 16) };
}

/** The H3 string of two halves, by way of h3-js. */
export function join(hi: number, lo: number): string {
  return h3.splitLongToH3Index(lo | 0, hi | 0);
}

/** Any valid cell of a resolution range, uniform over digits, so that pentagon base cells come up as often as others. */
export function anyCell(coarsest = 0, finest = 15): fc.Arbitrary<string> {
  return fc
    .record({
      baseCell: fc.integer({ min: 0, max: 121 }),
      resolution: fc.integer({ min: coarsest, max: finest }),
      // Zeros are frequent, so that centre children and cells near pentagons are.
      digits: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6 })), { minLength: 15, maxLength: 15 }),
    })
    .map(({ baseCell, resolution, digits }) => {
      let bits = 1n << 59n;
      bits |= BigInt(resolution) << 52n;
      bits |= BigInt(baseCell) << 45n;
      for (let r = 1; r <= 15; r++) bits |= BigInt(r <= resolution ? (digits[r - 1] ?? 0) : 7) << BigInt(3 * (15 - r));
      return bits.toString(16);
    })
    .filter((text) => h3.isValidCell(text));
}

/** A point and another one 10 m to 10,000 km away, everywhere on Earth. */
export const pointPair = fc.record({
  latDeg: fc.double({ min: -90, max: 90, noNaN: true }),
  lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  bearing: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
  logDegrees: fc.double({ min: -4, max: 2, noNaN: true }),
});

/** The second point of a `pointPair`, in range. */
export function secondPoint(pair: {
  latDeg: number;
  lngDeg: number;
  bearing: number;
  logDegrees: number;
}): [number, number] {
  const degrees = 10 ** pair.logDegrees;
  const lat = Math.max(-90, Math.min(90, pair.latDeg + degrees * Math.cos(pair.bearing)));
  const lng = pair.lngDeg + degrees * Math.sin(pair.bearing);
  return [lat, ((((lng + 180) % 360) + 360) % 360) - 180];
}

/** Every cell within `k` steps of the twelve pentagons of a resolution. */
export function aroundPentagons(resolution: number, k: number): string[] {
  return h3.getPentagons(resolution).flatMap((pentagon) => h3.gridDisk(pentagon, k));
}

/** Cells at the poles, along the antimeridian and the prime meridian, at every resolution. */
export function edgeOfTheMapCells(): string[] {
  const cells: string[] = [];
  for (let resolution = 0; resolution <= 15; resolution++) {
    for (const [lat, lng] of [
      [90, 0],
      [-90, 0],
      [89.9999, 123],
      [-89.9999, -77],
    ]) {
      cells.push(h3.latLngToCell(lat ?? 0, lng ?? 0, resolution));
    }
    for (let lat = -80; lat <= 80; lat += 20) {
      for (const lng of [180, -180, 179.99999, -179.99999, 0]) cells.push(h3.latLngToCell(lat, lng, resolution));
    }
  }
  return cells;
}

/** The code of what `run` throws, or "nothing thrown". */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing thrown";
}
