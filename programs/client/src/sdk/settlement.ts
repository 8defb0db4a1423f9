/**
 * What an oracle does on chain, so that doing it again does nothing: each act first reads whether it is done, and a refusal is read again
 * before it is reported, since another oracle or an earlier try may have been faster (`settle-once.ts`).
 *
 * The programs are what makes doubles impossible (one account per epoch, one bit per vote, one nonce per burn); this only spares the
 * caller from telling "already" and "failed" apart. Nothing here decides what to vote or to bill.
 */
import type { Commitment, PublicKey } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { Distributor, Epoch, LogHeads, OracleSet, Root, RootTuple } from "../generated/rewards.ts";
import { epochOf, logHeadsOf, oracleSetOf, rootOf } from "./addresses.ts";
import { isAttemptOver } from "./attempt.ts";
import { burnBills, type RouterBill } from "./burn-batch.ts";
import { chainSeconds } from "./chain-clock.ts";
import { claimAll, type WalletClaim } from "./claim-crank.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { finalizeRoot, issueEpoch, openAttempt, openLog, recordLogHead, voteRoot } from "./rewards.ts";
import type { Sender } from "./send.ts";
import { type Act, type BatchAct, settleOnce } from "./settle-once.ts";

export class Settlement {
  readonly #sender: Sender;
  readonly #network: NetworkAddresses;

  /** The sender's payer is the oracle. */
  constructor(sender: Sender, network: NetworkAddresses) {
    this.#sender = sender;
    this.#network = network;
  }

