/** The twin detector: what others lose to those that may stand in one place, compared pair by pair (twins.ts). */
import { surfaceDistanceM } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import { NO_ROW } from "../epoch/tables.ts";
import { type LossTable, linkLossDdb } from "../radio/path-loss.ts";
import type { AnomalyParameters, TwinsParameters } from "./anomaly-parameters.ts";
import { HEARD, HEARD_STRIDE, WITNESS_MASK } from "./directed-links.ts";
import { isPrivateLine } from "./link-columns.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import { type AlikePair, agreementOf, visitOneRoofLinks } from "./one-roof.ts";
import { sortFew } from "./sort-few.ts";
import type { LinkTally } from "./tally-links.ts";
import { areSetsAlike, compareLosses, type LossProfile } from "./twins.ts";
import { STANCE, VoteColumns } from "./vote-columns.ts";
import type { Voters } from "./voters.ts";

/** Differences of free-space losses are the same at any frequency; this one keeps a metre above the table's first entry, Hz. */
const TELLING_HZ = 900_000_000;
/** Places of links are packed below their counterpart's id. */
const MAX_LINKS = 1 << 24;

/** Where the links of a hotspot go by their counterparts; what few pairs are asked for is worked out when it is. */
class KeptProfile implements LossProfile {
  readonly counterpart: Uint32Array;
  readonly lossDdb: Int32Array;
  readonly #squared: Float64Array;
  readonly #loss: LossTable;
  #freeSpaceDdb: Int32Array | undefined;

  /** `squared`: squared chords to the counterparts, (1/256 m)². */
  constructor(counterpart: Uint32Array, lossDdb: Int32Array, squared: Float64Array, loss: LossTable) {
    this.counterpart = counterpart;
    this.lossDdb = lossDdb;
    this.#squared = squared;
    this.#loss = loss;
  }

  get freeSpaceDdb(): Int32Array {
    this.#freeSpaceDdb ??= this.#reckonFreeSpace();
    return this.#freeSpaceDdb;
  }

  #reckonFreeSpace(): Int32Array {
    const freeSpaceDdb = new Int32Array(this.#squared.length);
    for (let at = 0; at < freeSpaceDdb.length; at++)
      freeSpaceDdb[at] = linkLossDdb(this.#loss, wholeM(this.#squared[at]), TELLING_HZ);
    return freeSpaceDdb;
  }

  /** Half of the links are no longer than this. */
  medianM(): number {
    return this.#squared.map(wholeM).sort()[(this.#squared.length - 1) >> 1] ?? 0;
  }
}

function wholeM(square: number): number {
  return Math.floor(surfaceDistanceM(square));
}

export class TwinJudge {
  readonly #context: EpochContext;
  readonly #parameters: AnomalyParameters;
  readonly #tally: LinkTally;
  readonly #voters: Voters;
  readonly #neighbourhood: Neighbourhood;
  readonly #cleanEpochs: Uint16Array;
  /** Of every hotspot that is like another: their reports of it, which it cannot write. */
  readonly #profiles = new Map<number, KeptProfile>();
  readonly #selective = new Map<number, boolean>();
  readonly #votes = new VoteColumns();
  /** Links of the hotspot whose profile is made, packed for sorting. */
  #keys = new Float64Array(256);

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
  }

