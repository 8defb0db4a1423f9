/**
 * The detectors' state from epoch to epoch: levels, clean epochs and conduct by hotspot, 33 + 26 bytes each.
 *
 * Only hotspots that have something to remember have a row. A hotspot that leaves the registry leaves the state.
 */

import { compareByteRows } from "../byte-rows.ts";
import { allocateColumns, type Columns } from "../epoch/columns.ts";
import type { EpochInput } from "../epoch/epoch-input.ts";
import { suspicionOutTable } from "../epoch/tables.ts";
import { pocError } from "../errors.ts";
import { DEVICE_KEY_BYTES } from "../protocol/device-key.ts";
import { DETECTORS } from "./detector.ts";
import { LEVEL_STRIDE } from "./judge-suspects.ts";
import { keyOrder } from "./key-order.ts";

export interface SuspicionState {
  /** By hotspot × detector, 0 to 10,000. */
  readonly levels: Uint16Array;
  readonly cleanEpochs: Uint16Array;
  /** Decayed conduct, 1/16. */
  readonly good16: Uint32Array;
  readonly bad16: Uint32Array;
}

export function emptySuspicion(count: number): SuspicionState {
  return {
    levels: new Uint16Array(count * LEVEL_STRIDE),
    cleanEpochs: new Uint16Array(count),
    good16: new Uint32Array(count),
    bad16: new Uint32Array(count),
  };
}

/** Highest level of a hotspot, 0 to 10,000. */
export function highestLevel({ levels }: SuspicionState, hotspot: number): number {
  let highest = 0;
  for (let at = hotspot * LEVEL_STRIDE; at < (hotspot + 1) * LEVEL_STRIDE; at++)
    highest = Math.max(highest, levels[at]);
  return highest;
}

type LevelColumn = `${(typeof DETECTORS)[number]["name"]}_e4`;

/** Columns of the levels by detector number: names are put together once and not for every hotspot. */
function levelColumns(table: Readonly<Record<LevelColumn, Uint16Array>>): readonly Uint16Array[] {
  return DETECTORS.map(({ name }) => table[`${name}_e4`]);
}

/** Rows of hotspots.arrow in the order of their keys, in which states are read and written. */
export function hotspotsByKey({ key, region }: EpochInput["hotspots"]): Uint32Array {
  return keyOrder(key, DEVICE_KEY_BYTES, allRows(region.length));
}

/** State of each row of hotspots.arrow; nothing is known of keys the table does not hold. Throws POC_BAD_COLUMNS on repeated keys. */
export function readSuspicion(
  { hotspots, suspicionIn }: Pick<EpochInput, "hotspots" | "suspicionIn">,
  byKey: Uint32Array = hotspotsByKey(hotspots),
): SuspicionState {
  const state = emptySuspicion(hotspots.region.length);
  if (suspicionIn === undefined) return state;
  const levelsIn = levelColumns(suspicionIn);
  const rows = rowsByKey(suspicionIn.key);
  for (let place = 0, next = 0; place < byKey.length && next < rows.length; ) {
    const hotspot = byKey[place];
    const row = rows[next];
    const order = compareByteRows(suspicionIn.key, row, hotspots.key, hotspot, DEVICE_KEY_BYTES);
    if (order < 0) next++;
    else place++;
    if (order !== 0) continue;
    for (let detector = 0; detector < LEVEL_STRIDE; detector++)
      state.levels[hotspot * LEVEL_STRIDE + detector] = levelsIn[detector][row];
    state.cleanEpochs[hotspot] = suspicionIn.clean_epochs[row];
    state.good16[hotspot] = suspicionIn.good_16[row];
    state.bad16[hotspot] = suspicionIn.bad_16[row];
  }
  return state;
}

/** Rows of suspicion-in in the order of their keys. */
function rowsByKey(keys: Uint8Array): Uint32Array {
  const rows = keyOrder(keys, DEVICE_KEY_BYTES, allRows(keys.length / DEVICE_KEY_BYTES));
  for (let at = 1; at < rows.length; at++)
    if (compareByteRows(keys, rows[at - 1], keys, rows[at], DEVICE_KEY_BYTES) === 0)
      throw pocError("POC_BAD_COLUMNS", `suspicion-in.key: rows ${rows[at - 1]} and ${rows[at]} are equal`);
  return rows;
}

function allRows(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

/** suspicion-out: by key. `byKey`: `hotspotsByKey`. */
export function writeSuspicion(
  hotspots: EpochInput["hotspots"],
  state: SuspicionState,
  byKey: Uint32Array,
): Columns<typeof suspicionOutTable> {
  const order = byKey.filter((hotspot) => isRemembered(state, hotspot));
  const out = allocateColumns(suspicionOutTable, order.length);
  const levelsOut = levelColumns(out);
  for (let row = 0; row < order.length; row++) {
    const hotspot = order[row];
    const from = hotspot * DEVICE_KEY_BYTES;
    const to = row * DEVICE_KEY_BYTES;
    for (let byte = 0; byte < DEVICE_KEY_BYTES; byte++) out.key[to + byte] = hotspots.key[from + byte];
    for (let detector = 0; detector < LEVEL_STRIDE; detector++)
      levelsOut[detector][row] = state.levels[hotspot * LEVEL_STRIDE + detector];
    out.clean_epochs[row] = state.cleanEpochs[hotspot];
    out.good_16[row] = state.good16[hotspot];
    out.bad_16[row] = state.bad16[hotspot];
  }
  return out;
}

function isRemembered(state: SuspicionState, hotspot: number): boolean {
  return (
    state.cleanEpochs[hotspot] > 0 ||
    state.good16[hotspot] > 0 ||
    state.bad16[hotspot] > 0 ||
    highestLevel(state, hotspot) > 0
  );
}
