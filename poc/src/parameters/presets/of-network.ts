/**
 * The preset a network on chain runs under when nobody wrote other rules: `earshot` where its epoch is a day, else `demo` scaled to it,
 * with the two accounts that rewards name. Whoever creates a network and whoever serves it get the same value, and so the same hash.
 */
import { bytesToHex } from "../../epoch/hex.ts";
import type { SortitionNetworkParameters } from "../network-parameters.ts";
import { demo } from "./demo.ts";
import { earshot } from "./earshot.ts";

/** Accounts of a network, 32 bytes each. */
export interface RewardAccounts {
  /** Account the reward tree is bound to. */
  readonly distributor: Uint8Array;
  /** Who is owed what nobody earned: the network's governance. */
  readonly treasury: Uint8Array;
}

/** The preset for epochs of `epochMs`, bound to a network. Throws POC_BAD_PARAMETERS as `demo` does. */
export function presetOfNetwork(epochMs: number, accounts: RewardAccounts): SortitionNetworkParameters {
  return boundTo(epochMs === earshot.time.epochMs ? earshot : demo(epochMs), accounts);
}

/** Rules with the accounts of a network. */
export function boundTo<Rules extends Pick<SortitionNetworkParameters, "rewards">>(
  rules: Rules,
  { distributor, treasury }: RewardAccounts,
): Rules {
  const accounts = { distributor: bytesToHex(distributor), treasury: bytesToHex(treasury) };
  return { ...rules, rewards: { ...rules.rewards, ...accounts } };
}
