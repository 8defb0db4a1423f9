/** Methods that read blocks, slots and blockhashes. */
import type { Block } from "../block-history.ts";
import { BLOCKHASH_BLOCKS } from "../block-history.ts";
import { type Commitment, type LocalChain, SLOTS_PER_EPOCH } from "../local-chain.ts";
import type { MethodTable } from "./method.ts";
import { commitmentOf, inContext, isObject, optionOf, type Params, readAt } from "./params.ts";
import { invalidParams, RpcError } from "./rpc-error.ts";
import { accountsView, transactionOptionsOf, transactionView } from "./transaction-view.ts";

/** Slots in one getBlocks. */
const MAX_RANGE = 500_000;
const DETAILS = ["full", "accounts", "signatures", "none"] as const;

export const blockMethods: MethodTable = {
  getSlot: ({ chain }, params) => readAt(chain, params.config(0)).slot,
  getBlockHeight: ({ chain }, params) => chain.heightAt(readAt(chain, params.config(0)).commitment),

  getBlock({ chain }, params) {
    const config = isObject(params.at(1)) ? params.config(1) : { encoding: params.at(1) };
    const block = keptBlock(chain, params.whole(0), confirmedOrMore(config.commitment));
    const options = transactionOptionsOf(config);
    const details = optionOf(config.transactionDetails, "transactionDetails", DETAILS) ?? "full";
    const records = block.signatures.map((signature) => chain.transaction(signature)!);
    return {
      blockhash: block.hash,
      previousBlockhash: block.previousHash,
      parentSlot: block.parentSlot,
      blockHeight: block.height,
      blockTime: seconds(block),
      ...(config.rewards === false ? {} : { rewards: [] }),
      ...(details === "full" ? { transactions: records.map((record) => transactionView(record, options)) } : {}),
      ...(details === "accounts" ? { transactions: records.map((record) => accountsView(record, options)) } : {}),
      ...(details === "signatures" ? { signatures: block.signatures } : {}),
    };
  },

  getBlocks({ chain }, params) {
    const first = params.whole(0);
    const hasLast = typeof params.at(1) === "number";
    const final = chain.blockAt(confirmedOrMore(params.config(hasLast ? 2 : lastConfig(params)).commitment)).slot;
    const last = Math.min(hasLast ? params.whole(1) : final, final);
    if (last - first > MAX_RANGE) throw invalidParams(`Slot range too large; max ${MAX_RANGE}`);
    return chain.blocks.between(first, last).map(({ slot }) => slot);
  },

  getBlocksWithLimit({ chain }, params) {
    const first = params.whole(0);
    const limit = params.whole(1);
    if (limit > MAX_RANGE) throw invalidParams(`Limit too large; max ${MAX_RANGE}`);
    const last = chain.blockAt(confirmedOrMore(params.config(2).commitment)).slot;
    return chain.blocks
      .between(first, last)
      .slice(0, limit)
      .map(({ slot }) => slot);
  },

  getBlockTime: ({ chain }, params) => seconds(keptBlock(chain, params.whole(0), "confirmed")),
  getFirstAvailableBlock: ({ chain }) => chain.blocks.oldest.slot,
  minimumLedgerSlot: ({ chain }) => chain.blocks.oldest.slot,

  getLatestBlockhash({ chain }, params) {
    const { commitment, slot } = readAt(chain, params.config(0));
    return inContext(slot, chain.latestBlockhash(commitment));
  },

  isBlockhashValid({ chain }, params) {
    const hash = params.address(0);
    const { slot } = readAt(chain, params.config(1));
    return inContext(slot, chain.blocks.lastValidHeight(hash) !== null);
  },

  getEpochInfo({ chain }, params) {
    const { commitment, slot } = readAt(chain, params.config(0));
    return {
      absoluteSlot: slot,
      blockHeight: chain.heightAt(commitment),
      epoch: Math.floor(slot / SLOTS_PER_EPOCH),
      slotIndex: slot % SLOTS_PER_EPOCH,
      slotsInEpoch: SLOTS_PER_EPOCH,
      transactionCount: chain.transactionCount,
    };
  },

  getEpochSchedule: () => ({
    slotsPerEpoch: SLOTS_PER_EPOCH,
    leaderScheduleSlotOffset: SLOTS_PER_EPOCH,
    warmup: false,
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
  }),

  getBlockProduction: ({ chain }, params) => {
    const { slot } = readAt(chain, params.config(0));
    return inContext(slot, {
      byIdentity: {},
      range: { firstSlot: Math.max(0, slot - BLOCKHASH_BLOCKS), lastSlot: slot },
    });
  },
};

/** Old answers are kept by block: below confirmed there is none to keep. */
export function confirmedOrMore(value: unknown): Commitment {
  const commitment = commitmentOf(value);
  if (commitment === "processed") throw invalidParams("Method does not support commitment below `confirmed`");
  return commitment;
}

export function seconds({ unixMs }: { readonly unixMs: number }): number {
  return Math.floor(unixMs / 1000);
}

function lastConfig(params: Params): number {
  return params.at(1) === null || params.at(1) === undefined ? 2 : 1;
}

function keptBlock(chain: LocalChain, slot: number, commitment: Commitment): Block {
  const { oldest } = chain.blocks;
  if (slot < oldest.slot)
    throw new RpcError(
      "blockCleanedUp",
      `Block ${slot} cleaned up, does not exist on node. First available block: ${oldest.slot}`,
    );
  if (slot > chain.slotAt(commitment)) throw new RpcError("blockNotAvailable", `Block not available for slot ${slot}`);
  const block = chain.blocks.atSlot(slot);
  if (block !== undefined) return block;
  throw new RpcError("slotSkipped", `Slot ${slot} was skipped, or missing due to ledger jump to recent snapshot`);
}
