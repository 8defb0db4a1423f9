/**
 * Who hears a transmission, how strong and with what SNR: measured distributions, no path-loss exponent.
 *
 * A pair of places has a rank u, uniform in [0, 1), the same in both directions and for ever: how well it is connected among
 * all pairs at its distance. A transmission moves the rank by fading, folded at the ends so that it stays uniform. Of all pairs
 * the best P(distance) hear it (hearing-odds.ts); their excess loss over free space is the quantile u / P of the measured
 * table of that distance (fixtures/src/measured-links.ts); RSSI = EIRP + receive gain − free space − excess, in whole dBm as
 * a concentrator reports it; SNR is a quantile of the SNR measured at that RSSI; below the lowest SNR that receivers were
 * seen to decode the spreading factor at, nothing is heard. So the loss of what is heard follows the table by construction, less
 * what the SNR floor cuts off (test/simulate/radio-model.test.ts says how much that is).
 *
 * Tables: Antwerp where both ends are low, Grenoble's tower where one is high, Saint Eynard where both are.
 * Not modelled: collisions, interference, weather, frequency-selective fading. Powers and losses in 0.1 dB, distances in m.
 */
import { type ExcessLossBand, measuredLinks } from "@earshot/fixtures";
import { chordSquared, type Position, surfaceDistanceM } from "@earshot/geo";
import { buildLossTable, linkLossDdb, SEEN_SNR_MINIMUM_DDB, SPEED_OF_LIGHT_M_PER_S } from "@earshot/poc/radio";
import {
  FARTHEST_LINK_M,
  type HearingBand,
  hearingOdds,
  LINE_OF_SIGHT_ODDS,
  STREET_ODDS,
  TOWER_ODDS,
} from "./hearing-odds.ts";
import { pairUnit, type RandomStream, reflect, tagUnit } from "./random.ts";
import { SpatialIndex } from "./spatial-index.ts";

/** A place with an antenna: a hotspot or a device. */
export interface RadioSite {
  readonly position: Position;
  /** 32 bits that stay with the place whatever else is simulated; ranks hang on it. */
  readonly tag: number;
  readonly isTower: boolean;
  /** Share of the measured hearing odds that reach the place, 0 to 1: 1 on a roof, less behind walls. */
  readonly openness: number;
  readonly gainDdbi: number;
}

/** One receiver that a transmitter can reach at least sometimes. */
export interface Link {
  /** Index of the receiver in the model's sites. */
  readonly site: number;
  readonly distanceM: number;
  /** Rank among all pairs at this distance, [0, 1); 0 is the best connected. */
  readonly rank: number;
  /** Share of the ranks that is heard. */
  readonly odds: number;
  readonly quantilesDdb: readonly number[];
}

export interface Reception {
  readonly site: number;
  readonly distanceM: number;
  readonly rssiDdbm: number;
  readonly snrDdb: number;
}

/**
 * Fading as a share of the heard ranks, to either side. Gives 80 % of a link's receptions within ±4 dB of its median, as the
 * links of the Grenoble tower have.
 */
export const FADING = 0.22;
/** SNR varies at one RSSI because the noise does: this much of the quantile is the receiver's own place, the rest is the moment. */
export const NOISE_VARIATION = 0.35;
/** A concentrator's input saturates: no stronger RSSI is reported, 0.1 dBm. */
const STRONGEST_RSSI_DDBM = -200;

const antwerp = tablesOf("antwerp");
const grenoble = tablesOf("grenoble");
const saintEynard = tablesOf("saint-eynard");
/** By the number of ends that are high. */
const excessBands: readonly (readonly ExcessLossBand[])[] = [antwerp.bands, grenoble.bands, saintEynard.bands];
const oddsBands: readonly (readonly HearingBand[])[] = [STREET_ODDS, TOWER_ODDS, LINE_OF_SIGHT_ODDS];
/** The Grenoble frames are SF12, which reaches below the floor of any beacon: the floor that cuts is the model's own. */
const snrBins = grenoble.snr;
const weakestRssiDdbm = snrBins[0].fromDdbm;
const snrBinDdb = snrBins[1].fromDdbm - weakestRssiDdbm;
const freeSpace = buildLossTable(SPEED_OF_LIGHT_M_PER_S);

function tablesOf(set: string) {
  return measuredLinks.find((entry) => entry.set === set)!.byRssi;
}

/** The measured table of a distance: its band, or the nearest one where the campaign has none. */
export function excessQuantiles(highEnds: number, distanceM: number): readonly number[] {
  const bands = excessBands[highEnds];
  return (bands.findLast(({ fromM }) => distanceM >= fromM) ?? bands[0]).quantilesDdb;
}

