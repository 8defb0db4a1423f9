/**
 * Learns what each issued epoch is closed with: from the chain the token's price and what was issued, from the epoch before the appeals
 * that were upheld by then. Needs no key.
 */
import { allocateColumns, appealsTable } from "@earshot/poc";
import type { EpochClosing } from "../pipeline/epoch-facts.ts";
import type { PipelinePlan } from "../pipeline/plan.ts";
import type { StoredFacts } from "../pipeline/stored-facts.ts";
import { lastClosedEpoch } from "../pipeline/work-table.ts";
import type { Store } from "../ports/store.ts";
import type { EpochOnChain, RewardsView } from "./rewards-chain.ts";

export interface ClosingRecorderOptions {
  readonly chain: Pick<RewardsView, "state" | "epoch">;
  readonly facts: Pick<StoredFacts, "putClosing" | "closing" | "parameters">;
  readonly store: Store;
  readonly plan: Pick<PipelinePlan, "firstEpoch">;
  /** Appeals of the epoch that follows a closed one (notices/notices-of-epoch.ts). */
  readonly appealsAfter: (closed: number) => Promise<NonNullable<EpochClosing["appeals"]>>;
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
    const last = (await lastClosedEpoch(store))?.epoch;
    for (let epoch = (last ?? plan.firstEpoch - 1) + 1; epoch < nextEpoch; epoch++) {
      if ((await facts.closing(epoch)) !== undefined) continue;
      const issued = await chain.epoch(epoch);
      const appeals = await this.#appeals(epoch, last);
      if (issued === undefined || appeals === "unknown") return;
      await facts.putClosing(epoch, { ...closingOf(issued), ...(appeals && { appeals }) });
    }
  }

  /** Undefined under rules without detectors; unknown while the epoch before is not closed, whose log has the last outcomes. */
  async #appeals(epoch: number, last: number | undefined): Promise<EpochClosing["appeals"] | "unknown"> {
    const { facts, appealsAfter } = this.#options;
    const parameters = await facts.parameters(epoch);
    if (parameters === undefined) return "unknown";
    if (parameters.anomaly === undefined) return undefined;
    if (last === epoch - 1) return appealsAfter(last);
    return last === undefined && epoch === this.#options.plan.firstEpoch ? allocateColumns(appealsTable, 0) : "unknown";
  }
}

function closingOf({ priceE8, pool }: EpochOnChain): EpochClosing {
  return { tokenPriceUsdE8: Number(priceE8) || NO_PRICE_USD_E8, budgetAtoms: String(pool) };
}
