/**
 * Which reports are an epoch's, in which order, and who shares a payload with whom.
 *
 * A beacon is of the epoch in which its entropy begins; one whose entropy is unknown, of the epoch that received it. A witness goes with
 * the beacons of its payload; one that has none, with the epoch that received it. Log order is (receive ms, beacons first, key,
 * payload), so that the order of the input decides nothing.
 */
import { pocError } from "../errors.ts";
import type { HeliumEntropy } from "./beacon.ts";
import { bytesText, compareText } from "./bytes-text.ts";
import type { HeliumBeaconReport, HeliumEpoch, HeliumWitnessReport } from "./reports.ts";

interface Common {
  readonly key: string;
  readonly payload: string;
  readonly receivedMs: number;
}
export interface OrderedBeacon extends Common {
  readonly kind: "beacon";
  readonly report: HeliumBeaconReport;
  /** Undefined when no entropy report holds what the beaconer says it used. */
  readonly entropy: HeliumEntropy | undefined;
}
export interface OrderedWitness extends Common {
  readonly kind: "witness";
  readonly report: HeliumWitnessReport;
}
export type OrderedReport = OrderedBeacon | OrderedWitness;

/** The reports of `epoch` in log order: the place in the array is the log index. Throws POC_BAD_ENCODING for an ingest time that is none. */
export function orderReports(epoch: HeliumEpoch, entropyOf: ReadonlyMap<string, HeliumEntropy>): OrderedReport[] {
  const isOfEpoch = (timeMs: number) => timeMs >= epoch.startMs && timeMs < epoch.startMs + epoch.lengthMs;
  const reports: OrderedReport[] = [];
  /** Payload → whether a beacon of this epoch has it; absent when no beacon at all does. */
  const beaconHere = new Map<string, boolean>();
  for (const report of epoch.beacons) {
    const entropy = entropyOf.get(bytesText(report.remoteEntropy));
    const payload = bytesText(report.payload);
    const isHere = isOfEpoch(entropy === undefined ? ingestMs(report.receivedMs) : entropy.timestampS * 1000);
    beaconHere.set(payload, isHere || beaconHere.get(payload) === true);
    if (!isHere) continue;
    reports.push({
      kind: "beacon",
      report,
      entropy,
      key: bytesText(report.key),
      payload,
      receivedMs: ingestMs(report.receivedMs),
    });
  }
  for (const report of epoch.witnesses) {
    const payload = bytesText(report.payload);
    const receivedMs = ingestMs(report.receivedMs);
    if (!(beaconHere.get(payload) ?? isOfEpoch(receivedMs))) continue;
    reports.push({ kind: "witness", report, key: bytesText(report.key), payload, receivedMs });
  }
  return reports.sort(
    (a, b) =>
      a.receivedMs - b.receivedMs ||
      compareText(a.kind, b.kind) ||
      compareText(a.key, b.key) ||
      compareText(a.payload, b.payload),
  );
}

/** Numbers payloads in order of first use and spreads the numbers over 64 bits, so that equal keys mean equal payloads. */
export class PayloadKeys {
  readonly #numbers = new Map<string, number>();

  /** The number of a payload: the lower word of its key. */
  low(payload: string): number {
    const known = this.#numbers.get(payload);
    if (known !== undefined) return known;
    const next = this.#numbers.size;
    this.#numbers.set(payload, next);
    return next;
  }

  /** The upper word: the number times an odd constant, for whoever partitions by the upper word. */
  static high(low: number): number {
    return Math.imul(low, 0x9e3779b1) >>> 0;
  }
}

/** Entropy by its bytes. Of two reports with the same bytes the earlier counts, as upstream inserted it first; then the lower version. */
export function entropyByData(reports: Iterable<HeliumEntropy>): Map<string, HeliumEntropy> {
  const byData = new Map<string, HeliumEntropy>();
  for (const report of reports) {
    if (!Number.isSafeInteger(report.timestampS) || report.timestampS < 0) {
      throw pocError("POC_BAD_ENCODING", `entropy: ${report.timestampS} is no time in s`);
    }
    const text = bytesText(report.data);
    const known = byData.get(text);
    const isFirst =
      known === undefined ||
      report.timestampS < known.timestampS ||
      (report.timestampS === known.timestampS && report.version < known.version);
    if (isFirst) byData.set(text, report);
  }
  return byData;
}

function ingestMs(receivedMs: number): number {
  if (Number.isSafeInteger(receivedMs) && receivedMs >= 0) return receivedMs;
  throw pocError("POC_BAD_ENCODING", `receivedMs: a time in ms expected, ${receivedMs} given`);
}
