/** verdicts.arrow: the verdicts of all partitions and of the beacons, put into the order of the log. */

import { pocError } from "../errors.ts";
import type { RewardUnitTable } from "../score/reward-units.ts";
import { REASON, SIDE } from "../verify/reason.ts";
import { hotspotOfRow } from "../verify/witness-job.ts";
import { allocateColumns, type Columns } from "./columns.ts";
import type { EpochContext } from "./epoch-context.ts";
import { NO_ROW, verdictsTable } from "./tables.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

export const VERDICT_KIND = { beacon: 1, witness: 2 } as const;

/** Final verdicts of beacon reports, by beacon row: what judgeBeacons said unless reciprocity said otherwise. */
export interface FinalBeacons {
  readonly reason: Uint8Array;
  readonly measured: Int32Array;
  readonly limit: Int32Array;
  readonly selectedCount: Uint16Array;
}

export function finalBeacons(context: EpochContext, partitions: readonly PartitionVerdicts[]): FinalBeacons {
  const { beacons } = context;
  const final = {
    reason: beacons.reason.slice(),
    measured: beacons.measured.slice(),
    limit: beacons.limit.slice(),
    selectedCount: new Uint16Array(beacons.count),
  };
  for (const verdicts of partitions) {
    for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
      const beacon = verdicts.beaconOfGroup[group];
      final.reason[beacon] = verdicts.beaconReason[group];
      final.measured[beacon] = verdicts.beaconMeasured[group];
      final.limit[beacon] = verdicts.beaconLimit[group];
      final.selectedCount[beacon] = verdicts.selectedCount[group];
    }
  }
  return final;
}

/** A log may have gaps, where an importer set reports aside, but no more than this many places per report. */
const SPARSE_LOG = 8;
const LEAST_LOG = 1 << 16;

/** Every beacon and witness report exactly once, by log index. Throws POC_BAD_COLUMNS when an index is taken twice or far beyond the log. */
export function assembleVerdicts(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  final: FinalBeacons,
  units: RewardUnitTable,
): Columns<typeof verdictsTable> {
  const { beacons, hotspots, input } = context;
  const witnessRows = partitions.reduce((sum, verdicts) => sum + verdicts.logIndex.length, 0);
  const rows = witnessRows + beacons.count;
  if (witnessRows !== input.witnesses.log_index.length) {
    throw pocError(
      "POC_INVARIANT",
      `${input.witnesses.log_index.length} witness reports came in, ${witnessRows} have a verdict`,
    );
  }
  const reports = Math.max(LEAST_LOG, SPARSE_LOG * (rows + input.packets.log_index.length));
  const rowOf = placesInLog(beacons.beacons.log_index, partitions, rows, reports);
  const out = allocateColumns(verdictsTable, rows);
  const raw = (hotspot: number) => (hotspot < hotspots.count ? hotspot : NO_ROW);
  for (let beacon = 0; beacon < beacons.count; beacon++) {
    const row = rowOf[beacons.beacons.log_index[beacon]];
    const paid = final.selectedCount[beacon];
    out.log_index[row] = beacons.beacons.log_index[beacon];
    out.kind[row] = VERDICT_KIND.beacon;
    out.hotspot[row] = raw(beacons.hotspot[beacon]);
    out.challenge[row] = beacons.beacons.challenge[beacon];
    out.reason[row] = final.reason[beacon];
    out.side[row] = final.reason[beacon] === REASON.valid ? SIDE.none : SIDE.beaconer;
    out.measured[row] = final.measured[beacon];
    out.limit[row] = final.limit[beacon];
    out.selected[row] = paid > 0 ? 1 : 0;
    out.units_e4[row] = units.beaconerE4[paid];
  }
  for (const verdicts of partitions) fillWitnesses(context, verdicts, units, rowOf, out);
  return out;
}

function fillWitnesses(
  context: EpochContext,
  verdicts: PartitionVerdicts,
  units: RewardUnitTable,
  rowOf: Uint32Array,
  out: Columns<typeof verdictsTable>,
): void {
  const { beacons, hotspots } = context;
  const { beaconOfGroup, beaconReason, groupOf, logIndex, rows, selectedCount, starts } = verdicts;
  const groups = beaconOfGroup.length;
  const challengeOf = new Uint32Array(groups).fill(NO_ROW);
  // Units and side of a group's rows, but for those that failed on their own.
  const unitsOf = new Uint16Array(groups);
  const failedSide = new Uint8Array(groups).fill(SIDE.witness);
  for (let group = 0; group < groups - 1; group++) {
    challengeOf[group] = beacons.beacons.challenge[beaconOfGroup[group]];
    unitsOf[group] = units.witnessE4[selectedCount[group]];
    if (beaconReason[group] !== REASON.valid) failedSide[group] = SIDE.beaconer;
  }
  const { reason, measured, limit, selected } = verdicts;
  const { log_index, kind, hotspot, challenge, side, units_e4 } = out;
  const { reason: outReason, measured: outMeasured, limit: outLimit, selected: outSelected } = out;
  const next = starts.slice(0, groups);
  for (let source = 0; source < groupOf.length; source++) {
    const group = groupOf[source];
    const place = next[group]++;
    const row = rowOf[logIndex[source]];
    const sender = hotspotOfRow(rows, place);
    log_index[row] = logIndex[source];
    kind[row] = VERDICT_KIND.witness;
    hotspot[row] = sender < hotspots.count ? sender : NO_ROW;
    challenge[row] = challengeOf[group];
    outReason[row] = reason[place];
    side[row] = reason[place] === REASON.valid ? SIDE.none : failedSide[group];
    outMeasured[row] = measured[place];
    outLimit[row] = limit[place];
    outSelected[row] = selected[place];
    if (selected[place] === 1) units_e4[row] = unitsOf[group];
  }
}

/** Row of each log index among the verdicts: a bitmap of the indices in use, then a running count. */
function placesInLog(
  beaconIndex: Uint32Array,
  partitions: readonly PartitionVerdicts[],
  rows: number,
  reports: number,
): Uint32Array {
  const columns = [beaconIndex, ...partitions.map(({ logIndex }) => logIndex)];
  const last = columns.reduce((greatest, column) => Math.max(greatest, greatestOf(column)), -1);
  if (last >= reports) throw pocError("POC_BAD_COLUMNS", `log_index: expected below ${reports}, got ${last}`);
  const rowOf = new Uint32Array(last + 1);
  for (const column of columns) for (let at = 0; at < column.length; at++) rowOf[column[at]]++;
  let row = 0;
  for (let index = 0; index <= last; index++) {
    const uses = rowOf[index];
    if (uses > 1) throw pocError("POC_BAD_COLUMNS", `log_index: ${index} names ${uses} reports`);
    rowOf[index] = row;
    row += uses;
  }
  if (row !== rows) throw pocError("POC_INVARIANT", `${rows} reports share ${row} log indices`);
  return rowOf;
}

function greatestOf(column: Uint32Array): number {
  let greatest = -1;
  for (let at = 0; at < column.length; at++) greatest = Math.max(greatest, column[at]);
  return greatest;
}
