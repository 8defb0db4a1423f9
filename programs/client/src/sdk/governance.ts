/** Instructions of governance: locking tokens, voting with them, and what becomes of a proposal. */
import { createHash } from "node:crypto";
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { Choice, LockKind, PackedInstruction } from "../generated/governance.ts";
import { lockAuthorityOf, locksOf, positionOf, proposalOf, voteOf } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { tokenAccountOf } from "./data-credits.ts";
import type { Programs } from "./programs.ts";
import { createAssociatedAccount, TOKEN_PROGRAM_ID } from "./token-instructions.ts";

const SIGNS = 1;
const WRITABLE = 2;
const MAX_COUNT = 255;

interface OwnedPosition {
  readonly owner: PublicKey;
  /** The number the owner gave it. */
  readonly id: bigint;
}

/** Locks tokens in a new position; it counts from the next epoch on. */
export function lockTokens(
  programs: Programs,
  network: NetworkAddresses,
  { owner, id, amountAtoms, lock }: OwnedPosition & { readonly amountAtoms: bigint; readonly lock: LockKind },
): Promise<TransactionInstruction> {
  const { gov, tokenMint } = network;
  return programs.instruction("governance", "lock", [id, amountAtoms, lock], {
    gov,
    position: positionOf(gov, owner, id),
    owner,
    from: tokenAccountOf(network, owner),
    locks: locksOf(gov),
    mint: tokenMint,
    payer: owner,
    tokenProgram: TOKEN_PROGRAM_ID,
  });
}

/** Adds tokens to a position. */
export function topUpPosition(
  programs: Programs,
  network: NetworkAddresses,
  { owner, id, amountAtoms }: OwnedPosition & { readonly amountAtoms: bigint },
): Promise<TransactionInstruction> {
  const { gov, tokenMint } = network;
  return programs.instruction("governance", "topUp", [amountAtoms], {
    gov,
    position: positionOf(gov, owner, id),
    owner,
    from: tokenAccountOf(network, owner),
    locks: locksOf(gov),
    mint: tokenMint,
    tokenProgram: TOKEN_PROGRAM_ID,
  });
}

/** Makes a lock longer, or constant. */
export function extendLock(
  programs: Programs,
  { gov }: NetworkAddresses,
  { owner, id }: OwnedPosition,
  lock: LockKind,
): Promise<TransactionInstruction> {
  return programs.instruction("governance", "extend", [lock], { gov, position: positionOf(gov, owner, id), owner });
}

/** Lets a constant lock run out. */
export function startUnlock(
  programs: Programs,
  { gov }: NetworkAddresses,
  { owner, id }: OwnedPosition,
): Promise<TransactionInstruction> {
  return programs.instruction("governance", "startUnlock", [], { gov, position: positionOf(gov, owner, id), owner });
}

/** Pays the tokens of a position back, once its lock is over and its votes are released. */
export async function withdrawPosition(
  programs: Programs,
  network: NetworkAddresses,
  { owner, id }: OwnedPosition,
): Promise<readonly TransactionInstruction[]> {
  const { gov, tokenMint } = network;
  return [
    createAssociatedAccount(owner, owner, tokenMint),
    await programs.instruction("governance", "withdraw", [], {
      gov,
      position: positionOf(gov, owner, id),
      owner,
      lockAuthority: lockAuthorityOf(gov),
      locks: locksOf(gov),
      to: tokenAccountOf(network, owner),
      mint: tokenMint,
      tokenProgram: TOKEN_PROGRAM_ID,
    }),
  ];
}

/** Proposes instructions by their hash, as proposal `id`: the number the governance gives next. */
export function proposeInstructions(
  programs: Programs,
  { gov }: NetworkAddresses,
  args: {
    readonly id: bigint;
    readonly owner: PublicKey;
    readonly positionId: bigint;
    readonly instructions: readonly TransactionInstruction[];
    readonly description: string;
  },
): Promise<TransactionInstruction> {
  const { id, owner, positionId, instructions, description } = args;
  return programs.instruction("governance", "propose", [id, instructionHash(instructions), sha256(description)], {
    gov,
    proposal: proposalOf(gov, id),
    position: positionOf(gov, owner, positionId),
    owner,
    payer: owner,
  });
}

