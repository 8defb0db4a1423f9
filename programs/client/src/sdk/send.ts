/**
 * Sends transactions and waits for them, or only simulates; an error of the chain becomes words and the program's own code.
 *
 * A transaction is simulated, signed once and re-sent as it is until it is confirmed or its blockhash has expired, so it cannot happen
 * twice; answers that are lost change nothing about that. Nodes behind one URL may be at different slots: a node must have seen
 * the blocks our own transactions are in, and a transaction is given up only by a node that is past its last height.
 */
import type {
  Connection,
  Keypair,
  TransactionError,
  TransactionInstruction,
  VersionedTransaction,
} from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { base58 } from "../localnet/base58.ts";
import { ask } from "./ask.ts";
import type { Programs } from "./programs.ts";
import { buildTransaction, signTransaction, type TransactionOptions } from "./transaction.ts";

/** A slot of Solana. */
export const SLOT_MS = 400;
/** Rounds of asking between two sendings of the same bytes; about two seconds. */
const ROUNDS_PER_SEND = 5;
/** Slots without any answer after which whoever waits is told; two minutes, however long each answer is waited for. */
const MAX_SILENT_SLOTS = 300;
/** Times a simulation is tried because its blockhash is not known. */
const MAX_SIMULATIONS = 30;

export interface Sender extends Omit<TransactionOptions, "payer"> {
  readonly connection: Connection;
  readonly programs: Programs;
  readonly payer: Keypair;
  /** Milliseconds a slot of the chain, 400 without it: how long to wait between questions. */
  readonly slotMs?: number;
}

export interface Simulation {
  readonly unitsConsumed: number;
  readonly logs: readonly string[];
}

/** Sends and waits for `confirmed`; gives the signature. Throws PRG_REFUSED, PRG_NOT_CONFIRMED, PRG_UNSURE, PRG_NO_CHAIN, PRG_TOO_LARGE. */
export async function send(
  sender: Sender,
  instructions: readonly TransactionInstruction[],
  signers: readonly Keypair[] = [],
): Promise<string> {
  const { transaction, lastValidBlockHeight } = await prepared(sender, instructions);
  signTransaction(transaction, [sender.payer, ...signers]);
  return deliver(sender, transaction, lastValidBlockHeight);
}

/** What the transaction would do; nothing is signed or spent. Throws PRG_REFUSED, PRG_NO_CHAIN, PRG_TOO_LARGE. */
export async function simulate(sender: Sender, instructions: readonly TransactionInstruction[]): Promise<Simulation> {
  return (await prepared(sender, instructions)).simulation;
}

interface Prepared {
  readonly transaction: VersionedTransaction;
  readonly lastValidBlockHeight: number;
  readonly simulation: Simulation;
}

/** A transaction that a node which knows what we know would take. */
async function prepared(sender: Sender, instructions: readonly TransactionInstruction[]): Promise<Prepared> {
  const { connection, programs, slotMs = SLOT_MS } = sender;
  const options = { ...sender, payer: sender.payer.publicKey };
  for (let tries = 1; ; tries++) {
    const minContextSlot = programs.newestSlot;
    const { context, value: latest } = await ask(connection, () =>
      connection.getLatestBlockhashAndContext({ commitment: "confirmed", minContextSlot }),
    );
    programs.newestSlot = Math.max(programs.newestSlot, context.slot);
    const transaction = buildTransaction(options, instructions, latest.blockhash);
    const { value } = await ask(connection, () =>
      connection.simulateTransaction(transaction, {
        sigVerify: false,
        commitment: "confirmed",
        minContextSlot: programs.newestSlot,
      }),
    );
    const logs = value.logs ?? [];
    if (value.err === null)
      return { transaction, ...latest, simulation: { unitsConsumed: value.unitsConsumed ?? 0, logs } };
    // A node that does not know the blockhash yet, or no longer takes it: with another one it will.
    if (value.err !== "BlockhashNotFound" || tries === MAX_SIMULATIONS) throw refusal(logs, value.err, programs);
    await Bun.sleep(slotMs / 4);
  }
}

