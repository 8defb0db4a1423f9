/**
 * Preset `demo`: `earshot` with its times scaled by one published rule, for a network that closes an epoch every few minutes.
 *
 * The rule: 4 intervals an epoch, one entropy value every epoch/24, window and grace epoch/12, veto epoch/4. Radio limits, the
 * air time of a beacon included, are never scaled. Clients refuse this preset against a cluster.
 */
import { pocError } from "../../errors.ts";
import type { EmissionPeriod, SortitionNetworkParameters } from "../network-parameters.ts";
import { earshot } from "./earshot.ts";

/** One second of entropy, the block times of Solana being whole seconds. */
const SHORTEST_EPOCH_MS = 24_000;
/** Times within an epoch must fit 31 bits: a longest epoch of 19 days. */
const LONGEST_EPOCH_MS = 19 * 86_400_000;

/** `earshot` with epochs of `epochMs` (a multiple of 24 s, at most 19 days); else POC_BAD_PARAMETERS. */
export function demo(epochMs: number): SortitionNetworkParameters {
  if (!(epochMs >= SHORTEST_EPOCH_MS && epochMs <= LONGEST_EPOCH_MS) || epochMs % SHORTEST_EPOCH_MS !== 0) {
    throw pocError("POC_BAD_PARAMETERS", `demo epoch: expected a multiple of ${SHORTEST_EPOCH_MS} ms, got ${epochMs}`);
  }
  const entropyMs = epochMs / 24;
  return {
    ...earshot,
    name: "demo",
    time: {
      epochMs,
      entropyMs,
      intervalMs: epochMs / 4,
      transmitDelayMs: Math.floor(entropyMs / 2),
      transmitSpreadMs: Math.floor(entropyMs / 2),
      windowMs: epochMs / 12,
      earlyToleranceMs: earshot.time.earlyToleranceMs,
      graceMs: epochMs / 12,
      vetoMs: epochMs / 4,
    },
    reciprocity: { ...earshot.reciprocity, withinMs: 2 * epochMs },
    // The same emission in the same calendar time, over more epochs.
    rewards: { ...earshot.rewards, emission: earshot.rewards.emission.map((period) => rescale(period, epochMs)) },
  };
}

function rescale(period: EmissionPeriod, epochMs: number): EmissionPeriod {
  const scale = earshot.time.epochMs / epochMs;
  const startEpoch = Math.ceil(period.startEpoch * scale);
  const endEpoch = Math.ceil((period.startEpoch + period.epochs) * scale);
  return { startEpoch, epochs: endEpoch - startEpoch, totalAtoms: period.totalAtoms };
}
