/**
 * Instructions as one transaction: legacy where it fits, else version 0 with lookup tables, and whether it fits at all.
 *
 * A lookup table only shortens the bytes: an address it does not hold is written out, and a wrong table cannot put another in its place.
 */
import {
  type AddressLookupTableAccount,
  ComputeBudgetProgram,
  type Keypair,
  PACKET_DATA_SIZE,
  type PublicKey,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { ClientError } from "../errors.ts";

const SIGNATURE_BYTES = 64;
/** Any blockhash: all are as long. */
const NO_BLOCKHASH = "11111111111111111111111111111111";

export interface TransactionOptions {
  readonly payer: PublicKey;
  /** Tables that may be used. */
  readonly lookupTables?: readonly AddressLookupTableAccount[];
  /** What is offered for a compute unit, 1e-6 lamports; nothing without it. */
  readonly priorityMicroLamports?: bigint;
}

/** The unsigned transaction. Throws PRG_TOO_LARGE. */
export function buildTransaction(
  options: TransactionOptions,
  instructions: readonly TransactionInstruction[],
  blockhash: string,
): VersionedTransaction {
  const built = tryBuild(options, instructions, blockhash);
  if (built !== null) return built;
  throw new ClientError("PRG_TOO_LARGE", `${instructions.length} instructions do not fit ${PACKET_DATA_SIZE} bytes`);
}

/** Whether the instructions fit one transaction. */
export function fits(options: TransactionOptions, instructions: readonly TransactionInstruction[]): boolean {
  return tryBuild(options, instructions, NO_BLOCKHASH) !== null;
}

/** Bytes of a transaction on the wire. */
export function wireBytes({ message }: VersionedTransaction): number {
  return 1 + SIGNATURE_BYTES * message.header.numRequiredSignatures + message.serialize().length;
}

/** Signs with each keypair, once. */
export function signTransaction(transaction: VersionedTransaction, signers: readonly Keypair[]): void {
  transaction.sign([...new Map(signers.map((signer) => [signer.publicKey.toBase58(), signer])).values()]);
}

function tryBuild(
  { payer, lookupTables = [], priorityMicroLamports }: TransactionOptions,
  instructions: readonly TransactionInstruction[],
  blockhash: string,
): VersionedTransaction | null {
  const priced =
    priorityMicroLamports === undefined
      ? [...instructions]
      : [ComputeBudgetProgram.setComputeUnitPrice({ microLamports: priorityMicroLamports }), ...instructions];
  const message = new TransactionMessage({ payerKey: payer, recentBlockhash: blockhash, instructions: priced });
  const legacy = new VersionedTransaction(message.compileToLegacyMessage());
  if (isShort(legacy)) return legacy;
  const versioned = new VersionedTransaction(message.compileToV0Message([...lookupTables]));
  return lookupTables.length > 0 && isShort(versioned) ? versioned : null;
}

function isShort(transaction: VersionedTransaction): boolean {
  try {
    return wireBytes(transaction) <= PACKET_DATA_SIZE;
  } catch (error) {
    // The message writes into a buffer of that size.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