  /** Issues an epoch once it is over and those before it are issued. Throws PRG_REFUSED, as all acts do. */
  issue(epoch: bigint): Promise<Act> {
    return settleOnce(this.#sender, {
      look: async (commitment) => {
        if ((await this.#epoch(epoch, commitment)) !== null) return "already";
        const { epochSeconds, nextEpoch } = await this.#distributor(commitment);
        const isOver = (await this.#now()) >= (epoch + 1n) * BigInt(epochSeconds);
        return isOver && epoch <= nextEpoch ? "due" : "waiting";
      },
      instructions: async () => [await issueEpoch(this.#sender.programs, this.#network, this.#oracle, epoch)],
      alreadyErrors: ["NotTheNextEpoch"],
    });
  }

  /**
   * Votes in the epoch's latest attempt, once. `already` says that there is nothing to vote on: this oracle has voted there, for whichever
   * tuple, or the others were enough and the attempt takes no more votes.
   */
  vote(epoch: bigint, tuple: RootTuple): Promise<Act> {
    let attempt = 0;
    return settleOnce(this.#sender, {
      look: async (commitment) => {
        const issued = await this.#epoch(epoch, commitment);
        if (issued === null) return "waiting";
        if (issued.isFinal) return "already";
        attempt = issued.attempts - 1;
        const root = await this.#root(epoch, attempt, commitment);
        if (root === null) return "due";
        const hasVoted = (root.voted & (1 << (await this.#oracleIndex()))) !== 0;
        return hasVoted || !("voting" in root.state) ? "already" : "due";
      },
      instructions: async () => [
        await voteRoot(this.#sender.programs, this.#network, { oracle: this.#oracle, epoch, attempt, tuple }),
      ],
      alreadyErrors: ["AlreadyVoted", "VotingClosed", "EpochFinal"],
    });
  }

  /** Opens the next attempt of an epoch whose latest one is vetoed, deadlocked, of oracles no longer in office, or overtaken. */
  retry(epoch: bigint): Promise<Act> {
    let attempt = 0;
    return settleOnce(this.#sender, {
      look: async (commitment) => {
        const issued = await this.#epoch(epoch, commitment);
        if (issued === null) return "waiting";
        if (issued.isFinal) return "already";
        const latest = await this.#root(epoch, issued.attempts - 1, commitment);
        // Whoever was faster opened an attempt that is not over.
        if (latest === null || !isAttemptOver(latest, await this.#oracleSet(), await this.#distributor(commitment)))
          return attempt === 0 ? "waiting" : "already";
        attempt = issued.attempts;
        return "due";
      },
      instructions: async () => [
        await openAttempt(this.#sender.programs, this.#network, { payer: this.#oracle, epoch, attempt }),
      ],
      alreadyErrors: ["NotTheLatestAttempt", "AttemptStillOpen", "EpochFinal"],
    });
  }

  /** Makes the epoch's approved root final after its veto window, in the order of epochs. */
  finalize(epoch: bigint): Promise<Act> {
    let attempt = 0;
    return settleOnce(this.#sender, {
      look: async (commitment) => {
        const issued = await this.#epoch(epoch, commitment);
        if (issued === null) return "waiting";
        if (issued.isFinal) return "already";
        if ((await this.#distributor(commitment)).nextFinal < epoch) return "waiting";
        attempt = issued.attempts - 1;
        const root = await this.#root(epoch, attempt, commitment);
        return root !== null && "approved" in root.state && (await this.#now()) >= root.finalFrom ? "due" : "waiting";
      },
      instructions: async () => [await finalizeRoot(this.#sender.programs, this.#network, epoch, attempt)],
      alreadyErrors: ["NotTheNextFinal", "NotApproved"],
    });
  }

  /** Opens the account of the oracle's log heads. */
  openLog(ingestKey: Uint8Array): Promise<Act> {
    return settleOnce(this.#sender, {
      look: async (commitment) => ((await this.#logHeads(commitment)) === null ? "due" : "already"),
      instructions: async () => [
        await openLog(this.#sender.programs, this.#network, { oracle: this.#oracle, ingestKey }),
      ],
      alreadyErrors: [],
    });
  }

  /**
   * Writes the log's head down, once an interval; `waiting` when this interval has another one. PRG_NOT_CONFIRMED: its transaction expired, and
   * by now there is a newer head to record.
   */
  recordLogHead(length: bigint, head: Uint8Array): Promise<Act> {
    return settleOnce(this.#sender, {
      look: async (commitment) => {
        const account = await this.#logHeads(commitment);
        if (account === null) throw new ClientError("PRG_NOT_FOUND", "the oracle has not opened its log on chain");
        if (account.recorded === 0n) return "due";
        const last = account.heads[Number((account.recorded - 1n) % BigInt(account.heads.length))]!;
        const { logSeconds } = await this.#distributor(commitment);
        if (last.interval < (await this.#now()) / BigInt(logSeconds)) return "due";
        return last.length === length && Buffer.compare(last.head, head) === 0 ? "already" : "waiting";
      },
      instructions: async () => [
        await recordLogHead(this.#sender.programs, this.#network, { oracle: this.#oracle, length, head }),
      ],
      alreadyErrors: ["HeadAlreadyRecorded"],
      isBegunOnce: true,
    });
  }

  /** Pays wallets what the latest final root owes them, in the order given: an answer for each. */
  claimAll(claims: readonly WalletClaim[]): Promise<readonly BatchAct[]> {
    return claimAll(this.#sender, this.#network, claims);
  }

  /** Burns bills from the escrows of their routers; the payer is the burn authority. An answer for each, in the order given. */
  burn(bills: readonly RouterBill[]): Promise<readonly BatchAct[]> {
    return burnBills(this.#sender, this.#network, bills);
  }

  get #oracle(): PublicKey {
    return this.#sender.payer.publicKey;
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

  async #distributor(commitment: Commitment): Promise<Distributor> {
    const { distributor } = this.#network;
    const account = await this.#sender.programs.account("rewards", "distributor", distributor, commitment);
    if (account === null) throw new ClientError("PRG_NOT_FOUND", "the network pays no rewards");
    return account;
  }

  async #oracleSet(): Promise<OracleSet> {
    const set = await this.#sender.programs.account("rewards", "oracleSet", oracleSetOf(this.#network.distributor));
    if (set === null) throw new ClientError("PRG_NOT_FOUND", "the network has no oracles");
    return set;
  }

  async #oracleIndex(): Promise<number> {
    const index = (await this.#oracleSet()).oracles.findIndex((oracle) => oracle.equals(this.#oracle));
    if (index < 0) throw new ClientError("PRG_REFUSED", `${this.#oracle.toBase58()} is no oracle of this network`);
    return index;
  }
}
