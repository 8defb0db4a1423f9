/** The hash of the rules a network begins with when nobody wrote others. */
import { parameterHash, presetOfNetwork } from "@earshot/poc";
import type { NetworkAddresses } from "./create-network.ts";

/** SHA-256 of the parameters that an oracle takes by itself for a network with such epochs. Throws POC_BAD_PARAMETERS. */
export function presetHash(epochSeconds: number, { distributor, gov }: NetworkAddresses): Uint8Array {
  const accounts = { distributor: distributor.toBytes(), treasury: gov.toBytes() };
  return new Uint8Array(Buffer.from(parameterHash(presetOfNetwork(epochSeconds * 1000, accounts)), "hex"));
}
