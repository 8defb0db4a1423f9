/**
 * The network's time: the agent's steady clock plus what signed times of oracles say it is off.
 *
 * A statement that says t and was received at b of the steady clock proves an offset of at least t − b; if it was made for the request,
 * sent at a, the offset is at most t − a. A statement signed earlier proves less and contradicts nothing, so of each oracle the
 * sample that proves most is believed, and the middle of its bounds is its voice. The offset is the median of the voices; where
 * their number is even the system clock has one too, so that one oracle of two cannot move the hotspot alone. Until an oracle was
 * heard, the system clock is the time. Steps of the system clock change nothing afterwards.
 */
import type { Clock } from "../clock.ts";

/** Drift of a free-running crystal, ms per ms: 100 ppm, twice what a Raspberry Pi's is specified to. */
const DRIFT = 1e-4;
/** A request that took longer says too little to transmit on time, ms. */
const MAX_ROUND_TRIP_MS = 10_000;
/** Samples older than this are forgotten, ms: an oracle's clock may be set. */
const MAX_AGE_MS = 3_600_000;
const MAX_SAMPLES = 64;
/** A system clock further from the network than this is said to be off, ms. */
export const WALL_TOLERANCE_MS = 2000;

export interface TimeSample {
  /** The oracle that signed. */
  readonly source: string;
  readonly issuedMs: number;
  /** Steady clock. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

interface Sample {
  /** Least offset it proves, ms. */
  readonly leastMs: number;
  readonly roundTripMs: number;
  readonly takenMs: number;
}

export interface ClockStatus {
  /** Number of oracles heard; 0: the system clock is believed. */
  readonly sources: number;
  /** Network time less steady clock, ms. */
  readonly offsetMs: number;
  /** How far off the voices may be, ms; null without one. */
  readonly uncertaintyMs: number | null;
  /** System clock less network time, ms. */
  readonly wallErrorMs: number;
  readonly isWallOff: boolean;
}

export class NetworkClock {
  readonly #clock: Clock;
  readonly #samples = new Map<string, Sample[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a signed time; false when it came too slowly to say anything. */
  observe({ source, issuedMs, sentMs, receivedMs }: TimeSample): boolean {
    const roundTripMs = receivedMs - sentMs;
    if (!(roundTripMs >= 0) || roundTripMs > MAX_ROUND_TRIP_MS) return false;
    const samples = this.#samples.get(source) ?? [];
    samples.push({ leastMs: issuedMs - receivedMs, roundTripMs, takenMs: receivedMs });
    const recent = samples.filter(({ takenMs }) => receivedMs - takenMs <= MAX_AGE_MS);
    this.#samples.set(source, recent.slice(-MAX_SAMPLES));
    return true;
  }

  /** Number of oracles heard; 0: the system clock is believed. */
  get sources(): number {
    return this.#samples.size;
  }

  /** Steady time when an oracle last told the time; null before. */
  get lastHeardMs(): number | null {
    const taken = [...this.#samples.values()].flatMap((samples) => samples.at(-1)?.takenMs ?? []);
    return taken.length === 0 ? null : Math.max(...taken);
  }

  /** The network's time now, ms since the Unix epoch; whole. */
  nowMs(): number {
    return this.toNetworkMs(this.#clock.nowMs());
  }

  /** What the network's time was at a time of the steady clock, by what is known now; whole ms. */
  toNetworkMs(steadyMs: number): number {
    return Math.round(steadyMs + this.#offsetMs());
  }

  /** How long from now until the network's time is `networkMs`, ms; negative when it is over. */
  untilMs(networkMs: number): number {
    return networkMs - this.#clock.nowMs() - this.#offsetMs();
  }

  status(): ClockStatus {
    const nowMs = this.#clock.nowMs();
    const offsetMs = this.#offsetMs();
    const errors = [...this.#samples.values()].map((samples) => {
      const { roundTripMs, takenMs } = best(samples, nowMs);
      return roundTripMs / 2 + DRIFT * (nowMs - takenMs);
    });
    const wallErrorMs = this.#clock.wallMs() - nowMs - offsetMs;
    return {
      sources: errors.length,
      offsetMs,
      uncertaintyMs: errors.length === 0 ? null : Math.max(...errors),
      wallErrorMs,
      isWallOff: errors.length > 0 && Math.abs(wallErrorMs) > WALL_TOLERANCE_MS,
    };
  }

  #offsetMs(): number {
    const nowMs = this.#clock.nowMs();
    const wallMs = this.#clock.wallMs() - nowMs;
    if (this.#samples.size === 0) return wallMs;
    const voices = [...this.#samples.values()].map((samples) => {
      const { leastMs, roundTripMs } = best(samples, nowMs);
      return leastMs + roundTripMs / 2;
    });
    if (voices.length % 2 === 0) voices.push(wallMs);
    voices.sort((a, b) => a - b);
    return voices[(voices.length - 1) / 2]!;
  }
}

/** The sample that proves most now: an old one proves less by what the crystal may have drifted since. */
function best(samples: readonly Sample[], nowMs: number): Sample {
  const proves = ({ leastMs, takenMs }: Sample) => leastMs - DRIFT * (nowMs - takenMs);
  return samples.reduce((most, sample) => (proves(sample) >= proves(most) ? sample : most));
}
