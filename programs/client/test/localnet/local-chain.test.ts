/** The chain itself: blocks, blockhash expiry, warps, forgetting, snapshots. Its clock is a number. */
import { Keypair, SystemProgram, Transaction } from "@solana/web3.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSnapshot, encodeSnapshot, LocalChain } from "../../src/localnet/index.ts";
import { readTransaction } from "../../src/localnet/wire-transaction.ts";
import { SEED, START_MS } from "./running-chain.ts";

const alice = Keypair.fromSeed(new Uint8Array(32).fill(1));
const bob = Keypair.fromSeed(new Uint8Array(32).fill(2));

function newChain(settings = {}): LocalChain {
  const chain = LocalChain.genesis({ seed: SEED, unixMs: START_MS, settings });
  chain.airdrop(alice.publicKey.toBase58(), 10_000_000_000n);
  return chain;
}

function signed(blockhash: string, lamports: number) {
  const transaction = new Transaction({ feePayer: alice.publicKey, blockhash, lastValidBlockHeight: 0 }).add(
    SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: bob.publicKey, lamports }),
  );
  transaction.sign(alice);
  const read = readTransaction(transaction.serialize());
  if (!read.ok) throw new Error(read.reason);
  return read.transaction;
}

function close(chain: LocalChain, blocks: number): void {
  for (let closed = 0; closed < blocks; closed++) chain.closeBlock(START_MS + 400 * chain.blocks.open.height);
}

describe("blockhashes", () => {
  test("can be used up to their last valid height and not one block longer", () => {
    const chain = newChain();
    close(chain, 5);
    const { blockhash, lastValidBlockHeight } = chain.latestBlockhash("processed");
    close(chain, lastValidBlockHeight - chain.blocks.open.height);
    expect(chain.submit(signed(blockhash, 1_000_000)).landed).toBe(true);
    close(chain, 1);
    expect(chain.blocks.open.height).toBe(lastValidBlockHeight + 1);
    expect(chain.submit(signed(blockhash, 2_000_000))).toEqual({ landed: false, error: "BlockhashNotFound" });
  });

  test("of deeper commitments are older and expire sooner", () => {
    const chain = newChain();
    close(chain, 50);
    const [processed, confirmed, finalized] = (["processed", "confirmed", "finalized"] as const).map((commitment) =>
      chain.latestBlockhash(commitment),
    );
    expect(confirmed).toEqual(processed);
    expect(processed!.lastValidBlockHeight - finalized!.lastValidBlockHeight).toBe(31);
    expect(chain.submit(signed(finalized!.blockhash, 1_000_000)).landed).toBe(true);
  });

  test("survive a warp over skipped slots: only blocks make them old", () => {
    const chain = newChain();
    const { blockhash } = chain.latestBlockhash("processed");
    chain.warp({ slots: 216_000, ms: 86_400_000 }, START_MS);
    expect(chain.blocks.open).toMatchObject({ slot: 216_002, height: 2, unixMs: START_MS + 86_400_000 });
    expect(chain.submit(signed(blockhash, 1_000_000)).landed).toBe(true);
    expect(chain.blocks.atSlot(100)).toBeUndefined();
  });
});

describe("blocks", () => {
  test("are the same from the same seed and calls, and others from another seed", () => {
    const [one, two] = [newChain(), newChain()];
    const other = LocalChain.genesis({ seed: new Uint8Array(32).fill(8), unixMs: START_MS });
    for (const chain of [one, two, other]) close(chain, 3);
    expect(two.blocks.newest).toEqual(one.blocks.newest);
    expect(other.genesisHash).not.toBe(one.genesisHash);
    expect(other.blocks.newest.hash).not.toBe(one.blocks.newest.hash);
  });

  test("never go back in time", () => {
    const chain = newChain();
    chain.closeBlock(START_MS + 5000);
    chain.closeBlock(START_MS - 5000);
    expect(chain.blocks.open.unixMs).toBe(START_MS + 5000);
  });

  test("are forgotten beyond the limit, with their transactions", () => {
    const chain = newChain({ maxBlocks: 600 });
    const landed = chain.submit(signed(chain.latestBlockhash("processed").blockhash, 1_000_000));
    const signature = landed.landed ? landed.record.transaction.signatures[0]! : "";
    close(chain, 600);
    expect(chain.transaction(signature)).toBeDefined();
    close(chain, 1100);
    expect(chain.transaction(signature)).toBeUndefined();
    expect(chain.signaturesOf(alice.publicKey.toBase58())).toEqual([]);
    expect(chain.blocks.oldest.slot).toBeGreaterThan(1);
    expect(chain.latestBlockhash("finalized").lastValidBlockHeight).toBe(chain.blocks.open.height - 32 + 151);
  });
});

describe("snapshots", () => {
  test("go on where the chain was: accounts, history, statuses, blockhashes", () => {
    const chain = newChain();
    close(chain, 40);
    const { blockhash } = chain.latestBlockhash("finalized");
    const spent = signed(blockhash, 1_000_000);
    chain.submit(spent);
    chain.warp({ ms: 1000 }, START_MS);
    const restored = decodeSnapshot(encodeSnapshot(chain));
    expect(restored.account(bob.publicKey.toBase58())).toEqual(chain.account(bob.publicKey.toBase58()));
    expect(restored.state()).toEqual(chain.state());
    expect(restored.submit(spent)).toEqual({ landed: false, error: "AlreadyProcessed" });
    expect(restored.submit(signed(blockhash, 2_000_000)).landed).toBe(true);
    for (const one of [chain, restored]) one.airdrop(bob.publicKey.toBase58(), 5_000_000n);
    expect(restored.account(bob.publicKey.toBase58())?.lamports).toBe(8_000_000n);
  });

  test("are refused when a byte of them changed or is missing", () => {
    const bytes = encodeSnapshot(newChain());
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
        const damaged = cut ? bytes.slice(0, at) : bytes.slice();
        if (!cut) damaged[at]! ^= flip;
        expect(() => decodeSnapshot(damaged)).toThrow(expect.objectContaining({ code: "PRG_BAD_SNAPSHOT" }));
      }),
      { numRuns: 30 },
    );
  });
});

test("refuses settings that make no chain", () => {
  for (const settings of [{ confirmedAfter: 0 }, { finalizedAfter: 0 }, { maxBlocks: 10 }])
    expect(() => LocalChain.genesis({ seed: SEED, unixMs: 0, settings })).toThrow(RangeError);
});
