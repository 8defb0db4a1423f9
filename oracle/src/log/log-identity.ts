/** Whose log it is and how it is cut: fixed when the log is made, checked whenever it is opened. */
import { logGenesis } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import { MAX_PARTITIONS } from "./partition.ts";
import { SEGMENT_TARGET_BYTES } from "./segment.ts";

export interface LogIdentity {
  /** Network number (poc/protocol). */
  readonly network: number;
  /** Key of the ingest, 33 bytes. */
  readonly ingestKey: Uint8Array;
  /** 1 to 256. */
  readonly partitions: number;
  /**
   * Receive times of one segment lie in one span of this length, counted from 1970, ms. It divides the grace time of an epoch, so that
   * an epoch's log is a number of whole segments: 15 min under `earshot`.
   */
  readonly segmentMs: number;
  /** A segment is sealed at this size; 64 MiB. */
  readonly segmentBytes?: number | undefined;
}

/** Throws ORC_BAD_OPTION, POC_BAD_LENGTH, POC_BAD_ENCODING. Returns the head of the empty log. */
export function checkIdentity({ network, ingestKey, partitions, segmentMs, segmentBytes }: LogIdentity): Uint8Array {
  const check = (name: string, value: number, low: number, high: number) => {
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      throw oracleError("ORC_BAD_OPTION", `${name}: expected a whole number from ${low} to ${high}, got ${value}`);
    }
  };
  check("partitions", partitions, 1, MAX_PARTITIONS);
  check("segmentMs", segmentMs, 1, 86_400_000);
  check("segmentBytes", segmentBytes ?? SEGMENT_TARGET_BYTES, 1, 1 << 30);
  return logGenesis(network, ingestKey);
}

/** Number of the span of `segmentMs` a receive time lies in. */
export function spanOf(receiveMs: number, segmentMs: number): number {
  return Math.floor(receiveMs / segmentMs);
}
