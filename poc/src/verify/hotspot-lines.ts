/**
 * One 32-byte line per hotspot: all that judging a row needs to know of its sender, in one cache line.
 *
 * Line of hotspot h = eight int32 from index 8h: x, y, z (1/256 m), meta, gain (0.1 dBi), stamp, i, j. `stamp` is scratch of the
 * kernel (duplicates), so every worker has its own lines. i and j are the axial coordinates of the resolution-11 parent inside
 * its base cell, for the grid distance. A private hotspot has the centre of its resolution-8 cell for a place, and in the word of i how far
 * from there it may stand. The last line, of hotspot `count`, stands for keys the registry does not hold.
 */
import {
  cellBaseCell,
  cellReachUnits,
  cellResolution,
  isCell,
  isPentagonBaseCell,
  localIj,
  pentagonSector,
  positionOfCell,
} from "@earshot/geo";
import type { Columns } from "../epoch/columns.ts";
import type { hotspotsTable } from "../epoch/tables.ts";
import { pocError } from "../errors.ts";
import type { NetworkParameters } from "../parameters/network-parameters.ts";
import { type HotspotPlaces, hotspotPlaces } from "./hotspot-places.ts";

export const LINE = { x: 0, y: 1, z: 2, meta: 3, gain: 4, stamp: 5, i: 6, j: 7, reach: 6 } as const;
export const LINE_STRIDE = 8;
/** A location coarser than this counts as not asserted (Helium skipped them too). */
const COARSEST_ASSERTED = 11;

/** Bits of `meta`: region in the low byte, then what bars a hotspot, then where its grid coordinates hold. */
export const META = {
  regionMask: 0xff,
  unregistered: 1 << 8,
  notAsserted: 1 << 9,
  suspended: 1 << 10,
  dataOnly: 1 << 11,
  /** Its place is the centre of a resolution-8 cell, and it stands within `LINE.reach` of it. */
  private: 1 << 12,
  /** Its base cell is a pentagon: grid coordinates decide only inside one sector. */
  pentagonBase: 1 << 14,
  /** Set on every line. */
  always: 1 << 15,
  baseCellShift: 16,
  baseCellMask: 0x7f << 16,
  /** Sector of a pentagon base cell, 0 on hexagons (geo/src/grid-distance.ts). */
  sectorShift: 24,
  /** Base cell and sector: equal where coordinates can be compared as they are. */
  placeMask: (0x7f << 16) | (0x7 << 24),
} as const;

/** Ids are 24 bits in a packed row, and the last one is the unregistered sender. */
export const MAX_HOTSPOTS = 0xffffff - 1;

export interface HotspotLines {
  readonly count: number;
  readonly lines: Int32Array;
}

/** The lines of all hotspots, and one more for senders that are not among them. Throws POC_BAD_COLUMNS when there are too many. */
export function buildHotspotLines(
  hotspots: Columns<typeof hotspotsTable>,
  parameters: NetworkParameters,
  places: HotspotPlaces = hotspotPlaces(hotspots, parameters),
): HotspotLines {
  const count = hotspots.region.length;
  if (count > MAX_HOTSPOTS)
    throw pocError("POC_BAD_COLUMNS", `hotspots: expected at most ${MAX_HOTSPOTS} rows, got ${count}`);
  const wholeDbi = parameters.radio.gains === "whole-dbi";
  const lines = new Int32Array((count + 1) * LINE_STRIDE);
  for (let hotspot = 0; hotspot < count; hotspot++) {
    const at = hotspot * LINE_STRIDE;
    const lo = places.lo[hotspot];
    const hi = places.hi[hotspot];
    let meta = META.always | hotspots.region[hotspot];
    if (hotspots.suspended[hotspot] !== 0) meta |= META.suspended;
    if (hotspots.capability[hotspot] === 0) meta |= META.dataOnly;
    if (places.isPrivate[hotspot] === 1) {
      writePosition(lines, at, hi, lo);
      lines[at + LINE.reach] = cellReachUnits(hi, lo);
      meta |= META.private;
    } else if (isCell(hi, lo) && cellResolution(hi) >= COARSEST_ASSERTED) {
      writePosition(lines, at, hi, lo);
      meta |= cellBaseCell(hi) << META.baseCellShift;
      const local = localIj(hi, lo);
      if (isPentagonBaseCell(cellBaseCell(hi)))
        meta |= META.pentagonBase | (pentagonSector(hi, lo) << META.sectorShift);
      lines[at + LINE.i] = local?.i ?? 0;
      lines[at + LINE.j] = local?.j ?? 0;
    } else {
      meta |= META.notAsserted;
    }
    lines[at + LINE.meta] = meta;
    const gain = hotspots.gain_ddbi[hotspot];
    lines[at + LINE.gain] = wholeDbi ? Math.trunc(gain / 10) * 10 : gain;
  }
  lines[count * LINE_STRIDE + LINE.meta] = META.always | META.unregistered;
  return { count, lines };
}

function writePosition(lines: Int32Array, at: number, hi: number, lo: number): void {
  const { x, y, z } = positionOfCell(hi, lo);
  lines[at + LINE.x] = x;
  lines[at + LINE.y] = y;
  lines[at + LINE.z] = z;
}
