/**
 * Asking a chain: nodes that are behind are asked again, lost answers twice more, and what still goes wrong between here and an answer
 * becomes PRG_NO_CHAIN, with the cause. For questions only, which change nothing by being asked twice.
 */
import { type Connection, SolanaJSONRPCError } from "@solana/web3.js";
import { ClientError } from "../errors.ts";

/** A node has not reached the slot that was asked for. */
const MIN_CONTEXT_SLOT_NOT_REACHED = -32016;
/** A node says that it is too far behind to be asked. */
const NODE_UNHEALTHY = -32005;
/** Asks of nodes that are behind. */
const MAX_ASKS = 50;
/** Answers that may be lost. */
const MAX_LOST = 3;
/** A quarter of a slot. */
const WAIT_MS = 100;

/** What `question` answers. Throws PRG_NO_CHAIN where it gets no answer; errors of ours pass. */
export async function ask<T>(connection: Connection, question: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  for (let asks = 1, lost = 0; ; asks++) {
    try {
      return await question();
    } catch (error) {
      if (error instanceof ClientError) throw error;
      if (isBehind(error) ? asks === MAX_ASKS : ++lost === MAX_LOST) throw noAnswer(connection, error);
    }
    await Bun.sleep(waitMs);
  }
}

export function noAnswer({ rpcEndpoint }: Connection, cause: unknown): ClientError {
  const said = cause instanceof SolanaJSONRPCError ? `: ${cause.message}` : "";
  return new ClientError("PRG_NO_CHAIN", `no chain answers at ${rpcEndpoint}${said}`, { cause });
}

function isBehind(error: unknown): boolean {
  return (
    error instanceof SolanaJSONRPCError &&
    (error.code === MIN_CONTEXT_SLOT_NOT_REACHED || error.code === NODE_UNHEALTHY)
  );
}
