/**
 * Reciprocity (HIP-106): who is paid as a witness must beacon, who is paid as a beaconer must witness.
 *
 * Judged after the checks, because reports that pass all else move the timestamps reciprocity is judged by; were it a check like
 * the others, two hotspots that only hear each other could never come back after a long outage.
 */

import { REASON } from "../verify/reason.ts";
import { hotspotOfRow, receiveOffsetOfRow } from "../verify/witness-job.ts";
import type { EpochContext } from "./epoch-context.ts";
import { copyHistory, type HotspotHistory } from "./history.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

/** The number alone, not a property, in loops over rows. */
const VALID: number = REASON.valid;

/**
 * `closed-state`: ages at the epoch's start, from the last closed state; a hotspot registered for less than the limit is excused. So
 * a verdict needs nothing but its own challenge, and waits for nobody. Rewrites the verdicts and fills `verdicts.moved`.
 */
export function applyClosedReciprocity(context: EpochContext, verdicts: PartitionVerdicts): void {
  const { beacons, epochStartMs, history, input } = context;
  const limitS = Math.floor(input.parameters.reciprocity.withinMs / 1000);
  const beaconAge = closedAges(context, history.lastReciprocalBeaconMs);
  const witnessAge = closedAges(context, history.lastWitnessMs);
  const { lastBeaconMs, lastReciprocalBeaconMs, lastWitnessMs } = verdicts.moved;
  for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
    if (verdicts.beaconReason[group] !== VALID) continue;
    const beacon = verdicts.beaconOfGroup[group];
    const beaconer = beacons.hotspot[beacon];
    const atMs = epochStartMs + input.challenges.transmit_offset_ms[beacons.beacons.challenge[beacon]];
    const to = verdicts.starts[group + 1];
    let heard = false;
    for (let row = verdicts.starts[group]; row < to; row++) {
      if (verdicts.reason[row] !== VALID) continue;
      heard = true;
      const witness = hotspotOfRow(verdicts.rows, row);
      if (lastWitnessMs[witness] < atMs) lastWitnessMs[witness] = atMs;
      if (beaconAge[witness] !== RECENT) failRow(verdicts, row, beaconAge[witness], limitS);
    }
    if (lastBeaconMs[beaconer] < atMs) lastBeaconMs[beaconer] = atMs;
    if (heard && lastReciprocalBeaconMs[beaconer] < atMs) lastReciprocalBeaconMs[beaconer] = atMs;
    if (witnessAge[beaconer] !== RECENT) failProof(verdicts, group, witnessAge[beaconer], limitS);
  }
}

/** The next history: the latest of the last closed state and what every partition moved, so their order does not matter. */
export function closedHistory(context: EpochContext, partitions: readonly PartitionVerdicts[]): HotspotHistory {
  const next = copyHistory(context.history);
  for (const { moved } of partitions) {
    for (const name of ["lastBeaconMs", "lastReciprocalBeaconMs", "lastWitnessMs"] as const) {
      for (let hotspot = 0; hotspot < next[name].length; hotspot++) {
        if (moved[name][hotspot] > next[name][hotspot]) next[name][hotspot] = moved[name][hotspot];
      }
    }
  }
  return next;
}

/**
 * `running`, as Helium had it: timestamps move with every proof in log order and before they are judged, so that one reception and
 * one beacon bootstrap a newcomer. Writes the partitions' verdicts and returns the moved history.
 */
