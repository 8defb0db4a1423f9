/**
 * The detectors' state from epoch to epoch: levels, clean epochs and conduct by hotspot, 33 + 26 bytes each.
 *
 * Only hotspots that have something to remember have a row. A hotspot that leaves the registry leaves the state.
 */

import { allocateColumns, type Columns } from "../epoch/columns.ts";
import type { EpochInput } from "../epoch/epoch-input.ts";
import { KeyIndex } from "../epoch/key-index.ts";
import { suspicionOutTable } from "../epoch/tables.ts";
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

/** State of each row of hotspots.arrow; nothing is known of keys the table does not hold. Throws POC_BAD_COLUMNS on repeated keys. */
export function readSuspicion({ hotspots, suspicionIn }: Pick<EpochInput, "hotspots" | "suspicionIn">): SuspicionState {
  const count = hotspots.region.length;
  const state = emptySuspicion(count);
  if (suspicionIn === undefined) return state;
  const index = new KeyIndex(suspicionIn.key, DEVICE_KEY_BYTES, "suspicion-in.key");
  const levelsIn = levelColumns(suspicionIn);
  for (let hotspot = 0; hotspot < count; hotspot++) {
    const row = index.find(hotspots.key, hotspot * DEVICE_KEY_BYTES);
    if (row < 0) continue;
    for (let detector = 0; detector < LEVEL_STRIDE; detector++)
      state.levels[hotspot * LEVEL_STRIDE + detector] = levelsIn[detector][row];
    state.cleanEpochs[hotspot] = suspicionIn.clean_epochs[row];
    state.good16[hotspot] = suspicionIn.good_16[row];
    state.bad16[hotspot] = suspicionIn.bad_16[row];
  }
  return state;
}

/** suspicion-out: by key. */
export function writeSuspicion(
  hotspots: EpochInput["hotspots"],
  state: SuspicionState,
): Columns<typeof suspicionOutTable> {
  const remembered: number[] = [];
  for (let hotspot = 0; hotspot < state.cleanEpochs.length; hotspot++) {
    if (
      highestLevel(state, hotspot) > 0 ||
      state.cleanEpochs[hotspot] > 0 ||
      state.good16[hotspot] > 0 ||
      state.bad16[hotspot] > 0
    )
      remembered.push(hotspot);
  }
  const out = allocateColumns(suspicionOutTable, remembered.length);
  const levelsOut = levelColumns(out);
  const order = keyOrder(hotspots.key, DEVICE_KEY_BYTES, remembered);
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
