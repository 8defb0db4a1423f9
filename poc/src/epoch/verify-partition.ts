/**
 * Verdicts of one partition: all witness rows of the payloads that fall to it, grouped by beacon, judged and sampled.
 *
 * A payload belongs to one partition by its key, so beacon and witnesses of a challenge always meet. Nothing here depends on which
 * other partitions there are; closeEpoch merges any number of them to the same bytes.
 */

import { BEACON_LINE, BEACON_STRIDE } from "../verify/witness-job.ts";
import { judgeWitnesses } from "../verify/witness-kernel.ts";
import { permuteColumns } from "./columns.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { EpochInput } from "./epoch-input.ts";
import { emptyHistory, type HotspotHistory } from "./history.ts";
import { logOrder } from "./log-order.ts";
import { groupBeaconLines, groupWitnesses, lookupGroups } from "./match-witnesses.ts";
import { payloadKeys } from "./payload-keys.ts";
import { applyClosedReciprocity } from "./reciprocity.ts";
import { sampleWitnesses } from "./sample-witnesses.ts";
import { witnessesTable } from "./tables.ts";

/** Rows of one partition in group order (match-witnesses.ts), with their verdicts; and what its proofs moved. */
export interface PartitionVerdicts {
  /** Beacon row of each group; the last group, of rows that match no beacon, has the number of beacons. */
  readonly beaconOfGroup: Uint32Array;
  readonly starts: Uint32Array;
  /** Log index and group of the partition's rows in log order: the k-th of a group stands at starts[group] + k in every column below. */
  readonly logIndex: Uint32Array;
  readonly groupOf: Uint32Array;
  /** Packed rows (witness-job.ts); a sender that is not registered is the number of hotspots. */
  readonly rows: Int32Array;
  /** Greatest where the reception is strongest for its distance (witness-facts.ts); 0 for rows that failed. */
  readonly linkRatio: Float32Array;
  readonly reason: Uint8Array;
  readonly measured: Int32Array;
  readonly limit: Int32Array;
  readonly selected: Uint8Array;
  /** By group: final reason, measured and limit of the beacon. */
  readonly beaconReason: Uint8Array;
  readonly beaconMeasured: Int32Array;
  readonly beaconLimit: Int32Array;
  readonly selectedCount: Uint16Array;
  /** Latest times of reports that passed every check but reciprocity, Unix ms by hotspot, 0 for none; only under `closed-state`. */
  readonly moved: HotspotHistory;
}

/** The partition of a payload: its key modulo the number of partitions. */
export function partitionOf(payloadKeyHi: number, payloadKeyLo: number, partitions: number): number {
  return ((payloadKeyHi ^ payloadKeyLo) >>> 0) % partitions;
}

export interface PartitionPlace {
  readonly partition: number;
  readonly partitions: number;
}

/** Judges `witnesses`, which holds every row of the partition's payloads and no other, in any order. */
export function verifyPartition(
  context: EpochContext,
  witnesses: EpochInput["witnesses"] = context.input.witnesses,
  place: PartitionPlace = { partition: 0, partitions: 1 },
): PartitionVerdicts {
  const { beacons, hotspots, input } = context;
  const rowOrder = logOrder(witnesses.log_index, witnessesTable.name);
  const ordered = rowOrder === null ? witnesses : permuteColumns(witnessesTable, witnesses, rowOrder);
  const order = groupOrder(context, place);
  const groups = order.length + 1;
  const matches = lookupGroups(payloadKeys(beacons.beacons, order, input.entropy), ordered);
  const rows = groupWitnesses(ordered, matches, hotspots.count);
  const beaconLines = groupBeaconLines(beacons, order);
  const count = matches.groupOf.length;
  const verdicts: PartitionVerdicts = {
    beaconOfGroup: new Uint32Array(groups).fill(beacons.count),
    starts: matches.starts,
    groupOf: matches.groupOf,
    logIndex: ordered.log_index,
    rows,
    linkRatio: new Float32Array(count),
    reason: new Uint8Array(count),
    measured: new Int32Array(count),
    limit: new Int32Array(count),
    selected: new Uint8Array(count),
    beaconReason: new Uint8Array(groups),
    beaconMeasured: new Int32Array(groups),
    beaconLimit: new Int32Array(groups),
    selectedCount: new Uint16Array(groups),
    moved: emptyHistory(hotspots.count + 1),
  };
  verdicts.beaconOfGroup.set(order);
  for (let group = 0; group < groups; group++) {
    const at = group * BEACON_STRIDE;
    verdicts.beaconReason[group] = beaconLines[at + BEACON_LINE.reason];
    verdicts.beaconMeasured[group] = beaconLines[at + BEACON_LINE.measured];
    verdicts.beaconLimit[group] = beaconLines[at + BEACON_LINE.limit];
  }
  judgeWitnesses(
    {
      lines: hotspots.lines,
      beacons: beaconLines,
      starts: matches.starts,
      rows,
      rules: context.rules,
      lag: input.parameters.lag,
      geometry: context.geometry,
      deniedEdges: input.deniedEdges ?? null,
    },
    verdicts,
  );
  if (input.parameters.reciprocity.kind === "closed-state") {
    applyClosedReciprocity(context, verdicts);
    sampleWitnesses(context, verdicts);
  }
  return verdicts;
}

/** Matching beacons of the partition in log order, so that the rows of a moment are packed side by side. */
function groupOrder(context: EpochContext, place: PartitionPlace): Uint32Array {
  const { beacons } = context;
  const { partition, partitions } = place;
  const { payload_key_hi: keyHi, payload_key_lo: keyLo } = beacons.beacons;
  const order = new Uint32Array(beacons.count);
  let groups = 0;
  for (let row = 0; row < beacons.count; row++) {
    if (beacons.matches[row] === 0) continue;
    if (partitions > 1 && partitionOf(keyHi[row], keyLo[row], partitions) !== partition) continue;
    order[groups++] = row;
  }
  return order.slice(0, groups);
}
