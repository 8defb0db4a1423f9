/** RSSI and SNR that an attacker writes: one value, or what an honest link over the asserted distance would show. */
import { chordSquared, type Position, surfaceDistanceM } from "@earshot/geo";
import { buildLossTable, linkLossDdb, SEEN_SNR_MINIMUM_DDB, SPEED_OF_LIGHT_M_PER_S } from "@earshot/poc/radio";
import { pairUnit, type RandomStream } from "../random.ts";

export interface WrittenFigures {
  readonly rssiDdbm: number;
  readonly snrDdb: number;
}

export const CONSTANT_FIGURES: WrittenFigures = { rssiDdbm: -800, snrDdb: 50 };

const freeSpace = buildLossTable(SPEED_OF_LIGHT_M_PER_S);
/** Excess loss of an invented link, and how far it varies between links and between receptions, 0.1 dB. */
const EXCESS = { meanDdb: 290, betweenDdb: 80, withinDdb: 25 } as const;
/** Noise of a receiver, and the weakest RSSI it reports, 0.1 dBm. */
const NOISE_DDBM = -1170;
const WEAKEST_RSSI_DDBM = -1160;
const HIGHEST_SNR_DDB = 100;

export interface InventedLink {
  readonly from: Position;
  readonly to: Position;
  /** Tags of both ends: one pair has one excess in both directions. */
  readonly tags: readonly [number, number];
  readonly eirpDdbm: number;
  readonly gainDdbi: number;
  readonly frequencyHz: number;
  readonly spreadingFactor: number;
}

/** Figures that fit, or undefined where an honest receiver would have heard nothing. */
export function fittingFigures(link: InventedLink, stream: RandomStream): WrittenFigures | undefined {
  const { from, to, tags, frequencyHz } = link;
  const distanceM = surfaceDistanceM(chordSquared(from.x - to.x, from.y - to.y, from.z - to.z));
  const between = EXCESS.betweenDdb * (2 * pairUnit(0x5eed, tags[0], tags[1]) - 1);
  const excess = EXCESS.meanDdb + between + EXCESS.withinDdb * stream.triangle();
  const level = Math.floor(
    link.eirpDdbm + link.gainDdbi - linkLossDdb(freeSpace, Math.max(distanceM, 300), frequencyHz) - excess,
  );
  const snrDdb = Math.min(HIGHEST_SNR_DDB, level - NOISE_DDBM);
  if (snrDdb < SEEN_SNR_MINIMUM_DDB[link.spreadingFactor]) return undefined;
  return { rssiDdbm: Math.max(WEAKEST_RSSI_DDBM, level), snrDdb };
}
