/**
 * A Solana chain of one machine as a state machine: transactions in, blocks out, no clock and no I/O of its own.
 *
 * Transactions execute at once into the open block; `closeBlock` is the tick that closes it, with the time as an argument. The chain
 * never forks, so `confirmed` and `finalized` are only depths: blocks back from the open one. Reads at a commitment see the state that
 * block left. A blockhash can be used for 150 blocks. Same calls, same seed: same chain, byte for byte.
 */
import { createHash } from "node:crypto";
import { AccountHistory } from "./account-history.ts";
import { airdropTransaction } from "./airdrop.ts";
import { fromBase58Sized } from "./base58.ts";
import { type Block, BlockHistory, type BlockHistoryState, type OpenBlock } from "./block-history.ts";
import { execute } from "./execute.ts";
import { keypairFromSeed, type LocalKeypair } from "./keypair.ts";
import { isNonceTransaction, SYSTEM_PROGRAM } from "./nonce.ts";
import { type AccountImage, type Simulated, Svm } from "./svm.ts";
import type { TransactionError } from "./transaction-error.ts";
import { type TransactionRecord, TransactionStore } from "./transaction-store.ts";
import { readTransaction, type WireTransaction } from "./wire-transaction.ts";

export type Commitment = "processed" | "confirmed" | "finalized";

export interface ChainSettings {
  /** Blocks behind the open one at which a block counts as confirmed; at least 1. */
  readonly confirmedAfter: number;
  /** The same for finalized; at least `confirmedAfter`. */
  readonly finalizedAfter: number;
  /** Blocks kept; older ones and their transactions are forgotten. */
  readonly maxBlocks: number;
}

/** Depths of a real cluster. 250,000 blocks are a day and four hours at 400 ms. */
export const DEFAULT_SETTINGS: ChainSettings = { confirmedAfter: 1, finalizedAfter: 32, maxBlocks: 250_000 };
export const SLOTS_PER_EPOCH = 432_000;
/** Slot hashes a program can see. */
const SLOT_HASHES = 512;
const FAUCET_LAMPORTS = 500_000_000_000_000_000n;

export interface ChainState {
  readonly seed: Uint8Array;
  readonly settings: ChainSettings;
  readonly skewMs: number;
  readonly airdrops: number;
  readonly blocks: BlockHistoryState;
  readonly records: readonly TransactionRecord[];
}

export interface Warp {
  /** Slots to skip: they get no block. */
  readonly slots?: number;
  /** Milliseconds to move the chain's clock forward, now and for ever. */
  readonly ms?: number;
  /** Blocks to close beyond the open one. */
  readonly blocks?: number;
}

export type Submitted =
  /** In a block; `record.outcome.error` says whether it succeeded. */
  | { readonly landed: true; readonly record: TransactionRecord }
  /** Not in a block and no fee taken. */
  | { readonly landed: false; readonly error: TransactionError };

export interface ChainListener {
  onTransaction?(record: TransactionRecord): void;
  /** After a block is closed and the next one is open. */
  onBlock?(block: Block): void;
}

export class LocalChain {
  readonly settings: ChainSettings;
  readonly #seed: Uint8Array;
  readonly #svm: Svm;
  readonly #blocks: BlockHistory;
  readonly #store: TransactionStore;
  readonly #history = new AccountHistory();
  readonly #listeners = new Set<ChainListener>();
  readonly #faucet: LocalKeypair;
  #skewMs: number;
  #airdrops: number;
  #preparedSlot = -1;

  private constructor(state: ChainState, svm: Svm) {
    this.settings = state.settings;
    this.#seed = state.seed;
    this.#skewMs = state.skewMs;
    this.#airdrops = state.airdrops;
    this.#blocks = new BlockHistory(state.blocks, state.settings.maxBlocks);
    this.#store = new TransactionStore(state.records);
    this.#svm = svm;
    this.#faucet = keypairFromSeed(createHash("sha256").update("earshot localnet faucet").update(state.seed).digest());
  }

