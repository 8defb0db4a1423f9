/** Instructions of an epoch's life: issue, vote, veto, finalise, claim. Each can be repeated safely: the program refuses a second. */
import { type PublicKey, SystemProgram, type TransactionInstruction } from "@solana/web3.js";
import type { RootTuple } from "../generated/rewards.ts";
import {
  claimOf,
  epochOf,
  epochRecordOf,
  guardOf,
  logHeadsOf,
  oracleSetOf,
  PROGRAM_IDS,
  rootOf,
  scheduleOf,
  vaultOf,
} from "./addresses.ts";
import type { ClaimProof } from "./claim-proof.ts";
import type { NetworkAddresses } from "./create-network.ts";
import type { Programs } from "./programs.ts";
import { associatedAccountOf, createAssociatedAccount, TOKEN_PROGRAM_ID } from "./token-instructions.ts";

/** Issues an epoch that is over: anybody may, in order, once. */
export function issueEpoch(
  programs: Programs,
  { distributor, network, dcConfig, tokenMint, gov }: NetworkAddresses,
  payer: PublicKey,
  epoch: bigint,
): Promise<TransactionInstruction> {
  return programs.instruction("rewards", "issueEpoch", [epoch], {
    distributor,
    epochAccount: epochOf(distributor, epoch),
    root: rootOf(distributor, epoch, 0),
    schedule: scheduleOf(distributor),
    oracleSet: oracleSetOf(distributor),
    network,
    epochRecord: epochRecordOf(dcConfig, epoch),
    tokenMint,
    vault: vaultOf(distributor, tokenMint),
    treasury: vaultOf(gov, tokenMint),
    mintGuard: guardOf(tokenMint),
    payer,
    guardProgram: PROGRAM_IDS.guard,
    tokenProgram: TOKEN_PROGRAM_ID,
    systemProgram: SystemProgram.programId,
  });
}

/** Opens the next attempt at an epoch's root where nothing can come of the one before; anybody may. */
export function openAttempt(
  programs: Programs,
  { distributor }: NetworkAddresses,
  { payer, epoch, attempt }: { readonly payer: PublicKey; readonly epoch: bigint; readonly attempt: number },
): Promise<TransactionInstruction> {
  return programs.instruction("rewards", "openAttempt", [epoch, attempt], {
    root: rootOf(distributor, epoch, attempt),
    previous: rootOf(distributor, epoch, attempt - 1),
    epochAccount: epochOf(distributor, epoch),
    oracleSet: oracleSetOf(distributor),
    distributor,
    payer,
  });
}

/** An oracle's vote on an epoch's root. */
export function voteRoot(
  programs: Programs,
  { distributor }: NetworkAddresses,
  args: { readonly oracle: PublicKey; readonly epoch: bigint; readonly attempt?: number; readonly tuple: RootTuple },
): Promise<TransactionInstruction> {
  const { oracle, epoch, attempt = 0, tuple } = args;
  return programs.instruction("rewards", "voteRoot", [tuple], {
    root: rootOf(distributor, epoch, attempt),
    epochAccount: epochOf(distributor, epoch),
    oracleSet: oracleSetOf(distributor),
    distributor,
    oracle,
  });
}

/** Makes an approved root final after its window; anybody may. */
export function finalizeRoot(
  programs: Programs,
  { distributor }: NetworkAddresses,
  epoch: bigint,
  attempt = 0,
): Promise<TransactionInstruction> {
  return programs.instruction("rewards", "finalizeRoot", [], {
    root: rootOf(distributor, epoch, attempt),
    epochAccount: epochOf(distributor, epoch),
    oracleSet: oracleSetOf(distributor),
    distributor,
  });
}

/** Pays a wallet what the final root owes it; anybody may pay the fee. Opens its claim account the first time. */
export async function claimRewards(
  programs: Programs,
  network: NetworkAddresses,
  args: {
    readonly payer: PublicKey;
    readonly beneficiary: PublicKey;
    readonly cumulative: bigint;
    readonly proof: ClaimProof;
    /** Whether the wallet has claimed before. */
    readonly hasClaim: boolean;
  },
): Promise<readonly TransactionInstruction[]> {
  const { payer, beneficiary, cumulative, proof, hasClaim } = args;
  const { distributor, tokenMint } = network;
  const vault = vaultOf(distributor, tokenMint);
  const claim = claimOf(distributor, beneficiary);
  const steps = proof.steps.map(({ hash, sum }) => ({ hash, sum }));
  const paid = await programs.instruction("rewards", "claim", [cumulative, proof.leftSiblings, steps], {
    distributor,
    claim,
    beneficiary,
    payout: associatedAccountOf(tokenMint, beneficiary),
    vault,
    vaultGuard: guardOf(vault),
    tokenMint,
    guardProgram: PROGRAM_IDS.guard,
    tokenProgram: TOKEN_PROGRAM_ID,
  });
  if (hasClaim) return [paid];
  const open = await programs.instruction("rewards", "openClaim", [], {
    claim,
    distributor,
    beneficiary,
    payer,
    systemProgram: SystemProgram.programId,
  });
  return [createAssociatedAccount(payer, beneficiary, tokenMint), open, paid];
}

/** The oracle opens the account its log's heads go to; once. `ingestKey` is 33 bytes with its tag. */
export function openLog(
  programs: Programs,
  { distributor }: NetworkAddresses,
  { oracle, ingestKey }: { readonly oracle: PublicKey; readonly ingestKey: Uint8Array },
): Promise<TransactionInstruction> {
  return programs.instruction("rewards", "openLog", [ingestKey], {
    logHeads: logHeadsOf(distributor, oracle),
    oracleSet: oracleSetOf(distributor),
    distributor,
    oracle,
    payer: oracle,
    systemProgram: SystemProgram.programId,
  });
}

/** The oracle writes the head of its log down: how many uploads, and the 32-byte head of their chain. */
export function recordLogHead(
  programs: Programs,
  { distributor }: NetworkAddresses,
  { oracle, length, head }: { readonly oracle: PublicKey; readonly length: bigint; readonly head: Uint8Array },
): Promise<TransactionInstruction> {
  return programs.instruction("rewards", "recordLogHead", [length, head], {
    logHeads: logHeadsOf(distributor, oracle),
    oracleSet: oracleSetOf(distributor),
    distributor,
    oracle,
  });
}

/** The guardian or the admin refuses an approved root within its window. */
export function vetoRoot(
  programs: Programs,
  { distributor }: NetworkAddresses,
  { guardian, epoch, attempt }: { readonly guardian: PublicKey; readonly epoch: bigint; readonly attempt: number },
): Promise<TransactionInstruction> {
  return programs.instruction("rewards", "vetoRoot", [], {
    root: rootOf(distributor, epoch, attempt),
    distributor,
    guardian,
  });
}
