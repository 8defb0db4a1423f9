/** Our token instructions against those of @solana/spl-token. */
import {
  createAssociatedTokenAccountIdempotentInstruction,
  createInitializeMint2Instruction,
  createMintToInstruction,
  getAssociatedTokenAddressSync,
  MINT_SIZE,
} from "@solana/spl-token";
import { Keypair } from "@solana/web3.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  associatedAccountOf,
  createAssociatedAccount,
  initializeMint,
  MINT_BYTES,
  mintTo,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from "../../src/sdk/token-instructions.ts";

const [mint, wallet, payer] = [1, 2, 3].map((number) => Keypair.fromSeed(new Uint8Array(32).fill(number)).publicKey);

test.each([TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID])(
  "associated accounts are those of spl-token under %s",
  (program) => {
    const account = getAssociatedTokenAddressSync(mint!, wallet!, true, program);
    expect(associatedAccountOf(mint!, wallet!, program)).toEqual(account);
    expect(createAssociatedAccount(payer!, wallet!, mint!, program)).toEqual(
      createAssociatedTokenAccountIdempotentInstruction(payer!, account, wallet!, mint!, program),
    );
  },
);

test("minting is that of spl-token", () => {
  expect(MINT_BYTES).toBe(MINT_SIZE);
  expect(initializeMint(mint!, 8, payer!).data.subarray(0, 35)).toEqual(
    createInitializeMint2Instruction(mint!, 8, payer!, null).data.subarray(0, 35),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (amountAtoms) => {
      expect(mintTo(mint!, wallet!, payer!, amountAtoms)).toEqual(
        createMintToInstruction(mint!, wallet!, payer!, amountAtoms),
      );
    }),
  );
});
