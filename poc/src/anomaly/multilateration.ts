/**
 * Where a hotspot more likely stands: the place that explains its links best, for the evidence that an owner is shown.
 *
 * Candidates are the places of its counterparts and the asserted one. A place is scored by the rank agreement of loss and distance over all
 * pairs of links (nearer should lose less), which no exponent, offset or gain enters; pairs whose losses differ by little say nothing. Integer
 * counts over squared chords, so it is the same everywhere. It is a hint, never a verdict: with few or one-sided counterparts the best
 * place is only the middle of those that hear it best.
 */
import { chordSquared, type Position } from "@earshot/geo";

export interface RangedLink {
  readonly position: Position;
  readonly lossDdb: number;
}

export interface PlaceEstimate {
  /** Index in the links, or -1 for the asserted place itself. */
  readonly nearestLink: number;
  /** Agreeing less contradicting pairs, at the estimate and at the asserted place. */
  readonly score: number;
  readonly assertedScore: number;
  readonly pairs: number;
}

/** Losses closer than this say nothing of distance: shadowing, 0.1 dB. */
const TELLING_DDB = 60;

/** The best candidate; ties go to the asserted place, then to the first link. */
export function estimatePlace(asserted: Position, links: readonly RangedLink[]): PlaceEstimate {
  let best = -1;
  const atAsserted = agreement(asserted, links);
  let score = atAsserted.score;
  links.forEach(({ position }, index) => {
    const here = agreement(position, links).score;
    if (here <= score) return;
    best = index;
    score = here;
  });
  return { nearestLink: best, score, assertedScore: atAsserted.score, pairs: atAsserted.pairs };
}

function agreement(from: Position, links: readonly RangedLink[]): { readonly score: number; readonly pairs: number } {
  const squares = links.map(({ position: { x, y, z } }) => chordSquared(x - from.x, y - from.y, z - from.z));
  let score = 0;
  let pairs = 0;
  for (let a = 0; a < links.length; a++) {
    for (let b = 0; b < a; b++) {
      const difference = links[a].lossDdb - links[b].lossDdb;
      if (Math.abs(difference) < TELLING_DDB) continue;
      pairs++;
      score += Math.sign(difference) * Math.sign(squares[a] - squares[b]);
    }
  }
  return { score, pairs };
}
