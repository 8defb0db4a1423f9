/**
 * What the metrics say of uploads, held back until the windows of everything in them are closed: counts are news too.
 *
 * Counted by the second of arrival; a second is let go as a whole, `withholdMs` after its end.
 */
import type { UploadCounts } from "@earshot/poc/protocol";

export interface UploadEvent {
  /** accepted, duplicate, chain_fork, wrong_predecessor, … */
  readonly outcome: string;
  readonly counts: UploadCounts;
  readonly bytes: number;
  /** From the whole body's arrival to the answer, ms. */
  readonly durationMs: number;
}

/** Reports and bytes are those of accepted uploads; outcomes and durations those of all. */
export interface UploadTally {
  readonly outcomes: Map<string, number>;
  readonly reports: { beacons: number; witnesses: number; receipts: number; confirmations: number };
  bytes: number;
  readonly durationsMs: number[];
}

export class WithheldTally {
  readonly #withholdMs: number;
  /** By second, oldest first. */
  readonly #seconds: { readonly second: number; readonly tally: UploadTally }[] = [];

  constructor(withholdMs: number) {
    this.#withholdMs = withholdMs;
  }

  /** Counts an event at a steady time. */
  add(event: UploadEvent, steadyMs: number): void {
    const second = Math.floor(steadyMs / 1000);
    let last = this.#seconds.at(-1);
    if (last?.second !== second) {
      last = { second, tally: emptyTally() };
      this.#seconds.push(last);
    }
    const { tally } = last;
    tally.outcomes.set(event.outcome, (tally.outcomes.get(event.outcome) ?? 0) + 1);
    tally.durationsMs.push(event.durationMs);
    if (event.outcome !== "accepted") return;
    const { reports } = tally;
    reports.beacons += event.counts.beacons;
    reports.witnesses += event.counts.witnesses;
    reports.receipts += event.counts.receipts;
    reports.confirmations += event.counts.confirmations;
    tally.bytes += event.bytes;
  }

  /** What may be told at a steady time and was not yet. */
  due(steadyMs: number): readonly UploadTally[] {
    const isDue = ({ second }: { readonly second: number }) => (second + 1) * 1000 + this.#withholdMs <= steadyMs;
    const first = this.#seconds.findIndex((one) => !isDue(one));
    return this.#seconds.splice(0, first < 0 ? this.#seconds.length : first).map(({ tally }) => tally);
  }
}

function emptyTally(): UploadTally {
  return {
    outcomes: new Map(),
    reports: { beacons: 0, witnesses: 0, receipts: 0, confirmations: 0 },
    bytes: 0,
    durationsMs: [],
  };
}
