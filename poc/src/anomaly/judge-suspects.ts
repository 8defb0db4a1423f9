/**
 * What the detectors say of every suspect: its level by detector, and the evidence behind each.
 *
 * A counterpart may vote that has another owner and `cleanEpochs` clean epochs behind it, and whose place is known: new or
 * self-linked hotspots carry no weight, for or against. Each detector counts its own votes (ballot.ts).
 */
import { POSITION_UNITS_PER_M } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import { linkLossDdb } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { edgeCode } from "../verify/witness-job.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { accusingShareE4, countVoices, type Quorum } from "./ballot.ts";
import { DETECTOR, DETECTORS, type DetectorName } from "./detector.ts";
import { lineChordSquared, type SuspectLink } from "./gather-links.ts";
import { meanDdb } from "./link.ts";
import { isOneSided } from "./one-sided.ts";
import { contradictsPlace, isCertainlyWrong, leastExcessDdb, lowerExcessDdb } from "./placement.ts";
import { contradictsReciprocity, lossGapDdb } from "./reciprocity-gap.ts";
import { isHeardFarAway } from "./silence.ts";
import { levelOfShare } from "./suspicion.ts";
import type { LinkTally } from "./tally-links.ts";
import { compareLosses } from "./twins.ts";

/** One counterpart's part in the evidence of one detector. */
export interface EvidenceRow {
  readonly hotspot: number;
  readonly detector: number;
  readonly counterpart: number;
  readonly accuses: boolean;
  /** Row of the first challenge it stands on; -1 where there is no reception. */
  readonly challenge: number;
  /** Receptions, both ways. */
  readonly receptions: number;
  readonly measured: number;
  readonly limit: number;
}

export interface Judgement {
  /** Levels by hotspot × detector, 0 to 10,000. */
  readonly levels: Uint16Array;
  readonly evidence: readonly EvidenceRow[];
  /** Links whose own figures contradict them, as `edgeCode`. */
  readonly voidLinks: ReadonlySet<number>;
}

/** What is known of hotspots besides their links. */
export interface Voters {
  /** Dense owner id, and dense resolution-8 cell id, by hotspot. */
  readonly owner: Uint32Array;
  readonly cell: Uint32Array;
  readonly cleanEpochs: Uint16Array;
}

/** Differences of free-space losses are the same at any frequency; this one keeps a metre above the table's first entry, Hz. */
const TELLING_HZ = 900_000_000;

export const LEVEL_STRIDE = DETECTORS.length;

/** Judges every suspect. The order of suspects, links and votes does not matter. */
export function judgeSuspects(
  context: EpochContext,
  parameters: AnomalyParameters,
  tally: LinkTally,
  links: ReadonlyMap<number, readonly SuspectLink[]>,
  voters: Voters,
): Judgement {
  const bench = new Bench(context, parameters, tally, voters);
  const suspects = [...links.keys()].sort((a, b) => a - b);
  for (const hotspot of suspects) bench.judge(hotspot, links.get(hotspot)!);
  for (const [a, b] of tally.likePairs) bench.judgeTwins(a, b, links.get(a) ?? [], links.get(b) ?? []);
  bench.evidence.sort(byHotspotDetectorCounterpart);
  return { levels: bench.levels, evidence: bench.evidence, voidLinks: bench.voidLinks };
}

function byHotspotDetectorCounterpart(a: EvidenceRow, b: EvidenceRow): number {
  return a.hotspot - b.hotspot || a.detector - b.detector || a.counterpart - b.counterpart;
}

type Ballot = Omit<EvidenceRow, "hotspot" | "detector"> & { readonly isCertain?: boolean };

class Bench {
  readonly levels: Uint16Array;
  readonly evidence: EvidenceRow[] = [];
  readonly voidLinks = new Set<number>();
  readonly #context: EpochContext;
  readonly #parameters: AnomalyParameters;
  readonly #tally: LinkTally;
  readonly #voters: Voters;
  #near: NearIndex | undefined;

  constructor(context: EpochContext, parameters: AnomalyParameters, tally: LinkTally, voters: Voters) {
    this.levels = new Uint16Array(context.hotspots.count * LEVEL_STRIDE);
    this.#context = context;
    this.#parameters = parameters;
    this.#tally = tally;
    this.#voters = voters;
  }