/** Asks until the transaction is confirmed, and sends the same bytes again meanwhile. No websocket: it would outlive the command. */
async function deliver(sender: Sender, transaction: VersionedTransaction, lastHeight: number): Promise<string> {
  const { connection, programs, slotMs = SLOT_MS } = sender;
  const signature = base58(transaction.signatures[0]!);
  const wire = transaction.serialize();
  let waitMs = slotMs / 16;
  let heardMs = performance.now();
  for (let round = 0; ; round++) {
    // What a node says to it is not asked: a first answer may have been lost. The status decides.
    if (round % ROUNDS_PER_SEND === 0)
      await connection.sendRawTransaction(wire, { skipPreflight: true, maxRetries: 0 }).catch(() => {});
    const fate = await fateOf(connection, signature, lastHeight).catch((cause: unknown) => ({ cause }));
    if ("cause" in fate) {
      if (performance.now() - heardMs >= MAX_SILENT_SLOTS * slotMs)
        throw new ClientError("PRG_UNSURE", `the chain stopped answering; look whether ${signature} happened`, fate);
    } else {
      heardMs = performance.now();
      if (fate.state === "expired")
        throw new ClientError(
          "PRG_NOT_CONFIRMED",
          `${signature} was not confirmed before its blockhash expired: it did not happen`,
        );
      if (fate.state === "landed") {
        programs.newestSlot = Math.max(programs.newestSlot, fate.slot);
        if (fate.error === null) return signature;
        throw refusal(await logsOf(connection, signature), fate.error, programs);
      }
    }
    await Bun.sleep(waitMs);
    waitMs = Math.min(2 * waitMs, slotMs);
  }
}

type Fate =
  | { readonly state: "unknown" | "expired" }
  | { readonly state: "landed"; readonly slot: number; readonly error: TransactionError | null };

async function fateOf(connection: Connection, signature: string, lastHeight: number): Promise<Fate> {
  // The height comes first: a status read at that slot or later knows of every block up to the height.
  const { absoluteSlot, blockHeight = 0 } = await connection.getEpochInfo("confirmed");
  const isPast = blockHeight > lastHeight;
  const { context, value } = await connection.getSignatureStatuses([signature], { searchTransactionHistory: isPast });
  const status = value[0];
  if (status?.confirmationStatus === "confirmed" || status?.confirmationStatus === "finalized")
    return { state: "landed", slot: status.slot, error: status.err };
  return { state: status === null && isPast && context.slot >= absoluteSlot ? "expired" : "unknown" };
}

async function logsOf(connection: Connection, signature: string): Promise<readonly string[]> {
  const shown = await ask(connection, () =>
    connection.getTransaction(signature, { commitment: "confirmed", maxSupportedTransactionVersion: 0 }),
  ).catch(() => null);
  return shown?.meta?.logMessages ?? [];
}

function refusal(logs: readonly string[], error: TransactionError | string, programs: Programs): ClientError {
  const known = programs.errorIn(logs);
  if (known === null) return new ClientError("PRG_REFUSED", transactionErrorText(error, logs));
  const message = `${known.program}: ${known.message} (${known.name}, error ${known.code})`;
  return new ClientError("PRG_REFUSED", message, { programError: known });
}

/** An error of the runtime or of another program, with what that program said last. */
function transactionErrorText(error: TransactionError | string, logs: readonly string[]): string {
  const said = logs
    // Solana's own programs write without "Program log".
    .map((line) => /^Program log: (?:Error: )?(.+)$/.exec(line)?.[1] ?? /^(?!Program )(.+)$/.exec(line)?.[1])
    .filter((text) => text !== undefined && !text.startsWith("Instruction:"))
    .at(-1);
  return `the chain says ${JSON.stringify(error)}${said === undefined ? "" : `: ${said}`}`;
}
