/** Unmodified @solana/web3.js against the local chain. */
import {
  AddressLookupTableProgram,
  ComputeBudgetProgram,
  Connection,
  Ed25519Program,
  Keypair,
  LAMPORTS_PER_SOL,
  NONCE_ACCOUNT_LENGTH,
  NonceAccount,
  PublicKey,
  SendTransactionError,
  SystemProgram,
  sendAndConfirmTransaction,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { describe, expect, test } from "vitest";
import { runChain } from "./running-chain.ts";

const running = runChain();

function transfer(from: Keypair, to: PublicKey, lamports: number): Transaction {
  return new Transaction().add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports }));
}

describe("sending", () => {
  test("confirms a transfer, charges the fee and shows the transaction", async () => {
    const { connection, funded } = running();
    const from = await funded();
    const to = Keypair.generate().publicKey;
    const signature = await sendAndConfirmTransaction(connection, transfer(from, to, LAMPORTS_PER_SOL), [from]);

    expect(await connection.getBalance(to)).toBe(LAMPORTS_PER_SOL);
    expect(await connection.getBalance(from.publicKey)).toBe(9 * LAMPORTS_PER_SOL - 5000);
    const shown = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(shown?.meta?.fee).toBe(5000);
    expect(shown?.meta?.err).toBeNull();
    expect(shown?.transaction.message.getAccountKeys().get(1)?.toBase58()).toBe(to.toBase58());
    const parsed = await connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(parsed?.transaction.message.accountKeys.map(({ signer, writable }) => [signer, writable])).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
    expect((await connection.getSignaturesForAddress(to)).map((one) => one.signature)).toEqual([signature]);
    expect((await connection.getSignatureStatus(signature)).value?.err).toBeNull();
  });

  test("refuses in preflight with the program's logs and Solana's code", async () => {
    const { connection, funded } = running();
    const from = await funded();
    const refused = sendAndConfirmTransaction(
      connection,
      transfer(from, Keypair.generate().publicKey, 20 * LAMPORTS_PER_SOL),
      [from],
    );
    const error = await refused.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SendTransactionError);
    expect((error as SendTransactionError).message).toContain(
      "Error processing Instruction 0: custom program error: 0x1",
    );
    expect((error as SendTransactionError).logs?.[1]).toBe(
      "Transfer: insufficient lamports 9999995000, need 20000000000",
    );
    expect(await connection.getBalance(from.publicKey)).toBe(10 * LAMPORTS_PER_SOL);
  });

  test("lands a failing transaction without preflight, with its fee and its error", async () => {
    const { chain, connection, funded } = running();
    const from = await funded();
    const transaction = transfer(from, Keypair.generate().publicKey, 20 * LAMPORTS_PER_SOL);
    const signature = await connection.sendTransaction(transaction, [from], { skipPreflight: true });
    chain.closeBlock(0);
    const { value } = await connection.getSignatureStatus(signature);
    expect(value?.err).toEqual({ InstructionError: [0, { Custom: 1 }] });
    expect(await connection.getBalance(from.publicKey)).toBe(10 * LAMPORTS_PER_SOL - 5000);
  });

  test("refuses the same transaction twice, a foreign blockhash and a broken signature, each by its name", async () => {
    const { connection, funded, call } = running();
    const from = await funded();
    const transaction = transfer(from, Keypair.generate().publicKey, LAMPORTS_PER_SOL);
    transaction.recentBlockhash = (await connection.getLatestBlockhash()).blockhash;
    transaction.sign(from);
    const wire = transaction.serialize();
    await connection.sendRawTransaction(wire);
    await expect(connection.sendRawTransaction(wire)).rejects.toThrow("This transaction has already been processed");

    transaction.recentBlockhash = Keypair.generate().publicKey.toBase58();
    transaction.sign(from);
    await expect(connection.sendRawTransaction(transaction.serialize())).rejects.toThrow("Blockhash not found");

    wire[10]! ^= 1;
    const answer = await call("sendTransaction", [wire.toString("base64"), { encoding: "base64" }]);
    expect(answer.error).toEqual({ code: -32003, message: "Transaction signature verification failure" });
  });

  test("takes a version-0 transaction with a lookup table", async () => {
    const { connection, funded } = running();
    const payer = await funded();
    const targets = Array.from({ length: 8 }, () => Keypair.generate().publicKey);
    const [create, table] = AddressLookupTableProgram.createLookupTable({
      authority: payer.publicKey,
      payer: payer.publicKey,
      recentSlot: (await connection.getSlot()) - 1,
    });
    const extend = AddressLookupTableProgram.extendLookupTable({
      lookupTable: table,
      authority: payer.publicKey,
      payer: payer.publicKey,
      addresses: targets,
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(create, extend), [payer]);
    const { value } = await connection.getAddressLookupTable(table);
    expect(value?.state.addresses.length).toBe(8);

    const latest = await connection.getLatestBlockhash();
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: latest.blockhash,
      instructions: targets.map((toPubkey) =>
        SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey, lamports: LAMPORTS_PER_SOL / 10 }),
      ),
    }).compileToV0Message([value!]);
    const transaction = new VersionedTransaction(message);
    transaction.sign([payer]);
    const signature = await connection.sendTransaction(transaction);
    expect((await connection.confirmTransaction({ signature, ...latest })).value.err).toBeNull();
    const shown = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(shown?.version).toBe(0);
    expect(shown?.meta?.loadedAddresses?.writable.length).toBe(8);
    await expect(connection.getTransaction(signature)).rejects.toThrow("maxSupportedTransactionVersion");
    expect(await connection.getBalance(targets[7]!)).toBe(LAMPORTS_PER_SOL / 10);
  });

  test("takes a durable nonce in place of a blockhash, once", async () => {
    const { connection, funded } = running();
    const payer = await funded();
    const nonce = Keypair.generate();
    const create = SystemProgram.createNonceAccount({
      fromPubkey: payer.publicKey,
      noncePubkey: nonce.publicKey,
      authorizedPubkey: payer.publicKey,
      lamports: await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH),
    });
    await sendAndConfirmTransaction(connection, create, [payer, nonce]);
    const stored = async () =>
      NonceAccount.fromAccountData((await connection.getAccountInfo(nonce.publicKey))!.data).nonce;
    const first = await stored();
    const spend = (to: PublicKey) => {
      const transaction = new Transaction().add(
        SystemProgram.nonceAdvance({ noncePubkey: nonce.publicKey, authorizedPubkey: payer.publicKey }),
        SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: LAMPORTS_PER_SOL }),
      );
      transaction.recentBlockhash = first;
      transaction.feePayer = payer.publicKey;
      transaction.sign(payer);
      return connection.sendRawTransaction(transaction.serialize());
    };
    const to = Keypair.generate().publicKey;
    await connection.confirmTransaction({ signature: await spend(to), ...(await connection.getLatestBlockhash()) });
    expect(await connection.getBalance(to)).toBe(LAMPORTS_PER_SOL);
    expect(await stored()).not.toBe(first);
    await expect(spend(Keypair.generate().publicKey)).rejects.toThrow("Blockhash not found");
  });

  test("says the fee before it takes it, with priority and precompile signatures", async () => {
    const { connection, funded } = running();
    const from = await funded();
    const instructions = [
      [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: from.publicKey, lamports: 1 })],
      [ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 12_345 })],
      [
        ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_001 }),
        ComputeBudgetProgram.setComputeUnitLimit({ units: 77_777 }),
        Ed25519Program.createInstructionWithPrivateKey({ privateKey: from.secretKey, message: new Uint8Array(3) }),
      ],
    ];
    for (const list of instructions) {
      const latest = await connection.getLatestBlockhash();
      const transaction = new Transaction({ feePayer: from.publicKey, ...latest }).add(...list);
      const told = (await connection.getFeeForMessage(transaction.compileMessage())).value;
      const signature = await sendAndConfirmTransaction(connection, transaction, [from]);
      const shown = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
      expect(shown?.meta?.fee).toBe(told);
      expect(told).toBeGreaterThanOrEqual(5000);
    }
  });
});

