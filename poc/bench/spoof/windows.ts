/** Windows of receptions, and what the placement detector says of them: the detector itself, with a transmitter's place for a voter. */
import type { AnomalyParameters } from "../../src/anomaly/anomaly-parameters.ts";
import { accusingShareE4, countVoices } from "../../src/anomaly/ballot.ts";
import { type Link, NO_RECEPTIONS, withReception } from "../../src/anomaly/link.ts";
import { contradictsPlace, isCertainlyWrong, lowerExcessDdb } from "../../src/anomaly/placement.ts";
import { levelOfShare } from "../../src/anomaly/suspicion.ts";
import { buildLossTable, linkLossDdb, SPEED_OF_LIGHT_M_PER_S } from "../../src/radio/path-loss.ts";
import { createRandom, type Random } from "../random.ts";
import type { Receiver, Reception } from "./campaigns.ts";

const freeSpace = buildLossTable(SPEED_OF_LIGHT_M_PER_S);
/** Nearer than this the error of a position is most of the loss, m. */
const LEAST_DISTANCE_M = 50;

/** What a reception lost beyond free space between isotropic antennas, 0.1 dB. */
export function excessDdb(reception: Reception, distanceM: number): number {
  const { eirpDdbm, frequencyHz, levelDdbm } = reception;
  return eirpDdbm - linkLossDdb(freeSpace, Math.max(distanceM, LEAST_DISTANCE_M), frequencyHz) - levelDdbm;
}

export type DistanceOf = (reception: Reception) => number;

/** Links by transmitter place. */
function linksOf(window: readonly Reception[], distanceOf: DistanceOf): ReadonlyMap<number, Link> {
  const links = new Map<number, Link>();
  for (const reception of window) {
    const distanceM = distanceOf(reception);
    const excess = excessDdb(reception, distanceM);
    const link = links.get(reception.place) ?? { distanceM, sent: NO_RECEPTIONS, heard: NO_RECEPTIONS };
    links.set(reception.place, { ...link, heard: withReception(link.heard, 0, excess) });
  }
  return links;
}

export interface WindowVerdict {
  /** 0 to 10,000; above 0 the window is flagged. */
  readonly level: number;
  readonly shareE4: number;
}

/** What the placement detector says of a window. */
export function judgeWindow(
  window: readonly Reception[],
  distanceOf: DistanceOf,
  parameters: AnomalyParameters,
): WindowVerdict {
  const votes = [...linksOf(window, distanceOf)].map(([place, link]) => ({
    owner: place,
    cell: place,
    accuses: contradictsPlace(parameters.placement, link),
    isCertain: isCertainlyWrong(parameters.placement, link),
  }));
  const quorum = { voters: parameters.minimumVoters, certainVoters: parameters.placement.certainVoters };
  const shareE4 = accusingShareE4(countVoices(votes), quorum);
  return { level: levelOfShare(parameters.votes, shareE4), shareE4 };
}

/** Of the places of a window, the mean excess that `share` of them stay under, 0.1 dB. */
export function excessQuantileDdb(window: readonly Reception[], share: number): number {
  const means = [...linksOf(window, ({ distanceM }) => distanceM).values()].map((link) => lowerExcessDdb(link) ?? 0);
  means.sort((a, b) => a - b);
  return means[Math.max(0, Math.ceil(share * means.length) - 1)];
}

/** `count` windows of `size` receptions: every second one of receptions in a row, the others drawn from all. None if there are too few. */
export function windowsOf({ receptions, id }: Receiver, size: number, count: number): Reception[][] {
  if (receptions.length < size) return [];
  const random = createRandom(seedOf(`${id} ${size}`), size);
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? inARow(receptions, size, random) : drawn(receptions, size, random),
  );
}

function inARow(receptions: readonly Reception[], size: number, random: Random): Reception[] {
  const from = Math.floor(random.unit() * (receptions.length - size + 1));
  return receptions.slice(from, from + size);
}

function drawn(receptions: readonly Reception[], size: number, random: Random): Reception[] {
  const chosen = new Set<number>();
  while (chosen.size < size) chosen.add(Math.floor(random.unit() * receptions.length));
  return [...chosen].map((index) => receptions[index]);
}

function seedOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x0100_0193);
  return hash >>> 0;
}

/** Whether a window has receptions from this many places of transmitters, and from this many coordinates. */
export function hasPlaces(window: readonly Reception[], count: number): boolean {
  return new Set(window.map(({ place }) => place)).size >= count;
}

export function hasSpots(window: readonly Reception[], count: number): boolean {
  return new Set(window.map(({ spot }) => spot)).size >= count;
}
