/**
 * What an epoch's tables show of a hotspot having been there: the challenges it answered of those it was given, and in how many of the equal
 * spans of the epoch the log holds a report of it.
 *
 * A challenge comes unforeseen and once in each interval, so answering is a fair sample of being up. Reports say less: a hotspot that nobody
 * is near has nothing to report for hours.
 */
import { type EpochInput, NO_ROW } from "@earshot/poc";

const ONE_E4 = 10_000;
/** `proof_status` of a beacon that answers its challenge and is signed. */
const PROVEN = 0;

export interface Uptime {
  readonly challenged: number;
  readonly answered: number;
  /** Answered of the challenges, 1e-4, rounded down; null for a hotspot that had none. */
  readonly uptimeE4: number | null;
  /** Spans of the epoch with a report of it, and how many there are. */
  readonly activeSpans: number;
  readonly spans: number;
  /** When its last report arrived, ms since the start of the epoch; null for none. */
  readonly lastReportMs: number | null;
}

type Received = { readonly hotspot: Uint32Array; readonly receive_offset_ms: Uint32Array };

export interface UptimeInput {
  readonly challenges: Pick<EpochInput["challenges"], "hotspot">;
  readonly beacons: Received & Pick<EpochInput["beacons"], "challenge" | "proof_status">;
  readonly witnesses: Received;
  /** Receipts of the epoch: of packets.arrow what comes behind the carried rows, which say nothing of when they arrived. */
  readonly receipts: Received;
  readonly hotspotCount: number;
  readonly epochMs: number;
  /** At most 32. */
  readonly spans: number;
}

/** By row of hotspots.arrow. */
export function uptimes(input: UptimeInput): readonly Uptime[] {
  const { challenges, beacons, witnesses, receipts, hotspotCount, epochMs, spans } = input;
  const challenged = new Uint32Array(hotspotCount);
  const answered = new Uint32Array(hotspotCount);
  const active = new Uint32Array(hotspotCount);
  const lastMs = new Float64Array(hotspotCount).fill(-1);
  for (const row of challenges.hotspot) challenged[row]!++;
  const isAnswered = new Uint8Array(challenges.hotspot.length);
  for (let row = 0; row < beacons.hotspot.length; row++) {
    const challenge = beacons.challenge[row]!;
    if (challenge === NO_ROW || beacons.proof_status[row] !== PROVEN || isAnswered[challenge] === 1) continue;
    if (challenges.hotspot[challenge] !== beacons.hotspot[row]) continue;
    isAnswered[challenge] = 1;
    answered[beacons.hotspot[row]!]!++;
  }
  for (const { hotspot, receive_offset_ms: receiveMs } of [beacons, witnesses, receipts]) {
    for (let row = 0; row < hotspot.length; row++) {
      // Grace time counts with the last span.
      const span = Math.min(spans - 1, Math.floor((receiveMs[row]! * spans) / epochMs));
      const who = hotspot[row]!;
      active[who]! |= 1 << span;
      lastMs[who] = Math.max(lastMs[who]!, receiveMs[row]!);
    }
  }
  return Array.from({ length: hotspotCount }, (_, row) => ({
    challenged: challenged[row]!,
    answered: answered[row]!,
    uptimeE4: challenged[row] === 0 ? null : Math.floor((answered[row]! * ONE_E4) / challenged[row]!),
    activeSpans: bitsOf(active[row]!),
    spans,
    lastReportMs: lastMs[row]! < 0 ? null : lastMs[row]!,
  }));
}

function bitsOf(mask: number): number {
  let bits = 0;
  for (let left = mask; left !== 0; left &= left - 1) bits++;
  return bits;
}
