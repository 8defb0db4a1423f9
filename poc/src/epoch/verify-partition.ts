/**
 * Verdicts of one partition: all witness rows of the payloads that fall to it, grouped by beacon, judged and sampled.
 *
 * A payload belongs to one partition by its key, so beacon and witnesses of a challenge always meet. Nothing here depends on which
 * other partitions there are; closeEpoch merges any number of them to the same bytes.
 */

import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import { judgeWitnesses } from "../verify/witness-kernel.ts";
import { permuteColumns } from "./columns.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { EpochInput } from "./epoch-input.ts";
import { emptyHistory, type HotspotHistory } from "./history.ts";
import { logOrder } from "./log-order.ts";
import { buildPayloadTable, groupWitnesses, lookupBeacons } from "./match-witnesses.ts";
import { applyClosedReciprocity } from "./reciprocity.ts";
import { sampleWitnesses } from "./sample-witnesses.ts";
import { witnessesTable } from "./tables.ts";

/** Rows of one partition in group order (match-witnesses.ts), with their verdicts; and what its proofs moved. */
export interface PartitionVerdicts {
  /** Beacon row of each group; the last group, of rows that match no beacon, has the number of beacons. */
  readonly beaconOfGroup: Uint32Array;
  readonly starts: Uint32Array;
  readonly logIndex: Uint32Array;
  /** Sender; the number of hotspots for one that is not registered. */
  readonly hotspot: Uint32Array;
  readonly receiveOffsetMs: Uint32Array;
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
  const order = logOrder(witnesses.log_index, witnessesTable.name);
  const ordered = order === null ? witnesses : permuteColumns(witnessesTable, witnesses, order);
  const beaconOf = lookupBeacons(buildPayloadTable(beacons), ordered, beacons.count);
  const groups = groupWitnesses(ordered, beaconOf, beacons, groupOrder(context, place), hotspots.count);
  const rows = groups.source.length;
  const groupCount = groups.beaconOfGroup.length;
  const verdicts: PartitionVerdicts = {
    beaconOfGroup: groups.beaconOfGroup,
    starts: groups.starts,
    logIndex: new Uint32Array(rows),
    hotspot: new Uint32Array(rows),
    receiveOffsetMs: new Uint32Array(rows),
    reason: new Uint8Array(rows),
    measured: new Int32Array(rows),
    limit: new Int32Array(rows),
    selected: new Uint8Array(rows),
    beaconReason: new Uint8Array(groupCount),
    beaconMeasured: new Int32Array(groupCount),
    beaconLimit: new Int32Array(groupCount),
    selectedCount: new Uint16Array(groupCount),
    moved: emptyHistory(hotspots.count + 1),
  };
  for (let row = 0; row < rows; row++) {
    const source = groups.source[row];
    verdicts.logIndex[row] = ordered.log_index[source];
    verdicts.hotspot[row] = groups.rows[ROW_STRIDE * row] & 0xffffff;
    verdicts.receiveOffsetMs[row] = groups.rows[ROW_STRIDE * row + 3];
  }
  for (let group = 0; group < groupCount - 1; group++) {
    const beacon = groups.beaconOfGroup[group];
    verdicts.beaconReason[group] = beacons.reason[beacon];
    verdicts.beaconMeasured[group] = beacons.measured[beacon];
    verdicts.beaconLimit[group] = beacons.limit[beacon];
  }
  verdicts.beaconReason[groupCount - 1] = REASON.stale;
  verdicts.beaconLimit[groupCount - 1] = 1;
  const staleLine = (groupCount - 1) * BEACON_STRIDE;
  groups.beaconLines[staleLine + BEACON_LINE.reason] = REASON.stale;
  groups.beaconLines[staleLine + BEACON_LINE.limit] = 1;
  judgeWitnesses(
    {
      lines: hotspots.lines,
      beacons: groups.beaconLines,
      starts: groups.starts,
      rows: groups.rows,
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

/** Matching beacons of the partition by the beaconer's resolution-8 cell, then log order: a counting sort. */
function groupOrder(context: EpochContext, place: PartitionPlace): Uint32Array {
  const { beacons, cells8 } = context;
  const { partition, partitions } = place;
  const counts = new Uint32Array(cells8.hi.length + 2);
  const own = new Uint8Array(beacons.count);
  for (let row = 0; row < beacons.count; row++) {
    if (beacons.matches[row] === 0) continue;
    if (
      partitions > 1 &&
      partitionOf(beacons.beacons.payload_key_hi[row], beacons.beacons.payload_key_lo[row], partitions) !== partition
    )
      continue;
    own[row] = 1;
    counts[cells8.of[beacons.hotspot[row]] + 1]++;
  }
  for (let cell = 1; cell < counts.length; cell++) counts[cell] += counts[cell - 1];
  const order = new Uint32Array(counts[counts.length - 1]);
  for (let row = 0; row < beacons.count; row++) {
    if (own[row] === 1) order[counts[cells8.of[beacons.hotspot[row]]]++] = row;
  }
  return order;
}
