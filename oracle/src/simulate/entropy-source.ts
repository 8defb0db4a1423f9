/**
 * A synthetic chain of finalised blocks, and the entropy that the protocol takes from it.
 *
 * Slots of 400 ms with jitter, one in twenty skipped, block times in whole seconds as Solana has them. Any slot can be asked for on
 * its own, so days need not be simulated in order. The blockhash is a hash of seed and slot: nobody chose it, everybody knows it.
 */
import { allocateColumns, type Columns, entropyTable } from "@earshot/poc";
import { type EntropyRecord, type SolanaBlock, selectEntropyBlock } from "@earshot/poc/protocol";
import { derive, randomStream, tagUnit } from "./random.ts";

/** Slot 0 of the synthetic chain: 2020-03-16, when Solana's mainnet began, Unix ms. */
const GENESIS_MS = 1_584_316_800_000;
const SLOT_MS = 400;
/** A slot ends up to this much late, ms; less than a slot, so that block times never decrease. */
const JITTER_MS = 250;
const SKIPPED_SHARE = 0.05;

export class EntropySource {
  readonly #seed: string;
  readonly #jitterSalt: number;
  readonly #skipSalt: number;

  constructor(seed: string) {
    const salts = randomStream(seed, "blocks");
    this.#seed = seed;
    this.#jitterSalt = salts.u32();
    this.#skipSalt = salts.u32();
  }

  /** The block of a slot, or undefined where its leader was absent. */
  block(slot: number): SolanaBlock | undefined {
    if (tagUnit(this.#skipSalt, slot) < SKIPPED_SHARE) return undefined;
    const endMs = GENESIS_MS + slot * SLOT_MS + Math.floor(JITTER_MS * tagUnit(this.#jitterSalt, slot));
    return { slot, blockTimeS: Math.floor(endMs / 1000), blockhash: derive(this.#seed, ["block", slot]) };
  }

  /** E(m) for the entropy step `minute` of `entropyMs`; a step from `GENESIS_MS` on. */
  entropy(minute: number, entropyMs: number): EntropyRecord {
    const first = Math.floor((minute * entropyMs - GENESIS_MS) / SLOT_MS) - 1;
    const blocks: SolanaBlock[] = [];
    let record: EntropyRecord | undefined;
    for (let slot = first; record === undefined; slot++) {
      const block = this.block(slot);
      if (block === undefined) continue;
      blocks.push(block);
      record = selectEntropyBlock(blocks, minute, entropyMs);
    }
    return record;
  }

  /** Rows of entropy.arrow for `count` steps from `firstMinute`. */
  columns(firstMinute: number, count: number, entropyMs: number): Columns<typeof entropyTable> {
    const columns = allocateColumns(entropyTable, count);
    for (let row = 0; row < count; row++) {
      const { minute, slot, blockTimeS, blockhash } = this.entropy(firstMinute + row, entropyMs);
      columns.minute[row] = minute;
      columns.slot[row] = BigInt(slot);
      columns.block_time_s[row] = BigInt(blockTimeS);
      columns.blockhash.set(blockhash, row * 32);
    }
    return columns;
  }
}
