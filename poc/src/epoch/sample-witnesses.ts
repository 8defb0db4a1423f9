/** Marks the witnesses that are paid, beacon by beacon (score/witness-selection.ts). */
import { WitnessSelection } from "../score/witness-selection.ts";
import { REASON } from "../verify/reason.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

/** Fills `selected` and `selectedCount` from the final reasons. */
export function sampleWitnesses(context: EpochContext, verdicts: PartitionVerdicts): void {
  const { beacons, cells11, input } = context;
  const selection = new WitnessSelection({
    ...input.parameters.selection,
    keys: input.hotspots.key,
    gatewayIds: input.hotspots.gateway_id,
    cell11: cells11.of,
  });
  const { starts, reason, selected, hotspot } = verdicts;
  let candidates = new Uint32Array(1024);
  let places = new Uint32Array(1024);
  let chosen = new Uint8Array(1024);
  for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
    if (verdicts.beaconReason[group] !== REASON.valid) continue;
    const from = starts[group];
    const to = starts[group + 1];
    if (to - from > candidates.length) {
      candidates = new Uint32Array((to - from) * 2);
      places = new Uint32Array((to - from) * 2);
      chosen = new Uint8Array((to - from) * 2);
    }
    let count = 0;
    for (let row = from; row < to; row++) {
      if (reason[row] !== REASON.valid) continue;
      candidates[count] = hotspot[row];
      places[count++] = row;
    }
    const challenge = beacons.beacons.challenge[verdicts.beaconOfGroup[group]];
    verdicts.selectedCount[group] = selection.choose(
      candidates,
      count,
      chosen,
      input.challenges.sampling_entropy,
      input.challenges.challenge_id,
      challenge * 32,
    );
    for (let i = 0; i < count; i++) selected[places[i]] = chosen[i];
  }
}
