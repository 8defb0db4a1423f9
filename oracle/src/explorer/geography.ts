/** What lies under the hexagons: coasts and borders of Natural Earth and names of cities of GeoNames, both served from here. */
import { readFileSync } from "node:fs";
import { loadCities } from "@earshot/fixtures";
import { ASSET_ROOT, type ExplorerFile, toFile } from "./bundle.ts";

/** Smaller places are not named on the map. */
const LEAST_PEOPLE = 30_000;

/** Files by path: `world-110m.json` at once, `coast-10m.json` when somebody looks closely. */
export function geographyFiles(): ReadonlyMap<string, ExplorerFile> {
  const atlas = (name: string) => readFileSync(Bun.resolveSync(`world-atlas/${name}`, import.meta.dirname));
  const places = loadCities()
    .filter(({ population }) => population >= LEAST_PEOPLE)
    .map(({ name, lngDeg, latDeg, population }) => [name, rounded(lngDeg), rounded(latDeg), population]);
  const files: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
    ["world-110m.json", atlas("countries-110m.json")],
    ["coast-10m.json", atlas("land-10m.json")],
    ["places.json", Buffer.from(JSON.stringify(places))],
  ];
  return new Map(files.map(([name, bytes]) => [`${ASSET_ROOT}/${name}`, toFile(bytes, name)]));
}

/** A name on the map needs no more than 1e-3 degrees. */
function rounded(degrees: number): number {
  return Math.round(degrees * 1000) / 1000;
}
