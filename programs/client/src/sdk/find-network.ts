/** Finds a network by its token, from the chain. */
import type { PublicKey } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { networkOf } from "./addresses.ts";
import { type NetworkAddresses, networkAddresses } from "./create-network.ts";
import type { Programs } from "./programs.ts";

/** The addresses of the network of a token. Throws PRG_NOT_FOUND. */
export async function findNetwork(programs: Programs, tokenMint: PublicKey): Promise<NetworkAddresses> {
  const stored = await programs.account("registry", "network", networkOf(tokenMint));
  if (stored === null)
    throw new ClientError("PRG_NOT_FOUND", `no network of token ${tokenMint.toBase58()} on this chain`);
  return networkAddresses(tokenMint, stored.dcMint);
}
