/**
 * UTC as this agent knows it: what the oracles sign where some were heard, else the system clock.
 *
 * The steady clock keeps the system clock's error at the start of the process. A Raspberry Pi has no battery clock and starts with the
 * time of its last shutdown, so whatever leaves the agent with a time of day goes through here, as late as can be. Oracles that fell
 * silent leave a crystal that runs free: a service that keeps the system clock knows better after a day.
 */
import { existsSync } from "node:fs";
import type { Clock } from "./clock.ts";

/** There once systemd's or another service has set the system clock. */
const TIME_SYNCHRONISED_FILE = "/run/systemd/timesync/synchronized";
/** How often to look for it, ms: it is asked for with every packet, the file system is not. */
const TIME_FILE_LOOK_MS = 10_000;

/** Oracles silent for longer are worth less than a time service, ms: 100 ppm are 8.6 s then. */
const SILENT_ORACLES_MS = 86_400_000;

/** The part of proof/network-clock.ts `NetworkClock` that is read here. */
export interface OracleTime {
  /** Whole ms. */
  toNetworkMs(steadyMs: number): number;
  readonly sources: number;
  /** Steady time when one was last heard; null before. */
  readonly lastHeardMs: number | null;
}

export interface UtcTime {
  /** UTC for a time of the steady clock, by what is known now: ms since the Unix epoch. */
  ofSteady(steadyMs: number): number;
  /** Whether it is known to be right: an oracle was heard, or a service keeps the system clock. */
  isTrusted(): boolean;
}

export class Utc implements UtcTime {
  readonly #clock: Clock;
  readonly #isClockKept: () => boolean;
  #oracleTime: OracleTime | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #isSynchronised = false;

  /** `isClockKept`: whether a service has set the system clock. */
  constructor(clock: Clock, isClockKept: () => boolean = () => existsSync(TIME_SYNCHRONISED_FILE)) {
    this.#clock = clock;
    this.#isClockKept = isClockKept;
  }

  /** From now on the oracles say what time it is, as soon as one was heard. */
  follow(oracleTime: OracleTime): void {
    this.#oracleTime = oracleTime;
  }

  ofSteady(steadyMs: number): number {
    return this.#believedOracles()?.toNetworkMs(steadyMs) ?? steadyMs + this.#clock.wallMs() - this.#clock.nowMs();
  }

  isTrusted(): boolean {
    return this.#believedOracles() !== null || this.#isKept();
  }

  #believedOracles(): OracleTime | null {
    const oracles = this.#oracleTime;
    if (oracles === null || oracles.sources === 0) return null;
    const silentMs = this.#clock.nowMs() - (oracles.lastHeardMs ?? 0);
    return silentMs > SILENT_ORACLES_MS && this.#isKept() ? null : oracles;
  }

  #isKept(): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#lookedMs > TIME_FILE_LOOK_MS) {
      this.#lookedMs = nowMs;
      this.#isSynchronised = this.#isClockKept();
    }
    return this.#isSynchronised;
  }
}
