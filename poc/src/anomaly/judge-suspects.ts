/**
 * What the detectors say of every suspect: its level by detector, and the evidence behind each.
 *
 * A counterpart may vote that has another owner and `cleanEpochs` clean epochs behind it, and whose place is known: new or
 * self-linked hotspots carry no weight, for or against. Each detector counts its own votes (ballot.ts).
 */

import type { Columns } from "../epoch/columns.ts";
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { evidenceTable } from "../epoch/tables.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import type { Quorum } from "./ballot.ts";
import { DETECTOR, DETECTORS, type DetectorName } from "./detector.ts";
import { EvidenceColumns } from "./evidence-columns.ts";
import { visitSuspects } from "./gather-links.ts";
import { SilenceJudge } from "./judge-silence.ts";
import { TwinJudge } from "./judge-twins.ts";
import type { LinkColumns, SuspectLink } from "./link-columns.ts";
import { LinkSet } from "./link-set.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import { isOneSided } from "./one-sided.ts";
import { contradictsPlace, isCertainlyWrong, leastExcessDdb, lowerExcessDdb } from "./placement.ts";
import { contradictsReciprocity, lossGapDdb } from "./reciprocity-gap.ts";
import { levelOfShare } from "./suspicion.ts";
import type { LinkTally } from "./tally-links.ts";
import { addVoidLinks } from "./void-links.ts";
import { STANCE, VoteColumns } from "./vote-columns.ts";
import type { Voters } from "./voters.ts";

export const LEVEL_STRIDE = DETECTORS.length;

export interface Judgement {
  /** Levels by hotspot × detector, 0 to 10,000. */
  readonly levels: Uint16Array;
  readonly evidence: Columns<typeof evidenceTable>;
  /** Links whose own figures contradict them. */
  readonly voidLinks: LinkSet;
}

/**
 * Judges every suspect, and those again against whom somebody spoke who is condemned himself: without the voices of the condemned. The order
 * of suspects, links and votes does not matter. `onTwinsJudged` is called in each of the two sittings.
 */
export function judgeSuspects(
  context: EpochContext,
  parameters: AnomalyParameters,
  tally: LinkTally,
  voters: Voters,
  cleanEpochs: Uint16Array,
  onTwinsJudged: () => void = () => {},
): Judgement {
  const bench = new Bench(context, parameters, tally);
  const places = Neighbourhood.of(context, tally, voters);
  const sit = (isSuspect: Uint8Array, among: Voters, isJudged: (hotspot: number) => boolean) => {
    const neighbourhood = places.among(among);
    const twins = new TwinJudge(context, parameters, tally, among, neighbourhood, cleanEpochs);
    const looked = isSuspect.slice();
    twins.judge(isJudged, (hotspot, other, votes) => {
      bench.raise(hotspot, "twin", FULL, votes);
      // Of two in one place both are looked at closely: one of them may be right about where that is.
      looked[hotspot] = 1;
      looked[other] = 1;
    });
    twins.visitOneRoofLinks((hotspot, counterpart) => bench.voidLinks.add(hotspot, counterpart));
    onTwinsJudged();
    const silence = new SilenceJudge(context, parameters, among, neighbourhood);
    visitSuspects(context, tally, looked, parameters, (hotspot, links) => {
      if (isJudged(hotspot)) bench.judge(hotspot, links, among, silence);
      addVoidLinks(hotspot, links, parameters, tally, bench.voidLinks);
    });
  };
  sit(tally.isSuspect, voters, () => true);
  const condemned = bench.condemned();
  const again = bench.evidence.accusedBy(condemned);
  if (again.size > 0) {
    bench.forget(again);
    const isSuspect = tally.isSuspect.map((_, hotspot) => (again.has(hotspot) ? 1 : 0));
    sit(isSuspect, voters.without(condemned), (hotspot) => again.has(hotspot));
  }
  return { levels: bench.levels, evidence: bench.evidence.table(), voidLinks: bench.voidLinks };
}

/** What a link says, and the two figures behind it. */
interface Poll {
  readonly detector: DetectorName;
  readonly quorum: Quorum;
  /** One of STANCE, or SAYS_NOTHING. */
  stance(link: SuspectLink): number;
  measured(link: SuspectLink): number;
  limit(link: SuspectLink): number;
}

const SAYS_NOTHING = -1;
const FULL = 10_000;

class Bench {
  readonly levels: Uint16Array;
  readonly evidence: EvidenceColumns;
  readonly voidLinks = new LinkSet();
  readonly #parameters: AnomalyParameters;
  readonly #tally: LinkTally;
  readonly #polls: readonly [Poll, Poll, Poll];
  readonly #votes = new VoteColumns();
  /** Valid beacons of the hotspot that is judged. */
  #beacons = 0;

  constructor({ hotspots }: EpochContext, parameters: AnomalyParameters, tally: LinkTally) {
    this.levels = new Uint16Array(hotspots.count * LEVEL_STRIDE);
    this.evidence = new EvidenceColumns(parameters.ruleVersion);
    this.#parameters = parameters;
    this.#tally = tally;
    this.#polls = [this.#placementPoll(), this.#gapPoll(), this.#oneSidedPoll()];
  }

