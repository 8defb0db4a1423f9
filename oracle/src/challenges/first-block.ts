/**
 * The first finalised block of a chain whose block time is at or after a moment, from an endpoint that lists and shows blocks.
 *
 * Block times never decrease with the slot, so slots are searched between a block that is too early and one that is late enough, by
 * proportion and by halves in turn. The block found is then shown to be the first: its parent, which its own bytes name, is too early.
 */
import type { SolanaBlock } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import { type BlockReader, type LinkedBlock, MAX_SLOTS } from "./block-reader.ts";

/** Time of a slot on the public clusters, ms: only a first guess. */
const SLOT_MS = 400;
/** Steps that one search may take; far more than halving 2^40 slots twice needs. */
const MAX_STEPS = 160;
/** Lists without a block that one search may read: two million slots, nine days in which the chain made none. */
const MAX_EMPTY_LISTS = 4096;

/**
 * The first block with time ≥ `timeMs`, or undefined while the endpoint knows of none. `anchor` is a block known to be earlier, to
 * start near. Rejects with ORC_RPC_FAILED, and ORC_RPC_CONTRADICTION where the endpoint's blocks do not fit together.
 */
export async function firstBlockAt(
  reader: BlockReader,
  timeMs: number,
  anchor: SolanaBlock | undefined,
): Promise<LinkedBlock | undefined> {
  let late = await lastBlock(reader);
  if (startsBefore(late, timeMs)) return undefined;
  let early: SolanaBlock | undefined = anchor !== undefined && startsBefore(anchor, timeMs) ? anchor : undefined;
  if (early !== undefined && early.slot >= late.slot) throw contradiction(reader, `slot ${early.slot} is gone`);
  // Every block up to `early` is too early; from `end` up to `late` there is none.
  let end = late.slot;
  const empty = { lists: 0 };
  for (let step = 0; end > (early === undefined ? 0 : early.slot + 1); step++) {
    if (step === MAX_STEPS) throw contradiction(reader, `no end to the search for the block at ${timeMs}`);
    const guess = guessSlot(early, late, end, timeMs, step);
    const block = await firstBlockFrom(reader, guess, end - 1, empty);
    if (block !== undefined && startsBefore(block, timeMs)) {
      early = block;
    } else {
      end = guess;
      if (block !== undefined) late = block;
    }
  }
  await checkIsFirst(reader, late, early, timeMs);
  return late;
}

/** Throws unless the parent that a block names is there, has the hash it names, and is too early. */
async function checkIsFirst(
  reader: BlockReader,
  block: LinkedBlock,
  early: SolanaBlock | undefined,
  timeMs: number,
): Promise<void> {
  if (block.parentSlot >= block.slot) return;
  const parent = early?.slot === block.parentSlot ? early : await reader.block(block.parentSlot);
  if (Buffer.compare(parent.blockhash, block.previousBlockhash) !== 0) {
    throw contradiction(reader, `block ${block.slot} names another parent than block ${parent.slot}`);
  }
  if (!startsBefore(parent, timeMs)) {
    throw contradiction(reader, `block ${parent.slot} is late enough too, and was not listed before ${block.slot}`);
  }
}

async function lastBlock(reader: BlockReader): Promise<LinkedBlock> {
  const tip = await reader.finalisedSlot();
  const slots = await reader.slotsBetween(Math.max(0, tip - MAX_SLOTS + 1), tip);
  const last = slots.at(-1);
  if (last === undefined) throw contradiction(reader, `no block in the ${MAX_SLOTS} slots up to ${tip}`);
  return reader.block(last);
}

async function firstBlockFrom(
  reader: BlockReader,
  slot: number,
  last: number,
  empty: { lists: number },
): Promise<LinkedBlock | undefined> {
  for (let from = slot; from <= last; from += MAX_SLOTS) {
    const [first] = await reader.slotsBetween(from, Math.min(last, from + MAX_SLOTS - 1));
    if (first !== undefined) return reader.block(first);
    if (++empty.lists === MAX_EMPTY_LISTS) throw contradiction(reader, `no block in ${MAX_EMPTY_LISTS} lists of slots`);
  }
  return undefined;
}

/** A slot below `end` and above `early` near the wanted time. */
function guessSlot(early: SolanaBlock | undefined, late: SolanaBlock, end: number, timeMs: number, step: number) {
  const aheadMs = late.blockTimeS * 1000 - timeMs;
  if (early === undefined) {
    // Further back with each step: the time of a slot is only a guess.
    return Math.max(0, end - Math.ceil(aheadMs / SLOT_MS) - 2 ** Math.min(step + 3, 40));
  }
  const spanMs = Math.max(1, (late.blockTimeS - early.blockTimeS) * 1000);
  const share = step % 2 === 1 ? 0.5 : 1 - aheadMs / spanMs;
  const guess = early.slot + Math.floor(share * (end - early.slot));
  return Math.min(end - 1, Math.max(early.slot + 1, guess));
}

function startsBefore(block: SolanaBlock, timeMs: number): boolean {
  return block.blockTimeS * 1000 < timeMs;
}

function contradiction(reader: BlockReader, what: string) {
  return oracleError("ORC_RPC_CONTRADICTION", `${reader.name}: ${what}`, { retryable: true });
}
