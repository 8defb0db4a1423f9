/**
 * What free space would have let a witness hear, from the columns of an epoch: verdicts of valid receptions carry no figures.
 *
 * By the formula of the verdict `bad_rssi`: conducted power + gain of beaconer and witness − free-space loss over the whole metres
 * between their cells at the frequency the witness reported, the most that the cell of a private place allows. Under `haversine` rounding the metre of a pair that lies within a
 * centimetre of a half may be the other one.
 */
import { cellReachUnits, chordSquared, type Position, positionOfCell, roundedDistanceM } from "@earshot/geo";
import { type EpochInput, isPlaced, NO_ROW } from "@earshot/poc";
import {
  buildLossTable,
  excessLossDdb,
  type LossTable,
  linkLossDdb,
  maxRssiDdbm,
  wholeDbiGain,
} from "@earshot/poc/radio";

export interface FreeSpaceFigures {
  /** RSSI in free space, 0.1 dBm; what the rules tolerate above it is not in it. */
  readonly freeSpaceDdbm: number;
  /** How much weaker the signal was, 0.1 dB; negative when it was stronger. */
  readonly excessLossDdb: number;
}

/** Where a hotspot stands, as far as the register shows it: within `reachUnits` (1/256 m) of a position. */
interface Place {
  readonly position: Position;
  readonly reachUnits: number;
}

/** Whether the rules judge a hotspot from its resolution-8 cell, because its owner shows no finer one. */
export function isPrivate({ hotspots, parameters }: Pick<EpochInput, "hotspots" | "parameters">, row: number): boolean {
  return hotspots.cell[row] === 0n && isPlaced(hotspots, row, parameters);
}

export class FreeSpace {
  readonly #input: EpochInput;
  readonly #loss: LossTable;
  /** Row of the beacon report that counts, by challenge. */
  readonly #beaconOf: Uint32Array;

  constructor(input: EpochInput) {
    const { beacons, challenges, parameters } = input;
    this.#input = input;
    this.#loss = buildLossTable(parameters.radio.speedOfLightMPerS);
    this.#beaconOf = new Uint32Array(challenges.minute.length).fill(NO_ROW);
    for (let row = 0; row < beacons.challenge.length; row++) {
      const challenge = beacons.challenge[row];
      if (challenge === NO_ROW || challenges.hotspot[challenge] !== beacons.hotspot[row]) continue;
      const first = this.#beaconOf[challenge];
      if (first === NO_ROW || beacons.log_index[row] < beacons.log_index[first]) this.#beaconOf[challenge] = row;
    }
  }

  /** The figures of a row of witnesses.arrow that heard the beacon of a challenge; null when one of both has no place. */
  of(witness: number, challenge: number): FreeSpaceFigures | null {
    const { beacons, witnesses } = this.#input;
    const beacon = challenge === NO_ROW ? NO_ROW : this.#beaconOf[challenge];
    if (beacon === NO_ROW) return null;
    const [sender, receiver] = [beacons.hotspot[beacon], witnesses.hotspot[witness]];
    const [from, to] = [this.#place(sender), this.#place(receiver)];
    if (from === null || to === null) return null;
    const distanceM = farthestM(from, to);
    const lossDdb = linkLossDdb(this.#loss, distanceM, witnesses.frequency_hz[witness]);
    const power = beacons.tx_power_ddbm[beacon];
    const freeSpaceDdbm = maxRssiDdbm(power, this.#gain(sender), this.#gain(receiver), lossDdb);
    return { freeSpaceDdbm, excessLossDdb: excessLossDdb(freeSpaceDdbm, witnesses.rssi_ddbm[witness]) };
  }

  #place(hotspot: number): Place | null {
    const { hotspots, parameters } = this.#input;
    if (hotspot === NO_ROW || !isPlaced(hotspots, hotspot, parameters)) return null;
    const isHidden = isPrivate(this.#input, hotspot);
    const cell = isHidden ? hotspots.cell_public[hotspot] : hotspots.cell[hotspot];
    const [hi, lo] = [Number(cell >> 32n), Number(cell & 0xffff_ffffn)];
    return { position: positionOfCell(hi, lo), reachUnits: isHidden ? cellReachUnits(hi, lo) : 0 };
  }

  #gain(hotspot: number): number {
    const gain = this.#input.hotspots.gain_ddbi[hotspot];
    return this.#input.parameters.radio.gains === "whole-dbi" ? wholeDbiGain(gain) : gain;
  }
}

/** The greatest whole metres that two places allow. */
function farthestM({ position: from, reachUnits }: Place, { position: to, reachUnits: other }: Place): number {
  const chord = Math.sqrt(chordSquared(from.x - to.x, from.y - to.y, from.z - to.z)) + reachUnits + other;
  return roundedDistanceM(chord * chord);
}