export function applyRunningReciprocity(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
): HotspotHistory {
  const next = copyHistory(context.history);
  const { beacons, epochStartMs } = context;
  const withinMs = context.input.parameters.reciprocity.withinMs;
  const limitS = Math.floor(withinMs / 1000);
  const place = placesOfBeacons(beacons.count, partitions);
  for (let beacon = 0; beacon < beacons.count; beacon++) {
    const beaconer = beacons.hotspot[beacon];
    const receivedMs = epochStartMs + beacons.beacons.receive_offset_ms[beacon];
    const reason = beacons.reason[beacon];
    if (beaconer < context.hotspots.count && reason !== REASON.not_asserted) next.lastBeaconMs[beaconer] = receivedMs;
    const verdicts = partitions[place.partition[beacon]];
    if (verdicts === undefined || reason !== VALID) continue;
    const group = place.group[beacon];
    const from = verdicts.starts[group];
    const to = verdicts.starts[group + 1];
    // One report of any kind keeps reciprocity alive: an upstream flaw (docs/reference/helium-preset.md).
    if (to > from) next.lastReciprocalBeaconMs[beaconer] = receivedMs;
    for (let row = from; row < to; row++) {
      if (verdicts.reason[row] !== VALID) continue;
      next.lastWitnessMs[hotspotOfRow(verdicts.rows, row)] = epochStartMs + receiveOffsetOfRow(verdicts.rows, row);
    }
    if (!isWithin(next.lastWitnessMs[beaconer], receivedMs, withinMs)) {
      failProof(verdicts, group, ageS(next.lastWitnessMs[beaconer], receivedMs), limitS);
      continue;
    }
    for (let row = from; row < to; row++) {
      if (verdicts.reason[row] !== VALID) continue;
      const lastMs = next.lastReciprocalBeaconMs[hotspotOfRow(verdicts.rows, row)];
      const rowMs = epochStartMs + receiveOffsetOfRow(verdicts.rows, row);
      if (!isWithin(lastMs, rowMs, withinMs)) failRow(verdicts, row, ageS(lastMs, rowMs), limitS);
    }
  }
  return next;
}

/** No age: the rule is met. */
const RECENT = -2;

/** Age in s at the epoch's start by hotspot, -1 for never, RECENT where the rule is met or the hotspot is excused. */
function closedAges(context: EpochContext, lastMs: Float64Array): Int32Array {
  const { epochStartMs, hotspots, input } = context;
  const { withinMs } = input.parameters.reciprocity;
  const column = new Int32Array(hotspots.count + 1).fill(RECENT);
  for (let hotspot = 0; hotspot < hotspots.count; hotspot++) {
    const registeredMs = (input.header.epoch - input.hotspots.first_epoch[hotspot]) * input.parameters.time.epochMs;
    if (registeredMs < withinMs || isWithin(lastMs[hotspot], epochStartMs, withinMs)) continue;
    column[hotspot] = ageS(lastMs[hotspot], epochStartMs);
  }
  return column;
}

/** A time in the future counts as recent, as it did upstream. */
function isWithin(lastMs: number, nowMs: number, withinMs: number): boolean {
  return lastMs !== 0 && nowMs - lastMs < withinMs;
}

function ageS(lastMs: number, nowMs: number): number {
  return lastMs === 0 ? -1 : Math.min(Math.floor((nowMs - lastMs) / 1000), 0x7fffffff);
}

function failRow(verdicts: PartitionVerdicts, row: number, measured: number, limit: number): void {
  verdicts.reason[row] = REASON.gateway_no_valid_beacons;
  verdicts.measured[row] = measured;
  verdicts.limit[row] = limit;
}

/** The whole proof fails with its beaconer. */
function failProof(verdicts: PartitionVerdicts, group: number, measured: number, limit: number): void {
  verdicts.beaconReason[group] = REASON.gateway_no_valid_witnesses;
  verdicts.beaconMeasured[group] = measured;
  verdicts.beaconLimit[group] = limit;
  verdicts.reason.fill(REASON.gateway_no_valid_witnesses, verdicts.starts[group], verdicts.starts[group + 1]);
  verdicts.measured.fill(measured, verdicts.starts[group], verdicts.starts[group + 1]);
  verdicts.limit.fill(limit, verdicts.starts[group], verdicts.starts[group + 1]);
}

function placesOfBeacons(count: number, partitions: readonly PartitionVerdicts[]) {
  const partition = new Int32Array(count).fill(-1);
  const group = new Uint32Array(count);
  partitions.forEach((verdicts, index) => {
    for (let g = 0; g < verdicts.beaconOfGroup.length - 1; g++) {
      partition[verdicts.beaconOfGroup[g]] = index;
      group[verdicts.beaconOfGroup[g]] = g;
    }
  });
  return { partition, group };
}
