/**
 * The last reading of the registry on disk, so that an oracle that starts while no endpoint answers still knows its hotspots.
 *
 *   header   magic "ESREG" 00 · version u8 = 1 · 00 · network address 32                                  40 bytes
 *   account  kind u8 (0 network, 1 hotspot, 2 payer) · slot u64 · length u32 · the account's bytes        13 + length
 *   trailer  SHA-256 over everything before it                                                            32 bytes
 *
 * A cache: a file that is damaged or of another network counts as none.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { makeFolder, readWhole, writeDurably } from "../epoch-folder/durable-file.ts";

export type CachedKind = "network" | "hotspot" | "payer";

export interface CachedAccount {
  readonly kind: CachedKind;
  readonly slot: number;
  readonly data: Uint8Array;
}

const KINDS: readonly CachedKind[] = ["network", "hotspot", "payer"];
const MAGIC = Uint8Array.of(0x45, 0x53, 0x52, 0x45, 0x47, 0x00, 0x01, 0x00);
const HEADER_BYTES = 40;
const ROW_BYTES = 13;
const DIGEST_BYTES = 32;

/** Replaces the file in one step. Throws ORC_WRITE_FAILED. */
export function writeRegistryFile(path: string, network: Uint8Array, accounts: Iterable<CachedAccount>): void {
  const chunks: Uint8Array[] = [MAGIC, network];
  for (const { kind, slot, data } of accounts) {
    const head = new Uint8Array(ROW_BYTES);
    const view = new DataView(head.buffer);
    view.setUint8(0, KINDS.indexOf(kind));
    view.setBigUint64(1, BigInt(slot), true);
    view.setUint32(9, data.length, true);
    chunks.push(head, data);
  }
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  makeFolder(dirname(path));
  writeDurably(path, [...chunks, hash.digest()]);
}

/** The accounts of the file; undefined where there is none that can be used for this network. */
export function readRegistryFile(path: string, network: Uint8Array): readonly CachedAccount[] | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readWhole(path);
  } catch {
    return undefined;
  }
  const end = bytes.length - DIGEST_BYTES;
  if (end < HEADER_BYTES || Buffer.compare(bytes.subarray(0, 8), MAGIC) !== 0) return undefined;
  if (Buffer.compare(bytes.subarray(8, HEADER_BYTES), network) !== 0) return undefined;
  const digest = createHash("sha256").update(bytes.subarray(0, end)).digest();
  if (Buffer.compare(digest, bytes.subarray(end)) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const accounts: CachedAccount[] = [];
  for (let at = HEADER_BYTES; at < end; ) {
    const kind = KINDS[bytes[at]!];
    const length = at + ROW_BYTES <= end ? view.getUint32(at + 9, true) : Number.POSITIVE_INFINITY;
    if (kind === undefined || at + ROW_BYTES + length > end) return undefined;
    const from = at + ROW_BYTES;
    accounts.push({ kind, slot: Number(view.getBigUint64(at + 1, true)), data: bytes.slice(from, from + length) });
    at = from + length;
  }
  return accounts;
}
