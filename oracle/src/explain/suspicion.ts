/** What the detectors say of a hotspot: levels, what they take of its shares, the evidence, and what its owner can do. */
import { DETECTORS, detectorByNumber, type NetworkParameters, NO_ROW, suspicionWeightsE4 } from "@earshot/poc";
import type { FolderInput } from "../epoch-folder/folder.ts";
import type { OutputTables } from "../epoch-folder/layout.ts";
import { hotspotText } from "./find-hotspot.ts";

const KEY_BYTES = 33;

export interface EvidenceText {
  readonly counterpart: string;
  /** False where the link speaks for the hotspot. */
  readonly accuses: boolean;
  readonly receptions: number;
  readonly measured: number;
  readonly limit: number;
  /** Row of the first challenge whose reports it stands on, and its id; null without a reception. */
  readonly challenge: { readonly row: number; readonly id: string } | null;
}

export interface DetectorText {
  readonly detector: string;
  /** 0 to 1, in 1e-4: what stands in the state after this epoch. */
  readonly levelE4: number;
  readonly meaning: string;
  readonly figures: string;
  readonly remedy: string;
  /** True when an upheld appeal lifts it this epoch. */
  readonly isLifted: boolean;
  /** Of this epoch; empty where the level is left over from earlier ones. */
  readonly evidence: readonly EvidenceText[];
}

export interface SuspicionText {
  readonly ruleVersion: number;
  /** Weight of the hotspot's shares, 1e-4. */
  readonly weightE4: number;
  /** Epochs in which it took part since the last that showed something against it, and how many make it a voter. */
  readonly cleanEpochs: number;
  readonly voterFrom: number;
  readonly detectors: readonly DetectorText[];
}

/** Weights of all hotspots, 1e-4, or undefined where the rules have no detectors. */
export function weightsOf(input: FolderInput, { suspicionOut }: OutputTables): Uint16Array | undefined {
  const { anomaly } = input.parameters;
  return anomaly === undefined || suspicionOut === undefined
    ? undefined
    : suspicionWeightsE4(input, anomaly, suspicionOut);
}

/** What an owner is told; null where the rules have no detectors. */
export function explainSuspicion(
  input: FolderInput,
  output: OutputTables,
  row: number,
  weightE4: number,
): SuspicionText | null {
  const { anomaly } = input.parameters;
  const { suspicionOut } = output;
  if (anomaly === undefined || suspicionOut === undefined) return null;
  const key = keyOf(input.hotspots.key, row);
  const at = suspicionOut.clean_epochs.findIndex((_, own) => Buffer.compare(keyOf(suspicionOut.key, own), key) === 0);
  const columns = suspicionOut as unknown as Readonly<Record<string, Uint16Array>>;
  const detectors = DETECTORS.flatMap(({ name, number }) => {
    const levelE4 = at === -1 ? 0 : columns[`${name}_e4`][at];
    if (levelE4 === 0) return [];
    const { meaning, figures, remedy } = detectorByNumber(number)!;
    const isLifted = isLiftedFor(input, key, number);
    return [
      { detector: name, levelE4, meaning, figures, remedy, isLifted, evidence: evidenceOf(input, output, row, number) },
    ];
  });
  return {
    ruleVersion: anomaly.ruleVersion,
    weightE4,
    cleanEpochs: at === -1 ? 0 : suspicionOut.clean_epochs[at],
    voterFrom: anomaly.cleanEpochs,
    detectors,
  };
}

/** How to appeal, in words: the same for everybody. */
export function appealText({ name }: Pick<NetworkParameters, "name">): string {
  return (
    `To appeal, sign a record that names network ${name}, the hotspot's key, the epoch and the detector, and log it (docs/reference/spoofing.md, ` +
    `"Appeals"). An appeal that is upheld lifts the detector from the next epoch on; what was paid stays.`
  );
}

function evidenceOf({ challenges, hotspots }: FolderInput, { evidence }: OutputTables, row: number, detector: number) {
  const texts: EvidenceText[] = [];
  if (evidence === undefined) return texts;
  evidence.hotspot.forEach((hotspot, at) => {
    if (hotspot !== row || evidence.detector[at] !== detector) return;
    const challenge = evidence.challenge[at];
    texts.push({
      counterpart: hotspotText(hotspots, evidence.counterpart[at]),
      accuses: evidence.accuses[at] === 1,
      receptions: evidence.receptions[at],
      measured: evidence.measured[at],
      limit: evidence.limit[at],
      challenge:
        challenge === NO_ROW
          ? null
          : { row: challenge, id: challenges.challenge_id.slice(challenge * 32, challenge * 32 + 32).toHex() },
    });
  });
  return texts;
}

function isLiftedFor({ appeals, header }: FolderInput, key: Uint8Array, detector: number): boolean {
  if (appeals === undefined) return false;
  return appeals.detector.some(
    (own, row) =>
      own === detector &&
      header.epoch >= appeals.from_epoch[row] &&
      header.epoch < appeals.until_epoch[row] &&
      Buffer.compare(keyOf(appeals.key, row), key) === 0,
  );
}

function keyOf(keys: Uint8Array, row: number): Uint8Array {
  return keys.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);
}
