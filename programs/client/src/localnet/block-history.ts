/**
 * The chain's blocks: those closed, and the open one that executes transactions.
 *
 * A slot may be skipped (a warp skips slots), a height may not. A block's hash is SHA-256 over its parent's hash, its slot and the
 * signatures it holds. Times are Unix milliseconds and never go back. Old blocks are dropped beyond `maxBlocks`.
 */
import { createHash } from "node:crypto";
import { base58, fromBase58 } from "./base58.ts";

export interface Block {
  readonly slot: number;
  readonly parentSlot: number;
  readonly height: number;
  readonly unixMs: number;
  readonly previousHash: string;
  readonly hash: string;
  readonly signatures: readonly string[];
}

export interface OpenBlock {
  readonly slot: number;
  readonly parentSlot: number;
  readonly height: number;
  readonly unixMs: number;
  readonly signatures: string[];
}

export interface BlockHistoryState {
  readonly closed: readonly Block[];
  readonly open: OpenBlock;
}

/** Blocks a blockhash stays usable for after the block that follows it (Solana's MAX_PROCESSING_AGE). */
export const BLOCKHASH_BLOCKS = 150;
const NO_SIGNATURES: readonly string[] = Object.freeze([]);
const PRUNE_STEP = 1024;

export class BlockHistory {
  readonly #maxBlocks: number;
  readonly #heightOfHash = new Map<string, number>();
  #closed: Block[];
  #open: OpenBlock;

  constructor({ closed, open }: BlockHistoryState, maxBlocks: number) {
    this.#maxBlocks = maxBlocks;
    this.#closed = [...closed];
    this.#open = { ...open, signatures: [...open.signatures] };
    for (const { hash, height } of this.#closed.slice(-BLOCKHASH_BLOCKS - 1)) this.#heightOfHash.set(hash, height);
  }

  /** A chain that begins at a time: block 0 is closed, slot 1 is open. */
  static genesis(seed: Uint8Array, unixMs: number): BlockHistoryState {
    const hash = base58(createHash("sha256").update("earshot localnet genesis").update(seed).digest());
    const zero = base58(new Uint8Array(32));
    return {
      closed: [{ slot: 0, parentSlot: 0, height: 0, unixMs, previousHash: zero, hash, signatures: NO_SIGNATURES }],
      open: { slot: 1, parentSlot: 0, height: 1, unixMs, signatures: [] },
    };
  }

  get open(): OpenBlock {
    return this.#open;
  }

  /** The newest closed block. */
  get newest(): Block {
    return this.#closed[this.#closed.length - 1]!;
  }

  /** The oldest block still kept. */
  get oldest(): Block {
    return this.#closed[0]!;
  }

  /**
   * Closes the open block and opens the next one, after `skippedSlots` without a block, at `unixMs` or the newest time so far.
   *
   * Gives the blocks that were dropped for it.
   */
  close(unixMs: number, skippedSlots = 0): readonly Block[] {
    const { slot, parentSlot, height, signatures } = this.#open;
    const previousHash = this.newest.hash;
    const digest = createHash("sha256").update("earshot localnet block").update(fromBase58(previousHash)!);
    digest.update(slotBytes(slot));
    for (const signature of signatures) digest.update(fromBase58(signature)!);
    const hash = base58(digest.digest());
    this.#closed.push({
      slot,
      parentSlot,
      height,
      unixMs: this.#open.unixMs,
      previousHash,
      hash,
      signatures: signatures.length === 0 ? NO_SIGNATURES : signatures,
    });
    this.#heightOfHash.set(hash, height);
    const expired = this.atHeight(height - BLOCKHASH_BLOCKS - 1);
    if (expired !== undefined) this.#heightOfHash.delete(expired.hash);
    this.#open = {
      slot: slot + 1 + skippedSlots,
      parentSlot: slot,
      height: height + 1,
      unixMs: Math.max(this.#open.unixMs, unixMs),
      signatures: [],
    };
    if (this.#closed.length <= this.#maxBlocks + PRUNE_STEP) return [];
    return this.#closed.splice(0, this.#closed.length - this.#maxBlocks);
  }

  /** The last height at which a transaction with this blockhash may execute; null for a hash unknown or expired. */
  lastValidHeight(hash: string): number | null {
    const height = this.#heightOfHash.get(hash);
    if (height === undefined) return null;
    const last = height + 1 + BLOCKHASH_BLOCKS;
    return this.#open.height <= last ? last : null;
  }

  /** The closed block at a height, if it is kept. */
  atHeight(height: number): Block | undefined {
    return this.#closed[height - this.oldest.height];
  }

  /** The closed block of a slot, if it has one that is kept. */
  atSlot(slot: number): Block | undefined {
    const block = this.#closed[this.#firstFrom(slot)];
    return block?.slot === slot ? block : undefined;
  }

  /** The kept blocks from one slot to another, both included. */
  between(firstSlot: number, lastSlot: number): readonly Block[] {
    return this.#closed.slice(this.#firstFrom(firstSlot), this.#firstFrom(lastSlot + 1));
  }

  /** Up to `count` blocks, newest first. */
  newestBlocks(count: number): readonly Block[] {
    return this.#closed.slice(-count).reverse();
  }

  /** Everything, for a snapshot. */
  state(): BlockHistoryState {
    return { closed: this.#closed, open: this.#open };
  }

  /** Index of the first closed block whose slot is at least `slot`. */
  #firstFrom(slot: number): number {
    let low = 0;
    let high = this.#closed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#closed[middle]!.slot < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function slotBytes(slot: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(slot), true);
  return bytes;
}