/**
 * Excess loss at a quantile in [0, 1], 0.1 dB: linear between the entries, but for the lowest per cent. There the minimum is a
 * single reception, often of a misplaced end, and the measured 0.1 % quantiles of the campaigns lie near the 1 % one; the
 * eighth power passes them within 5.5 dB.
 */
export function excessAt(quantilesDdb: readonly number[], quantile: number): number {
  const at = quantile * (quantilesDdb.length - 1);
  const below = Math.min(Math.floor(at), quantilesDdb.length - 2);
  const low = quantilesDdb[below];
  const high = quantilesDdb[below + 1];
  const part = at - below;
  if (below > 0) return low + (high - low) * part;
  const square = (1 - part) * (1 - part);
  const fourth = square * square;
  return high - (high - low) * fourth * fourth;
}

/** SNR at a quantile, for a signal of at least the weakest measured RSSI, 0.1 dB. */
function snrAt(rssiDdbm: number, quantile: number): number {
  const bin = Math.min(Math.floor((rssiDdbm - weakestRssiDdbm) / snrBinDdb), snrBins.length - 1);
  const { quantilesDdb } = snrBins[bin];
  const at = quantile * (quantilesDdb.length - 1);
  const below = Math.min(Math.floor(at), quantilesDdb.length - 2);
  return Math.floor(quantilesDdb[below] + (quantilesDdb[below + 1] - quantilesDdb[below]) * (at - below) + 0.5);
}

/** The receivers of a simulation and how they hear; pure but for the streams it is given. */
export class RadioModel {
  readonly sites: readonly RadioSite[];
  readonly #index: SpatialIndex;
  readonly #pairSalt: number;
  readonly #noiseSalt: number;

  /** `salts` draws the two numbers that tell this simulation's ranks from another's. */
  constructor(sites: readonly RadioSite[], salts: RandomStream) {
    this.sites = sites;
    this.#index = new SpatialIndex(sites.map(({ position }) => position));
    this.#pairSalt = salts.u32();
    this.#noiseSalt = salts.u32();
  }

  /** The receivers that a transmitter reaches at least sometimes, in site order, without `self` (its own index, or -1). */
  linksOf(transmitter: RadioSite, self: number): Link[] {
    const links: Link[] = [];
    for (const site of this.#index.within(transmitter.position, FARTHEST_LINK_M)) {
      if (site === self) continue;
      const receiver = this.sites[site];
      const a = transmitter.position;
      const b = receiver.position;
      const distanceM = surfaceDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z));
      const highEnds = Number(transmitter.isTower) + Number(receiver.isTower);
      const odds = hearingOdds(oddsBands[highEnds], distanceM) * transmitter.openness * receiver.openness;
      const rank = pairUnit(this.#pairSalt, transmitter.tag, receiver.tag);
      // Beyond the fading no transmission ever gets through.
      if (rank >= odds * (1 + FADING)) continue;
      links.push({ site, distanceM, rank, odds, quantilesDdb: excessQuantiles(highEnds, distanceM) });
    }
    return links;
  }

  /**
   * What the receivers at the end of `links` make of one transmission; `fading` is moved on by the same number of draws for
   * every link, heard or not, so that one link's outcome does not shift another's.
   */
  receptions(
    links: readonly Link[],
    eirpDdbm: number,
    frequencyHz: number,
    spreadingFactor: number,
    fading: RandomStream,
  ): Reception[] {
    const floorDdb = SEEN_SNR_MINIMUM_DDB[spreadingFactor];
    const heard: Reception[] = [];
    for (const { site, distanceM, rank, odds, quantilesDdb } of links) {
      const fade = fading.triangle();
      const noise = fading.triangle();
      const moved = reflect(rank + FADING * odds * fade);
      if (moved >= odds) continue;
      const receiver = this.sites[site];
      const powerDdbm =
        eirpDdbm +
        receiver.gainDdbi -
        linkLossDdb(freeSpace, distanceM, frequencyHz) -
        excessAt(quantilesDdb, moved / odds);
      const rssiDdbm = Math.min(10 * Math.floor((powerDdbm + 5) / 10), STRONGEST_RSSI_DDBM);
      if (rssiDdbm < weakestRssiDdbm) continue;
      const quiet = tagUnit(this.#noiseSalt, receiver.tag);
      const snrDdb = snrAt(rssiDdbm, reflect(quiet + NOISE_VARIATION * noise));
      if (snrDdb >= floorDdb) heard.push({ site, distanceM, rssiDdbm, snrDdb });
    }
    return heard;
  }
}
