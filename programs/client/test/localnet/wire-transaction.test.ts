/** Reading transactions: what web3.js writes is read back, and nothing malformed gets past. */
import { Keypair, PublicKey, Transaction, TransactionInstruction } from "@solana/web3.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LocalChain } from "../../src/localnet/index.ts";
import { readTransaction, type WireTransaction } from "../../src/localnet/wire-transaction.ts";
import { SEED, START_MS } from "./running-chain.ts";

const payer = Keypair.fromSeed(new Uint8Array(32).fill(3));
const SOAK = Number(process.env.EARSHOT_SOAK ?? 1);

function serialized(data: Uint8Array, keys: readonly PublicKey[], blockhash: string): Uint8Array {
  const transaction = new Transaction({ feePayer: payer.publicKey, blockhash, lastValidBlockHeight: 0 }).add(
    new TransactionInstruction({
      programId: PublicKey.default,
      keys: keys.map((pubkey) => ({ pubkey, isSigner: false, isWritable: true })),
      data: Buffer.from(data),
    }),
  );
  transaction.sign(payer);
  return new Uint8Array(transaction.serialize());
}

function read(bytes: Uint8Array): WireTransaction {
  const result = readTransaction(bytes);
  if (!result.ok) throw new Error(result.reason);
  return result.transaction;
}

test("reads what web3.js wrote and leaves trailing bytes away", () => {
  const key = Keypair.generate().publicKey;
  const bytes = serialized(new Uint8Array([1, 2, 3]), [key], key.toBase58());
  const transaction = read(Uint8Array.from([...bytes, 9, 9]));
  expect(transaction.bytes).toEqual(bytes);
  expect(transaction.staticKeys).toContain(key.toBase58());
  expect(transaction.recentBlockhash).toBe(key.toBase58());
  expect(transaction.instructions).toHaveLength(1);
  expect(transaction.instructions[0]!.data).toEqual(new Uint8Array([1, 2, 3]));
});

describe("malformed bytes", () => {
  const bytes = serialized(new Uint8Array(4), [], PublicKey.default.toBase58());

  test("cut anywhere are refused", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(readTransaction(bytes.slice(0, length)).ok).toBe(false);
  });

  test.each<[string, number, number]>([
    ["no signature", 0, 0],
    ["a signature too many in the header", 65, 2],
    ["no writable signer", 66, 1],
    ["more read-only accounts than there are", 67, 2],
    ["a message version that does not exist", 65, 0x81],
  ])("with %s are refused", (_, at, value) => {
    const changed = bytes.slice();
    changed[at] = value;
    expect(readTransaction(changed).ok).toBe(false);
  });

  test("do not reach the virtual machine, and whatever does leaves the process alive", () => {
    const chain = LocalChain.genesis({ seed: SEED, unixMs: START_MS });
    chain.airdrop(payer.publicKey.toBase58(), 10_000_000_000n);
    const { blockhash } = chain.latestBlockhash("processed");
    const valid = serialized(new Uint8Array([2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), [payer.publicKey], blockhash);
    let reached = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(valid.length)),
        (changes, cut) => {
          const changed = cut === null ? valid.slice() : valid.slice(0, cut);
          for (const [at, value] of changes) if (at < changed.length) changed[at] = value;
          const result = readTransaction(changed);
          if (!result.ok) return;
          reached++;
          const simulated = chain.simulate(result.transaction, { verifySignatures: false, blockhash });
          expect(simulated.unitsConsumed).toBeGreaterThanOrEqual(0);
          chain.submit(result.transaction);
        },
      ),
      { numRuns: 2000 * SOAK },
    );
    expect(reached).toBeGreaterThan(100);
  });
});
