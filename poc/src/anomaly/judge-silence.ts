/** The silence detector on one suspect: whom its asserted place should have reached and did not, and where its links point (silence.ts). */
import { surfaceDistanceM } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import { NO_ROW } from "../epoch/tables.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { type LinkColumns, lineChordSquared } from "./link-columns.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import { OpenLinks } from "./open-links.ts";
import { bearingSector, isHalfAsFar, isHeardFarAway, isSilentAround, SECTORS } from "./silence.ts";
import { STANCE, type VoteColumns } from "./vote-columns.ts";
import type { Voters } from "./voters.ts";

/** In the evidence where neighbours are silent and nothing says where it stands. */
const NO_PLACE = -1;
const NONE = -1;
/** Places that are held against the silence around them, at most: those that explain most links. */
const MOST_PLACES = 32;

interface Candidate {
  /** Place in the open links. */
  readonly at: number;
  readonly accusing: number;
}

export class SilenceJudge {
  readonly #lines: Int32Array;
  readonly #parameters: AnomalyParameters;
  readonly #neighbourhood: Neighbourhood;
  readonly #voters: Voters;
  readonly #open: OpenLinks;
  /** Direction of each open link, and how many lie in each. */
  readonly #inSector = new Uint32Array(SECTORS);
  #sectors = new Uint8Array(0);

  constructor({ hotspots }: EpochContext, parameters: AnomalyParameters, voters: Voters, neighbourhood: Neighbourhood) {
    this.#lines = hotspots.lines;
    this.#parameters = parameters;
    this.#neighbourhood = neighbourhood;
    this.#voters = voters;
    this.#open = new OpenLinks(hotspots.lines, voters);
  }

  /** Fills in the votes on a hotspot; none where it is not asked. */
  vote(hotspot: number, links: LinkColumns, votes: VoteColumns): void {
    votes.clear();
    const { silence } = this.#parameters;
    if (this.#isHeardNearby(hotspot, links)) return;
    const open = this.#open;
    open.fill(hotspot, links, silence.farM);
    if (open.count + open.abstaining === 0) this.#askNeighbours(hotspot, links, votes);
    else if (open.far >= silence.voters && isHeardFarAway(silence, open.far, open.count))
      this.#lookElsewhere(hotspot, links, votes);
  }

  /** Nearly all hotspots have a link with a voter and too few far ones to be asked for: told without looking up a place. */
  #isHeardNearby(hotspot: number, links: LinkColumns): boolean {
    const { silence } = this.#parameters;
    let far = 0;
    let isLinked = false;
    for (let at = 0; at < links.count; at++) {
      if (links.distanceM[at] >= silence.farM) far++;
      isLinked ||= this.#voters.mayVote(hotspot, links.counterpart[at]);
    }
    return isLinked && far < silence.voters;
  }

  /** Whom no independent hotspot hears at all is asked about next door. */
  #askNeighbours(hotspot: number, links: LinkColumns, votes: VoteColumns): void {
    for (const counterpart of this.#neighbourhood.voters(hotspot, hotspot, this.#parameters.silence.nearM)) {
      if (links.linkOf(counterpart) !== -1) continue;
      const distanceM = Math.floor(surfaceDistanceM(lineChordSquared(this.#lines, hotspot, counterpart)));
      votes.add(counterpart, STANCE.accuses, NO_ROW, 0, NO_PLACE, distanceM);
    }
  }

  #lookElsewhere(hotspot: number, links: LinkColumns, votes: VoteColumns): void {
    const { silence } = this.#parameters;
    const candidates = this.#candidates(hotspot, links);
    if (candidates.length === 0) return;
    let best = NONE;
    let bestShareE4 = 0;
    for (const { at: there } of candidates.slice(0, MOST_PLACES)) {
      const silentOwn = this.#silentWithin(hotspot, hotspot, links.distanceM[this.#open.link[there]], links);
      const silentThere = this.#silentWithin(hotspot, this.#open.counterpart[there], this.#medianM(there), links);
      if (!isSilentAround(silence, silentOwn, silentThere, silence.voters)) continue;
      this.#voteFrom(there, links, votes);
      const shareE4 = this.#voters.shareE4(votes, { voters: silence.voters });
      if (shareE4 <= bestShareE4) continue;
      best = there;
      bestShareE4 = shareE4;
    }
    votes.clear();
    if (best !== NONE) this.#voteFrom(best, links, votes);
  }

  /** Every open link says whether it is half as long from there. */
  #voteFrom(there: number, links: LinkColumns, votes: VoteColumns): void {
    const open = this.#open;
    votes.clear();
    for (let at = 0; at < open.count; at++) {
      const link = links.at(open.link[at]);
      const thereSq = open.squareBetween(there, at);
      const stance = isHalfAsFar(thereSq, open.ownSq[at]) ? STANCE.accuses : STANCE.supports;
      const fromThereM = Math.floor(surfaceDistanceM(thereSq));
      const receptions = link.sent.receptions + link.heard.receptions;
      votes.add(link.counterpart, stance, link.challenge, receptions, fromThereM, link.distanceM);
    }
  }

  /** Counterparts whose places explain enough of the links, those that explain most first. */
  #candidates(hotspot: number, links: LinkColumns): Candidate[] {
    const { silence, votes } = this.#parameters;
    const open = this.#open;
    const { count } = open;
    const least = Math.max(silence.voters, Math.floor((count * votes.fromE4) / 10_000) + 1);
    this.#findSectors(hotspot);
    const sectors = this.#sectors;
    const inSector = this.#inSector;
    const candidates: Candidate[] = [];
    for (let there = 0; there < count; there++) {
      const sector = sectors[there];
      const around = inSector[sector] + inSector[(sector + 1) % SECTORS] + inSector[(sector + SECTORS - 1) % SECTORS];
      if (around < least || links.distanceM[open.link[there]] < silence.farM) continue;
      const accusing = open.explainedFrom(there);
      if (accusing >= least) candidates.push({ at: there, accusing });
    }
    return candidates.sort((a, b) => b.accusing - a.accusing || open.counterpart[a.at] - open.counterpart[b.at]);
  }

  #findSectors(hotspot: number): void {
    const { count, place } = this.#open;
    if (count > this.#sectors.length) this.#sectors = new Uint8Array(2 * count);
    this.#inSector.fill(0);
    const line = hotspot * LINE_STRIDE;
    const x = this.#lines[line + LINE.x];
    const y = this.#lines[line + LINE.y];
    const z = this.#lines[line + LINE.z];
    for (let at = 0; at < count; at++) {
      const sector = bearingSector(x, y, z, place[3 * at] - x, place[3 * at + 1] - y, place[3 * at + 2] - z);
      this.#sectors[at] = sector;
      this.#inSector[sector]++;
    }
  }

  /** Voters within `radiusM` of a place that have no link. */
  #silentWithin(hotspot: number, there: number, radiusM: number, links: LinkColumns): number {
    return this.#neighbourhood.silent(hotspot, there, radiusM, (other) => links.linkOf(other) !== -1);
  }

  /** Half of the links are no longer from there. */
  #medianM(there: number): number {
    return Math.floor(surfaceDistanceM(this.#open.medianSq(there)));
  }
}
