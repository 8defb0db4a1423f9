/**
 * How well packets get through, by hotspot and route: copies that a hotspot says it delivered, those the payer confirmed, and how long it
 * took from the hotspot's reception until the confirmation was in a log.
 *
 * The times of reception are the hotspot's own word, and a meter gathers confirmations for some seconds: a latency is for comparing, and
 * pays nobody. A copy that a hotspot reports twice is one copy.
 */
import { KeyIndex } from "@earshot/poc";
import { CONFIRMATION_OFFSETS, parseUploadHeader, RECORD_BYTES, UPLOAD_HEADER_BYTES } from "@earshot/poc/protocol";
import type { LogRecord } from "../log/segment-reader.ts";
import type { ClaimedReceipts } from "./claimed-receipts.ts";

const HASH_BYTES = 32;
const KEY_BYTES = 33;
const ONE_E4 = 10_000;

export interface Delivery {
  /** Row in hotspots.arrow; null where all hotspots of a route are counted together. */
  readonly hotspot: number | null;
  /** Null where all routes of a hotspot are counted together. */
  readonly routeId: number | null;
  readonly copies: number;
  readonly confirmed: number;
  /** Confirmed of all copies, 1e-4, rounded down. */
  readonly deliveredE4: number;
  /** Of the confirmed copies, ms; null where none was. Nearest rank. */
  readonly latencyMs: { readonly median: number; readonly p95: number; readonly most: number } | null;
}

export type DeliveryGroup = "hotspot" | "route" | "hotspot and route";

/**
 * Deliveries of an epoch, by hotspot and route in ascending order. `confirmedMs`: when each receipt's copy was confirmed, Unix ms, NaN for
 * never (`confirmationTimes`).
 */
export function deliveries(
  receipts: Pick<ClaimedReceipts, "packetHash" | "hotspot" | "routeId" | "receivedMs">,
  confirmedMs: Float64Array,
  by: DeliveryGroup,
): readonly Delivery[] {
  const groups = new Map<string, { hotspot: number | null; routeId: number | null; rows: number[] }>();
  const seen = new Set<string>();
  for (let row = 0; row < receipts.hotspot.length; row++) {
    const copy = copyName(receipts.packetHash, row, receipts.hotspot[row]!);
    const hotspot = by === "route" ? null : receipts.hotspot[row]!;
    const routeId = by === "hotspot" ? null : receipts.routeId[row]!;
    const name = `${hotspot} ${routeId}`;
    if (seen.has(`${copy} ${name}`)) continue;
    seen.add(`${copy} ${name}`);
    const group = groups.get(name) ?? { hotspot, routeId, rows: [] };
    groups.set(name, group);
    group.rows.push(row);
  }
  return [...groups.values()]
    .sort((a, b) => (a.hotspot ?? 0) - (b.hotspot ?? 0) || (a.routeId ?? 0) - (b.routeId ?? 0))
    .map(({ hotspot, routeId, rows }) => {
      const latencies = rows
        .filter((row) => !Number.isNaN(confirmedMs[row]!))
        // A hotspot whose clock is ahead received nothing after it was confirmed.
        .map((row) => Math.max(0, confirmedMs[row]! - receipts.receivedMs[row]!))
        .sort((a, b) => a - b);
      const confirmed = latencies.length;
      return {
        hotspot,
        routeId,
        copies: rows.length,
        confirmed,
        deliveredE4: Math.floor((confirmed * ONE_E4) / rows.length),
        latencyMs:
          confirmed === 0
            ? null
            : { median: rank(latencies, 0.5), p95: rank(latencies, 0.95), most: latencies[confirmed - 1]! },
      };
    });
}

/**
 * When the copy of each receipt was first confirmed, Unix ms, NaN for never. `records`: raw uploads, in any order, of the receipts' epoch
 * and of those in which it may still be billed; `payers`: payers.arrow.
 */
export function confirmationTimes(
  records: Iterable<LogRecord>,
  receipts: Pick<ClaimedReceipts, "packetHash" | "hotspot">,
  {
    hotspots,
    payers,
  }: { readonly hotspots: { readonly key: Uint8Array }; readonly payers: { readonly key: Uint8Array } },
): Float64Array {
  const times = new Float64Array(receipts.hotspot.length).fill(Number.NaN);
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < times.length; row++) {
    const name = copyName(receipts.packetHash, row, receipts.hotspot[row]!);
    const rows = rowsOf.get(name);
    if (rows === undefined) rowsOf.set(name, [row]);
    else rows.push(row);
  }
  const hotspotRows = new KeyIndex(hotspots.key, KEY_BYTES, "hotspots.key");
  const payerRows = new KeyIndex(payers.key, KEY_BYTES, "payers.key");
  for (const { receiveMs, bytes } of records) {
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused" || payerRows.find(parsed.header.signer, 0) < 0) continue;
    const { confirmations } = parsed.header.counts;
    // A payer's upload holds nothing else.
    if (confirmations !== parsed.header.reports) continue;
    for (let record = 0; record < confirmations; record++) {
      const at = UPLOAD_HEADER_BYTES + record * RECORD_BYTES.confirmation;
      const hotspot = hotspotRows.find(bytes, at + CONFIRMATION_OFFSETS.hotspotKey);
      for (const row of rowsOf.get(copyName(bytes.subarray(at), 0, hotspot)) ?? []) {
        if (!(times[row]! <= receiveMs)) times[row] = receiveMs;
      }
    }
  }
  return times;
}

function copyName(hashes: Uint8Array, row: number, hotspot: number): string {
  const { buffer, byteOffset } = hashes;
  return `${hotspot} ${Buffer.from(buffer, byteOffset + row * HASH_BYTES, HASH_BYTES).toString("latin1")}`;
}

/** The value of that rank in ascending values. */
function rank(values: readonly number[], share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)]!;
}
