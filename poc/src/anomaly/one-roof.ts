/**
 * Graph: hotspots of one owner that the same others hear equally well, though they are asserted apart, prove one place between them.
 *
 * What `twins.ts` asks of strangers needs voters, because a constant is taken out of the losses and little is left where few hear the two.
 * Of one owner no constant is granted, and he is not suspected either: only the links by which nobody can tell his hotspots apart earn
 * nothing, at any number of counterparts, and only where several of them stand so. A counterpart that lies takes from them no more than the
 * links with itself.
 */
import type { LossProfile } from "./twins.ts";

/** Counterparts that hear two hotspots equally well, and how many hear either. */
export interface Agreement {
  readonly agreeing: readonly number[];
  readonly all: number;
}

/** Compares two hotspots without a constant between them; `withinDdb` is what mean losses of one place may differ by, 0.1 dB. */
export function agreementOf(withinDdb: number, a: LossProfile, b: LossProfile): Agreement {
  const agreeing: number[] = [];
  let common = 0;
  for (let at = 0, other = 0; at < a.counterpart.length && other < b.counterpart.length; ) {
    const order = a.counterpart[at] - b.counterpart[other];
    if (order === 0) {
      common++;
      if (Math.abs(a.lossDdb[at] - b.lossDdb[other]) <= withinDdb) agreeing.push(a.counterpart[at]);
    }
    if (order <= 0) at++;
    if (order >= 0) other++;
  }
  return { agreeing, all: a.counterpart.length + b.counterpart.length - common };
}

/** Two hotspots of one owner, and the counterparts that hear them equally well. */
export interface AlikePair {
  readonly a: number;
  readonly b: number;
  readonly agreeing: readonly number[];
}

/**
 * Calls `visit` with every link, hotspot and counterpart, of those that hang together by such pairs in a number of at least `least`: the links
 * with who hears them equally well, and those between the two. A link may come more than once.
 */
export function visitOneRoofLinks(
  pairs: readonly AlikePair[],
  least: number,
  visit: (hotspot: number, counterpart: number) => void,
): void {
  const roofOf = new Map<number, number[]>();
  for (const { a, b } of pairs) {
    const [one, other] = [roofOf.get(a) ?? [a], roofOf.get(b) ?? [b]];
    const together = one === other ? one : [...one, ...other];
    for (const hotspot of together) roofOf.set(hotspot, together);
  }
  for (const { a, b, agreeing } of pairs) {
    if (roofOf.get(a)!.length < least) continue;
    visit(a, b);
    for (const counterpart of agreeing) {
      visit(a, counterpart);
      visit(b, counterpart);
    }
  }
}
