/** What entropy needs of a Solana endpoint: its finalised blocks, by slot. An endpoint may lag, prune, hang until its timeout or lie. */
import type { SolanaBlock } from "@earshot/poc/protocol";

export interface LinkedBlock extends SolanaBlock {
  /** Slot of the block before it, and its hash; the block itself where it is the chain's first. */
  readonly parentSlot: number;
  readonly previousBlockhash: Uint8Array;
}

/** Every call rejects with ORC_RPC_FAILED where there is no answer in time. */
export interface BlockReader {
  /** What logs and metrics call it. */
  readonly name: string;
  finalisedSlot(): Promise<number>;
  /** Slots from `first` to `last` that have a finalised block, ascending. At most `MAX_SLOTS` are asked for. */
  slotsBetween(first: number, last: number): Promise<readonly number[]>;
  block(slot: number): Promise<LinkedBlock>;
}

/** Slots asked for at once; every provider gives as many. */
export const MAX_SLOTS = 512;
