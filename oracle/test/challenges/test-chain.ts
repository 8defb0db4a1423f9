/** A chain in memory, and endpoints that show it honestly, late, not at all, or with a lie. */
import { type SolanaBlock, sha256 } from "@earshot/poc/protocol";
import type { BlockReader, LinkedBlock } from "../../src/challenges/block-reader.ts";
import { oracleError } from "../../src/errors.ts";

/** A chain of the slots that have a block, with the time of each. */
export function chainOf(slots: readonly (readonly [slot: number, blockTimeS: number])[], fork = 0): LinkedBlock[] {
  const blocks: LinkedBlock[] = [];
  for (const [slot, blockTimeS] of slots) {
    const parent = blocks.at(-1);
    const blockhash = sha256(new TextEncoder().encode(`${fork} ${slot}`));
    blocks.push({
      slot,
      blockTimeS,
      blockhash,
      parentSlot: parent?.slot ?? slot,
      previousBlockhash: parent?.blockhash ?? blockhash,
    });
  }
  return blocks;
}

/** A block every 400 ms from a time on, every tenth slot skipped. */
export function steadyChain(firstSlot: number, startS: number, slots: number, fork = 0): LinkedBlock[] {
  const all = Array.from({ length: slots }, (_, i) => [firstSlot + i, Math.floor(startS + i * 0.4)] as const);
  return chainOf(
    all.filter(([slot]) => slot % 10 !== 9),
    fork,
  );
}

export class TestEndpoint implements BlockReader {
  readonly name: string;
  blocks: readonly LinkedBlock[];
  /** Blocks it is behind. */
  lag = 0;
  isHanging = false;
  /** Turns of the event loop that an answer takes. */
  turns = 0;
  /** Slots it does not list and pretends not to have. */
  hidden = new Set<number>();
  calls = 0;

  constructor(name: string, blocks: readonly LinkedBlock[]) {
    this.name = name;
    this.blocks = blocks;
  }

  async finalisedSlot(): Promise<number> {
    return (await this.#seen()).at(-1)?.slot ?? 0;
  }

  async slotsBetween(first: number, last: number): Promise<readonly number[]> {
    const seen = await this.#seen();
    return seen.map(({ slot }) => slot).filter((slot) => slot >= first && slot <= last && !this.hidden.has(slot));
  }

  async block(slot: number): Promise<LinkedBlock> {
    const block = (await this.#seen()).find((one) => one.slot === slot);
    if (block === undefined) throw oracleError("ORC_RPC_FAILED", `${this.name}: no block ${slot}`, { retryable: true });
    return block;
  }

  async #seen(): Promise<readonly LinkedBlock[]> {
    this.calls++;
    if (this.isHanging) await new Promise(() => {});
    for (let turn = 0; turn < this.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    return this.lag === 0 ? this.blocks : this.blocks.slice(0, -this.lag);
  }
}

/** What a plain scan finds. */
export function scanned(blocks: readonly LinkedBlock[], timeMs: number): SolanaBlock | undefined {
  return blocks.find(({ blockTimeS }) => blockTimeS * 1000 >= timeMs);
}
