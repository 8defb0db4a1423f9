/**
 * How long one transmitter was on air in the last hour, per sub-band, and whether it may transmit again.
 *
 * Source of the limits: poc/radio/region-rules (ETSI EN 300 220: share of any hour per sub-band; FCC 15.247 and others: longest
 * transmission). One budget for everything a concentrator sends: downlinks of every server and beacons. A limit that is met
 * exactly passes. Entries of the future (a clock that was set back between two runs) count as of now: too strict, never too
 * lax. Where a plan has no recorded rule nothing is refused.
 */
import { isShortEnough, type RegionRules, type SubBand, subBandOf } from "@earshot/poc/radio";

/** The window over which a duty cycle is a share, ms (EN 300 220-1 §5.4.1: one hour). */
export const AIR_TIME_WINDOW_MS = 3_600_000;

export interface Transmission {
  readonly frequencyHz: number;
  readonly airTimeUs: number;
  /** When it was handed to the forwarder, steady ms. */
  readonly atMs: number;
}

/** What a ledger remembers of a transmission, in the order of charging. */
export interface AirTimeEntry extends Transmission {
  readonly id: number;
}

export type AirTimeVerdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly reason: "duty_cycle"; readonly usedUs: number; readonly limitUs: number }
  | { readonly isAllowed: false; readonly reason: "too_long"; readonly limitUs: number };

export interface SubBandUse {
  readonly subBand: SubBand;
  readonly usedUs: number;
  /** Null when the sub-band has no duty cycle. */
  readonly limitUs: number | null;
}

const allowed: AirTimeVerdict = { isAllowed: true };

function limitUs(subBand: SubBand): number | null {
  return subBand.dutyCycleE4 === null ? null : (AIR_TIME_WINDOW_MS / 10) * subBand.dutyCycleE4;
}

/** The air time of one concentrator. */
export class AirTimeLedger {
  readonly rules: RegionRules | null;
  #entries: AirTimeEntry[] = [];
  #nextId = 1;

  constructor(rules: RegionRules | null) {
    this.rules = rules;
  }

  /**
   * Whether `next` keeps within the rules. `limitsDwell` asks for the longest transmission too: for beacons, which are uplinks
   * in the eyes of the rules; what a network server sends is its own to dimension.
   */
  check(next: Transmission, limitsDwell: boolean): AirTimeVerdict {
    if (this.rules === null) return allowed;
    if (limitsDwell && !isShortEnough(this.rules, next.airTimeUs)) {
      return { isAllowed: false, reason: "too_long", limitUs: this.rules.maxTransmissionUs ?? 0 };
    }
    const subBand = subBandOf(this.rules, next.frequencyHz);
    const limit = subBand === null ? null : limitUs(subBand);
    if (subBand === null || limit === null) return allowed;
    const usedUs = this.#usedUs(subBand, next.atMs);
    if (usedUs + next.airTimeUs <= limit) return allowed;
    return { isAllowed: false, reason: "duty_cycle", usedUs, limitUs: limit };
  }

  /** Books a transmission; the answer names it for `release`. */
  charge(next: Transmission): AirTimeEntry {
    this.#forget(next.atMs);
    const entry = { id: this.#nextId++, ...next };
    this.#entries.push(entry);
    return entry;
  }

  /** Takes back what was not transmitted after all. */
  release(id: number): void {
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
  }

  /** Every limited sub-band with its use in the hour before `nowMs`. */
  use(nowMs: number): readonly SubBandUse[] {
    const subBands = this.rules?.subBands ?? [];
    return subBands.map((subBand) => ({ subBand, usedUs: this.#usedUs(subBand, nowMs), limitUs: limitUs(subBand) }));
  }

  /** What still counts at `nowMs`. */
  entries(nowMs: number): readonly AirTimeEntry[] {
    return this.#entries.filter(({ atMs }) => atMs > nowMs - AIR_TIME_WINDOW_MS);
  }

  #usedUs(subBand: SubBand, nowMs: number): number {
    let used = 0;
    for (const { frequencyHz, airTimeUs, atMs } of this.#entries) {
      const isInBand = frequencyHz >= subBand.fromHz && frequencyHz < subBand.toHz;
      if (isInBand && atMs > nowMs - AIR_TIME_WINDOW_MS) used += airTimeUs;
    }
    return used;
  }

  /** Drops what is older than the window, and pulls entries of the future to now. */
  #forget(nowMs: number): void {
    const isStale = this.#entries.some(({ atMs }) => atMs <= nowMs - AIR_TIME_WINDOW_MS || atMs > nowMs);
    if (!isStale) return;
    this.#entries = this.#entries
      .filter(({ atMs }) => atMs > nowMs - AIR_TIME_WINDOW_MS)
      .map((entry) => (entry.atMs > nowMs ? { ...entry, atMs: nowMs } : entry));
  }
}
