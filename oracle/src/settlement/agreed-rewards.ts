/** What several endpoints together say of epochs and log heads: what one of them makes up is neither paid nor held against anybody. */
import { agreed } from "../registry/agreement.ts";
import type { EpochOnChain, IngestOnChain, RewardsView } from "./rewards-chain.ts";

export class AgreedRewards implements Pick<RewardsView, "epoch" | "ingests"> {
  readonly #views: readonly Pick<RewardsView, "epoch" | "ingests">[];
  readonly #quorum: number;

  constructor(views: readonly Pick<RewardsView, "epoch" | "ingests">[], quorum: number) {
    this.#views = views;
    this.#quorum = quorum;
  }

  epoch(epoch: number): Promise<EpochOnChain | undefined> {
    const asked = this.#views.map((view) => view.epoch(epoch));
    return agreed(`epoch ${epoch} on chain`, asked, this.#quorum, (answer) => spelled(answer && factsOf(answer)));
  }

  ingests(): Promise<readonly IngestOnChain[]> {
    const asked = this.#views.map((view) => view.ingests());
    return agreed("heads of logs on chain", asked, this.#quorum, spelled);
  }
}

function factsOf({
  pool,
  priceE8,
  parameterHash,
  isFinal,
  rootHash,
  rootTotal,
  reportHash,
}: EpochOnChain): EpochOnChain {
  return { pool, priceE8, parameterHash, isFinal, rootHash, rootTotal, reportHash };
}

/** Bytes come as they were decoded: typed arrays, or plain ones. */
function spelled(answer: object | undefined): string {
  return JSON.stringify(answer ?? null, (_, value) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Uint8Array ? [...value] : value;
  });
}