  /** A new chain whose first block is of `unixMs`. The seed (32 bytes) decides its genesis hash and its faucet. */
  static genesis({
    seed,
    unixMs,
    settings = {},
  }: {
    readonly seed: Uint8Array;
    readonly unixMs: number;
    readonly settings?: Partial<ChainSettings>;
  }): LocalChain {
    const chosen = { ...DEFAULT_SETTINGS, ...settings };
    if (chosen.confirmedAfter < 1 || chosen.finalizedAfter < chosen.confirmedAfter || chosen.maxBlocks < 512)
      throw new RangeError("1 ≤ confirmedAfter ≤ finalizedAfter and 512 ≤ maxBlocks");
    const blocks = BlockHistory.genesis(seed, unixMs);
    const chain = new LocalChain({ seed, settings: chosen, skewMs: 0, airdrops: 0, blocks, records: [] }, new Svm());
    chain.setAccount(chain.#faucet.address, {
      lamports: FAUCET_LAMPORTS,
      owner: SYSTEM_PROGRAM,
      data: new Uint8Array(0),
      executable: false,
      rentEpoch: 0n,
    });
    return chain;
  }

  /** A chain as `state` and `accounts` saved it. Commitments begin anew: what it holds is final. */
  static restore(state: ChainState, accounts: Uint8Array): LocalChain {
    return new LocalChain(state, new Svm(accounts));
  }

  get genesisHash(): string {
    return BlockHistory.genesis(this.#seed, 0).closed[0]!.hash;
  }

  /** The 32 bytes that decided the genesis hash, the faucet and the wallets. */
  get seed(): Uint8Array {
    return this.#seed;
  }

  get blocks(): BlockHistory {
    return this.#blocks;
  }

  get transactionCount(): number {
    return this.#store.size;
  }

  listen(listener: ChainListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // Time and blocks

  /** Closes the open block and opens the next, at a time of the outside clock. */
  closeBlock(unixMs: number, skippedSlots = 0): Block {
    const dropped = this.#blocks.close(unixMs + this.#skewMs, skippedSlots);
    this.#store.forget(dropped.flatMap(({ signatures }) => signatures));
    // One block more than the deepest read needs: its changes are announced when it becomes final.
    this.#history.forget(this.heightAt("finalized") - 1);
    const block = this.#blocks.newest;
    for (const listener of this.#listeners) listener.onBlock?.(block);
    return block;
  }

  /** Moves on: closes the open block, then `blocks` more; the clock and the next slot jump. Gives the newest closed block. */
  warp({ slots = 0, ms = 0, blocks = 0 }: Warp, unixMs: number): Block {
    this.#skewMs += ms;
    let newest = this.closeBlock(unixMs, slots);
    for (let closed = 0; closed < blocks; closed++) newest = this.closeBlock(unixMs);
    return newest;
  }

  /** The height of the newest block of a commitment; the open block is the newest processed one. */
  heightAt(commitment: Commitment): number {
    const { height } = this.#blocks.open;
    if (commitment === "processed") return height;
    const depth = commitment === "confirmed" ? this.settings.confirmedAfter : this.settings.finalizedAfter;
    return Math.max(this.#blocks.oldest.height, height - depth);
  }

  /** The newest block of a commitment. */
  blockAt(commitment: Commitment): Block | OpenBlock {
    return this.#blocks.atHeight(this.heightAt(commitment)) ?? this.#blocks.open;
  }

  slotAt(commitment: Commitment): number {
    return this.blockAt(commitment).slot;
  }

  /** The newest blockhash of a commitment and the last height at which a transaction may carry it. */
  latestBlockhash(commitment: Commitment): { readonly blockhash: string; readonly lastValidBlockHeight: number } {
    const block = commitment === "processed" ? this.#blocks.newest : (this.blockAt(commitment) as Block);
    return { blockhash: block.hash, lastValidBlockHeight: this.#blocks.lastValidHeight(block.hash) ?? block.height };
  }

  // State

  account(address: string, commitment: Commitment = "processed"): AccountImage | null {
    return this.accountAfter(this.heightAt(commitment), address);
  }

  /** The account after the block of a height, not older than the newest final one. */
  accountAfter(height: number, address: string): AccountImage | null {
    this.#prepare();
    return this.#history.after(height, this.#blocks.open.height, address, () => this.#svm.account(address));
  }

  programAccounts(program: string, commitment: Commitment = "processed"): Map<string, AccountImage> {
    const now = this.#svm.programAccounts(program);
    return this.#history.programAfter(this.heightAt(commitment), this.#blocks.open.height, program, now);
  }

  /** Addresses changed by the block of a height (of those not yet final for more than a block). */
  changedIn(height: number): readonly string[] {
    return this.#history.changedIn(height);
  }

  /** Writes an account past every rule, at every commitment: for genesis and tests. */
  setAccount(address: string, image: AccountImage): void {
    this.#svm.setAccount(address, image);
  }

  /** Deploys a program. */
  addProgram(address: string, elf: Uint8Array): void {
    this.#svm.addProgram(address, elf);
  }

  rentExemption(bytes: number): bigint {
    return this.#svm.rentExemption(bytes);
  }

  // Transactions

  transaction(signature: string): TransactionRecord | undefined {
    return this.#store.get(signature);
  }

  signaturesOf(address: string): readonly string[] {
    return this.#store.ofAddress(address);
  }

  /** Why a transaction cannot execute now, before it is tried. */
  refusalOf(transaction: WireTransaction): TransactionError | null {
    if (this.#store.get(transaction.signatures[0]!) !== undefined) return "AlreadyProcessed";
    if (this.#blocks.lastValidHeight(transaction.recentBlockhash) !== null) return null;
    return isNonceTransaction(transaction, (address) => this.account(address)) ? null : "BlockhashNotFound";
  }

  /** Executes a transaction into the open block. */
  submit(transaction: WireTransaction): Submitted {
    const refusal = this.refusalOf(transaction);
    if (refusal !== null) return { landed: false, error: refusal };
    this.#prepare();
    const { open } = this.#blocks;
    const executed = execute(this.#svm, transaction, open);
    if (!executed.landed) return executed;
    const { record, replaced } = executed;
    for (const [address, image] of replaced) this.#history.note(open.height, address, image);
    this.#store.add(record);
    open.signatures.push(transaction.signatures[0]!);
    for (const listener of this.#listeners) listener.onTransaction?.(record);
    return { landed: true, record };
  }

  /** What a transaction would do now. `blockhash` replaces the one it carries. */
  simulate(
    transaction: WireTransaction,
    { verifySignatures, blockhash }: { readonly verifySignatures: boolean; readonly blockhash?: string },
  ): Simulated {
    const refusal = blockhash === undefined ? this.refusalOf(transaction) : null;
    if (refusal !== null)
      return { error: refusal, logs: [], unitsConsumed: 0, inner: [], returnData: null, after: new Map() };
    this.#prepare();
    const bytes = transaction.bytes.slice();
    if (blockhash !== undefined) bytes.set(fromBase58Sized(blockhash, 32)!, transaction.blockhashOffset);
    return this.#svm.simulate(bytes, { verifySignatures });
  }

  /** Sends lamports from the faucet; every call is another transaction. */
  airdrop(address: string, lamports: bigint): Submitted {
    const { blockhash } = this.latestBlockhash("confirmed");
    const bytes = airdropTransaction(this.#faucet, { address, lamports, blockhash, number: this.#airdrops++ });
    const read = readTransaction(bytes);
    if (!read.ok) throw new Error(read.reason);
    return this.submit(read.transaction);
  }

  // Saving

  state(): ChainState {
    return {
      seed: this.#seed,
      settings: this.settings,
      skewMs: this.#skewMs,
      airdrops: this.#airdrops,
      blocks: this.#blocks.state(),
      records: [...this.#store.records()],
    };
  }

  /** Accounts and sysvars, as `restore` takes them. */
  accounts(): Uint8Array {
    return this.#svm.toBytes();
  }

  /** Brings the sysvars up to the open block, once a slot. */
  #prepare(): void {
    const { slot, unixMs } = this.#blocks.open;
    if (this.#preparedSlot === slot) return;
    this.#preparedSlot = slot;
    const epoch = Math.floor(slot / SLOTS_PER_EPOCH);
    const first = this.#blocks.between(epoch * SLOTS_PER_EPOCH, slot)[0];
    this.#svm.setSlot(
      {
        slot,
        epoch,
        epochStartSeconds: Math.floor((first?.unixMs ?? unixMs) / 1000),
        unixSeconds: Math.floor(unixMs / 1000),
      },
      this.#blocks.newestBlocks(SLOT_HASHES),
    );
  }
}
