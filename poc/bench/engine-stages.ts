/** The engine's stages one by one, as verifyPartition and closeEpoch string them together, so that each can be timed. */
import { sumCells } from "../src/epoch/cell-sums.ts";
import { type EpochContext, prepareEpoch } from "../src/epoch/epoch-context.ts";
import type { EpochInput } from "../src/epoch/epoch-input.ts";
import { buildPayloadTable, groupWitnesses, lookupBeacons, type WitnessGroups } from "../src/epoch/match-witnesses.ts";
import { applyClosedReciprocity, applyRunningReciprocity } from "../src/epoch/reciprocity.ts";
import { sampleWitnesses } from "../src/epoch/sample-witnesses.ts";
import { type ShareSums, sumShares } from "../src/epoch/share-sums.ts";
import { type PartitionVerdicts, verifyPartition } from "../src/epoch/verify-partition.ts";
import { buildRewardUnitTable } from "../src/score/reward-units.ts";
import { REASON } from "../src/verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE } from "../src/verify/witness-job.ts";
import { judgeWitnesses } from "../src/verify/witness-kernel.ts";

/** Every location at a quarter of full pay: 1e-8. */
const TRANSMIT_E8 = 25_000_000;

export interface PreparedEpoch {
  readonly context: EpochContext;
  readonly partition: PartitionVerdicts;
  readonly groups: WitnessGroups;
  readonly ownerOf: Uint32Array;
  readonly transmitE8: Float64Array;
}

/** Runs the engine once and keeps what the stages start from. */
export function prepareStages(input: EpochInput): PreparedEpoch {
  const context = prepareEpoch(input);
  const partition = verifyPartition(context);
  const groups = groupStage(context, partition, lookupStage(context));
  if (input.parameters.reciprocity.kind === "running") {
    applyRunningReciprocity(context, [partition]);
    sampleWitnesses(context, partition);
  }
  return { context, partition, groups, ownerOf: ownerIds(input), transmitE8: transmitOf(context) };
}

export function lookupStage(context: EpochContext): Uint32Array {
  const { beacons, input } = context;
  return lookupBeacons(buildPayloadTable(beacons), input.witnesses, beacons.count);
}

export function groupStage(context: EpochContext, partition: PartitionVerdicts, beaconOf: Uint32Array): WitnessGroups {
  const order = partition.beaconOfGroup.subarray(0, partition.beaconOfGroup.length - 1);
  const groups = groupWitnesses(context.input.witnesses, beaconOf, context.beacons, order, context.hotspots.count);
  // As verifyPartition does for the group of rows that match no beacon.
  const stale = (groups.beaconOfGroup.length - 1) * BEACON_STRIDE;
  groups.beaconLines[stale + BEACON_LINE.reason] = REASON.stale;
  groups.beaconLines[stale + BEACON_LINE.limit] = 1;
  return groups;
}

export function validateStage(
  context: EpochContext,
  groups: WitnessGroups,
  out: Parameters<typeof judgeWitnesses>[1],
): void {
  judgeWitnesses(
    {
      lines: context.hotspots.lines,
      beacons: groups.beaconLines,
      starts: groups.starts,
      rows: groups.rows,
      rules: context.rules,
      lag: context.input.parameters.lag,
      geometry: context.geometry,
      deniedEdges: null,
    },
    out,
  );
}

/** Closed-state only: running reciprocity moves with every call and is timed as part of the whole epoch. */
export function reciprocityStage({ context, partition }: PreparedEpoch): void {
  if (context.input.parameters.reciprocity.kind === "closed-state") applyClosedReciprocity(context, partition);
}

export function sampleStage({ context, partition }: PreparedEpoch): void {
  sampleWitnesses(context, partition);
}

export function cellStage({ context, partition, ownerOf }: PreparedEpoch): void {
  sumCells(context, [partition], ownerOf);
}

export function shareStage({ context, partition, transmitE8 }: PreparedEpoch): ShareSums {
  const { units, selection } = context.input.parameters;
  return sumShares(context, [partition], buildRewardUnitTable(units, selection.maximumWitnesses), transmitE8);
}

/** Lookup, group, validate, sample, cell sums and shares of a prepared epoch, with every allocation they need. */
export function wholeEpoch(context: EpochContext, ownerOf: Uint32Array, transmitE8: Float64Array): PreparedEpoch {
  const partition = verifyPartition(context);
  if (context.input.parameters.reciprocity.kind === "running") {
    applyRunningReciprocity(context, [partition]);
    sampleWitnesses(context, partition);
  }
  const epoch = { context, partition, ownerOf, transmitE8, groups: EMPTY_GROUPS };
  cellStage(epoch);
  shareStage(epoch);
  return epoch;
}

const EMPTY_GROUPS: WitnessGroups = {
  beaconOfGroup: new Uint32Array(0),
  starts: new Uint32Array(0),
  rows: new Int32Array(0),
  source: new Uint32Array(0),
  beaconLines: new Int32Array(0),
};

/** Dense owner number by hotspot. */
export function ownerIds(input: EpochInput): Uint32Array {
  const { owner } = input.hotspots;
  const words = new Uint32Array(owner.buffer, owner.byteOffset, owner.byteLength / 4);
  const known = new Map<number, number>();
  return Uint32Array.from({ length: owner.length / 32 + 1 }, (_, hotspot) => {
    // Owners are 32 random bytes here, so 52 of their bits tell them apart; the last entry is the unregistered sender.
    const key = hotspot * 8 < words.length ? words[hotspot * 8] * 1048576 + (words[hotspot * 8 + 1] & 0xfffff) : -1;
    const id = known.get(key) ?? known.size;
    known.set(key, id);
    return id;
  });
}

export function transmitOf(context: EpochContext): Float64Array {
  return new Float64Array(context.hotspots.count).fill(TRANSMIT_E8);
}
