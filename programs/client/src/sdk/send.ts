/**
 * Sends transactions and waits for them, or only simulates; an error of the chain becomes words and the program's own code.
 *
 * A transaction is signed once and re-sent as it is until it is confirmed or its blockhash has expired, so it cannot happen twice.
 */
import {
  type Connection,
  type Keypair,
  SendTransactionError,
  Transaction,
  type TransactionInstruction,
} from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { Programs } from "./programs.ts";

const FIRST_WAIT_MS = 25;
/** About a slot. */
const LAST_WAIT_MS = 400;

export interface Sender {
  readonly connection: Connection;
  readonly programs: Programs;
  readonly payer: Keypair;
}

export interface Simulation {
  readonly unitsConsumed: number;
  readonly logs: readonly string[];
}

/** Sends and waits for `confirmed`; gives the signature. Throws PRG_REFUSED. */
export async function send(
  sender: Sender,
  instructions: readonly TransactionInstruction[],
  signers: readonly Keypair[] = [],
): Promise<string> {
  const { connection, payer, programs } = sender;
  const latest = await connection.getLatestBlockhash("confirmed");
  const transaction = new Transaction({ feePayer: payer.publicKey, ...latest }).add(...instructions);
  transaction.sign(payer, ...signers);
  try {
    const wire = transaction.serialize();
    const signature = await connection.sendRawTransaction(wire, { preflightCommitment: "confirmed" });
    await confirm(connection, signature, wire, latest.lastValidBlockHeight);
    return signature;
  } catch (error) {
    throw inWords(error, programs);
  }
}

/** What the transaction would do; nothing is signed or spent. Throws PRG_REFUSED. */
export async function simulate(sender: Sender, instructions: readonly TransactionInstruction[]): Promise<Simulation> {
  const { connection, payer, programs } = sender;
  const latest = await connection.getLatestBlockhash("confirmed");
  const transaction = new Transaction({ feePayer: payer.publicKey, ...latest }).add(...instructions);
  const { value } = await connection.simulateTransaction(transaction);
  const logs = value.logs ?? [];
  if (value.err !== null) throw refusal(logs, JSON.stringify(value.err), programs);
  return { unitsConsumed: value.unitsConsumed ?? 0, logs };
}

/** Asks until the transaction is confirmed, and sends the same bytes again meanwhile. No websocket: it would outlive the command. */
async function confirm(connection: Connection, signature: string, wire: Buffer, lastHeight: number): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LAST_WAIT_MS)) {
    // The height comes first: a status read after it is as new as the height.
    const height = await connection.getBlockHeight("confirmed");
    const { value } = await connection.getSignatureStatuses([signature]);
    const status = value[0];
    if (status?.confirmationStatus === "confirmed" || status?.confirmationStatus === "finalized") {
      if (status.err === null) return;
      throw new ClientError("PRG_REFUSED", `${signature} failed: ${JSON.stringify(status.err)}`);
    }
    if (height > lastHeight)
      throw new ClientError(
        "PRG_REFUSED",
        `${signature} was not confirmed before its blockhash expired: it did not happen`,
      );
    await Bun.sleep(waitMs);
    if (waitMs === LAST_WAIT_MS) await connection.sendRawTransaction(wire, { skipPreflight: true });
  }
}

function inWords(error: unknown, programs: Programs): unknown {
  if (error instanceof SendTransactionError) return refusal(error.logs ?? [], error.message, programs, error);
  return error;
}

function refusal(logs: readonly string[], text: string, programs: Programs, cause?: unknown): ClientError {
  const known = programs.errorIn(logs);
  const message = known === null ? text : `${known.program}: ${known.message} (${known.name}, error ${known.code})`;
  return new ClientError("PRG_REFUSED", message, { cause });
}