  /** Tells of every hotspot that is another's twin, which that is, and the votes; of those that are `isJudged`. */
  judge(
    isJudged: (hotspot: number) => boolean,
    condemn: (hotspot: number, twin: number, votes: VoteColumns) => void,
  ): void {
    const { lower, higher } = this.#tally.likePairs;
    for (let pair = 0; pair < lower.length; pair++) {
      const [a, b] = [lower[pair], higher[pair]];
      const [older, younger] = this.#isOlder(a, b) ? [a, b] : [b, a];
      this.#judgePair(younger, older, isJudged, condemn);
      // One owner who asserts two places for one is believed in neither.
      if (this.#voters.isOneOwner(a, b)) this.#judgePair(older, younger, isJudged, condemn);
    }
  }

  /** Tells of every link by which hotspots of one owner are not told apart. */
  visitOneRoofLinks(visit: (hotspot: number, counterpart: number) => void): void {
    const { lower, higher } = this.#tally.likePairs;
    const { twins } = this.#parameters;
    const pairs: AlikePair[] = [];
    for (let pair = 0; pair < lower.length; pair++) {
      const [a, b] = [lower[pair], higher[pair]];
      if (!this.#voters.isOneOwner(a, b)) continue;
      const { agreeing, all } = agreementOf(twins.withinDdb, this.#profileOf(a), this.#profileOf(b));
      if (agreeing.length > 0 && agreeing.length * 10_000 >= all * twins.agreeE4) pairs.push({ a, b, agreeing });
    }
    visitOneRoofLinks(pairs, twins.ofOneOwner, visit);
  }

  #judgePair(
    hotspot: number,
    twin: number,
    isJudged: (hotspot: number) => boolean,
    condemn: (hotspot: number, twin: number, votes: VoteColumns) => void,
  ): void {
    if (!isJudged(hotspot) || !this.#areTwins(hotspot, twin)) return;
    this.#nameReports(hotspot);
    condemn(hotspot, twin, this.#votes);
  }

  /** Of two hotspots in one place the one with fewer clean epochs is the twin; of equals the one that stands later in the register. */
  #isOlder(a: number, b: number): boolean {
    const epochs = this.#cleanEpochs;
    return epochs[a] === epochs[b] ? a < b : epochs[a] > epochs[b];
  }

  /** Counts the votes on `hotspot`, which is left in `#votes`, as the twin of `other`. */
  #areTwins(hotspot: number, other: number): boolean {
    const { twins } = this.#parameters;
    const own = this.#profileOf(hotspot);
    const its = this.#profileOf(other);
    if (!areSetsAlike(own.counterpart, its.counterpart)) return false;
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
    const { agreeing, differing } = compareLosses(twins, own, its, isSelective, twins.voters);
    if (agreeing.length < twins.voters) return 0;
    for (const counterpart of agreeing) votes.add(counterpart, STANCE.accuses, 0, 0, other, twins.withinDdb);
    for (const counterpart of differing) votes.add(counterpart, STANCE.supports, 0, 0, other, twins.withinDdb);
    return this.#voters.shareE4(votes, { voters: twins.voters });
  }

  /** Fills in the reports that the votes on a hotspot stand on: asked for by few pairs. */
  #nameReports(hotspot: number): void {
    const { first, words } = this.#tally.links;
    const linkOf = new Map<number, number>();
    for (let link = first[hotspot]; link < first[hotspot + 1]; link++)
      linkOf.set(words[link * HEARD_STRIDE + HEARD.witness] & WITNESS_MASK, link * HEARD_STRIDE);
    const { challenge, count, counterpart, receptions } = this.#votes;
    for (let vote = 0; vote < count; vote++) {
      const link = linkOf.get(counterpart[vote]);
      challenge[vote] = link === undefined ? NO_ROW : words[link + HEARD.challenge];
      receptions[vote] = link === undefined ? 0 : words[link + HEARD.receptions];
    }
  }

  #profileOf(hotspot: number): KeptProfile {
    let profile = this.#profiles.get(hotspot);
    if (profile === undefined) {
      profile = this.#profile(hotspot);
      this.#profiles.set(hotspot, profile);
    }
    return profile;
  }

  /** Voters by ascending id, with what they lost to the hotspot. Private counterparts abstain. */
  #profile(hotspot: number): KeptProfile {
    const { first, squared, words } = this.#tally.links;
    const { lines } = this.#context.hotspots;
    const isPrivateTown = this.#context.places.privateCount > 0;
    const most = first[hotspot + 1] - first[hotspot];
    if (most > this.#keys.length) this.#keys = new Float64Array(2 * most);
    const keys = this.#keys;
    let told = 0;
    for (let link = first[hotspot]; link < first[hotspot + 1]; link++) {
      const counterpart = words[link * HEARD_STRIDE + HEARD.witness] & WITNESS_MASK;
      if (this.#voters.mayVote(hotspot, counterpart) && !(isPrivateTown && isPrivateLine(lines, counterpart)))
        keys[told++] = counterpart * MAX_LINKS + link - first[hotspot];
    }
    sortFew(keys, 0, told);
    const counterpart = new Uint32Array(told);
    const lossDdb = new Int32Array(told);
    const ownSquared = new Float64Array(told);
    for (let place = 0; place < told; place++) {
      const id = Math.floor(keys[place] / MAX_LINKS);
      const link = first[hotspot] + keys[place] - id * MAX_LINKS;
      const entry = link * HEARD_STRIDE;
      counterpart[place] = id;
      lossDdb[place] = Math.floor(words[entry + HEARD.lossSumDdb] / words[entry + HEARD.receptions]);
      ownSquared[place] = squared[link];
    }
    return new KeptProfile(counterpart, lossDdb, ownSquared, this.#context.rules.loss);
  }

  /** Whether at least as many hotspots as hear it are nearer than half of those, and do not. */
  #isSelective(hotspot: number, profile: KeptProfile): boolean {
    let isSelective = this.#selective.get(hotspot);
    if (isSelective === undefined) {
      const heardBy = new Set(profile.counterpart);
      const { lines } = this.#context.hotspots;
      // Private ones abstain, whether they hear it or not.
      const isNotSilent = (id: number) => heardBy.has(id) || isPrivateLine(lines, id);
      const silent = this.#neighbourhood.silent(hotspot, hotspot, profile.medianM(), isNotSilent);
      isSelective = 2 * silent >= profile.counterpart.length;
      this.#selective.set(hotspot, isSelective);
    }
    return isSelective;
  }
}
