/** Asking a chain: whatever goes wrong between here and an answer becomes PRG_NO_CHAIN, with the cause. */
import type { Connection } from "@solana/web3.js";
import { ClientError } from "../errors.ts";

/** What `question` answers. Throws PRG_NO_CHAIN where it gets no answer; errors of ours pass. */
export async function ask<T>(connection: Connection, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw noAnswer(connection, error);
  }
}

export function noAnswer({ rpcEndpoint }: Connection, cause: unknown): ClientError {
  const said = cause instanceof Error && "code" in cause && typeof cause.code === "number" ? `: ${cause.message}` : "";
  return new ClientError("PRG_NO_CHAIN", `no chain answers at ${rpcEndpoint}${said}`, { cause });
}
