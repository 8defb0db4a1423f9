/** What the chain says of a network's epochs, for whoever has the configuration of an oracle and no key. */
import type { ChainFacts } from "../audit/audit-chain.ts";
import { keyOf } from "../chain/address.ts";
import { rpcCall } from "../chain/rpc-connection.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { oracleError } from "../errors.ts";
import { decodeNetwork } from "../registry/network-account.ts";
import { networkAddress } from "../service/network-address.ts";
import { rewardsView } from "./network-addresses.ts";
import { quietConnection } from "./network-connection.ts";

/** What enough of its endpoints say. Throws ORC_WRONG_NETWORK, ORC_RPC_FAILED. */
export async function chainReader(
  config: Pick<WrittenConfig, "chain" | "network">,
): Promise<(epoch: number) => Promise<ChainFacts>> {
  const connection = quietConnection(config);
  const account = await rpcCall("network.account", "getAccountInfo", () =>
    connection.getAccountInfo(keyOf(networkAddress(config))),
  );
  if (account === null) throw oracleError("ORC_WRONG_NETWORK", "there is no network at network.account");
  const view = rewardsView(connection, decodeNetwork(account.data));
  const [{ logSeconds }, ingests] = [await view.state(), await view.ingests()];
  return async (epoch) => ({ epoch: await view.epoch(epoch), ingests, logSeconds });
}