  judge(hotspot: number, links: LinkColumns, voters: Voters, silence: SilenceJudge): void {
    this.#beacons = this.#tally.beacons[hotspot];
    this.#askAll(hotspot, links, voters);
    const votes = this.#votes;
    silence.vote(hotspot, links, votes);
    this.#settle(hotspot, "silence", votes, { voters: this.#parameters.silence.voters }, voters);
  }

  /** Hotspots with a full level. */
  condemned(): Set<number> {
    const condemned = new Set<number>();
    for (let at = 0; at < this.levels.length; at++)
      if (this.levels[at] === FULL) condemned.add(Math.floor(at / LEVEL_STRIDE));
    return condemned;
  }

  /** Takes back all that was found of some hotspots. */
  forget(hotspots: ReadonlySet<number>): void {
    for (const hotspot of hotspots) this.levels.fill(0, hotspot * LEVEL_STRIDE, (hotspot + 1) * LEVEL_STRIDE);
    this.evidence.forget(hotspots);
  }

  /** Raises the level of a detector with the votes behind it; of equal levels the first stands. */
  raise(hotspot: number, name: DetectorName, level: number, votes: VoteColumns): void {
    const detector = DETECTOR[name];
    const at = hotspot * LEVEL_STRIDE + detector;
    if (level <= this.levels[at]) return;
    this.levels[at] = level;
    this.evidence.add(hotspot, detector, votes);
  }

  /** Asks those polls in which enough accuse: nearly all hotspots end before. One walk along the links for all, as each link is looked up. */
  #askAll(hotspot: number, links: LinkColumns, voters: Voters): void {
    const [placement, gap, oneSided] = this.#polls;
    let short = 0;
    let uneven = 0;
    let unheard = 0;
    for (let noted = 0; noted < links.notableCount; noted++) {
      const at = links.notable[noted];
      if (!voters.mayVote(hotspot, links.counterpart[at])) continue;
      const link = links.at(at);
      if (placement.stance(link) > STANCE.supports) short++;
      if (gap.stance(link) > STANCE.supports) uneven++;
      if (oneSided.stance(link) > STANCE.supports) unheard++;
    }
    if (short >= leastAccusing(placement)) this.#ask(hotspot, links, placement, voters);
    if (uneven >= leastAccusing(gap)) this.#ask(hotspot, links, gap, voters);
    if (unheard >= leastAccusing(oneSided)) this.#ask(hotspot, links, oneSided, voters);
  }

  #ask(hotspot: number, links: LinkColumns, poll: Poll, voters: Voters): void {
    const { quorum } = poll;
    const votes = this.#votes;
    votes.clear();
    for (let at = 0; at < links.count; at++) {
      if (!voters.mayVote(hotspot, links.counterpart[at])) continue;
      const link = links.at(at);
      const stance = poll.stance(link);
      if (stance === SAYS_NOTHING) continue;
      const receptions = link.sent.receptions + link.heard.receptions;
      votes.add(link.counterpart, stance, link.challenge, receptions, poll.measured(link), poll.limit(link));
    }
    this.#settle(hotspot, poll.detector, votes, quorum, voters);
  }

  #settle(hotspot: number, name: DetectorName, votes: VoteColumns, quorum: Quorum, voters: Voters): void {
    const level = levelOfShare(this.#parameters.votes, voters.shareE4(votes, quorum));
    if (level > 0) this.raise(hotspot, name, level, votes);
  }

  #placementPoll(): Poll {
    const { placement, minimumVoters } = this.#parameters;
    return {
      detector: "placement",
      quorum: { voters: minimumVoters, certainVoters: placement.certainVoters },
      stance: (link) => {
        if (!link.mayBeStrong || !contradictsPlace(placement, link)) return STANCE.supports;
        return isCertainlyWrong(placement, link) ? STANCE.certain : STANCE.accuses;
      },
      measured: (link) => lowerExcessDdb(link) ?? 0,
      limit: ({ distanceM }) => leastExcessDdb(placement, distanceM),
    };
  }

  #gapPoll(): Poll {
    const { reciprocity, minimumVoters } = this.#parameters;
    return {
      detector: "reciprocity_gap",
      quorum: { voters: minimumVoters },
      stance: (link) => stanceOf(contradictsReciprocity(reciprocity, link)),
      measured: (link) => lossGapDdb(link) ?? 0,
      limit: () => reciprocity.toleranceDdb,
    };
  }

  #oneSidedPoll(): Poll {
    const { oneSided, minimumVoters } = this.#parameters;
    const { heard } = this.#tally;
    return {
      detector: "one_sided",
      quorum: { voters: minimumVoters },
      stance: (link) => stanceOf(isOneSided(oneSided, link, this.#beacons, heard[link.counterpart] > 0)),
      measured: ({ sent }) => sent.receptions,
      limit: () => this.#beacons,
    };
  }
}

/** Accusing votes under which no share is quorate. */
function leastAccusing({ quorum: { voters, certainVoters } }: Poll): number {
  return Math.min(voters, certainVoters ?? voters);
}

function stanceOf(accuses: boolean | null): number {
  if (accuses === null) return SAYS_NOTHING;
  return accuses ? STANCE.accuses : STANCE.supports;
}
