/** What the service reads of the network's own account, and the accounts of its payers, from their bytes (programs/registry, programs/data_credits). */
import { AccountReader } from "./account-reader.ts";
import { type ParameterHashes, readParameterHashes } from "./parameter-hashes.ts";

export interface NetworkAccount {
  /** Mint of the token, and of the data credits, 32 bytes each: every other address follows from the two. */
  readonly tokenMint: Uint8Array;
  readonly dcMint: Uint8Array;
  /** Account of its data credits, 32 bytes. */
  readonly dcConfig: Uint8Array;
  /** Number of the network in protocol messages. */
  readonly wireId: number;
  readonly epochSeconds: number;
  readonly parameters: ParameterHashes;
}

const FEES_BYTES = 4 * 8;
/** Limits of antennas, asserts an epoch, stake of makers. */
const RULES_BYTES = 4 * 2 + 2 + 8;

/** Throws ORC_BAD_ACCOUNT for bytes that are no network. */
export function decodeNetwork(bytes: Uint8Array): NetworkAccount {
  const reader = new AccountReader(bytes, "Network");
  const tokenMint = reader.bytes(32);
  reader.bytes(32); // token program
  const dcConfig = reader.bytes(32);
  const dcMint = reader.bytes(32);
  reader.bytes(32); // admin
  reader.option(() => reader.bytes(32)); // pending admin
  reader.bytes(32); // denylist authority
  const wireId = reader.u16();
  const epochSeconds = reader.u32();
  reader.bytes(FEES_BYTES);
  reader.bytes(RULES_BYTES);
  return { tokenMint, dcMint, dcConfig, wireId, epochSeconds, parameters: readParameterHashes(reader) };
}

export interface RouterAccount {
  /** 32 bytes. */
  readonly dcConfig: Uint8Array;
  /** Route key, 33 bytes: it signs the payer's reports. */
  readonly key: Uint8Array;
  /** Wallet that pays, 32 bytes. */
  readonly authority: Uint8Array;
  /** Where it stands, 32 bytes; undefined where only its bytes were kept. */
  readonly address?: Uint8Array;
}

export const ROUTER_ACCOUNT = "Router";
/** Where the account of the data credits stands in it. */
export const ROUTER_CONFIG_OFFSET = 8;

/** Throws ORC_BAD_ACCOUNT for bytes that are no router. */
export function decodeRouter(bytes: Uint8Array): RouterAccount {
  const reader = new AccountReader(bytes, ROUTER_ACCOUNT);
  return { dcConfig: reader.bytes(32), key: reader.bytes(33), authority: reader.bytes(32) };
}
