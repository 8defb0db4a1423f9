/** A claim out of a tree of 2^20 wallets: a proof of 20 steps travels as version 0 with the network's lookup table, and only so. */
import { buildMerkleSumTree, type MerkleSumTree } from "@earshot/poc";
import { type AddressLookupTableAccount, type Keypair, PACKET_DATA_SIZE } from "@solana/web3.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimOne, claimTransactions, type WalletClaim } from "../../src/sdk/claim-crank.ts";
import { claimFromJson, claimToJson } from "../../src/sdk/claim-proof-json.ts";
import { tokenAccountOf } from "../../src/sdk/data-credits.ts";
import { ensureLookupTable, readLookupTable, sharedAddresses } from "../../src/sdk/lookup-table.ts";
import { claimProofAt } from "../../src/sdk/reward-tree.ts";
import type { Sender } from "../../src/sdk/send.ts";
import { Settlement } from "../../src/sdk/settlement.ts";
import { buildTransaction, wireBytes } from "../../src/sdk/transaction.ts";
import { admin, EPOCH, key, type LiveNetwork, oracles, PARAMETER_HASH, startNetwork } from "./live-network.ts";

const DEPTH = 20;
const LEAVES = 2 ** DEPTH;
/** Base units of each wallet. */
const EACH = 3n;
const wallets = [101, 102, 103].map(key);

let live: LiveNetwork;
let tree: MerkleSumTree;
let table: AddressLookupTableAccount;

/** The leaf a wallet's first 20 bits name: each leaf has one address of its own. */
const leafOf = ({ publicKey }: Keypair) => Buffer.from(publicKey.toBytes()).readUInt32BE(0) >>> (32 - DEPTH);
const claimOf = (wallet: Keypair): WalletClaim => ({
  beneficiary: wallet.publicKey,
  cumulative: EACH,
  proof: claimProofAt(tree, leafOf(wallet)),
});

beforeAll(async () => {
  live = await startNetwork();
  const { as, network, warpDay } = live;
  const beneficiaries = Buffer.alloc(32 * LEAVES);
  for (let leaf = 0; leaf < LEAVES; leaf++) beneficiaries.writeUInt32BE((leaf << (32 - DEPTH)) >>> 0, 32 * leaf);
  for (const wallet of wallets) beneficiaries.set(wallet.publicKey.toBytes(), 32 * leafOf(wallet));
  tree = buildMerkleSumTree(network.distributor.toBytes(), beneficiaries, new BigUint64Array(LEAVES).fill(EACH));
  warpDay();
  const settlements = oracles.slice(0, 4).map((oracle) => new Settlement(as(oracle), network));
  await settlements[0]!.issue(EPOCH);
  const { hash, totalAtoms, leafCount } = tree.root;
  const tuple = { rootHash: hash, total: totalAtoms, leafCount, reportHash: hash, parameterHash: PARAMETER_HASH };
  for (const settlement of settlements) await settlement.vote(EPOCH, tuple);
  warpDay();
  expect((await settlements[0]!.finalize(EPOCH)).state).toBe("done");
  table = await readLookupTable(live.running.connection, await ensureLookupTable(as(admin), network, null, () => {}));
});

afterAll(async () => {
  await live.running.stop();
});

test("the network's table is filled, frozen, and made once", async () => {
  const { as, network } = live;
  const again = await ensureLookupTable(as(admin), network, table.key, () => {
    throw new Error("made again");
  });
  const { state } = await readLookupTable(live.running.connection, again);
  expect(state.authority).toBeUndefined();
  expect(state.addresses.map(String).sort()).toEqual(sharedAddresses(network).map(String).sort());
});

test("does not fit without the table, and says what is missing", async () => {
  const { as, network } = live;
  await expect(claimTransactions(as(admin), network, claimOf(wallets[0]!))).rejects.toMatchObject({
    code: "PRG_TOO_LARGE",
    message: expect.stringContaining("--lookup-table"),
  });
});

/** A claim whose proof has so many steps; only its size counts. */
const longClaim = (steps: number): WalletClaim => ({
  beneficiary: key(110).publicKey,
  cumulative: EACH,
  proof: { leftSiblings: 0, steps: Array.from({ length: steps }, () => ({ hash: new Uint8Array(32), sum: EACH })) },
});

test("fits with it: even the first claim of a wallet, with the opening of its accounts, is one transaction", async () => {
  const { as, network, running } = live;
  const sender: Sender = { ...as(admin), lookupTables: [table] };
  const options = { payer: admin.publicKey, lookupTables: [table] };
  const blockhash = network.network.toBase58();
  const first = await claimTransactions(sender, network, claimOf(wallets[0]!));
  expect(first.length).toBe(1);
  for (const one of wallets) expect((await claimOne(sender, network, claimOf(one))).state).toBe("done");
  expect(await claimOne(sender, network, claimOf(wallets[0]!))).toEqual({ state: "already" });
  for (const { publicKey } of wallets) {
    const balance = await running.connection.getTokenAccountBalance(tokenAccountOf(network, publicKey));
    expect(balance.value.amount).toBe(EACH.toString());
  }
  const again = await claimTransactions(sender, network, claimOf(wallets[0]!));
  const built = [first[0]!, again[0]!].map((instructions) => buildTransaction(options, instructions, blockhash));
  expect(built.map(({ version }) => version)).toEqual([0, 0]);
  expect(built.map(wireBytes)).toEqual([1203, 1144]);
});

test("is two transactions where one is too long, and none where a claim alone is", async () => {
  const { as, network } = live;
  const sender: Sender = { ...as(admin), lookupTables: [table] };
  const options = { payer: admin.publicKey, lookupTables: [table] };
  for (const [steps, parts] of [
    [20, 1],
    [21, 2],
    [22, 2],
  ] as const) {
    const transactions = await claimTransactions(sender, network, longClaim(steps));
    expect([steps, transactions.length]).toEqual([steps, parts]);
    for (const part of transactions)
      expect(wireBytes(buildTransaction(options, part, network.network.toBase58()))).toBeLessThanOrEqual(
        PACKET_DATA_SIZE,
      );
  }
  await expect(claimTransactions(sender, network, longClaim(23))).rejects.toMatchObject({ code: "PRG_TOO_LARGE" });
});

test("a claim survives its JSON", () => {
  const claim = claimOf(wallets[1]!);
  expect(claimFromJson(JSON.stringify(claimToJson(claim)), "text")).toEqual(claim);
  for (const broken of ["", "{}", "[]", JSON.stringify({ ...claimToJson(claim), leftSiblings: 2 ** 20 })])
    expect(() => claimFromJson(broken, "text")).toThrow(expect.objectContaining({ code: "PRG_BAD_PROOF" }));
});
