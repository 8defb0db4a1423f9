/** The engine's stages one by one, as verifyPartition and closeEpoch string them together, so that each can be timed. */
import { sumCells } from "../src/epoch/cell-sums.ts";
import { type EpochContext, prepareEpoch } from "../src/epoch/epoch-context.ts";
import type { EpochInput } from "../src/epoch/epoch-input.ts";
import { groupBeaconLines, groupWitnesses, lookupGroups, type WitnessMatches } from "../src/epoch/match-witnesses.ts";
import { payloadKeys } from "../src/epoch/payload-keys.ts";
import { applyClosedReciprocity, applyRunningReciprocity } from "../src/epoch/reciprocity.ts";
import { sampleWitnesses } from "../src/epoch/sample-witnesses.ts";
import { type ShareSums, sumShares } from "../src/epoch/share-sums.ts";
import { type PartitionVerdicts, verifyPartition } from "../src/epoch/verify-partition.ts";
import { buildRewardUnitTable } from "../src/score/reward-units.ts";
import type { RowVerdicts } from "../src/verify/witness-facts.ts";
import { judgeWitnesses } from "../src/verify/witness-kernel.ts";

/** Every location at a quarter of full pay: 1e-8. */
const TRANSMIT_E8 = 25_000_000;

export interface PreparedEpoch {
  readonly context: EpochContext;
  readonly partition: PartitionVerdicts;
  readonly beaconLines: Int32Array;
  readonly ownerOf: Uint32Array;
  readonly transmitE8: Float64Array;
}

/** Runs the engine once and keeps what the stages start from. */
export function prepareStages(input: EpochInput): PreparedEpoch {
  const context = prepareEpoch(input);
  const partition = verifyPartition(context);
  settleRunning(context, partition);
  return {
    context,
    partition,
    beaconLines: groupBeaconLines(context.beacons, groupOrderOf(partition)),
    ownerOf: ownerIds(input),
    transmitE8: transmitOf(context),
  };
}

/** Place in the log of each grouped row. */
export function logRows({ groupOf, starts }: PartitionVerdicts): Uint32Array {
  const next = starts.slice();
  const rows = new Uint32Array(groupOf.length);
  for (let row = 0; row < groupOf.length; row++) rows[next[groupOf[row]]++] = row;
  return rows;
}

/** Outputs of the kernel for `rows` rows, filled with what no verdict is, so that every page exists as those of the peers do. */
export function touchedVerdicts(rows: number): RowVerdicts {
  return {
    reason: new Uint8Array(rows).fill(255),
    measured: new Int32Array(rows).fill(-1),
    limit: new Int32Array(rows).fill(-1),
    linkRatio: new Float32Array(rows).fill(-1),
  };
}

/** Beacon rows of the groups, without the last one, which has none. */
function groupOrderOf({ beaconOfGroup }: PartitionVerdicts): Uint32Array {
  return beaconOfGroup.subarray(0, beaconOfGroup.length - 1);
}

/** Running reciprocity needs all partitions, so closeEpoch does it, and samples after it. */
function settleRunning(context: EpochContext, partition: PartitionVerdicts): void {
  if (context.input.parameters.reciprocity.kind !== "running") return;
  applyRunningReciprocity(context, [partition]);
  sampleWitnesses(context, partition);
}

export function lookupStage({ context, partition }: PreparedEpoch): WitnessMatches {
  const { beacons, input } = context;
  return lookupGroups(payloadKeys(beacons.beacons, groupOrderOf(partition), input.entropy), input.witnesses);
}

export function groupStage({ context }: PreparedEpoch, matches: WitnessMatches): Int32Array {
  return groupWitnesses(context.input.witnesses, matches, context.hotspots.count);
}

/** The kernel on columns that hold other verdicts: zeroes them first, as the C peer does. */
export function validateAgainStage(prepared: PreparedEpoch, out: RowVerdicts): void {
  out.reason.fill(0);
  out.measured.fill(0);
  out.limit.fill(0);
  validateStage(prepared, out);
}

/** The kernel on new columns. */
export function validateStage({ context, partition, beaconLines }: PreparedEpoch, out: RowVerdicts): void {
  judgeWitnesses(
    {
      lines: context.hotspots.lines,
      beacons: beaconLines,
      starts: partition.starts,
      rows: partition.rows,
      rules: context.rules,
      lag: context.input.parameters.lag,
      geometry: context.geometry,
      deniedEdges: null,
    },
    out,
  );
}

type StageInput = Pick<PreparedEpoch, "context" | "partition">;

/** Closed-state only: running reciprocity moves with every call and is timed as part of the whole epoch. */
export function reciprocityStage({ context, partition }: StageInput): void {
  if (context.input.parameters.reciprocity.kind === "closed-state") applyClosedReciprocity(context, partition);
}

export function sampleStage({ context, partition }: StageInput): void {
  sampleWitnesses(context, partition);
}

export function cellStage({ context, partition, ownerOf }: StageInput & Pick<PreparedEpoch, "ownerOf">): void {
  sumCells(context, [partition], ownerOf);
}

export function shareStage({
  context,
  partition,
  transmitE8,
}: StageInput & Pick<PreparedEpoch, "transmitE8">): ShareSums {
  const { units, selection } = context.input.parameters;
  return sumShares(context, [partition], buildRewardUnitTable(units, selection.maximumWitnesses), transmitE8);
}

/** Lookup, group, validate, sample, cell sums and shares of a prepared epoch, with every allocation they need. */
export function wholeEpoch(context: EpochContext, ownerOf: Uint32Array, transmitE8: Float64Array): PartitionVerdicts {
  const partition = verifyPartition(context);
  settleRunning(context, partition);
  cellStage({ context, partition, ownerOf });
  shareStage({ context, partition, transmitE8 });
  return partition;
}

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
