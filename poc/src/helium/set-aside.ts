/**
 * Reports that get their verdict before the engine sees them, in the form of a verdict.
 *
 * Three kinds: what upstream's loader dropped without a word (unknown key, no entropy, the same report again), what it never got to
 * judge (a region without channels), and what a column cannot hold. None of them moves a state, as upstream's drops did not.
 */
import { REASON, type ReasonName, SIDE } from "../verify/reason.ts";

/** Greatest value of the columns for frequencies and offsets. */
export const GREATEST_U32 = 0xffff_ffff;

export interface SetAside {
  readonly logIndex: number;
  readonly kind: "beacon" | "witness";
  /** Row in hotspots, or NO_ROW. */
  readonly hotspot: number;
  readonly reason: number;
  readonly side: number;
  readonly measured: number;
  readonly limit: number;
}

/** The figures a report is set aside with. */
export interface EarlyVerdict {
  readonly reason: ReasonName;
  readonly measured: number;
  readonly limit: number;
}

/** The key is in no registry: upstream dropped the report. */
export const UNKNOWN_KEY: EarlyVerdict = { reason: "gateway_not_found", measured: 0, limit: 1 };
/** Upstream waited for entropy or for a region's channels until the report was purged. */
export const NEVER_JUDGED: EarlyVerdict = { reason: "stale", measured: 0, limit: 1 };
/** The same bytes from the same key in the same millisecond: upstream's report id exists already. */
export const SAME_REPORT: EarlyVerdict = { reason: "duplicate", measured: 2, limit: 1 };

/** A time before the epoch has no offset. Upstream's verdict is that its entropy had not begun. */
export function beforeEpoch(receivedMs: number, entropyStartMs: number, lifeMs: number): EarlyVerdict {
  return { reason: "entropy_expired", measured: saturateInt32(receivedMs - entropyStartMs), limit: lifeMs };
}

/** A figure that is not a number of its protobuf type, or no column holds it. Figures are in `unit`s of the value. */
export function badEncoding(value: number, greatest: number): EarlyVerdict {
  return { reason: "bad_encoding", measured: saturateInt32(value), limit: saturateInt32(greatest) };
}

export function setAside(logIndex: number, kind: "beacon" | "witness", hotspot: number, early: EarlyVerdict): SetAside {
  const { reason, measured, limit } = early;
  const side = kind === "witness" ? SIDE.witness : SIDE.beaconer;
  return { logIndex, kind, hotspot, reason: REASON[reason], side, measured, limit };
}

/** The nearest int32; 0 for NaN. */
export function saturateInt32(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-0x8000_0000, Math.min(0x7fff_ffff, Math.trunc(value)));
}

/** The nearest int16 of an integer. */
export function saturateInt16(value: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, value));
}
