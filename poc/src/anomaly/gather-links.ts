/**
 * The close look: every reception that has a suspect at one end, counted into the suspect's own stretch of one array.
 *
 * Suspects are taken in blocks of at most BLOCK_RECEPTIONS, so that memory is bounded whatever the epoch holds; a block costs one
 * pass over the rows. Each suspect's links are filled in, shown once, and forgotten.
 */
import { surfaceDistanceM } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import { HEARD_BIT, LinkColumns, lineChordSquared, RECEPTION_STRIDE } from "./link-columns.ts";
import { rowExcessDdb, rowLossDdb } from "./row-loss.ts";
import type { LinkTally } from "./tally-links.ts";

const VALID: number = REASON.valid;
const BAD_RSSI: number = REASON.bad_rssi;
/** 48 MiB of receptions at a time. */
const BLOCK_RECEPTIONS = 1 << 22;
const NOT_IN_BLOCK = -1;

/** Shows the links of every suspect, by ascending hotspot; `links` is valid until `visit` returns. */
export function visitSuspects(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  { isSuspect, heard, sent }: LinkTally,
  visit: (hotspot: number, links: LinkColumns) => void,
): void {
  const { count, lines } = context.hotspots;
  const links = new LinkColumns(lines);
  // Where the next reception of each suspect of the block goes.
  const cursor = new Int32Array(count + 1).fill(NOT_IN_BLOCK);
  let receptions = new Int32Array(0);
  for (let first = 0; first < count; ) {
    let words = 0;
    let end = first;
    for (; end < count; end++) {
      if (isSuspect[end] === 0) continue;
      const own = (heard[end] + sent[end]) * RECEPTION_STRIDE;
      if (words > 0 && words + own > BLOCK_RECEPTIONS * RECEPTION_STRIDE) break;
      cursor[end] = words;
      words += own;
    }
    if (words > receptions.length) receptions = new Int32Array(words);
    if (words > 0) for (const verdicts of partitions) gatherPartition(context, verdicts, cursor, receptions);
    for (let hotspot = first, from = 0; hotspot < end; hotspot++) {
      if (cursor[hotspot] === NOT_IN_BLOCK) continue;
      links.fill(hotspot, receptions, from, cursor[hotspot]);
      from = cursor[hotspot];
      cursor[hotspot] = NOT_IN_BLOCK;
      visit(hotspot, links);
    }
    first = end;
  }
}

function gatherPartition(
  context: EpochContext,
  { beaconOfGroup, beaconReason, reason, rows, starts }: PartitionVerdicts,
  cursor: Int32Array,
  receptions: Int32Array,
): void {
  const { beacons, rules } = context;
  const { lines } = context.hotspots;
  for (let group = 0; group < beaconOfGroup.length - 1; group++) {
    if (beaconReason[group] !== VALID) continue;
    const beacon = beaconOfGroup[group];
    const beaconer = beacons.hotspot[beacon];
    const isBeaconer = cursor[beaconer] !== NOT_IN_BLOCK;
    const eirpDdbm = beacons.lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    const challenge = beacons.beacons.challenge[beacon];
    for (let row = starts[group]; row < starts[group + 1]; row++) {
      const at = row * ROW_STRIDE;
      const witness = rows[at] & 0xffffff;
      if (!isBeaconer && cursor[witness] === NOT_IN_BLOCK) continue;
      if (reason[row] !== VALID && reason[row] !== BAD_RSSI) continue;
      const distanceM = surfaceDistanceM(lineChordSquared(lines, beaconer, witness));
      const lost = rowLossDdb(eirpDdbm, lines[witness * LINE_STRIDE + LINE.gain], rows[at + 2]);
      const losses = (lost << 16) | (rowExcessDdb(rules.loss, lost, distanceM, rows[at + 1]) & 0xffff);
      if (isBeaconer) {
        const place = cursor[beaconer];
        receptions[place] = witness;
        receptions[place + 1] = losses;
        receptions[place + 2] = challenge;
        cursor[beaconer] = place + RECEPTION_STRIDE;
      }
      if (cursor[witness] !== NOT_IN_BLOCK) {
        const place = cursor[witness];
        receptions[place] = beaconer | HEARD_BIT;
        receptions[place + 1] = losses;
        receptions[place + 2] = challenge;
        cursor[witness] = place + RECEPTION_STRIDE;
      }
    }
  }
}
