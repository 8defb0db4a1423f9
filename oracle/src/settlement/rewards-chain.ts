/** What settlement reads of the rewards program: epochs, and the log heads that every oracle put on chain. */
import {
  chainSeconds,
  epochOf,
  logHeadsOf,
  type NetworkAddresses,
  oracleSetOf,
  type Sender,
  Settlement,
} from "@earshot/programs-client";
import { oracleError } from "../errors.ts";

/** A head of an ingest's log as its oracle recorded it. */
export interface ChainLogHead {
  /** Unix seconds divided by the length of an interval. */
  readonly interval: bigint;
  readonly length: number;
  /** 32 bytes. */
  readonly head: Uint8Array;
}

/** The log of an oracle that has opened one. */
export interface IngestOnChain {
  /** Base58. */
  readonly oracle: string;
  /** 33 bytes. */
  readonly ingestKey: Uint8Array;
  /** The last 48, in the order they were recorded. */
  readonly heads: readonly ChainLogHead[];
}

export interface EpochOnChain {
  /** Base units issued to the pool: the budget that is divided. */
  readonly pool: bigint;
  readonly priceE8: bigint;
  /** 32 bytes, as the rest; root and report are zero before the epoch is final. */
  readonly parameterHash: Uint8Array;
  readonly isFinal: boolean;
  readonly rootHash: Uint8Array;
  readonly rootTotal: bigint;
  readonly reportHash: Uint8Array;
}

export interface RewardsState {
  readonly nextEpoch: number;
  readonly nextFinal: number;
  readonly logSeconds: number;
}

/** What anybody reads of a network's rewards. */
export class RewardsView {
  readonly #sender: Pick<Sender, "connection" | "programs">;
  readonly #network: NetworkAddresses;

  constructor(reader: Pick<Sender, "connection" | "programs">, network: NetworkAddresses) {
    this.#sender = reader;
    this.#network = network;
  }

  /** Unix seconds of the newest confirmed block. Throws PRG_NO_CHAIN, as all of these do. */
  async nowSeconds(): Promise<number> {
    return Number(await chainSeconds(this.#sender.connection));
  }

  async state(): Promise<RewardsState> {
    const account = await this.#sender.programs.account("rewards", "distributor", this.#network.distributor);
    if (account === null) throw oracleError("ORC_WRONG_NETWORK", "the network pays no rewards");
    const { nextEpoch, nextFinal, logSeconds } = account;
    return { nextEpoch: Number(nextEpoch), nextFinal: Number(nextFinal), logSeconds };
  }

  /** An issued epoch, or undefined before it is issued. */
  async epoch(epoch: number): Promise<EpochOnChain | undefined> {
    const address = epochOf(this.#network.distributor, BigInt(epoch));
    return (await this.#sender.programs.account("rewards", "epoch", address)) ?? undefined;
  }

  /** Logs of the oracles in office, in their order. */
  async ingests(): Promise<readonly IngestOnChain[]> {
    const { distributor } = this.#network;
    const set = await this.#sender.programs.account("rewards", "oracleSet", oracleSetOf(distributor));
    const ingests: IngestOnChain[] = [];
    for (const oracle of set?.oracles ?? []) {
      const log = await this.#sender.programs.account("rewards", "logHeads", logHeadsOf(distributor, oracle));
      if (log === null) continue;
      const kept = log.heads.length;
      const recorded = Number(log.recorded);
      const first = Math.max(0, recorded - kept);
      const heads = Array.from({ length: recorded - first }, (_, at) => {
        const { interval, length, head } = log.heads[(first + at) % kept];
        return { interval, length: Number(length), head: Uint8Array.from(head) };
      });
      ingests.push({ oracle: oracle.toBase58(), ingestKey: Uint8Array.from(log.ingestKey), heads });
    }
    return ingests;
  }
}

/** The same, and what an oracle does there. */
export class RewardsChain extends RewardsView {
  readonly settlement: Settlement;

  /** The sender's payer is the oracle. */
  constructor(sender: Sender, network: NetworkAddresses) {
    super(sender, network);
    this.settlement = new Settlement(sender, network);
  }
}
