/** The addresses that follow from a network's account. */
import type { RewardAccounts } from "@earshot/poc";
import { type NetworkAddresses, networkAddresses, Programs } from "@earshot/programs-client";
import { keyOf } from "../chain/address.ts";
import { rpcConnection } from "../chain/rpc-connection.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import { RewardsView } from "./rewards-chain.ts";

/** Accounts of one epoch, and one answer of a simulation. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export function addressesOf({ tokenMint, dcMint }: Pick<NetworkAccount, "tokenMint" | "dcMint">): NetworkAddresses {
  return networkAddresses(keyOf(tokenMint), keyOf(dcMint));
}

/** The accounts that the network's parameters name. */
export function rewardAccountsOf(network: Pick<NetworkAccount, "tokenMint" | "dcMint">): RewardAccounts {
  const { distributor, gov } = addressesOf(network);
  return { distributor: distributor.toBytes(), treasury: gov.toBytes() };
}

/** What the rewards of a network are at an endpoint. */
export function rewardsView(
  url: string,
  timeoutMs: number,
  network: Pick<NetworkAccount, "tokenMint" | "dcMint">,
): RewardsView {
  const connection = rpcConnection({ url, timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES });
  return new RewardsView({ connection, programs: new Programs(connection) }, addressesOf(network));
}
