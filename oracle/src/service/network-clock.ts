/**
 * The time this oracle signs: the wall clock, guarded against steps.
 *
 * Receive times decide what is late, so a clock that somebody sets an hour forward must not make an hour of reports late. The time
 * runs on a steady clock and follows the wall clock's small corrections. When the wall clock steps further than that, the time of the
 * chain's newest final blocks says which of the two is right; until it can, the steady clock goes on.
 */
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** Corrections up to this are followed without asking: what time daemons do, ms. */
const FOLLOW_MS = 2000;
/** Final blocks are about this old when they are heard of, ms: 32 slots. */
const FINALITY_MS = 15_000;
/** What two candidates must differ by for the chain to tell them apart, ms. */
const TELLING_MS = 60_000;
/** What the chain said longer ago than this says nothing, ms. */
const CHAIN_FRESH_MS = 300_000;
/** Without word of the chain the wall clock is believed again after this, ms. */
const BELIEVE_AFTER_MS = 900_000;

export class NetworkClock {
  readonly #clock: Clock;
  readonly #log: Log;
  /** Unix ms less steady ms. */
  #offsetMs: number;
  #chain: { readonly offsetMs: number; readonly heardMs: number } | undefined;
  #stepSinceMs: number | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#offsetMs = clock.wallMs() - clock.steadyMs();
  }

  /** Unix ms, whole. */
  nowMs(): number {
    return Math.round(this.#clock.steadyMs() + this.#offsetMs);
  }

  /** How far the wall clock is from this time, ms. */
  get wallErrorMs(): number {
    return Math.round(this.#clock.wallMs() - this.nowMs());
  }

  /** How far this time is from the chain's, as far as the chain can say, ms; undefined without fresh word of it. */
  get chainErrorMs(): number | undefined {
    return this.#isChainFresh() ? Math.round(this.#offsetMs - this.#chain!.offsetMs) : undefined;
  }

  /** A block became final with this time. */
  heardBlock(blockTimeS: number): void {
    const heardMs = this.#clock.steadyMs();
    this.#chain = { offsetMs: blockTimeS * 1000 + FINALITY_MS - heardMs, heardMs };
  }

  /** Looks at the wall clock; about once a second. */
  check(): void {
    const steadyMs = this.#clock.steadyMs();
    const wallOffsetMs = this.#clock.wallMs() - steadyMs;
    const stepMs = wallOffsetMs - this.#offsetMs;
    if (Math.abs(stepMs) <= FOLLOW_MS) {
      this.#offsetMs = wallOffsetMs;
      this.#stepSinceMs = undefined;
      return;
    }
    this.#stepSinceMs ??= steadyMs;
    const isUndecided = !this.#isChainFresh() && steadyMs - this.#stepSinceMs > BELIEVE_AFTER_MS;
    if (isUndecided || this.#isWallRight(wallOffsetMs)) {
      this.#log.warn("the machine's clock was set; its time is taken", { stepMs: Math.round(stepMs) });
      this.#offsetMs = wallOffsetMs;
      this.#stepSinceMs = undefined;
    } else {
      this.#log.complain("step", "the machine's clock was set; its time is not taken before the chain confirms it", {
        stepMs: Math.round(stepMs),
      });
    }
  }

  #isWallRight(wallOffsetMs: number): boolean {
    if (Math.abs(wallOffsetMs - this.#offsetMs) < TELLING_MS) return true;
    if (!this.#isChainFresh()) return false;
    const chain = this.#chain!.offsetMs;
    return Math.abs(wallOffsetMs - chain) < Math.abs(this.#offsetMs - chain);
  }

  #isChainFresh(): boolean {
    return this.#chain !== undefined && this.#clock.steadyMs() - this.#chain.heardMs < CHAIN_FRESH_MS;
  }
}
