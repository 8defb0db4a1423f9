/** What the chain says of epochs, for commands that hold an oracle's files against it. */
import { findNetwork, Programs } from "@earshot/programs-client";
import type { ChainFacts } from "../audit/audit-chain.ts";
import { publicKeyOf } from "../chain/address.ts";
import { rpcConnection } from "../chain/rpc-connection.ts";
import { oracleError } from "../errors.ts";
import { RewardsView } from "../settlement/rewards-chain.ts";
import { textParser } from "./parse.ts";

export interface ChainFlags {
  readonly rpc?: string;
  readonly token?: string;
}

export const chainFlags = {
  rpc: {
    kind: "parsed",
    parse: textParser,
    brief: "Solana endpoint to hold everything against, with --token",
    placeholder: "URL",
    optional: true,
  },
  token: {
    kind: "parsed",
    parse: textParser,
    brief: "Mint of the network's token",
    placeholder: "ADDRESS",
    optional: true,
  },
} as const;

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Asks the chain for epochs; undefined where no endpoint was given. Throws ORC_BAD_OPTION, PRG_NOT_FOUND. */
export async function chainFactsOf({
  rpc,
  token,
}: ChainFlags): Promise<((epoch: number) => Promise<ChainFacts>) | undefined> {
  if (rpc === undefined && token === undefined) return undefined;
  if (rpc === undefined || token === undefined) throw oracleError("ORC_BAD_OPTION", "--rpc and --token go together");
  const connection = rpcConnection({ url: rpc, timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES });
  const programs = new Programs(connection);
  const view = new RewardsView({ connection, programs }, await findNetwork(programs, publicKeyOf(token, "--token")));
  const [{ logSeconds }, ingests] = [await view.state(), await view.ingests()];
  return async (epoch) => ({ epoch: await view.epoch(epoch), ingests, logSeconds });
}
