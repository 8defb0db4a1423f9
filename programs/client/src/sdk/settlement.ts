/**
 * What an oracle does on chain, so that doing it again does nothing: each act first reads whether it is done, and a refusal is read again
 * before it is reported, since another oracle or an earlier try may have been faster.
 *
 * The programs are what makes doubles impossible (one account per epoch, one bit per vote, one nonce per burn); this only spares the
 * caller from telling "already" and "failed" apart. Nothing here decides what to vote.
 */
import type { Commitment, Keypair, PublicKey, TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { Distributor, Epoch, LogHeads, Root, RootTuple } from "../generated/rewards.ts";
import { epochOf, logHeadsOf, oracleSetOf, rootOf } from "./addresses.ts";
import { chainSeconds } from "./chain-clock.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { finalizeRoot, issueEpoch, openLog, recordLogHead, voteRoot } from "./rewards.ts";
import { type Sender, send } from "./send.ts";

const SLOT_MS = 400;
/** How long another's transaction may take from processed to confirmed before the caller is told to come back. */
const CONFIRMED_WITHIN_SLOTS = 32;

/** `done`: by this call. `already`: before it. `waiting`: its time has not come. */
export type Act = { readonly state: "done"; readonly signature: string } | { readonly state: "already" | "waiting" };

export class Settlement {
  readonly #sender: Sender;
  readonly #network: NetworkAddresses;

  /** The sender's payer is the oracle. */
  constructor(sender: Sender, network: NetworkAddresses) {
    this.#sender = sender;
    this.#network = network;
  }

  /** Issues an epoch once it is over. Throws PRG_REFUSED, as all acts do. */
  issue(epoch: bigint): Promise<Act> {
    return this.#act(
      async (commitment) => {
        if ((await this.#epoch(epoch, commitment)) !== null) return "already";
        const { epochSeconds } = await this.#distributor();
        return (await this.#now()) < (epoch + 1n) * BigInt(epochSeconds) ? "waiting" : "due";
      },
      () => issueEpoch(this.#sender.programs, this.#network, this.#oracle, epoch),
    );
  }

  /** Votes in the epoch's latest attempt, once. `already` says that this oracle has voted there, for whichever tuple. */
  vote(epoch: bigint, tuple: RootTuple): Promise<Act> {
    let attempt = 0;
    return this.#act(
      async (commitment) => {
        const issued = await this.#epoch(epoch, commitment);
        if (issued === null) return "waiting";
        if (issued.isFinal) return "already";
        attempt = issued.attempts - 1;
        const root = await this.#root(epoch, attempt, commitment);
        return root !== null && (root.voted & (1 << (await this.#oracleIndex()))) !== 0 ? "already" : "due";
      },
      () => voteRoot(this.#sender.programs, this.#network, { oracle: this.#oracle, epoch, attempt, tuple }),
    );
  }

  /** Makes the epoch's approved root final after its veto window. */
  finalize(epoch: bigint): Promise<Act> {
    let attempt = 0;
    return this.#act(
      async (commitment) => {
        const issued = await this.#epoch(epoch, commitment);
        if (issued === null) return "waiting";
        if (issued.isFinal) return "already";
        attempt = issued.attempts - 1;
        const root = await this.#root(epoch, attempt, commitment);
        return root !== null && "approved" in root.state && (await this.#now()) >= root.finalFrom ? "due" : "waiting";
      },
      () => finalizeRoot(this.#sender.programs, this.#network, epoch, attempt),
    );
  }

  /** Opens the account of the oracle's log heads. */
  openLog(ingestKey: Uint8Array): Promise<Act> {
    return this.#act(
      async (commitment) => ((await this.#logHeads(commitment)) === null ? "due" : "already"),
      () => openLog(this.#sender.programs, this.#network, { oracle: this.#oracle, ingestKey }),
    );
  }

  /** Writes the log's head down, once an interval; `waiting` when this interval has another one. */
  recordLogHead(length: bigint, head: Uint8Array): Promise<Act> {
    return this.#act(
      async (commitment) => {
        const account = await this.#logHeads(commitment);
        if (account === null) throw new ClientError("PRG_NOT_FOUND", "the oracle has not opened its log on chain");
        if (account.recorded === 0n) return "due";
        const last = account.heads[Number((account.recorded - 1n) % BigInt(account.heads.length))]!;
        const { logSeconds } = await this.#distributor();
        if (last.interval < (await this.#now()) / BigInt(logSeconds)) return "due";
        return last.length === length && Buffer.compare(last.head, head) === 0 ? "already" : "waiting";
      },
      () => recordLogHead(this.#sender.programs, this.#network, { oracle: this.#oracle, length, head }),
    );
  }

  async #act(
    look: (commitment: Commitment) => Promise<"due" | "already" | "waiting">,
    instruction: () => Promise<TransactionInstruction>,
  ): Promise<Act> {
    const state = await look("confirmed");
    if (state !== "due") return { state };
    try {
      return { state: "done", signature: await send(this.#sender, [await instruction()]) };
    } catch (error) {
      if ((await look("processed")) !== "already") throw error;
      // Somebody's is in a block that may still be dropped: it counts once it is confirmed.
      for (let slot = 0; slot < CONFIRMED_WITHIN_SLOTS; slot++) {
        if ((await look("confirmed")) === "already") return { state: "already" };
        await Bun.sleep(SLOT_MS);
      }
      return { state: "waiting" };
    }
  }

  get #oracle(): PublicKey {
    return (this.#sender.payer satisfies Keypair).publicKey;
  }

  #now(): Promise<bigint> {
    return chainSeconds(this.#sender.connection);
  }

  #epoch(epoch: bigint, commitment: Commitment): Promise<Epoch | null> {
    return this.#sender.programs.account("rewards", "epoch", epochOf(this.#network.distributor, epoch), commitment);
  }

  #root(epoch: bigint, attempt: number, commitment: Commitment): Promise<Root | null> {
    const address = rootOf(this.#network.distributor, epoch, attempt);
    return this.#sender.programs.account("rewards", "root", address, commitment);
  }

  #logHeads(commitment: Commitment): Promise<LogHeads | null> {
    const address = logHeadsOf(this.#network.distributor, this.#oracle);
    return this.#sender.programs.account("rewards", "logHeads", address, commitment);
  }

  async #distributor(): Promise<Distributor> {
    const { distributor } = this.#network;
    const account = await this.#sender.programs.account("rewards", "distributor", distributor);
    if (account === null) throw new ClientError("PRG_NOT_FOUND", "the network pays no rewards");
    return account;
  }

  async #oracleIndex(): Promise<number> {
    const address = oracleSetOf(this.#network.distributor);
    const set = await this.#sender.programs.account("rewards", "oracleSet", address);
    const index = set?.oracles.findIndex((oracle) => oracle.equals(this.#oracle)) ?? -1;
    if (index < 0) throw new ClientError("PRG_REFUSED", `${this.#oracle.toBase58()} is no oracle of this network`);
    return index;
  }
}
