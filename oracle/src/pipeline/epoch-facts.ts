/**
 * What an epoch is judged under and its uploads do not say: registry, payers, rules, entropy, price.
 *
 * Asked for by every worker, so an answer never changes once it was given: registry, payers and rules are those of the first finalised
 * block of the epoch, a minute has one block, and an epoch one price. What is not known yet is undefined or left out, and asked again.
 */
import type { EpochInput, EpochLog, NetworkParameters } from "@earshot/poc";

/** What is known from the first finalised block of an epoch on. */
export interface EpochOpening {
  readonly parameters: NetworkParameters;
  /** Network number that uploads must name (poc/protocol). */
  readonly network: number;
  readonly hotspots: EpochInput["hotspots"];
  /** Absent where no hotspot pays several wallets. */
  readonly splits?: NonNullable<EpochInput["splits"]>;
  readonly payers: EpochLog["payers"];
}

/** What is known only when the epoch is over. */
export interface EpochClosing {
  readonly tokenPriceUsdE8: number;
  /** What the chain issued for the epoch, base units as a decimal string; without it the parameters say. */
  readonly budgetAtoms?: string;
  /** Only under rules with detectors. */
  readonly appeals?: NonNullable<EpochInput["appeals"]>;
}

export interface EpochFacts {
  /** Throws ORC_STORE_UNAVAILABLE (retryable), as all of these do. */
  opening(epoch: number): Promise<EpochOpening | undefined>;
  /** Rows of the known minutes from `first` to `last`, ascending; minutes that are not known yet are missing. */
  entropy(first: number, last: number): Promise<EpochInput["entropy"]>;
  closing(epoch: number): Promise<EpochClosing | undefined>;
}
