/** Whose appeals and outcomes an oracle takes, from its configuration. All oracles of a network must take the same. */
import { importKey, keyFromText, type VerifyKey } from "@earshot/poc/protocol";
import type { WrittenConfig } from "../config/schema.ts";
import { oracleError } from "../errors.ts";
import { peersOf } from "../service/peers.ts";
import type { NoticeKeys } from "./notices-of-epoch.ts";

/** The keys of this ingest, of its peers, and of governance. Throws ORC_BAD_CONFIG. */
export function noticeKeysOf(config: WrittenConfig, network: number, ingestKey: Uint8Array): NoticeKeys {
  return {
    network,
    ingestKeys: [ingestKey, ...peersOf(config).map((peer) => peer.ingestKey)],
    governanceKey: governanceKeyOf(config),
  };
}

function governanceKeyOf({ network: { governance_key: text } }: WrittenConfig): VerifyKey | undefined {
  if (text === "") return undefined;
  try {
    return importKey(keyFromText(text));
  } catch (cause) {
    throw oracleError("ORC_BAD_CONFIG", `network.governance_key: ${text} is no key in its text form`, { cause });
  }
}
