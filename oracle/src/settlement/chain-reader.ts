/** What the chain says of a network's epochs, for whoever has the configuration of an oracle and no key. */
import type { ChainFacts } from "../audit/audit-chain.ts";
import { RpcAccounts } from "../chain/rpc-accounts.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { oracleError } from "../errors.ts";
import { decodeNetwork } from "../registry/network-account.ts";
import { networkAddress } from "../service/network-address.ts";
import { rewardsView } from "./network-addresses.ts";

/** Asks the first endpoint. Throws ORC_WRONG_NETWORK, ORC_RPC_FAILED. */
export async function chainReader(
  config: Pick<WrittenConfig, "chain" | "network">,
  timeoutMs: number,
): Promise<(epoch: number) => Promise<ChainFacts>> {
  const [url] = config.chain.rpc as [string];
  const account = await new RpcAccounts({ url, timeoutMs }).account(networkAddress(config));
  if (account === undefined) throw oracleError("ORC_WRONG_NETWORK", "there is no network at network.account");
  const view = rewardsView(url, timeoutMs, decodeNetwork(account.data));
  const [{ logSeconds }, ingests] = [await view.state(), await view.ingests()];
  return async (epoch) => ({ epoch: await view.epoch(epoch), ingests, logSeconds });
}
