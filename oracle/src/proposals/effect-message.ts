/** What the thread that scores an epoch under other rules is sent and answers. */
import type { EpochInput } from "@earshot/poc";

/** Sums of an epoch; amounts in base units. */
export interface EpochSums {
  readonly activeHotspots: number;
  readonly beaconsValid: number;
  readonly witnessesValid: number;
  readonly coverageAtoms: bigint;
  readonly dataAtoms: bigint;
  readonly treasuryAtoms: bigint;
}

export interface EffectRequest {
  readonly input: EpochInput;
}

export type EffectAnswer =
  | {
      readonly kind: "effect";
      readonly sums: EpochSums;
      /** What each hotspot earns, by its row in the registry, base units. */
      readonly atoms: BigUint64Array;
    }
  | { readonly kind: "error"; readonly message: string };
