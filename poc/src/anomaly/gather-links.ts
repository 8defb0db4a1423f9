/**
 * The close look: the links of every suspect, one suspect after the other.
 *
 * Who heard a suspect stands beside it (directed-links.ts); whom it heard is gathered by one pass over the links of all beaconers. Suspects are
 * taken in blocks of at most BLOCK_LINKS such links, so that memory is bounded whatever the epoch holds; a block costs one pass. Each
 * suspect's links are filled in, shown once, and forgotten.
 */
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { type DirectedLinks, HEARD, HEARD_STRIDE, WITNESS_MASK } from "./directed-links.ts";
import { HEARD_LINK_STRIDE, LinkColumns } from "./link-columns.ts";
import type { LinkTally } from "./tally-links.ts";

/** 32 MiB of links at a time. */
const BLOCK_LINKS = 1 << 22;
const NOT_IN_BLOCK = -1;

/** Shows the links of every suspect (1 in `isSuspect`), by ascending hotspot; `links` is valid until `visit` returns. */
export function visitSuspects(
  { hotspots: { count } }: EpochContext,
  { heardLinks, links: directed }: LinkTally,
  isSuspect: Uint8Array,
  { reciprocity }: AnomalyParameters,
  visit: (hotspot: number, links: LinkColumns) => void,
): void {
  const links = new LinkColumns(directed, count, Math.min(reciprocity.toleranceDdb, reciprocity.surelyDdb));
  // Where the next link of each suspect of the block goes.
  const cursor = new Int32Array(count + 1).fill(NOT_IN_BLOCK);
  let heard = new Int32Array(0);
  for (let first = 0; first < count; ) {
    let words = 0;
    let end = first;
    for (; end < count; end++) {
      if (isSuspect[end] === 0) continue;
      const own = heardLinks[end] * HEARD_LINK_STRIDE;
      if (words > 0 && words + own > BLOCK_LINKS * HEARD_LINK_STRIDE) break;
      cursor[end] = words;
      words += own;
    }
    if (words > heard.length) heard = new Int32Array(words);
    if (words > 0) gatherHeard(directed, count, cursor, heard);
    for (let hotspot = first, from = 0; hotspot < end; hotspot++) {
      if (cursor[hotspot] === NOT_IN_BLOCK) continue;
      links.fill(hotspot, heard, from, cursor[hotspot]);
      from = cursor[hotspot];
      cursor[hotspot] = NOT_IN_BLOCK;
      visit(hotspot, links);
    }
    first = end;
  }
}

/** Writes down whom each suspect of the block heard. */
function gatherHeard({ first, words }: DirectedLinks, count: number, cursor: Int32Array, heard: Int32Array): void {
  for (let beaconer = 0; beaconer < count; beaconer++) {
    const end = first[beaconer + 1];
    for (let link = first[beaconer]; link < end; link++) {
      const witness = words[link * HEARD_STRIDE + HEARD.witness] & WITNESS_MASK;
      const to = cursor[witness];
      if (to === NOT_IN_BLOCK) continue;
      heard[to] = beaconer;
      heard[to + 1] = link;
      cursor[witness] = to + HEARD_LINK_STRIDE;
    }
  }
}
