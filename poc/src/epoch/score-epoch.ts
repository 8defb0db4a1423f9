/** The whole engine in one call: an epoch's input to its output. */
import { closeEpoch } from "./close-epoch.ts";
import { prepareEpoch } from "./epoch-context.ts";
import type { EpochInput } from "./epoch-input.ts";
import type { EpochOutput } from "./epoch-output.ts";
import { verifyPartition } from "./verify-partition.ts";

/** Judges, samples, scores and pays an epoch. Pure. Throws coded errors only for input that is no epoch; bad reports get verdicts. */
export function scoreEpoch(input: EpochInput): EpochOutput {
  const context = prepareEpoch(input);
  return closeEpoch(context, [verifyPartition(context)]);
}
