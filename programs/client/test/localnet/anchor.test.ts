/** Unmodified @coral-xyz/anchor against the local chain: methods, accounts, errors, subscriptions, and events out of a transaction. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AnchorError, AnchorProvider, BN, type Idl, Program, type Wallet } from "@coral-xyz/anchor";
import { type Keypair, type PublicKey, SystemProgram, type Transaction, VersionedTransaction } from "@solana/web3.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromBase58 } from "../../src/localnet/base58.ts";
import { epochRecordOf } from "../../src/sdk/addresses.ts";
import { ARTIFACTS } from "../../src/sdk/programs.ts";
import { EPOCH, type LiveNetwork, owner, startNetwork } from "../sdk/live-network.ts";

let live: LiveNetwork;
let dataCredits: Program;

/** What a wallet adapter is to Anchor. */
function walletOf(payer: Keypair): Wallet {
  const sign = <T extends Transaction | VersionedTransaction>(transaction: T): T => {
    if (transaction instanceof VersionedTransaction) transaction.sign([payer]);
    else (transaction as Transaction).partialSign(payer);
    return transaction;
  };
  return {
    payer,
    publicKey: payer.publicKey,
    signTransaction: (transaction) => Promise.resolve(sign(transaction)),
    signAllTransactions: (all) => Promise.resolve(all.map(sign)),
  };
}

beforeAll(async () => {
  live = await startNetwork();
  const provider = new AnchorProvider(live.running.connection, walletOf(owner), { commitment: "confirmed" });
  const idl = JSON.parse(readFileSync(join(ARTIFACTS, "data_credits.json"), "utf8")) as Idl;
  dataCredits = new Program(idl, provider);
});

afterAll(async () => {
  await live.running.stop();
});

const openEpoch = (epoch: bigint) =>
  dataCredits.methods.openEpoch!(new BN(epoch.toString())).accountsPartial({
    epochRecord: epochRecordOf(live.network.dcConfig, epoch),
    dcConfig: live.network.dcConfig,
    payer: owner.publicKey,
    systemProgram: SystemProgram.programId,
  });

test("sends, confirms over the websocket, reads back, and finds by type", async () => {
  const record = epochRecordOf(live.network.dcConfig, EPOCH);
  const client = dataCredits.account as Record<
    string,
    { fetch(at: PublicKey): Promise<unknown>; all(): Promise<unknown[]> }
  >;
  expect(await client.epochRecord!.all()).toEqual([]);
  const told = new Promise<number>((resolve) => {
    live.running.connection.onAccountChange(record, ({ data }) => resolve(data.length), { commitment: "confirmed" });
  });
  // The last to subscribe is the last to be answered.
  await new Promise((resolve) => live.running.connection.onSlotChange(resolve));
  await openEpoch(EPOCH).rpc();
  expect(await told).toBeGreaterThan(8);
  expect(await client.epochRecord!.fetch(record)).toMatchObject({ dcConfig: live.network.dcConfig });
  expect((await client.epochRecord!.all()).length).toBe(1);
  expect(await client.dcConfig!.all()).toMatchObject([{ publicKey: live.network.dcConfig }]);
});

test("gets the program's error as its own type, from preflight and from simulation", async () => {
  const refusal = await openEpoch(EPOCH + 50n)
    .rpc()
    .then(
      () => null,
      (error: unknown) => error,
    );
  expect(refusal).toBeInstanceOf(AnchorError);
  expect((refusal as AnchorError).error.errorCode).toEqual({ code: "EpochNotNear", number: 6027 });
  await expect(openEpoch(EPOCH + 50n).simulate()).rejects.toThrow();
});

test("leaves its events where the typed client finds them", async () => {
  const signature = await openEpoch(EPOCH + 1n).rpc({ commitment: "confirmed" });
  const shown = await live.running.connection.getTransaction(signature, {
    commitment: "confirmed",
    maxSupportedTransactionVersion: 0,
  });
  const keys = shown!.transaction.message.getAccountKeys();
  const events = shown!.meta!.innerInstructions!.flatMap(({ instructions }) =>
    instructions.map(({ programIdIndex, data }) => live.programs.eventIn(keys.get(programIdIndex)!, fromBase58(data)!)),
  );
  expect(events.filter((event) => event !== null)).toEqual([
    { program: "dataCredits", name: "epochOpened", fields: expect.objectContaining({ epoch: EPOCH + 1n }) },
  ]);
});
