/** A hotspot as the command line names it, and what is read of it before it is acted on. */
import type { PublicKey } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { Hotspot } from "../generated/registry.ts";
import { hotspotOf } from "../sdk/addresses.ts";
import { addressOf, taggedKeyOf } from "./keys.ts";
import { textParser } from "./parse.ts";
import type { Session } from "./session.ts";

export const hotspotPositional = {
  parse: textParser,
  brief: "Device key (text form, or 66 hex digits), or the address of its account",
  placeholder: "HOTSPOT",
} as const;

export interface FoundHotspot {
  readonly address: PublicKey;
  readonly stored: Hotspot;
}

/** The hotspot of a key or an address. Throws PRG_NOT_FOUND, PRG_BAD_OPTION. */
export async function findHotspot({ programs, network }: Session, text: string): Promise<FoundHotspot> {
  const key = taggedKeyOf(text);
  const address = key === null ? addressOf(text, "HOTSPOT") : hotspotOf(network.network, key);
  const stored = await programs.account("registry", "hotspot", address);
  if (stored === null || !stored.network.equals(network.network))
    throw new ClientError("PRG_NOT_FOUND", `no hotspot ${text} in this network`);
  return { address, stored };
}