/** Votes with a position, once. */
export function castVote(
  programs: Programs,
  { gov }: NetworkAddresses,
  args: { readonly proposal: bigint; readonly owner: PublicKey; readonly positionId: bigint; readonly choice: Choice },
): Promise<TransactionInstruction> {
  const { proposal: id, owner, positionId, choice } = args;
  const proposal = proposalOf(gov, id);
  const position = positionOf(gov, owner, positionId);
  const vote = voteOf(proposal, position);
  return programs.instruction("governance", "vote", [choice], { proposal, position, vote, owner, payer: owner });
}

/** Counts the votes after the end; anybody may. */
export function finalizeProposal(programs: Programs, proposal: PublicKey): Promise<TransactionInstruction> {
  return programs.instruction("governance", "finalizeProposal", [], { proposal });
}

/** Starts the delay of a proposal that passed; anybody may. */
export function queueProposal(programs: Programs, proposal: PublicKey): Promise<TransactionInstruction> {
  return programs.instruction("governance", "queueProposal", [], { proposal });
}

/** Executes what was proposed, byte for byte, after its delay; anybody may. */
export async function executeProposal(
  programs: Programs,
  { gov }: NetworkAddresses,
  id: bigint,
  instructions: readonly TransactionInstruction[],
): Promise<TransactionInstruction> {
  const execute = await programs.instruction("governance", "execute", [instructions.map(packed)], {
    gov,
    proposal: proposalOf(gov, id),
  });
  // Only governance signs inside; nobody has to sign for it outside.
  for (const { programId, keys } of instructions)
    execute.keys.push(
      { pubkey: programId, isSigner: false, isWritable: false },
      ...keys.map((key) => ({ ...key, isSigner: key.isSigner && !key.pubkey.equals(gov) })),
    );
  return execute;
}

/** Withdraws a proposal; only its proposer may. */
export function cancelProposal(
  programs: Programs,
  proposal: PublicKey,
  proposer: PublicKey,
): Promise<TransactionInstruction> {
  return programs.instruction("governance", "cancelProposal", [], { proposal, proposer });
}

/** Closes a vote whose proposal takes no more votes, so that the position is free; anybody may. */
export function releaseVote(
  programs: Programs,
  args: { readonly proposal: PublicKey; readonly position: PublicKey; readonly rentPayer: PublicKey },
): Promise<TransactionInstruction> {
  const { proposal, position, rentPayer } = args;
  const vote = voteOf(proposal, position);
  return programs.instruction("governance", "releaseVote", [], { proposal, position, vote, rentPayer });
}

/** SHA-256 of instructions as `execute` packs them: what a proposal commits to. Throws PRG_BAD_VALUE. */
export function instructionHash(instructions: readonly TransactionInstruction[]): Uint8Array {
  const digest = createHash("sha256").update(Uint8Array.of(count(instructions.length)));
  for (const { programId, keys, data } of instructions) {
    digest.update(programId.toBytes()).update(Uint8Array.of(count(keys.length)));
    for (const key of keys) digest.update(key.pubkey.toBytes()).update(Uint8Array.of(flagsOf(key)));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, data.length, true);
    digest.update(length).update(data);
  }
  return new Uint8Array(digest.digest());
}

function packed({ keys, data }: TransactionInstruction): PackedInstruction {
  return { flags: Uint8Array.from(keys, flagsOf), data: new Uint8Array(data) };
}

function flagsOf({ isSigner, isWritable }: { readonly isSigner: boolean; readonly isWritable: boolean }): number {
  return (isSigner ? SIGNS : 0) | (isWritable ? WRITABLE : 0);
}

function count(number: number): number {
  if (number <= MAX_COUNT) return number;
  throw new ClientError("PRG_BAD_VALUE", `a proposal counts to ${MAX_COUNT}, not to ${number}`);
}

function sha256(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}
