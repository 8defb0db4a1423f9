/** Marks the witnesses that are paid, beacon by beacon (score/witness-selection.ts). */

import { type SelectionContext, WitnessSelection } from "../score/witness-selection.ts";
import { REASON } from "../verify/reason.ts";
import { hotspotOfRow } from "../verify/witness-job.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

/** The number alone, not a property, in loops over rows. */
const VALID: number = REASON.valid;

/** Fills `selected` and `selectedCount` from the final reasons. */
export function sampleWitnesses(context: EpochContext, verdicts: PartitionVerdicts): void {
  const { beacons, input } = context;
  const selection = new WitnessSelection({
    ...input.parameters.selection,
    keys: input.hotspots.key,
    gatewayIds: input.hotspots.gateway_id,
    ...cellsOf(context),
  });
  const { reason, rows, selected, selectedCount, starts } = verdicts;
  const maximum = input.parameters.selection.maximumWitnesses;
  let candidates = new Uint32Array(1024);
  let places = new Uint32Array(1024);
  let chosen = new Uint8Array(1024);
  for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
    if (verdicts.beaconReason[group] !== VALID) continue;
    const from = starts[group];
    const to = starts[group + 1];
    let valid = 0;
    for (let row = from; row < to; row++) {
      const isValid = reason[row] === VALID ? 1 : 0;
      selected[row] = isValid;
      valid += isValid;
    }
    selectedCount[group] = Math.min(valid, maximum);
    if (valid <= maximum) continue;
    if (valid > candidates.length) {
      candidates = new Uint32Array(valid * 2);
      places = new Uint32Array(valid * 2);
      chosen = new Uint8Array(valid * 2);
    }
    let count = 0;
    for (let row = from; row < to; row++) {
      if (selected[row] === 0) continue;
      candidates[count] = hotspotOfRow(rows, row);
      places[count++] = row;
    }
    const challenge = beacons.beacons.challenge[verdicts.beaconOfGroup[group]];
    const { sampling_entropy: entropy, challenge_id: id } = input.challenges;
    selection.choose(candidates, count, chosen, entropy, id, challenge * 32);
    for (let i = 0; i < count; i++) selected[places[i]] = chosen[i];
  }
}

/** The cells that candidates are told apart by: a private hotspot has no resolution-11 cell that it could share. */
function cellsOf({ cells8, cells11, places }: EpochContext): Pick<SelectionContext, "cell11" | "privates"> {
  const { isPrivate, privateCount } = places;
  if (privateCount === 0) return { cell11: cells11.of, privates: null };
  let next = cells11.hi.length + 1;
  const cell11 = cells11.of.map((cell, hotspot) => (isPrivate[hotspot] === 1 ? next++ : cell));
  return { cell11, privates: { isPrivate, cell8: cells8.of } };
}
