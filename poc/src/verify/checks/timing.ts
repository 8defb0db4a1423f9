/**
 * Checks of when a report reached the oracle. All times are ingest times, ms; the hotspot's own clock decides nothing.
 *
 * `late` and `early` bound a challenge's window (DESIGN, Window). `entropy_expired` (Helium W6) is the same comparison with the
 * life of the entropy, both ends inclusive in whole seconds. `too_late` is Helium's latency race (W7): equal to the limit passes.
 */
import type { WitnessCheck, WitnessFacts } from "../witness-facts.ts";

export const late = {
  name: "late",
  fails: (facts: WitnessFacts) => facts.receiveOffsetMs > facts.lastOffsetMs,
  measured: (facts) => facts.receiveOffsetMs - facts.zeroOffsetMs,
  limit: (facts) => facts.lastOffsetMs - facts.zeroOffsetMs,
} as const satisfies WitnessCheck;

export const early = {
  name: "early",
  fails: (facts: WitnessFacts) => facts.receiveOffsetMs < facts.firstOffsetMs,
  measured: (facts) => facts.receiveOffsetMs - facts.zeroOffsetMs,
  limit: (facts) => facts.firstOffsetMs - facts.zeroOffsetMs,
} as const satisfies WitnessCheck;

export const entropyExpired = {
  name: "entropy_expired",
  fails: (facts: WitnessFacts) =>
    facts.receiveOffsetMs < facts.firstOffsetMs || facts.receiveOffsetMs > facts.lastOffsetMs,
  measured: (facts) => facts.receiveOffsetMs - facts.zeroOffsetMs,
  limit: (facts) => facts.lastOffsetMs - facts.zeroOffsetMs,
} as const satisfies WitnessCheck;

export const tooLate = {
  name: "too_late",
  fails: (facts: WitnessFacts) => facts.receiveOffsetMs - facts.lagReferenceMs > facts.lagLimitMs,
  measured: (facts) => facts.receiveOffsetMs - facts.lagReferenceMs,
  limit: (facts) => facts.lagLimitMs,
} as const satisfies WitnessCheck;
