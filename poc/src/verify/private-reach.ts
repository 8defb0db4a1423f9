/**
 * How near and how far the two ends of a link may stand when the place of one is private: the triangle inequality on chords.
 *
 * A private line holds the centre of a resolution-8 cell and how far from it the hotspot stands at most (hotspot-lines.ts), both by rounded
 * positions. So the chord between the two is that between their lines, less and plus what both reach. Rules take the end of this interval
 * that is worst for the report: the near one for a least distance, the far one for a greatest distance and for free space.
 */
import { LINE, META } from "./hotspot-lines.ts";

/** Whether an end of the link is private; `line` and `own` are where the lines start. */
export function hasPrivateEnd(lines: Int32Array, line: number, own: number): boolean {
  return ((lines[line + LINE.meta] | lines[own + LINE.meta]) & META.private) !== 0;
}

/** Squared chord, (1/256 m)², nearer than which the two cannot stand, from that between their lines. */
export function nearestChordSquared(lines: Int32Array, line: number, own: number, chordSq: number): number {
  const chord = Math.max(0, Math.sqrt(chordSq) - reachUnits(lines, line) - reachUnits(lines, own));
  return chord * chord;
}

/** Squared chord, (1/256 m)², farther than which the two cannot stand. */
export function farthestChordSquared(lines: Int32Array, line: number, own: number, chordSq: number): number {
  const chord = Math.sqrt(chordSq) + reachUnits(lines, line) + reachUnits(lines, own);
  return chord * chord;
}

function reachUnits(lines: Int32Array, line: number): number {
  return (lines[line + LINE.meta] & META.private) === 0 ? 0 : lines[line + LINE.reach];
}
