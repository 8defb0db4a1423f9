/**
 * Instructions of a network: what its addresses fix is filled in, what a test is about it names. Addresses that a test asks for again
 * and again are derived once.
 */
import { PublicKey, SYSVAR_INSTRUCTIONS_PUBKEY, TransactionInstruction } from "@solana/web3.js";
import * as derive from "../../src/sdk/addresses.ts";
import { PROGRAM_IDS, type ProgramName } from "../../src/sdk/addresses.ts";
import type { NetworkAddresses } from "../../src/sdk/create-network.ts";
import {
  ASSOCIATED_TOKEN_PROGRAM_ID,
  associatedAccountOf,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from "../../src/sdk/token-instructions.ts";
import type { Arg } from "./idl.ts";
import { type Accounts, instruction } from "./instruction.ts";
import { keyOf } from "./transaction.ts";

/** The function with its answers kept; addresses, bytes and numbers are what tell questions apart. */
function once<Args extends readonly (PublicKey | bigint | number | string | Uint8Array)[]>(
  find: (...args: Args) => PublicKey,
): (...args: Args) => PublicKey {
  const known = new Map<string, PublicKey>();
  return (...args) => {
    const key = args.map(textOf).join();
    let found = known.get(key);
    if (found === undefined) {
      found = find(...args);
      known.set(key, found);
    }
    return found;
  };
}

function textOf(arg: PublicKey | bigint | number | string | Uint8Array): string {
  if (arg instanceof PublicKey) return keyOf(arg);
  return arg instanceof Uint8Array ? Buffer.from(arg).toString("hex") : String(arg);
}

export const guardOf = once(derive.guardOf);
export const vaultOf = once(derive.vaultOf);
export const priceFeedOf = once(derive.priceFeedOf);
export const epochRecordOf = once(derive.epochRecordOf);
export const routerOf = once(derive.routerOf);
export const escrowOf = once(derive.escrowOf);
export const makerOf = once(derive.makerOf);
export const makerStakeOf = once(derive.makerStakeOf);
export const hotspotOf = once(derive.hotspotOf);
export const hotspotMintOf = once(derive.hotspotMintOf);
export const epochOf = once(derive.epochOf);
export const rootOf = once(derive.rootOf);
export const claimOf = once(derive.claimOf);
export const logHeadsOf = once(derive.logHeadsOf);
export const positionOf = once(derive.positionOf);
export const proposalOf = once(derive.proposalOf);
export const voteOf = once(derive.voteOf);
const associated = once((mint: PublicKey, owner: PublicKey, program: PublicKey) =>
  associatedAccountOf(mint, owner, program),
);
const eventAuthorityOf = once(derive.eventAuthorityOf);

/** The wallet's accounts of the network's token, of its data credits, and of a hotspot's token. */
export const tokenAccount = ({ tokenMint }: NetworkAddresses, owner: PublicKey) =>
  associated(tokenMint, owner, TOKEN_PROGRAM_ID);
export const dcAccount = ({ dcMint }: NetworkAddresses, owner: PublicKey) =>
  associated(dcMint, owner, TOKEN_2022_PROGRAM_ID);
export const hotspotAccount = (hotspot: PublicKey, owner: PublicKey) =>
  associated(hotspotMintOf(hotspot), owner, TOKEN_2022_PROGRAM_ID);

const fixed = new WeakMap<NetworkAddresses, Accounts>();

/** What a network has one of, by the names the programs give it. */
function fixedAccounts(at: NetworkAddresses): Accounts {
  let accounts = fixed.get(at);
  if (accounts === undefined) {
    const { tokenMint, dcMint, network, dcConfig, distributor, gov } = at;
    const [vault, treasury] = [vaultOf(distributor, tokenMint), vaultOf(gov, tokenMint)];
    accounts = {
      tokenMint,
      dcMint,
      network,
      dcConfig,
      distributor,
      gov,
      vault,
      treasury,
      vaultGuard: guardOf(vault),
      treasuryGuard: guardOf(treasury),
      mintGuard: guardOf(tokenMint),
      dcGuard: guardOf(dcMint),
      priceFeed: derive.priceFeedOf(dcConfig),
      schedule: derive.scheduleOf(distributor),
      oracleSet: derive.oracleSetOf(distributor),
      locks: derive.locksOf(gov),
      lockAuthority: derive.lockAuthorityOf(gov),
      tokenProgram: TOKEN_PROGRAM_ID,
      dcTokenProgram: TOKEN_2022_PROGRAM_ID,
      nftTokenProgram: TOKEN_2022_PROGRAM_ID,
      associatedTokenProgram: ASSOCIATED_TOKEN_PROGRAM_ID,
      guardProgram: PROGRAM_IDS.guard,
      guardEventAuthority: eventAuthorityOf("guard"),
      dataCreditsProgram: PROGRAM_IDS.dataCredits,
      dataCreditsEventAuthority: eventAuthorityOf("dataCredits"),
      instructions: SYSVAR_INSTRUCTIONS_PUBKEY,
    };
    fixed.set(at, accounts);
  }
  return accounts;
}

/** An instruction on a network's accounts; `accounts` names the others, and may name another than the network's. */
export function call(
  at: NetworkAddresses,
  program: ProgramName,
  name: string,
  args: readonly Arg[],
  accounts: Accounts,
): TransactionInstruction {
  const own = program === "governance" ? { mint: at.tokenMint } : {};
  return instruction(program, name, args, { ...fixedAccounts(at), ...own, ...accounts });
}

/** A transfer of either token program. */
export function transferTokens(
  from: PublicKey,
  to: PublicKey,
  owner: PublicKey,
  amount: bigint,
  programId = TOKEN_PROGRAM_ID,
): TransactionInstruction {
  return tokenInstruction(programId, [from, to], owner, 3, amount);
}

/** Burns tokens of the owner's account. */
export function burnTokens(
  account: PublicKey,
  mint: PublicKey,
  owner: PublicKey,
  amount: bigint,
  programId = TOKEN_PROGRAM_ID,
): TransactionInstruction {
  return tokenInstruction(programId, [account, mint], owner, 8, amount);
}

function tokenInstruction(
  programId: PublicKey,
  writable: readonly PublicKey[],
  owner: PublicKey,
  tag: number,
  amount: bigint,
): TransactionInstruction {
  const data = Buffer.alloc(9);
  data[0] = tag;
  data.writeBigUInt64LE(amount, 1);
  const keys = writable.map((pubkey) => ({ pubkey, isSigner: false, isWritable: true }));
  return new TransactionInstruction({
    programId,
    keys: [...keys, { pubkey: owner, isSigner: true, isWritable: false }],
    data,
  });
}

/** A transfer of a token with extensions: with the mint and its decimals. */
export function transferChecked(
  from: PublicKey,
  mint: PublicKey,
  to: PublicKey,
  owner: PublicKey,
  amount: bigint,
  decimals: number,
): TransactionInstruction {
  const data = Buffer.alloc(10);
  data[0] = 12;
  data.writeBigUInt64LE(amount, 1);
  data[9] = decimals;
  return new TransactionInstruction({
    programId: TOKEN_2022_PROGRAM_ID,
    keys: [
      { pubkey: from, isSigner: false, isWritable: true },
      { pubkey: mint, isSigner: false, isWritable: false },
      { pubkey: to, isSigner: false, isWritable: true },
      { pubkey: owner, isSigner: true, isWritable: false },
    ],
    data,
  });
}
