/** The twin detector: keeps the losses of those that may stand in one place, and compares them when all are known (twins.ts). */
import type { EpochContext } from "../epoch/epoch-context.ts";
import { NO_ROW } from "../epoch/tables.ts";
import { linkLossDdb } from "../radio/path-loss.ts";
import type { AnomalyParameters, TwinsParameters } from "./anomaly-parameters.ts";
import { meanDdb } from "./link.ts";
import { isPrivateLine, type LinkColumns } from "./link-columns.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { LinkTally } from "./tally-links.ts";
import { areSetsAlike, compareLosses, type LossProfile } from "./twins.ts";
import { STANCE, VoteColumns } from "./vote-columns.ts";
import type { Voters } from "./voters.ts";

/** Differences of free-space losses are the same at any frequency; this one keeps a metre above the table's first entry, Hz. */
const TELLING_HZ = 900_000_000;

interface KeptProfile extends LossProfile {
  readonly challenge: Uint32Array;
  readonly receptions: Uint32Array;
  /** Half of the links are no longer than this. */
  readonly medianM: number;
}

export class TwinJudge {
  readonly #context: EpochContext;
  readonly #parameters: AnomalyParameters;
  readonly #tally: LinkTally;
  readonly #voters: Voters;
  readonly #neighbourhood: Neighbourhood;
  readonly #cleanEpochs: Uint16Array;
  readonly #isLike: Uint8Array;
  readonly #profiles = new Map<number, KeptProfile>();
  readonly #votes = new VoteColumns();

  constructor(
    context: EpochContext,
    parameters: AnomalyParameters,
    tally: LinkTally,
    voters: Voters,
    neighbourhood: Neighbourhood,
    cleanEpochs: Uint16Array,
  ) {
    this.#context = context;
    this.#parameters = parameters;
    this.#tally = tally;
    this.#voters = voters;
    this.#neighbourhood = neighbourhood;
    this.#cleanEpochs = cleanEpochs;
    this.#isLike = new Uint8Array(context.hotspots.count);
    for (const pair of tally.likePairs) for (const hotspot of pair) this.#isLike[hotspot] = 1;
  }

  /** Keeps what others lose to a hotspot that is like another: their reports, which it cannot write. Private counterparts abstain. */
  keep(hotspot: number, links: LinkColumns): void {
    if (this.#isLike[hotspot] === 0) return;
    const { lines } = this.#context.hotspots;
    const told: number[] = [];
    for (let at = 0; at < links.count; at++) {
      const counterpart = links.counterpart[at];
      const mayTell = this.#voters.mayVote(hotspot, counterpart) && !isPrivateLine(lines, counterpart);
      if (mayTell && links.at(at).sent.receptions > 0) told.push(at);
    }
    told.sort((one, other) => links.counterpart[one] - links.counterpart[other]);
    const profile = emptyProfile(told.length);
    const distancesM = new Float64Array(told.length);
    told.forEach((at, place) => {
      const { counterpart, sent, challenge, distanceM } = links.at(at);
      profile.counterpart[place] = counterpart;
      profile.lossDdb[place] = meanDdb(sent.lossSumDdb, sent) ?? 0;
      profile.freeSpaceDdb[place] = linkLossDdb(this.#context.rules.loss, distanceM, TELLING_HZ);
      profile.challenge[place] = challenge;
      profile.receptions[place] = sent.receptions;
      distancesM[place] = distanceM;
    });
    const medianM = distancesM.sort()[(told.length - 1) >> 1] ?? 0;
    this.#profiles.set(hotspot, { ...profile, medianM });
  }

  /** Tells of every hotspot that is another's twin, with the votes. */
  judge(condemn: (hotspot: number, votes: VoteColumns) => void): void {
    for (const [a, b] of this.#tally.likePairs) {
      const [older, younger] = this.#isOlder(a, b) ? [a, b] : [b, a];
      if (!this.#areTwins(younger, older)) continue;
      condemn(younger, this.#votes);
      // One owner who asserts two places for one is believed in neither.
      if (this.#voters.isOneOwner(a, b) && this.#areTwins(older, younger)) condemn(older, this.#votes);
    }
  }

  /** Of two hotspots in one place the one with fewer clean epochs is the twin; of equals the one that stands later in the register. */
  #isOlder(a: number, b: number): boolean {
    const epochs = this.#cleanEpochs;
    return epochs[a] === epochs[b] ? a < b : epochs[a] > epochs[b];
  }

  /** Counts the votes on `hotspot`, which is left in `#votes`, as the twin of `other`. */
  #areTwins(hotspot: number, other: number): boolean {
    const { twins } = this.#parameters;
    const own = this.#profiles.get(hotspot);
    const its = this.#profiles.get(other);
    if (own === undefined || its === undefined || !areSetsAlike(own.counterpart, its.counterpart)) return false;
    const { lines } = this.#context.hotspots;
    const isVague = isPrivateLine(lines, hotspot) || isPrivateLine(lines, other);
    // What free space asks for is known between places alone: who hears a private hotspot otherwise than the other one always tells them apart.
    const rules = isVague ? { ...twins, tellingDdb: 0 } : twins;
    if (this.#vote(rules, own, its, other, true) < twins.agreeE4) return false;
    if (this.#isSelective(hotspot, own)) return true;
    return !isVague && this.#vote(rules, own, its, other, false) >= twins.agreeE4;
  }

  #vote(twins: TwinsParameters, own: KeptProfile, its: KeptProfile, other: number, isSelective: boolean): number {
    const votes = this.#votes;
    votes.clear();
    const { agreeing, differing } = compareLosses(twins, own, its, isSelective);
    if (agreeing.length < twins.voters) return 0;
    const add = (counterpart: number, stance: number) => {
      const at = own.counterpart.indexOf(counterpart);
      votes.add(counterpart, stance, own.challenge[at] ?? NO_ROW, own.receptions[at] ?? 0, other, twins.withinDdb);
    };
    for (const counterpart of agreeing) add(counterpart, STANCE.accuses);
    for (const counterpart of differing) add(counterpart, STANCE.supports);
    return this.#voters.shareE4(votes, { voters: twins.voters });
  }

  /** Whether at least as many hotspots as hear it are nearer than half of those, and do not. */
  #isSelective(hotspot: number, { counterpart, medianM }: KeptProfile): boolean {
    const heardBy = new Set(counterpart);
    const silent = this.#neighbourhood.silent(hotspot, hotspot, medianM, (id) => heardBy.has(id));
    return 2 * silent >= counterpart.length;
  }
}

function emptyProfile(length: number) {
  return {
    counterpart: new Uint32Array(length),
    lossDdb: new Int32Array(length),
    freeSpaceDdb: new Int32Array(length),
    challenge: new Uint32Array(length),
    receptions: new Uint32Array(length),
  };
}
