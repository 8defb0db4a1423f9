/**
 * Measured links the other way round: each place from which a transmitter was heard as a hotspot, the receivers as those who hear it.
 *
 * So the twin detector meets places that surely are several, and losses that nobody drew. Only campaigns whose transmitters moved have more
 * than one such place. Links hold few receptions, and their levels are RSSI where the source has no SNR.
 */
import type { TwinsParameters } from "../../src/anomaly/anomaly-parameters.ts";
import { areSetsAlike, compareLosses, type LossProfile } from "../../src/anomaly/twins.ts";
import { buildLossTable, linkLossDdb, SPEED_OF_LIGHT_M_PER_S } from "../../src/radio/path-loss.ts";
import { distanceM, type Receiver } from "./campaigns.ts";

export interface MeasuredPlace {
  readonly at: { readonly latDeg: number; readonly lngDeg: number };
  /** What was lost to each receiver that heard it. */
  readonly profile: LossProfile;
  /** At least half as many receivers are nearer than half of those that heard it, and did not (judge-twins.ts). */
  readonly isSelective: boolean;
}

export interface TwinCount {
  readonly pairs: number;
  readonly twins: number;
  /** Places that stand in a pair of twins. */
  readonly places: number;
}

export interface GroupCount {
  readonly groups: number;
  /** By tolerance: groups of which every receiver loses that much or less more to one member than to another. */
  readonly alike: readonly number[];
}

const freeSpace = buildLossTable(SPEED_OF_LIGHT_M_PER_S);
/** As judge-twins.ts has it, Hz and m. */
const TELLING_HZ = 900_000_000;
const LEAST_DISTANCE_M = 50;
const ONE_E4 = 10_000;

/** Places from which at least one of the receivers heard something of `weakestDdbm` or more, which have a known place. */
export function measuredPlaces(receivers: readonly Receiver[], weakestDdbm: number): MeasuredPlace[] {
  const losses = new Map<number, { readonly at: MeasuredPlace["at"]; readonly byReceiver: Map<number, number[]> }>();
  const known = receivers.flatMap(({ at, receptions }) => (at === null ? [] : [{ at, receptions }]));
  known.forEach(({ receptions }, receiver) => {
    for (const { eirpDdbm, levelDdbm, place, rssiDdbm, transmitter } of receptions) {
      if (transmitter === null || rssiDdbm < weakestDdbm) continue;
      const own = losses.get(place) ?? { at: transmitter, byReceiver: new Map() };
      losses.set(place, own);
      own.byReceiver.set(receiver, [...(own.byReceiver.get(receiver) ?? []), eirpDdbm - levelDdbm]);
    }
  });
  return [...losses.values()].map(({ at, byReceiver }) => {
    const heardBy = [...byReceiver.keys()].sort((a, b) => a - b);
    const distancesM = heardBy.map((receiver) => distanceM(at, known[receiver].at));
    const medianM = [...distancesM].sort((a, b) => a - b)[(distancesM.length - 1) >> 1];
    const silent = known.filter((one, receiver) => !byReceiver.has(receiver) && distanceM(at, one.at) < medianM);
    const profile = {
      counterpart: Uint32Array.from(heardBy),
      lossDdb: Int32Array.from(heardBy, (receiver) => meanDdb(byReceiver.get(receiver)!)),
      freeSpaceDdb: Int32Array.from(distancesM, (metres) =>
        linkLossDdb(freeSpace, Math.max(metres, LEAST_DISTANCE_M), TELLING_HZ),
      ),
    };
    return { at, profile, isSelective: 2 * silent.length >= heardBy.length };
  });
}

/** Pairs `fromM` to before `toM` apart, heard by as many as the rules ask for, and those that the rules take for one place; each receiver is a voice. */
export function countTwins(
  places: readonly MeasuredPlace[],
  twins: TwinsParameters,
  fromM: number,
  toM: number,
): TwinCount {
  const heard = places.filter(({ profile }) => profile.counterpart.length >= twins.voters);
  const found = new Set<MeasuredPlace>();
  let pairs = 0;
  let count = 0;
  visitGroups(heard, 2, isWithin(fromM, toM), ([a, b]) => {
    pairs++;
    if (!areTwins(twins, a, b)) return;
    count++;
    found.add(a).add(b);
  });
  return { pairs, twins: count, places: found.size };
}

function areTwins(twins: TwinsParameters, a: MeasuredPlace, b: MeasuredPlace): boolean {
  if (!areSetsAlike(a.profile.counterpart, b.profile.counterpart)) return false;
  const agrees = (isSelective: boolean) => {
    const { agreeing, differing } = compareLosses(twins, a.profile, b.profile, isSelective);
    const all = agreeing.length + differing.length;
    return agreeing.length >= twins.voters && agreeing.length * ONE_E4 >= all * twins.agreeE4;
  };
  return agrees(true) && (a.isSelective || agrees(false));
}

/** Groups of `size` places, each `fromM` to before `toM` from the others, that the same `hearers` receivers heard and no other. */
export function countAlike(
  places: readonly MeasuredPlace[],
  { fromM, hearers, size, toM }: { fromM: number; hearers: number; size: number; toM: number },
  tolerancesDdb: readonly number[],
): GroupCount {
  const byAudience = new Map<string, MeasuredPlace[]>();
  for (const place of places) {
    if (place.profile.counterpart.length !== hearers) continue;
    const audience = place.profile.counterpart.join();
    byAudience.set(audience, [...(byAudience.get(audience) ?? []), place]);
  }
  let groups = 0;
  const alike = tolerancesDdb.map(() => 0);
  for (const own of byAudience.values())
    visitGroups(own, size, isWithin(fromM, toM), (members) => {
      groups++;
      const spread = widestSpreadDdb(members);
      tolerancesDdb.forEach((tolerance, at) => {
        if (spread <= tolerance) alike[at]++;
      });
    });
  return { groups, alike };
}

function widestSpreadDdb(members: readonly MeasuredPlace[]): number {
  return Math.max(
    ...Array.from(members[0].profile.counterpart, (_, receiver) => {
      const losses = members.map(({ profile }) => profile.lossDdb[receiver]);
      return Math.max(...losses) - Math.min(...losses);
    }),
  );
}

function isWithin(fromM: number, toM: number): (a: MeasuredPlace, b: MeasuredPlace) => boolean {
  return (a, b) => {
    const metres = distanceM(a.at, b.at);
    return metres >= fromM && metres < toM;
  };
}

/** Every group of `size` places of which each two fit. */
function visitGroups(
  places: readonly MeasuredPlace[],
  size: number,
  fits: (a: MeasuredPlace, b: MeasuredPlace) => boolean,
  visit: (members: readonly MeasuredPlace[]) => void,
): void {
  const extend = (members: readonly MeasuredPlace[], others: readonly MeasuredPlace[]): void => {
    if (members.length === size) {
      visit(members);
      return;
    }
    others.forEach((next, at) => {
      extend(
        [...members, next],
        others.slice(at + 1).filter((other) => fits(next, other)),
      );
    });
  };
  extend([], places);
}

function meanDdb(losses: readonly number[]): number {
  return Math.floor(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
}
