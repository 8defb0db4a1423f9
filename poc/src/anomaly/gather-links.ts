/**
 * The close look: every reception of drawn beacons that has a suspect at one end, counted into the suspect's own stretch of one array.
 *
 * Suspects are taken in blocks of at most BLOCK_RECEPTIONS, so that memory is bounded whatever the epoch holds; a block costs one
 * pass over these receptions. Each suspect's links are filled in, shown once, and forgotten.
 */
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { DrawnGroups } from "./drawn-groups.ts";
import { HEARD_BIT, LinkColumns, RECEPTION_STRIDE } from "./link-columns.ts";
import type { LinkTally } from "./tally-links.ts";

/** 64 MiB of receptions at a time. */
const BLOCK_RECEPTIONS = 1 << 22;
const NOT_IN_BLOCK = -1;

/** Shows the links of every suspect (1 in `isSuspect`), by ascending hotspot; `links` is valid until `visit` returns. */
export function visitSuspects(
  { hotspots, rules }: EpochContext,
  { first: firstOf }: DrawnGroups,
  tally: LinkTally,
  isSuspect: Uint8Array,
  visit: (hotspot: number, links: LinkColumns) => void,
): void {
  const { count, lines } = hotspots;
  const { heard, sent } = tally;
  const links = new LinkColumns(lines, rules.loss);
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
    if (words > 0) gatherReceptions(firstOf, tally, cursor, receptions);
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

/** Walks along what the first pass wrote down. */
function gatherReceptions(
  firstOf: Uint32Array,
  { lossDdb, receptions: { challenge, end: ends, frequencyHz, start, witness: witnesses } }: LinkTally,
  cursor: Int32Array,
  receptions: Int32Array,
): void {
  for (let beaconer = 0; beaconer < firstOf.length - 1; beaconer++) {
    const isBeaconer = cursor[beaconer] !== NOT_IN_BLOCK;
    for (let place = firstOf[beaconer]; place < firstOf[beaconer + 1]; place++) {
      const end = ends[place];
      for (let at = start[place]; at < end; at++) {
        const witness = witnesses[at];
        if (isBeaconer) {
          const to = cursor[beaconer];
          receptions[to] = witness;
          receptions[to + 1] = lossDdb[at];
          receptions[to + 2] = frequencyHz[at];
          receptions[to + 3] = challenge[place];
          cursor[beaconer] = to + RECEPTION_STRIDE;
        }
        const to = cursor[witness];
        if (to === NOT_IN_BLOCK) continue;
        receptions[to] = beaconer | HEARD_BIT;
        receptions[to + 1] = lossDdb[at];
        receptions[to + 2] = frequencyHz[at];
        receptions[to + 3] = challenge[place];
        cursor[witness] = to + RECEPTION_STRIDE;
      }
    }
  }
}

/** What others heard of a hotspot's drawn beacons, alone: fills `links`. Needs no pass over the receptions. */
export class SentLinks {
  readonly links: LinkColumns;
  readonly #firstOf: Uint32Array;
  readonly #tally: LinkTally;

  constructor({ hotspots, rules }: EpochContext, { first }: DrawnGroups, tally: LinkTally) {
    this.links = new LinkColumns(hotspots.lines, rules.loss);
    this.#firstOf = first;
    this.#tally = tally;
  }

  /** The links of a hotspot, with nothing it reported itself and no excess; valid until the next call. */
  of(hotspot: number): LinkColumns {
    const { links } = this;
    const { lossDdb, receptions } = this.#tally;
    const { challenge, end: ends, start, witness } = receptions;
    links.clear();
    for (let place = this.#firstOf[hotspot]; place < this.#firstOf[hotspot + 1]; place++) {
      const end = ends[place];
      for (let at = start[place]; at < end; at++) links.addSent(hotspot, witness[at], lossDdb[at], challenge[place]);
    }
    return links;
  }
}
