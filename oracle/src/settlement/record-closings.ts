/** Learns from the chain what each issued epoch is closed with: the token's price, and what was issued for it. Needs no key. */
import type { EpochClosing } from "../pipeline/epoch-facts.ts";
import type { PipelinePlan } from "../pipeline/plan.ts";
import type { StoredFacts } from "../pipeline/stored-facts.ts";
import { lastClosedEpoch } from "../pipeline/work-table.ts";
import type { Store } from "../ports/store.ts";
import type { EpochOnChain, RewardsView } from "./rewards-chain.ts";

export interface ClosingRecorderOptions {
  readonly chain: RewardsView;
  readonly facts: Pick<StoredFacts, "putClosing" | "closing">;
  readonly store: Store;
  readonly plan: Pick<PipelinePlan, "firstEpoch">;
}

/** A price that was never set: nothing can have been bought with it. */
const NO_PRICE_USD_E8 = 1;

export class ClosingRecorder {
  readonly #options: ClosingRecorderOptions;

  constructor(options: ClosingRecorderOptions) {
    this.#options = options;
  }

  /** Notes the closings of issued epochs that are not closed yet. Throws what chain and store throw; it can be called again then. */
  async step(): Promise<void> {
    const { chain, facts, store, plan } = this.#options;
    const { nextEpoch } = await chain.state();
    const first = ((await lastClosedEpoch(store))?.epoch ?? plan.firstEpoch - 1) + 1;
    for (let epoch = first; epoch < nextEpoch; epoch++) {
      if ((await facts.closing(epoch)) !== undefined) continue;
      const issued = await chain.epoch(epoch);
      if (issued === undefined) return;
      await facts.putClosing(epoch, closingOf(issued));
    }
  }
}

function closingOf({ priceE8, pool }: EpochOnChain): EpochClosing {
  return { tokenPriceUsdE8: Number(priceE8) || NO_PRICE_USD_E8, budgetAtoms: String(pool) };
}
