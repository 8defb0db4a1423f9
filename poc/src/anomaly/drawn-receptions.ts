/**
 * The receptions of the drawn beacons, taken out of the epoch's rows once and laid beaconer by beaconer.
 *
 * The rows of the drawn lie all over the epoch's memory. Whoever looks them up beaconer by beaconer waits for each; this walks along the
 * epoch in log order, in which they stand close enough for the memory to answer for many at once, and nobody goes back.
 */
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import type { DrawnGroups } from "./drawn-groups.ts";
import { levelDdbm } from "./link.ts";

const VALID: number = REASON.valid;
const BAD_RSSI: number = REASON.bad_rssi;

export interface DrawnReceptions {
  /** By place of the drawn groups: where its receptions begin in the columns below, and before which they end. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** By place of the drawn groups: row of the challenge, and power that the beaconer radiated, 0.1 dBm. */
  readonly challenge: Uint32Array;
  readonly eirpDdbm: Int32Array;
  /** Who made each reception, how strong, 0.1 dBm, and on which frequency. */
  readonly witness: Uint32Array;
  readonly levelDdbm: Int32Array;
  readonly frequencyHz: Int32Array;
  /** Greatest where it is strongest for its distance; 0 for those that fail by their RSSI, which have none. */
  readonly linkRatio: Float32Array;
}

/** Takes every reception of the drawn groups that is valid, or fails by its RSSI alone. */
export function takeReceptions(
  { beacons }: EpochContext,
  partitions: readonly PartitionVerdicts[],
  drawn: DrawnGroups,
): DrawnReceptions {
  const groups = drawn.group.length;
  const places = placesByGroup(partitions, drawn);
  const head = { challenge: new Uint32Array(groups), eirpDdbm: new Int32Array(groups), rows: new Uint32Array(groups) };
  partitions.forEach((verdicts, number) => {
    takeHeads(beacons, verdicts, places[number], head);
  });
  const start = new Uint32Array(groups);
  let total = 0;
  for (let place = 0; place < groups; place++) {
    start[place] = total;
    total += head.rows[place];
  }
  const receptions: DrawnReceptions = {
    start,
    end: head.rows,
    challenge: head.challenge,
    eirpDdbm: head.eirpDdbm,
    witness: new Uint32Array(total),
    levelDdbm: new Int32Array(total),
    frequencyHz: new Int32Array(total),
    linkRatio: new Float32Array(total),
  };
  partitions.forEach((verdicts, number) => {
    takeRows(verdicts, places[number], receptions);
  });
  return receptions;
}

/** By partition and group: its place among the drawn and one more, 0 for those that are not. */
function placesByGroup(
  partitions: readonly PartitionVerdicts[],
  { group, partition }: DrawnGroups,
): readonly Uint32Array[] {
  const places = partitions.map(({ beaconOfGroup }) => new Uint32Array(beaconOfGroup.length));
  for (let place = 0; place < group.length; place++) places[partition[place]][group[place]] = place + 1;
  return places;
}

/** What is known of each drawn beacon, and how many rows it has. */
function takeHeads(
  { beacons, lines }: EpochContext["beacons"],
  { beaconOfGroup, starts }: PartitionVerdicts,
  placeOf: Uint32Array,
  head: { readonly challenge: Uint32Array; readonly eirpDdbm: Int32Array; readonly rows: Uint32Array },
): void {
  const { challenge, eirpDdbm, rows } = head;
  for (let group = 0; group < placeOf.length; group++) {
    if (placeOf[group] === 0) continue;
    const place = placeOf[group] - 1;
    const beacon = beaconOfGroup[group];
    challenge[place] = beacons.challenge[beacon];
    eirpDdbm[place] = lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    rows[place] = starts[group + 1] - starts[group];
  }
}

function takeRows(
  { linkRatio, reason, rows, starts }: PartitionVerdicts,
  placeOf: Uint32Array,
  { end, frequencyHz, levelDdbm: levels, linkRatio: ratios, start, witness }: DrawnReceptions,
): void {
  for (let group = 0; group < placeOf.length; group++) {
    if (placeOf[group] === 0) continue;
    const place = placeOf[group] - 1;
    const to = starts[group + 1];
    let next = start[place];
    for (let row = starts[group]; row < to; row++) {
      const why = reason[row];
      if (why !== VALID && why !== BAD_RSSI) continue;
      const at = row * ROW_STRIDE;
      const signal = rows[at + 2];
      witness[next] = rows[at] & 0xffffff;
      frequencyHz[next] = rows[at + 1];
      levels[next] = levelDdbm(signal >> 16, (signal << 16) >> 16);
      ratios[next++] = why === VALID ? linkRatio[row] : 0;
    }
    end[place] = next;
  }
}
