/**
 * Where the register says each hotspot stands: an open one at the centre of its resolution-12 cell, a private one somewhere in its
 * resolution-8 cell (docs/adr/0010).
 *
 * A private hotspot shows no finer cell. Under parameters with `privateLocations` it is judged from the coarse one, by the bound of each
 * rule that is worst for it; under others it counts as not asserted.
 */
import { cellResolution, isCell, PUBLIC_RESOLUTION } from "@earshot/geo";
import type { Columns } from "../epoch/columns.ts";
import type { hotspotsTable } from "../epoch/tables.ts";
import type { NetworkParameters } from "../parameters/network-parameters.ts";

/** The two columns of the register that say where. */
export type RegisteredCells = Pick<Columns<typeof hotspotsTable>, "cell" | "cell_public">;

export interface HotspotPlaces {
  /** By hotspot: its cell, of resolution 8 for a private one; (0, 0) for one without a place. */
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
  /** 1 by hotspot for private ones. */
  readonly isPrivate: Uint8Array;
  readonly privateCount: number;
}

/** Whether a hotspot has a place that it can be judged at. */
export function isPlaced(
  { cell, cell_public: cellPublic }: RegisteredCells,
  row: number,
  { privateLocations }: Pick<NetworkParameters, "privateLocations">,
): boolean {
  return cell[row] !== 0n || (privateLocations === true && cellPublic[row] !== 0n);
}

/** The places of all hotspots. */
export function hotspotPlaces(
  { cell, cell_public: cellPublic }: RegisteredCells,
  { privateLocations }: Pick<NetworkParameters, "privateLocations">,
): HotspotPlaces {
  const count = cell.length;
  const words = new Uint32Array(cell.buffer, cell.byteOffset, count * 2);
  const publicWords = new Uint32Array(cellPublic.buffer, cellPublic.byteOffset, count * 2);
  const hi = new Uint32Array(count);
  const lo = new Uint32Array(count);
  const isPrivate = new Uint8Array(count);
  let privateCount = 0;
  for (let hotspot = 0; hotspot < count; hotspot++) {
    lo[hotspot] = words[2 * hotspot];
    hi[hotspot] = words[2 * hotspot + 1];
    if (privateLocations !== true || (hi[hotspot] | lo[hotspot]) !== 0) continue;
    const publicLo = publicWords[2 * hotspot];
    const publicHi = publicWords[2 * hotspot + 1];
    if (!isCell(publicHi, publicLo) || cellResolution(publicHi) !== PUBLIC_RESOLUTION) continue;
    lo[hotspot] = publicLo;
    hi[hotspot] = publicHi;
    isPrivate[hotspot] = 1;
    privateCount++;
  }
  return { hi, lo, isPrivate, privateCount };
}

/** Density at these resolutions must count a cell as one hotspot at most, or where in it a private one stands would change others' scales. */
const SINGLE_RESOLUTIONS = [10, 9, 8];

/** Why the other rules leave private hotspots no bound that holds, or undefined where they do not. */
export function privateLocationsFlaw(
  parameters: Pick<NetworkParameters, "privateLocations" | "distance" | "density">,
): string | undefined {
  const { density, distance, privateLocations } = parameters;
  if (privateLocations !== true) return undefined;
  if (distance.minimumKind !== "metres" || distance.rounding !== "position")
    return "privateLocations: needs a least distance in metres and distances by positions";
  const single = SINGLE_RESOLUTIONS.every((wanted) =>
    density.limits.some(({ resolution, target, maximum }) => resolution === wanted && target === 1 && maximum === 1),
  );
  return single ? undefined : "privateLocations: needs density limits of 1 at resolutions 8, 9 and 10";
}
