/** Moving the clock of a local chain, which a cluster does not do. */
import type { Connection } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { noAnswer } from "../sdk/ask.ts";

/** Moves it forward and waits until a confirmed block has the time. Throws PRG_REFUSED where the chain is not a local one. */
export async function warpLocalChain(connection: Connection, seconds: number): Promise<void> {
  // Two blocks: the first of the new time is confirmed by the second.
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "earshot_warp", params: [{ seconds, blocks: 2 }] });
  const headers = { "content-type": "application/json" };
  let answer: { readonly error?: { readonly message: string } };
  try {
    answer = (await (await fetch(connection.rpcEndpoint, { method: "POST", headers, body })).json()) as typeof answer;
  } catch (cause) {
    throw noAnswer(connection, cause);
  }
  if (answer.error !== undefined)
    throw new ClientError("PRG_REFUSED", `this chain's clock cannot be moved: ${answer.error.message}`);
}
