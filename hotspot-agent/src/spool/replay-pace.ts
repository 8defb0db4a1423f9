/**
 * How fast a backlog is replayed to one destination: so many packets a second over all devices, on top of what arrives meanwhile, so
 * that it shrinks by that much. Pure: time is an argument.
 */

/** The arrival rate is taken over this time, ms. */
const rateWindowMs = 5000;
/** The pace saves up this much of itself, ms. */
const savedMs = 100;

export class ReplayPace {
  readonly #replayPerSecond: number;
  #credit = 0;
  #creditMs = 0;
  #arrivals = 0;
  #arrivalsSinceMs = 0;
  #arrivalsPerSecond = 0;

  constructor(replayPerSecond: number) {
    this.#replayPerSecond = replayPerSecond;
  }

  /** A packet came that is no replay. */
  arrived(nowMs: number): void {
    const elapsedMs = nowMs - this.#arrivalsSinceMs;
    if (elapsedMs >= rateWindowMs) {
      this.#arrivalsPerSecond = (1000 * this.#arrivals) / elapsedMs;
      this.#arrivals = 0;
      this.#arrivalsSinceMs = nowMs;
    }
    this.#arrivals++;
  }

  /** How long until another replay may go, ms; 0: now. */
  waitMs(nowMs: number): number {
    const sinceMs = nowMs - this.#arrivalsSinceMs;
    const arriving = sinceMs < rateWindowMs ? this.#arrivalsPerSecond : (1000 * this.#arrivals) / sinceMs;
    const perMs = (this.#replayPerSecond + arriving) / 1000;
    const saved = this.#credit + (nowMs - this.#creditMs) * perMs;
    this.#credit = Math.min(saved, Math.max(1, savedMs * perMs));
    this.#creditMs = nowMs;
    return this.#credit >= 1 ? 0 : (1 - this.#credit) / perMs;
  }

  /** One replay goes; also one that did not wait for the pace. */
  spend(): void {
    this.#credit -= 1;
  }
}
