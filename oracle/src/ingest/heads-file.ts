/**
 * The heads of all chains on disk, as of a length of the log: what a start need not read the whole log for.
 *
 *   header   magic "ESHDS" 00 · version u8 = 1 · 00 · length of the log u64 · its head 32                 48 bytes
 *   device   key 33 · sequence u64 · upload id 32                                                         73 bytes
 *   trailer  SHA-256 over everything before it                                                            32 bytes
 *
 * Only heads that may be told are in it, so that a restart tells nothing early. A cache: a file that is damaged, or of a log that did not
 * go on from there, counts as none.
 */
import { createHash } from "node:crypto";
import { readWhole, writeDurably } from "../epoch-folder/durable-file.ts";
import type { LogTip } from "../ports/report-log.ts";
import type { DeviceHead } from "./chain-heads.ts";

export interface HeadsAt {
  readonly tip: LogTip;
  readonly heads: readonly DeviceHead[];
}

const MAGIC = Uint8Array.of(0x45, 0x53, 0x48, 0x44, 0x53, 0x00, 0x01, 0x00);
const HEADER_BYTES = 48;
const ROW_BYTES = 73;
const KEY_BYTES = 33;

/** Replaces the file in one step. Throws ORC_WRITE_FAILED. */
export function writeHeadsFile(path: string, { tip, heads }: HeadsAt): void {
  const bytes = new Uint8Array(HEADER_BYTES + heads.length * ROW_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC, 0);
  view.setBigUint64(8, BigInt(tip.length), true);
  bytes.set(tip.head, 16);
  for (const [row, { name, head }] of heads.entries()) {
    const at = HEADER_BYTES + row * ROW_BYTES;
    bytes.set(Buffer.from(name, "latin1"), at);
    view.setBigUint64(at + KEY_BYTES, BigInt(head.sequence), true);
    bytes.set(head.id, at + KEY_BYTES + 8);
  }
  writeDurably(path, [bytes, createHash("sha256").update(bytes).digest()]);
}

/** What the file holds; undefined where there is none that can be used. */
export function readHeadsFile(path: string): HeadsAt | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readWhole(path);
  } catch {
    return undefined;
  }
  const end = bytes.length - 32;
  const rows = (end - HEADER_BYTES) / ROW_BYTES;
  if (!(rows >= 0) || !Number.isInteger(rows) || Buffer.compare(bytes.subarray(0, 8), MAGIC) !== 0) return undefined;
  const body = bytes.subarray(0, end);
  if (Buffer.compare(createHash("sha256").update(body).digest(), bytes.subarray(end)) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const heads = Array.from({ length: rows }, (_, row): DeviceHead => {
    const at = HEADER_BYTES + row * ROW_BYTES;
    return {
      name: Buffer.from(bytes.subarray(at, at + KEY_BYTES)).toString("latin1"),
      head: {
        sequence: Number(view.getBigUint64(at + KEY_BYTES, true)),
        id: bytes.slice(at + KEY_BYTES + 8, at + ROW_BYTES),
      },
    };
  });
  return { tip: { length: Number(view.getBigUint64(8, true)), head: bytes.slice(16, HEADER_BYTES) }, heads };
}
