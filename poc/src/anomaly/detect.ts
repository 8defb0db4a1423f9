/**
 * The detectors over one epoch: from its judged receptions and the last state to weights, evidence and the next state.
 *
 * Pure, and the same for any number of partitions. What an epoch shows counts in that epoch. Upheld appeals lift single detectors for
 * the epochs they name; nothing that was paid changes.
 */
import type { Columns } from "../epoch/columns.ts";
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { EpochInput } from "../epoch/epoch-input.ts";
import { KeyIndex } from "../epoch/key-index.ts";
import type { evidenceTable, suspicionOutTable } from "../epoch/tables.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { DEVICE_KEY_BYTES } from "../protocol/device-key.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { badShareE4, nextConduct } from "./behaviour.ts";
import { DETECTOR } from "./detector.ts";
import { drawGroups } from "./drawn-groups.ts";
import { type Judgement, judgeSuspects, LEVEL_STRIDE } from "./judge-suspects.ts";
import type { LinkSet } from "./link-set.ts";
import { levelOfShare, nextCleanEpochs, nextLevel, weightOfLevels } from "./suspicion.ts";
import {
  emptySuspicion,
  highestLevel,
  hotspotsByKey,
  readSuspicion,
  type SuspicionState,
  writeSuspicion,
} from "./suspicion-state.ts";
import { type LinkTally, tallyLinks } from "./tally-links.ts";
import { Voters } from "./voters.ts";

export interface Detection {
  /** Weight of the shares of each hotspot, 1e-4. */
  readonly weightE4: Uint16Array;
  readonly evidence: Columns<typeof evidenceTable>;
  /** Links that earn nothing. */
  readonly voidLinks: LinkSet;
  readonly suspicionOut: Columns<typeof suspicionOutTable>;
}

/** `owner`: dense owner id by hotspot; `onStepDone` as closeEpoch has it. Throws POC_BAD_COLUMNS. */
export function detectAnomalies(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  parameters: AnomalyParameters,
  owner: Uint32Array,
  onStepDone: () => void = () => {},
): Detection {
  const { input } = context;
  const byKey = hotspotsByKey(input.hotspots);
  const before = readSuspicion(input, byKey);
  const drawn = drawGroups(context, partitions, parameters.evidenceBeacons);
  const tally = tallyLinks(context, partitions, drawn, parameters, owner);
  onStepDone();
  const voters = Voters.of(context, parameters, owner, before.cleanEpochs);
  const judgement = judgeSuspects(context, parameters, tally, voters, before.cleanEpochs);
  const after = nextSuspicion(context, parameters, { before, judgement, tally });
  return {
    weightE4: weightsOf(input, parameters, after),
    evidence: judgement.evidence,
    voidLinks: judgement.voidLinks,
    suspicionOut: writeSuspicion(input.hotspots, after, byKey),
  };
}

/** Weights of an epoch's hotspots from the state it left, 1e-4: what was applied to their shares. Throws POC_BAD_COLUMNS. */
export function suspicionWeightsE4(
  input: Pick<EpochInput, "hotspots" | "appeals" | "header">,
  parameters: AnomalyParameters,
  suspicionOut: Columns<typeof suspicionOutTable>,
): Uint16Array {
  return weightsOf(input, parameters, readSuspicion({ hotspots: input.hotspots, suspicionIn: suspicionOut }));
}

function weightsOf(
  input: Pick<EpochInput, "hotspots" | "appeals" | "header">,
  parameters: AnomalyParameters,
  state: SuspicionState,
): Uint16Array {
  const lifted = liftedLevels(input);
  const weights = new Uint16Array(state.cleanEpochs.length).fill(weightOfLevels(parameters, []));
  for (let hotspot = 0; hotspot < weights.length; hotspot++) {
    if (highestLevel(state, hotspot) === 0) continue;
    const at = hotspot * LEVEL_STRIDE;
    const counted = Array.from(state.levels.subarray(at, at + LEVEL_STRIDE), (level, detector) =>
      lifted.has(at + detector) ? 0 : level,
    );
    weights[hotspot] = weightOfLevels(parameters, counted);
  }
  return weights;
}

function nextSuspicion(
  { hotspots, input }: EpochContext,
  parameters: AnomalyParameters,
  {
    before,
    judgement,
    tally,
  }: { readonly before: SuspicionState; readonly judgement: Judgement; readonly tally: LinkTally },
): SuspicionState {
  const after = emptySuspicion(hotspots.count);
  const conduct = conductOf(input);
  for (let hotspot = 0; hotspot < hotspots.count; hotspot++) {
    const at = hotspot * LEVEL_STRIDE;
    let fresh = 0;
    let highest = 0;
    const own = conduct.get(hotspot);
    // Nearly nobody has conduct to remember.
    if (own !== undefined || before.good16[hotspot] > 0 || before.bad16[hotspot] > 0) {
      const kept = { good16: before.good16[hotspot], bad16: before.bad16[hotspot] };
      const counts = nextConduct(kept, own?.good ?? 0, own?.bad ?? 0, parameters.keptPerEpochE4);
      after.good16[hotspot] = counts.good16;
      after.bad16[hotspot] = counts.bad16;
      fresh = levelOfShare(parameters.behaviour, badShareE4(counts, parameters.behaviour.priorCount));
    }
    for (let detector = 0; detector < LEVEL_STRIDE; detector++) {
      const level = detector === DETECTOR.conduct ? fresh : judgement.levels[at + detector];
      highest = Math.max(highest, level);
      after.levels[at + detector] = nextLevel(parameters, before.levels[at + detector], level);
    }
    const tookPart = tally.heard[hotspot] > 0 && tally.sent[hotspot] > 0;
    after.cleanEpochs[hotspot] = nextCleanEpochs(before.cleanEpochs[hotspot], tookPart, highest);
  }
  return after;
}

/** Good and bad acts of the epoch by hotspot row. */
function conductOf({
  conduct,
  hotspots,
}: EpochContext["input"]): ReadonlyMap<number, { readonly good: number; readonly bad: number }> {
  const acts = new Map<number, { good: number; bad: number }>();
  if (conduct === undefined || conduct.key.length === 0) return acts;
  const index = new KeyIndex(hotspots.key, DEVICE_KEY_BYTES, "hotspots.key");
  for (let row = 0; row < conduct.paid.length; row++) {
    const hotspot = index.find(conduct.key, row * DEVICE_KEY_BYTES);
    if (hotspot >= 0) acts.set(hotspot, { good: conduct.paid[row], bad: conduct.refuted[row] + conduct.forks[row] });
  }
  return acts;
}

/** Places in the levels, hotspot × detector, that an upheld appeal lifts this epoch. */
function liftedLevels({
  appeals,
  header,
  hotspots,
}: Pick<EpochInput, "hotspots" | "appeals" | "header">): ReadonlySet<number> {
  const lifted = new Set<number>();
  if (appeals === undefined || appeals.key.length === 0) return lifted;
  const index = new KeyIndex(hotspots.key, DEVICE_KEY_BYTES, "hotspots.key");
  for (let row = 0; row < appeals.detector.length; row++) {
    if (header.epoch < appeals.from_epoch[row] || header.epoch >= appeals.until_epoch[row]) continue;
    const hotspot = index.find(appeals.key, row * DEVICE_KEY_BYTES);
    if (hotspot >= 0 && appeals.detector[row] < LEVEL_STRIDE)
      lifted.add(hotspot * LEVEL_STRIDE + appeals.detector[row]);
  }
  return lifted;
}