  judge(hotspot: number, links: readonly SuspectLink[]): void {
    const own = links.filter(({ counterpart }) => this.#mayVote(hotspot, counterpart));
    const certainVoters = this.#parameters.placement.certainVoters;
    this.#settle(hotspot, "placement", this.#placementVotes(own), {
      voters: this.#parameters.minimumVoters,
      certainVoters,
    });
    this.#settle(hotspot, "reciprocity_gap", this.#gapVotes(own));
    this.#settle(hotspot, "one_sided", this.#oneSidedVotes(hotspot, own));
    const distancesM = links.map(({ distanceM }) => distanceM);
    // Whom no independent hotspot hears at all is asked about, and who is heard only far away.
    if (own.length === 0 || isHeardFarAway(this.#parameters.silence, distancesM))
      this.#settle(hotspot, "silence", this.#silenceVotes(hotspot, links));
    this.#voidContradictions(hotspot, links);
  }

  /** Links that their own figures deny are not paid for, where a hotspot has more than a few of them. */
  #voidContradictions(hotspot: number, links: readonly SuspectLink[]): void {
    const { placement, reciprocity, oneSided, voids } = this.#parameters;
    const { beacons, heard } = this.#tally;
    // A weak link is easily heard one way only; one that is heard again and again is not.
    const sure = { ...oneSided, beacons: oneSided.surely };
    const denied = links.filter((link) => {
      const opportunity = { beacons: beacons[hotspot], counterpartReports: heard[link.counterpart] > 0 };
      return (
        contradictsPlace(placement, link) ||
        contradictsReciprocity(reciprocity, link) === true ||
        (link.heard.receptions >= oneSided.surely && isOneSided(sure, link, opportunity) === true)
      );
    });
    if (denied.length < voids.links || denied.length * 10_000 < links.length * voids.shareE4) return;
    for (const { counterpart } of denied) this.voidLinks.add(edgeCode(hotspot, counterpart));
  }

  /** Of two hotspots in one place the one with fewer clean epochs is the twin; of equals the one that registered its key later in key order. */
  judgeTwins(a: number, b: number, linksOfA: readonly SuspectLink[], linksOfB: readonly SuspectLink[]): void {
    const { twins } = this.#parameters;
    const { loss } = this.#context.rules;
    const [older, younger] = this.#isOlder(a, b) ? [a, b] : [b, a];
    const lossesOf = (hotspot: number, links: readonly SuspectLink[]) =>
      new Map(
        links.flatMap(({ counterpart, distanceM, sent }) => {
          const mean = meanDdb(sent.lossSumDdb, sent);
          return mean === null || !this.#mayVote(hotspot, counterpart) || counterpart === a || counterpart === b
            ? []
            : [[counterpart, { lossDdb: mean, freeSpaceDdb: linkLossDdb(loss, distanceM, TELLING_HZ) }] as const];
        }),
      );
    const [linksOfYounger, linksOfOlder] = younger === a ? [linksOfA, linksOfB] : [linksOfB, linksOfA];
    const { agreeing, differing } = compareLosses(
      twins,
      lossesOf(younger, linksOfYounger),
      lossesOf(older, linksOfOlder),
    );
    const vote = (counterpart: number, accuses: boolean): Ballot => {
      const link = linksOfYounger.find((other) => other.counterpart === counterpart);
      return {
        counterpart,
        accuses,
        challenge: link?.challenge ?? -1,
        receptions: link?.sent.receptions ?? 0,
        measured: older,
        limit: twins.withinDdb,
      };
    };
    const votes = [...agreeing.map((id) => vote(id, true)), ...differing.map((id) => vote(id, false))];
    const share = accusingShareE4(this.#count(votes), { voters: twins.voters });
    if (share >= twins.agreeE4) this.#raise(younger, "twin", 10_000, votes);
  }

  #isOlder(a: number, b: number): boolean {
    const { cleanEpochs } = this.#voters;
    return cleanEpochs[a] === cleanEpochs[b] ? a < b : cleanEpochs[a] > cleanEpochs[b];
  }

