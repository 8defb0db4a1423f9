/**
 * What every stage of an epoch reads and none of them changes: hotspots as lines and dense cells, rules, beacon verdicts.
 *
 * Built once per epoch, or once per worker from the same input; equal input gives equal context.
 */

import { buildCellIndex, cellDistanceM, cellResolution, gridDistance11, parentHi, parentLo } from "@earshot/geo";
import { pocError } from "../errors.ts";
import {
  buildHotspotLines,
  type HotspotLines,
  LINE,
  LINE_STRIDE,
  MAX_HOTSPOTS,
  META,
} from "../verify/hotspot-lines.ts";
import { type HotspotPlaces, hotspotPlaces, privateLocationsFlaw } from "../verify/hotspot-places.ts";
import type { ExactGeometry } from "../verify/witness-job.ts";
import { compileWitnessRules, type WitnessRules } from "../verify/witness-rules.ts";
import { assertColumns } from "./columns.ts";
import type { EpochInput } from "./epoch-input.ts";
import { type HotspotHistory, readHistory } from "./history.ts";
import { type BeaconVerdicts, judgeBeacons } from "./judge-beacons.ts";
import { anomalyInputTables, inputTables, splitsTable, type TableDefinition, tableField } from "./tables.ts";

/** Resolution at which cells are weighed and shown. */
const CELL_RESOLUTION = 8;

/** Cells of one resolution that hold hotspots, in cell order, and which one each hotspot is in. */
export interface HotspotCells {
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
  /** Dense cell id by hotspot; the number of cells for one without a cell so fine. The last entry is for unregistered senders. */
  readonly of: Uint32Array;
}

export interface EpochContext {
  readonly input: EpochInput;
  readonly hotspots: HotspotLines;
  readonly places: HotspotPlaces;
  readonly rules: WitnessRules;
  readonly geometry: ExactGeometry;
  readonly history: HotspotHistory;
  readonly cells8: HotspotCells;
  readonly cells11: HotspotCells;
  readonly beacons: BeaconVerdicts;
  readonly epochStartMs: number;
}

/** Tables that are empty where they are not given (epoch-input.ts). */
const MAY_LACK: ReadonlySet<TableDefinition> = new Set([splitsTable, ...anomalyInputTables]);

/** Checks the input's columns and builds the context. Throws POC_BAD_COLUMNS or POC_BAD_PARAMETERS. */
export function prepareEpoch(input: EpochInput): EpochContext {
  const tables = input as unknown as Readonly<Record<string, never>>;
  for (const table of input.parameters.anomaly === undefined ? inputTables : [...inputTables, ...anomalyInputTables]) {
    const columns = tables[tableField(table.name)];
    if (columns !== undefined || !MAY_LACK.has(table)) assertColumns(table, columns ?? ({} as never));
  }
  if (!input.parameters.density.limits.some(({ resolution }) => resolution === CELL_RESOLUTION)) {
    throw pocError(
      "POC_BAD_PARAMETERS",
      `density.limits: expected one of resolution ${CELL_RESOLUTION}, in which cells are weighed`,
    );
  }
  const flaw = privateLocationsFlaw(input.parameters);
  if (flaw !== undefined) throw pocError("POC_BAD_PARAMETERS", flaw);
  const places = hotspotPlaces(input.hotspots, input.parameters);
  const hotspots = buildHotspotLines(input.hotspots, input.parameters, places);
  const history = readHistory(input);
  return {
    input,
    hotspots,
    places,
    rules: compileWitnessRules(input.parameters),
    geometry: exactGeometry(input.hotspots.cell),
    history,
    cells8: hotspotCells(places, hotspots, CELL_RESOLUTION),
    cells11: hotspotCells(places, hotspots, 11),
    beacons: judgeBeacons(input, hotspots, history.lastBeaconMs),
    epochStartMs: input.header.epoch * input.parameters.time.epochMs,
  };
}

/** The two 32-bit halves of cell `row`. */
export function cellHalves(cells: BigUint64Array): { readonly hi: Uint32Array; readonly lo: Uint32Array } {
  const rows = cells.length;
  const words = new Uint32Array(cells.buffer, cells.byteOffset, rows * 2);
  const hi = new Uint32Array(rows);
  const lo = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    lo[row] = words[2 * row];
    hi[row] = words[2 * row + 1];
  }
  return { hi, lo };
}

function hotspotCells({ hi, lo }: HotspotPlaces, hotspots: HotspotLines, resolution: number): HotspotCells {
  const { count, lines } = hotspots;
  const placed: number[] = [];
  for (let hotspot = 0; hotspot < count; hotspot++) {
    const isPlaced = (lines[hotspot * LINE_STRIDE + LINE.meta] & META.notAsserted) === 0;
    if (isPlaced && cellResolution(hi[hotspot]) >= resolution) placed.push(hotspot);
  }
  const parentsHi = Uint32Array.from(placed, (hotspot) => parentHi(hi[hotspot], lo[hotspot], resolution));
  const parentsLo = Uint32Array.from(placed, (hotspot) => parentLo(hi[hotspot], lo[hotspot], resolution));
  const index = buildCellIndex(parentsHi, parentsLo);
  const of = new Uint32Array(count + 1).fill(index.size);
  placed.forEach((hotspot, row) => {
    of[hotspot] = index.ids[row];
  });
  return { hi: index.hi, lo: index.lo, of };
}

function exactGeometry(cells: BigUint64Array): ExactGeometry {
  const { hi, lo } = cellHalves(cells);
  // Pairs meet again at every challenge, and only pairs beside a pentagon get here.
  const known = new Map<number, number>();
  return {
    haversineM: (a, b) => cellDistanceM(hi[a], lo[a], hi[b], lo[b]),
    gridCells(a, b) {
      const pair = a * (MAX_HOTSPOTS + 2) + b;
      let distance = known.get(pair);
      if (distance === undefined) {
        distance = gridDistance11(hi[a], lo[a], hi[b], lo[b]);
        known.set(pair, distance);
      }
      return distance;
    },
  };
}
