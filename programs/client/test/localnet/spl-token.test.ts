/** Unmodified @solana/spl-token against the local chain, under both token programs. */
import {
  createMint,
  getAccount,
  getMint,
  getOrCreateAssociatedTokenAccount,
  mintTo,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
  TokenInvalidAccountOwnerError,
  transfer,
} from "@solana/spl-token";
import { Keypair, PublicKey, SendTransactionError } from "@solana/web3.js";
import { describe, expect, test } from "vitest";
import { runChain } from "./running-chain.ts";

const running = runChain();
const COMMITMENT = { commitment: "confirmed" } as const;

describe.each([
  ["SPL Token", TOKEN_PROGRAM_ID],
  ["Token-2022", TOKEN_2022_PROGRAM_ID],
])("%s", (_, program) => {
  test("creates a mint, mints, transfers and is told the balances", async () => {
    const { connection, funded } = running();
    const alice = await funded();
    const bob = Keypair.generate().publicKey;
    const mint = await createMint(connection, alice, alice.publicKey, null, 8, Keypair.generate(), COMMITMENT, program);
    const accountOf = async (owner: PublicKey) =>
      (await getOrCreateAssociatedTokenAccount(connection, alice, mint, owner, false, "confirmed", COMMITMENT, program))
        .address;
    const [from, to] = [await accountOf(alice.publicKey), await accountOf(bob)];
    await mintTo(connection, alice, mint, from, alice, 12_345_678_900n, [], COMMITMENT, program);
    const signature = await transfer(connection, alice, from, to, alice, 345_678_900n, [], COMMITMENT, program);

    expect((await getAccount(connection, to, "confirmed", program)).amount).toBe(345_678_900n);
    expect((await getMint(connection, mint, "confirmed", program)).supply).toBe(12_345_678_900n);
    expect((await connection.getTokenAccountBalance(from)).value.uiAmountString).toBe("120");
    expect((await connection.getTokenSupply(mint)).value.uiAmountString).toBe("123.456789");
    const owned = await connection.getParsedTokenAccountsByOwner(bob, { mint });
    expect(owned.value[0]?.account.data.parsed.info.tokenAmount.uiAmountString).toBe("3.456789");
    const byProgram = await connection.getTokenAccountsByOwner(bob, { programId: program });
    expect(byProgram.value.map(({ pubkey }) => pubkey.toBase58())).toEqual([to.toBase58()]);
    const largest = await connection.getTokenLargestAccounts(mint);
    expect(largest.value.map(({ address }) => address.toBase58())).toEqual([from.toBase58(), to.toBase58()]);
    const parsedMint = (await connection.getParsedAccountInfo(mint)).value?.data as { parsed: { type: string } };
    expect(parsedMint.parsed.type).toBe("mint");

    const meta = (await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }))!.meta!;
    const amounts = (balances: typeof meta.preTokenBalances) =>
      balances?.map(({ uiTokenAmount }) => uiTokenAmount.amount);
    expect(amounts(meta.preTokenBalances)?.sort()).toEqual(["0", "12345678900"]);
    expect(amounts(meta.postTokenBalances)?.sort()).toEqual(["12000000000", "345678900"]);
  });

  test("fails to overdraw with the program's own code", async () => {
    const { connection, funded } = running();
    const alice = await funded();
    const mint = await createMint(connection, alice, alice.publicKey, null, 0, Keypair.generate(), COMMITMENT, program);
    const { address } = await getOrCreateAssociatedTokenAccount(
      connection,
      alice,
      mint,
      alice.publicKey,
      false,
      "confirmed",
      COMMITMENT,
      program,
    );
    const overdrawn = transfer(connection, alice, address, address, alice, 1n, [], COMMITMENT, program);
    await expect(overdrawn).rejects.toBeInstanceOf(SendTransactionError);
    await expect(overdrawn).rejects.toThrow("custom program error: 0x1");
    const other = program === TOKEN_PROGRAM_ID ? TOKEN_2022_PROGRAM_ID : TOKEN_PROGRAM_ID;
    await expect(getAccount(connection, address, "confirmed", other)).rejects.toBeInstanceOf(
      TokenInvalidAccountOwnerError,
    );
  });
});

test("refuses to list token accounts of a program that is none", async () => {
  const { connection } = running();
  const listed = connection.getTokenAccountsByOwner(PublicKey.default, { programId: PublicKey.default });
  await expect(listed).rejects.toThrow("unrecognized Token program id");
});