  #mayVote(hotspot: number, counterpart: number): boolean {
    const { owner, cell, cleanEpochs } = this.#voters;
    return (
      owner[counterpart] !== owner[hotspot] &&
      cell[counterpart] < this.#context.cells8.hi.length &&
      cleanEpochs[counterpart] >= this.#parameters.cleanEpochs
    );
  }

  #placementVotes(links: readonly SuspectLink[]): Ballot[] {
    const { placement } = this.#parameters;
    return links.map((link) => ({
      ...common(link),
      accuses: contradictsPlace(placement, link),
      isCertain: isCertainlyWrong(placement, link),
      measured: lowerExcessDdb(link) ?? 0,
      limit: leastExcessDdb(placement, link.distanceM),
    }));
  }

  #gapVotes(links: readonly SuspectLink[]): Ballot[] {
    const { reciprocity } = this.#parameters;
    return links.flatMap((link) => {
      const accuses = contradictsReciprocity(reciprocity, link);
      const figures = { measured: lossGapDdb(link) ?? 0, limit: reciprocity.toleranceDdb };
      return accuses === null ? [] : [{ ...common(link), accuses, ...figures }];
    });
  }

  #oneSidedVotes(hotspot: number, links: readonly SuspectLink[]): Ballot[] {
    const beacons = this.#tally.beacons[hotspot];
    return links.flatMap((link) => {
      const counterpartReports = this.#tally.heard[link.counterpart] > 0;
      const accuses = isOneSided(this.#parameters.oneSided, link, { beacons, counterpartReports });
      return accuses === null ? [] : [{ ...common(link), accuses, measured: link.sent.receptions, limit: beacons }];
    });
  }

  #silenceVotes(hotspot: number, links: readonly SuspectLink[]): Ballot[] {
    const { nearM } = this.#parameters.silence;
    this.#near ??= new NearIndex(this.#context, this.#tally, nearM);
    const linked = new Map(links.map((link) => [link.counterpart, link]));
    return this.#near.around(hotspot).flatMap((counterpart) => {
      if (counterpart === hotspot || !this.#mayVote(hotspot, counterpart)) return [];
      const link = linked.get(counterpart);
      const receptions = link === undefined ? 0 : link.sent.receptions + link.heard.receptions;
      const accuses = receptions === 0;
      return [
        { counterpart, accuses, challenge: link?.challenge ?? -1, receptions, measured: receptions, limit: nearM },
      ];
    });
  }

  #count(votes: readonly Ballot[]) {
    const { owner, cell } = this.#voters;
    return countVoices(
      votes.map(({ counterpart, accuses, isCertain = false }) => ({
        owner: owner[counterpart],
        cell: cell[counterpart],
        accuses,
        isCertain,
      })),
    );
  }

  #settle(
    hotspot: number,
    name: DetectorName,
    votes: readonly Ballot[],
    quorum: Quorum = { voters: this.#parameters.minimumVoters },
  ): void {
    const share = accusingShareE4(this.#count(votes), quorum);
    this.#raise(hotspot, name, levelOfShare(this.#parameters.votes, share), votes);
  }

  #raise(hotspot: number, name: DetectorName, level: number, votes: readonly Ballot[]): void {
    const detector = DETECTOR[name];
    const at = hotspot * LEVEL_STRIDE + detector;
    if (level === 0 || level < this.levels[at]) return;
    // The twin that shows the same level already stands with its evidence.
    if (level === this.levels[at]) return;
    this.levels[at] = level;
    for (const { isCertain: _, ...vote } of votes) this.evidence.push({ hotspot, detector, ...vote });
  }
}

function common({ counterpart, challenge, sent, heard }: SuspectLink) {
  return { counterpart, challenge, receptions: sent.receptions + heard.receptions };
}

/** Hotspots that took part both ways, by cubes of the near distance. */
class NearIndex {
  readonly #context: EpochContext;
  readonly #cubes = new Map<string, number[]>();
  readonly #span: number;

  constructor(context: EpochContext, { heard, sent }: LinkTally, nearM: number) {
    this.#context = context;
    this.#span = nearM * POSITION_UNITS_PER_M;
    for (let hotspot = 0; hotspot < context.hotspots.count; hotspot++) {
      if (heard[hotspot] === 0 || sent[hotspot] === 0) continue;
      const key = this.#cubeOf(hotspot, 0, 0, 0);
      const members = this.#cubes.get(key);
      if (members === undefined) this.#cubes.set(key, [hotspot]);
      else members.push(hotspot);
    }
  }

  /** Hotspots within the near distance, the asked one among them if it took part, ascending. */
  around(hotspot: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < 27; i++) {
      const key = this.#cubeOf(hotspot, (i % 3) - 1, (Math.floor(i / 3) % 3) - 1, Math.floor(i / 9) - 1);
      for (const other of this.#cubes.get(key) ?? [])
        if (lineChordSquared(this.#context, hotspot, other) <= this.#span * this.#span) found.push(other);
    }
    return found.sort((a, b) => a - b);
  }

  #cubeOf(hotspot: number, dx: number, dy: number, dz: number): string {
    const { lines } = this.#context.hotspots;
    const at = hotspot * LINE_STRIDE;
    const cube = (coordinate: number, step: number) => Math.floor(coordinate / this.#span) + step;
    return `${cube(lines[at + LINE.x], dx)} ${cube(lines[at + LINE.y], dy)} ${cube(lines[at + LINE.z], dz)}`;
  }
}
