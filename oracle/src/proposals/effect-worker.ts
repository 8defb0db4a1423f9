/** Scores one epoch under the rules it is sent with, on a thread of its own, and answers what hotspots earn. */
import { scoreInput } from "../score/score-input.ts";
import type { EffectAnswer, EffectRequest } from "./effect-message.ts";

declare const self: Worker;

self.onmessage = async ({ data: { input } }: MessageEvent<EffectRequest>) => {
  try {
    const { rewards, summary } = await scoreInput(input);
    const { beacon_atoms, witness_atoms, data_atoms } = rewards;
    const atoms = beacon_atoms.map((beacon, row) => beacon + witness_atoms[row]! + data_atoms[row]!);
    const { activeHotspots, beaconsValid, witnessesValid, coverageAtoms, dataAtoms, treasuryAtoms } = summary;
    const sums = { activeHotspots, beaconsValid, witnessesValid, coverageAtoms, dataAtoms, treasuryAtoms };
    self.postMessage({ kind: "effect", sums, atoms } satisfies EffectAnswer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    self.postMessage({ kind: "error", message } satisfies EffectAnswer);
  }
};
