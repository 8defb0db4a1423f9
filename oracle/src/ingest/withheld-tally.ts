/**
 * What the metrics say of uploads, held back until the windows of everything in them are closed: counts are news too.
 *
 * Counted by the second of arrival; a second is let go as a whole, `withholdMs` after its end.
 */
export interface UploadEvent {
  /** accepted, duplicate, chain_fork, wrong_predecessor, … */
  readonly outcome: string;
  readonly beacons: number;
  readonly witnesses: number;
  readonly receipts: number;
  readonly confirmations: number;
  readonly bytes: number;
  /** From the whole body's arrival to the answer, ms. */
  readonly durationMs: number;
}

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
    const { outcomes, reports, durationsMs } = last.tally;
    outcomes.set(event.outcome, (outcomes.get(event.outcome) ?? 0) + 1);
    reports.beacons += event.beacons;
    reports.witnesses += event.witnesses;
    reports.receipts += event.receipts;
    reports.confirmations += event.confirmations;
    last.tally.bytes += event.bytes;
    durationsMs.push(event.durationMs);
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
