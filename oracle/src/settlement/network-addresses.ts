/** The addresses that follow from a network's account. */
import type { RewardAccounts } from "@earshot/poc";
import { type NetworkAddresses, networkAddresses, Programs } from "@earshot/programs-client";
import { keyOf } from "../chain/address.ts";
import type { agreedConnection } from "../chain/agreed-connection.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import { RewardsView } from "./rewards-chain.ts";

export function addressesOf({ tokenMint, dcMint }: Pick<NetworkAccount, "tokenMint" | "dcMint">): NetworkAddresses {
  return networkAddresses(keyOf(tokenMint), keyOf(dcMint));
}

/** The accounts that the network's parameters name. */
export function rewardAccountsOf(network: Pick<NetworkAccount, "tokenMint" | "dcMint">): RewardAccounts {
  const { distributor, gov } = addressesOf(network);
  return { distributor: distributor.toBytes(), treasury: gov.toBytes() };
}

/** The rewards of a network. */
export function rewardsView(
  connection: ReturnType<typeof agreedConnection>,
  network: Pick<NetworkAccount, "tokenMint" | "dcMint">,
): RewardsView {
  return new RewardsView({ connection, programs: new Programs(connection) }, addressesOf(network));
}
