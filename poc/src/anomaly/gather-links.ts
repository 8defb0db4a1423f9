/**
 * The close look: every reception of drawn beacons that has a suspect at one end, counted into the suspect's own stretch of one array.
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
import type { DrawnGroups } from "./drawn-groups.ts";
import { HEARD_BIT, LinkColumns, lineChordSquared, RECEPTION_STRIDE } from "./link-columns.ts";
import { rowExcessDdb, rowLossDdb } from "./row-loss.ts";
import { type LinkTally, NOBODY } from "./tally-links.ts";

const VALID: number = REASON.valid;
const BAD_RSSI: number = REASON.bad_rssi;
/** 48 MiB of receptions at a time. */
const BLOCK_RECEPTIONS = 1 << 22;
const NOT_IN_BLOCK = -1;

/** Shows the links of every suspect (1 in `isSuspect`), by ascending hotspot; `links` is valid until `visit` returns. */
export function visitSuspects(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  drawn: DrawnGroups,
  tally: LinkTally,
  isSuspect: Uint8Array,
  visit: (hotspot: number, links: LinkColumns) => void,
): void {
  const { count, lines } = context.hotspots;
  const { heard, sent } = tally;
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
    if (words > 0) gatherGroups(context, partitions, drawn, tally, cursor, receptions);
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

/** Walks along the witnesses that the first pass wrote down, and looks up the rows of those that count. */
function gatherGroups(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  drawn: DrawnGroups,
  { start, witness: witnesses }: LinkTally,
  cursor: Int32Array,
  receptions: Int32Array,
): void {
  for (let beaconer = 0; beaconer < context.hotspots.count; beaconer++) {
    const isBeaconer = cursor[beaconer] !== NOT_IN_BLOCK;
    for (let place = drawn.first[beaconer]; place < drawn.first[beaconer + 1]; place++) {
      for (let at = start[place]; at < start[place + 1]; at++) {
        const witness = witnesses[at];
        if (witness === NOBODY) continue;
        const isWitness = cursor[witness] !== NOT_IN_BLOCK;
        if (!isBeaconer && !isWitness) continue;
        const verdicts = partitions[drawn.partition[place]];
        const row = verdicts.starts[drawn.group[place]] + at - start[place];
        const beacon = verdicts.beaconOfGroup[drawn.group[place]];
        if (isBeaconer) {
          writeReception(context, verdicts, beacon, row, witness, receptions, cursor[beaconer]);
          cursor[beaconer] += RECEPTION_STRIDE;
        }
        if (isWitness) {
          writeReception(context, verdicts, beacon, row, beaconer | HEARD_BIT, receptions, cursor[witness]);
          cursor[witness] += RECEPTION_STRIDE;
        }
      }
    }
  }
}

/** What others heard of a hotspot's drawn beacons, alone: fills `links`. Needs no pass over the rows. */
export class SentLinks {
  readonly links: LinkColumns;
  readonly #context: EpochContext;
  readonly #partitions: readonly PartitionVerdicts[];
  readonly #drawn: DrawnGroups;
  #receptions = new Int32Array(256 * RECEPTION_STRIDE);

  constructor(context: EpochContext, partitions: readonly PartitionVerdicts[], drawn: DrawnGroups) {
    this.links = new LinkColumns(context.hotspots.lines);
    this.#context = context;
    this.#partitions = partitions;
    this.#drawn = drawn;
  }

  /** The links of a hotspot, with nothing it reported itself; valid until the next call. */
  of(hotspot: number): LinkColumns {
    const { first, group, partition } = this.#drawn;
    let words = 0;
    for (let place = first[hotspot]; place < first[hotspot + 1]; place++) {
      const verdicts = this.#partitions[partition[place]];
      const from = verdicts.starts[group[place]];
      const to = verdicts.starts[group[place] + 1];
      this.#makeRoom(words + (to - from) * RECEPTION_STRIDE);
      for (let row = from; row < to; row++) {
        if (!isReception(verdicts, row)) continue;
        const witness = verdicts.rows[row * ROW_STRIDE] & 0xffffff;
        const beacon = verdicts.beaconOfGroup[group[place]];
        writeReception(this.#context, verdicts, beacon, row, witness, this.#receptions, words);
        words += RECEPTION_STRIDE;
      }
    }
    this.links.fill(hotspot, this.#receptions, 0, words);
    return this.links;
  }

  #makeRoom(words: number): void {
    if (words <= this.#receptions.length) return;
    const larger = new Int32Array(2 * words);
    larger.set(this.#receptions);
    this.#receptions = larger;
  }
}

function isReception({ reason }: PartitionVerdicts, row: number): boolean {
  return reason[row] === VALID || reason[row] === BAD_RSSI;
}

function writeReception(
  { beacons, hotspots, rules }: EpochContext,
  { rows }: PartitionVerdicts,
  beacon: number,
  row: number,
  word: number,
  receptions: Int32Array,
  place: number,
): void {
  const { lines } = hotspots;
  const at = row * ROW_STRIDE;
  const witness = rows[at] & 0xffffff;
  const distanceM = surfaceDistanceM(lineChordSquared(lines, beacons.hotspot[beacon], witness));
  const eirpDdbm = beacons.lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
  const lost = rowLossDdb(eirpDdbm, lines[witness * LINE_STRIDE + LINE.gain], rows[at + 2]);
  receptions[place] = word;
  receptions[place + 1] = (lost << 16) | (rowExcessDdb(rules.loss, lost, distanceM, rows[at + 1]) & 0xffff);
  receptions[place + 2] = beacons.beacons.challenge[beacon];
}