describe("simulating", () => {
  test("shows what would happen and changes nothing", async () => {
    const { connection, funded } = running();
    const from = await funded();
    const to = Keypair.generate().publicKey;
    const message = new TransactionMessage({
      payerKey: from.publicKey,
      recentBlockhash: PublicKey.default.toBase58(),
      instructions: transfer(from, to, LAMPORTS_PER_SOL).instructions,
    }).compileToV0Message();
    const { value } = await connection.simulateTransaction(new VersionedTransaction(message), {
      replaceRecentBlockhash: true,
      accounts: { encoding: "base64", addresses: [to.toBase58()] },
    });
    expect(value.err).toBeNull();
    expect(value.unitsConsumed).toBe(150);
    expect(value.accounts?.[0]?.lamports).toBe(LAMPORTS_PER_SOL);
    expect(await connection.getBalance(to)).toBe(0);
    const stale = await connection.simulateTransaction(new VersionedTransaction(message));
    expect(stale.value.err).toBe("BlockhashNotFound");
  });
});

describe("subscriptions", () => {
  test("tell of an account, a program, logs and slots", async () => {
    const { connection, funded } = running();
    const from = await funded();
    const account = Keypair.generate();
    const told = (subscribe: (done: (value: unknown) => void) => void) => new Promise<unknown>(subscribe);
    const lamports = told((done) => connection.onAccountChange(account.publicKey, (info) => done(info.lamports)));
    const owned = told((done) =>
      connection.onProgramAccountChange(SystemProgram.programId, ({ accountId }) => done(accountId.toBase58()), {
        filters: [{ dataSize: 33 }],
      }),
    );
    const logs = told((done) => connection.onLogs(account.publicKey, (entry) => done(entry.err)));
    const slot = told((done) => connection.onSlotChange(({ slot, parent }) => done(slot - parent)));
    const root = told((done) => connection.onRootChange((value) => done(value)));
    // The last to subscribe is the last to be answered.
    expect(await root).toBeTypeOf("number");

    const create = SystemProgram.createAccount({
      fromPubkey: from.publicKey,
      newAccountPubkey: account.publicKey,
      lamports: LAMPORTS_PER_SOL,
      space: 33,
      programId: SystemProgram.programId,
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(create), [from, account]);
    expect(await lamports).toBe(LAMPORTS_PER_SOL);
    expect(await owned).toBe(account.publicKey.toBase58());
    expect(await logs).toBeNull();
    expect(await slot).toBe(1);
  });
});

describe("reading", () => {
  test("gives slots, blocks and times that agree with each other", async () => {
    const { connection, funded } = running();
    const from = await funded();
    const signature = await sendAndConfirmTransaction(connection, transfer(from, from.publicKey, 1), [from]);
    const slot = (await connection.getSignatureStatus(signature)).value!.slot;
    const block = await connection.getBlock(slot, { maxSupportedTransactionVersion: 0, commitment: "confirmed" });
    expect(block?.transactions.map(({ transaction }) => transaction.signatures[0])).toContain(signature);
    expect(block?.blockTime).toBe(await connection.getBlockTime(slot));
    const parent = await connection.getBlockSignatures(block!.parentSlot, "confirmed");
    expect(parent.blockhash).toBe(block?.previousBlockhash);
    expect(await connection.getBlocks(block!.parentSlot, slot, "confirmed")).toEqual([block!.parentSlot, slot]);
    const epoch = await connection.getEpochInfo("processed");
    expect(epoch.absoluteSlot).toBeGreaterThan(slot);
    expect(epoch.blockHeight).toBe(epoch.absoluteSlot);
    expect((await connection.getVersion())["solana-core"]).toMatch(/^\d+\.\d+\.\d+/);
    expect(await connection.getGenesisHash()).toHaveLength(44);
  });

  test("finds a program's accounts by size and bytes, sliced", async () => {
    const { connection, funded } = running();
    const from = await funded();
    const account = Keypair.generate();
    const create = SystemProgram.createAccount({
      fromPubkey: from.publicKey,
      newAccountPubkey: account.publicKey,
      lamports: LAMPORTS_PER_SOL,
      space: 77,
      programId: Ed25519Program.programId,
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(create), [from, account]);
    const found = await connection.getProgramAccounts(Ed25519Program.programId, {
      filters: [{ dataSize: 77 }, { memcmp: { offset: 70, bytes: "1111" } }],
      dataSlice: { offset: 1, length: 5 },
    });
    expect(found.map(({ pubkey, account: { data } }) => [pubkey.toBase58(), data.length])).toEqual([
      [account.publicKey.toBase58(), 5],
    ]);
    const none = await connection.getProgramAccounts(Ed25519Program.programId, {
      filters: [{ memcmp: { offset: 70, bytes: "2" } }],
    });
    expect(none).toEqual([]);
    const infos = await connection.getMultipleAccountsInfo([account.publicKey, Keypair.generate().publicKey]);
    expect(infos.map((info) => info?.data.length ?? null)).toEqual([77, null]);
  });

  test("reads the state of the commitment, not the newest", async () => {
    const { server, chain, call } = running();
    const finalized = new Connection(server.url, "finalized");
    const wallet = Keypair.generate().publicKey;
    // One call executes and reads back before any block is closed.
    chain.airdrop(wallet.toBase58(), 5_000_000n);
    expect(chain.account(wallet.toBase58(), "processed")?.lamports).toBe(5_000_000n);
    expect(chain.account(wallet.toBase58(), "confirmed")).toBeNull();
    chain.closeBlock(0);
    expect(chain.account(wallet.toBase58(), "confirmed")?.lamports).toBe(5_000_000n);
    expect(chain.account(wallet.toBase58(), "finalized")).toBeNull();
    chain.closeBlock(0);
    expect(await finalized.getBalance(wallet)).toBe(5_000_000);
    const minimum = await call("getBalance", [wallet.toBase58(), { minContextSlot: 2 ** 40 }]);
    expect(minimum.error.code).toBe(-32016);
  });
});
