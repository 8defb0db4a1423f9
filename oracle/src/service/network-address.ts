/** Which network is served: the account that the configuration names, or the one that `localnet` noted in this folder. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { addressBytes } from "../chain/address.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { oracleError } from "../errors.ts";

/** Where `localnet` notes the network it made. */
const LOCAL_NETWORK_FILE = join(".earshot", "localnet", "network.json");

/** The 32 bytes of the network's address. Throws ORC_BAD_CONFIG, ORC_WRONG_NETWORK where none is named. */
export function networkAddress({ network }: Pick<WrittenConfig, "network">): Uint8Array {
  return addressBytes(network.account === "" ? notedAccount() : network.account, "network.account");
}

function notedAccount(): string {
  if (!existsSync(LOCAL_NETWORK_FILE)) {
    throw oracleError("ORC_WRONG_NETWORK", "set network.account, or start `bun run localnet` in this folder first");
  }
  const noted = JSON.parse(readFileSync(LOCAL_NETWORK_FILE, "utf8")) as { readonly network?: unknown };
  return typeof noted.network === "string" ? noted.network : "";
}
