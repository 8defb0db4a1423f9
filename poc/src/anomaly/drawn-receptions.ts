/**
 * The receptions of the drawn beacons, taken out of the epoch's rows once and laid beaconer by beaconer.
 *
 * The rows of the drawn lie all over the epoch's memory. Whoever looks them up beaconer by beaconer waits for each; this walks along the
 * epoch in log order, in which they stand close enough for the memory to answer for many at once, and nobody goes back. It takes and does not
 * reckon, and nothing in it branches on what a row says, so that it waits for no row.
 */
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import type { DrawnGroups } from "./drawn-groups.ts";

/**
 * Words of a reception: who made it, RSSI << 16 | SNR as the row has them (0.1 dBm, 0.1 dB), frequency (Hz), and the float32 bits of how
 * strong it is for its distance (`PartitionVerdicts.linkRatio`), 0 for those that fail by their RSSI.
 */
export const RECEPTION = { witness: 0, signal: 1, frequencyHz: 2, linkRatio: 3 } as const;
export const RECEPTION_STRIDE = 4;

/** By reason: 1 for receptions that are valid, or fail by their RSSI alone. */
const IS_TAKEN = new Uint8Array(256);
IS_TAKEN[REASON.valid] = 1;
IS_TAKEN[REASON.bad_rssi] = 1;

export interface DrawnReceptions {
  /** By place of the drawn groups: where its receptions begin among the words below, and before which they end, in receptions. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** By place of the drawn groups: row of the challenge, and power that the beaconer radiated, 0.1 dBm. */
  readonly challenge: Uint32Array;
  readonly eirpDdbm: Int32Array;
  readonly words: Int32Array;
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
  const inLogOrder = partitions.map((verdicts, number) => takeHeads(beacons, verdicts, places[number], head));
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
    words: new Int32Array(total * RECEPTION_STRIDE),
  };
  partitions.forEach((verdicts, number) => {
    takeRows(verdicts, inLogOrder[number], drawn.group, receptions);
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

/** What is known of each drawn beacon, and how many rows it has; gives the places of the partition's in log order. */
function takeHeads(
  { beacons, lines }: EpochContext["beacons"],
  { beaconOfGroup, starts }: PartitionVerdicts,
  placeOf: Uint32Array,
  head: { readonly challenge: Uint32Array; readonly eirpDdbm: Int32Array; readonly rows: Uint32Array },
): Uint32Array {
  const { challenge, eirpDdbm, rows } = head;
  const inLogOrder = new Uint32Array(rows.length);
  let taken = 0;
  for (let group = 0; group < placeOf.length; group++) {
    if (placeOf[group] === 0) continue;
    const place = placeOf[group] - 1;
    const beacon = beaconOfGroup[group];
    challenge[place] = beacons.challenge[beacon];
    eirpDdbm[place] = lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    rows[place] = starts[group + 1] - starts[group];
    inLogOrder[taken++] = place;
  }
  return inLogOrder.subarray(0, taken);
}

function takeRows(
  { linkRatio, reason, rows, starts }: PartitionVerdicts,
  places: Uint32Array,
  groupOf: Uint32Array,
  { end, start, words }: DrawnReceptions,
): void {
  const ratioBits = new Int32Array(linkRatio.buffer, linkRatio.byteOffset, linkRatio.length);
  for (let one = 0; one < places.length; one++) {
    const place = places[one];
    const group = groupOf[place];
    const to = starts[group + 1];
    let next = start[place];
    // One that is not taken is written over by the next, or stands beyond the end.
    for (let row = starts[group]; row < to; row++) {
      const from = row * ROW_STRIDE;
      const at = next * RECEPTION_STRIDE;
      words[at + RECEPTION.witness] = rows[from] & 0xffffff;
      words[at + RECEPTION.signal] = rows[from + 2];
      words[at + RECEPTION.frequencyHz] = rows[from + 1];
      // Nothing but rows that pass has a ratio.
      words[at + RECEPTION.linkRatio] = ratioBits[row];
      next += IS_TAKEN[reason[row]];
    }
    end[place] = next;
  }
}
