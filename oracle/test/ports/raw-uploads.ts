/** Uploads for tests of logs: of the form of a sealed upload, from a few devices, with a signature that nobody checks there. */
import { encodeUpload } from "@earshot/poc/protocol";
import type { LoggedUpload, RawUpload } from "../../src/ports/report-log.ts";

/** A time in the middle of a day, aligned to 15 minutes. */
export const START_MS = 1_790_000_100_000 - (1_790_000_100_000 % 900_000);

/** Key of a test device. */
export function deviceKey(device: number): Uint8Array {
  const key = new Uint8Array(33).fill(7);
  key[0] = 0xed;
  new DataView(key.buffer).setUint32(1, device, true);
  return key;
}

/** The upload `sequence` of a device; `reports` makes it longer. */
export function rawUpload(device: number, sequence: number, receiveMs: number, reports = 1): RawUpload {
  const key = deviceKey(device);
  const witnesses = Array.from({ length: reports }, (_, at) => ({
    payload: new Uint8Array(24).fill(at + 1),
    receivedMs: receiveMs,
    tmst: sequence,
    frequencyHz: 868_100_000,
    dataRate: 0x0a,
    rssiDdbm: -1000,
    snrDdb: 50,
  }));
  const previousId = new Uint8Array(32).fill(sequence === 1 ? 0 : 1);
  const { bytes, id } = encodeUpload({ network: 3, sequence, previousId, witnesses }, key);
  bytes.fill((sequence & 0x7f) + 1, bytes.length - 64);
  return { uploadId: id, deviceKey: key, receiveMs, bytes };
}

/** All that a reader gives until it ends. */
export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** What must be the same however an upload is read. */
export function facts(upload: Pick<LoggedUpload, "uploadId" | "logIndex" | "receiveMs" | "previousHead">) {
  const { uploadId, logIndex, receiveMs, previousHead } = upload;
  return { uploadId: hex(uploadId), logIndex, receiveMs, previousHead: hex(previousHead) };
}
