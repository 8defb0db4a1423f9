/** Other oracles of the network, as the configuration names them. */
import { keyFromText } from "@earshot/poc/protocol";
import type { WrittenConfig } from "../config/schema.ts";
import { oracleError } from "../errors.ts";

export interface PeerIngest {
  /** Key it signs with, 33 bytes. */
  readonly ingestKey: Uint8Array;
  /** Address of its API. */
  readonly url: string;
}

/** Throws ORC_BAD_CONFIG for a key that is none. */
export function peersOf({ peers }: WrittenConfig): readonly PeerIngest[] {
  return peers.ingests.map((peer) => {
    const at = peer.indexOf("@");
    const text = peer.slice(0, at);
    try {
      return { ingestKey: keyFromText(text), url: peer.slice(at + 1) };
    } catch (cause) {
      throw oracleError("ORC_BAD_CONFIG", `peers.ingests: ${text} is no key of an ingest`, { cause });
    }
  });
}
