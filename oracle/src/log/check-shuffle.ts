/** What a log refuses of a caller that shuffles or reads partitions: mistakes of a program, never of a report. */
import { oracleError } from "../errors.ts";
import type { ShuffleBatch } from "../ports/report-log.ts";

/** Most bytes of one shuffled report. */
export const MAX_SHUFFLED_BYTES = 64 * 1024;
const MAX_PAYLOAD_BYTES = 64;
const SOURCE = /^[A-Za-z0-9_/-]{1,64}$/;

/** Throws ORC_BAD_LOG. */
export function checkShuffle(batches: readonly ShuffleBatch[]): void {
  for (const { source, position, reports } of batches) {
    if (!SOURCE.test(source)) throw oracleError("ORC_BAD_LOG", `source "${source}": expected ${SOURCE.source}`);
    if (!Number.isSafeInteger(position) || position < 0) throw oracleError("ORC_BAD_LOG", `position ${position}`);
    for (const { payload, bytes } of reports) {
      if (payload.length < 1 || payload.length > MAX_PAYLOAD_BYTES) {
        throw oracleError("ORC_BAD_LOG", `a payload of ${payload.length} bytes, expected 1 to ${MAX_PAYLOAD_BYTES}`);
      }
      if (bytes.length > MAX_SHUFFLED_BYTES) {
        throw oracleError("ORC_BAD_LOG", `a report of ${bytes.length} bytes, at most ${MAX_SHUFFLED_BYTES}`);
      }
    }
  }
}

/** Throws ORC_BAD_OPTION. */
export function checkPartition(partition: number, partitions: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
    throw oracleError("ORC_BAD_OPTION", `partition ${partition}: the log has 0 to ${partitions - 1}`);
  }
}
