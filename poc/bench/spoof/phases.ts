/** Where the detectors' CPU time goes: their steps one after the other, as `detectAnomalies` runs them. */
import type { AnomalyParameters } from "../../src/anomaly/anomaly-parameters.ts";
import { drawGroups } from "../../src/anomaly/drawn-groups.ts";
import { takeReceptions } from "../../src/anomaly/drawn-receptions.ts";
import { judgeSuspects } from "../../src/anomaly/judge-suspects.ts";
import { hotspotsByKey, readSuspicion, writeSuspicion } from "../../src/anomaly/suspicion-state.ts";
import { tallyLinks } from "../../src/anomaly/tally-links.ts";
import { Voters } from "../../src/anomaly/voters.ts";
import type { EpochContext } from "../../src/epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../../src/epoch/verify-partition.ts";
import { cpuNs } from "../timing.ts";

/** CPU ns of each step, in their order. What is taken out twice here, once by itself and once for the links, is counted once. */
export type PhaseNs = Readonly<Record<string, number>>;

export function phaseNs(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  parameters: AnomalyParameters,
  owner: Uint32Array,
): PhaseNs {
  let last = cpuNs();
  const lap = () => {
    const now = cpuNs();
    const took = now - last;
    last = now;
    return took;
  };
  const byKey = hotspotsByKey(context.input.hotspots);
  const before = readSuspicion(context.input, byKey);
  const read = lap();
  const drawn = drawGroups(context, partitions, parameters.evidenceBeacons);
  const draw = lap();
  takeReceptions(context, partitions, drawn);
  const take = lap();
  const tally = tallyLinks(context, partitions, drawn, parameters, owner);
  const links = lap() - take;
  const voters = Voters.of(context, parameters, owner, before.cleanEpochs);
  // Told after the twins of each sitting; those who are judged again are few, and their twins part of the close look.
  let twins: number | undefined;
  judgeSuspects(context, parameters, tally, voters, before.cleanEpochs, () => {
    twins ??= lap();
  });
  const look = lap();
  writeSuspicion(context.input.hotspots, before, byKey);
  return {
    "drawing beacons": draw,
    "taking out receptions": take,
    "links, counts, pairs": links,
    "comparing twins": twins ?? 0,
    "close look": look,
    "state in and out": read + lap(),
  };
}
