/**
 * Beacon and witness reports between the radio and the next upload, in memory: they are worth something for half a minute.
 *
 * The first one sets when an upload is due; whatever else is heard until then goes with it. A report whose window is over before it
 * was sealed is dropped here, and so is the oldest when there are too many: never after sealing.
 */
import { type BeaconReport, RECORD_BYTES, type WitnessReport, writeBeacon, writeWitness } from "@earshot/poc/protocol";
import type { Counter } from "../telemetry.ts";

/** From the first report to its upload, ms: leaves a second of the two that DESIGN allows for disk and network. */
export const RADIO_FLUSH_MS = 1000;
/** Most reports that wait: more beacons than a channel plan can carry in a window. */
const MAX_WAITING = 1024;

type Waiting = { readonly arrivedMs: number; readonly expiresMs: number } & (
  | { readonly beacon: BeaconReport; readonly witness?: never }
  | { readonly witness: WitnessReport; readonly beacon?: never }
);

/** Reports for an upload that is about to be sealed. */
export interface RadioBatch {
  readonly beacons: readonly BeaconReport[];
  readonly witnesses: readonly WitnessReport[];
  /** What `remove` takes away. */
  readonly waiting: readonly unknown[];
}

export class RadioReports {
  readonly #dropped: Counter;
  #waiting: Waiting[] = [];

  /** `dropped` counts by `reason`: expired, crowded, unencodable. */
  constructor(dropped: Counter) {
    this.#dropped = dropped;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Times are of the steady clock. */
  addBeacon(beacon: BeaconReport, arrivedMs: number, expiresMs: number): void {
    this.#add({ beacon, arrivedMs, expiresMs });
  }

  addWitness(witness: WitnessReport, arrivedMs: number, expiresMs: number): void {
    this.#add({ witness, arrivedMs, expiresMs });
  }

  /** When the next upload is due, or null without reports. */
  dueMs(): number | null {
    return this.#waiting.length === 0 ? null : this.#waiting[0]!.arrivedMs + RADIO_FLUSH_MS;
  }

  /** What still counts at `nowMs`; it stays until it is removed. What no longer counts is dropped. */
  peek(nowMs: number): RadioBatch {
    const fresh = this.#waiting.filter(({ expiresMs }) => expiresMs > nowMs);
    this.#dropped.add({ reason: "expired" }, this.#waiting.length - fresh.length);
    this.#waiting = fresh;
    return {
      beacons: fresh.flatMap(({ beacon }) => (beacon === undefined ? [] : [beacon])),
      witnesses: fresh.flatMap(({ witness }) => (witness === undefined ? [] : [witness])),
      waiting: [...fresh],
    };
  }

  /** Lets go of a batch: it is sealed. */
  remove(batch: RadioBatch): void {
    const sealed = new Set(batch.waiting);
    this.#waiting = this.#waiting.filter((report) => !sealed.has(report));
  }

  #add(report: Waiting): void {
    if (!isEncodable(report)) {
      this.#dropped.add({ reason: "unencodable" });
      return;
    }
    this.#waiting.push(report);
    this.#trim();
  }

  /** Beacons are the hotspot's own and one at a time: it is witnesses that a flood is made of. */
  #trim(): void {
    while (this.#waiting.length > MAX_WAITING) {
      const oldest = this.#waiting.findIndex(({ witness }) => witness !== undefined);
      this.#waiting.splice(Math.max(0, oldest), 1);
      this.#dropped.add({ reason: "crowded" });
    }
  }
}

/** Whether an upload can hold a report: one that it cannot would keep every other report from being sealed. */
function isEncodable({ beacon, witness }: Waiting): boolean {
  try {
    if (beacon !== undefined) writeBeacon(new Uint8Array(RECORD_BYTES.beacon), 0, beacon);
    else writeWitness(new Uint8Array(RECORD_BYTES.witness), 0, witness);
    return true;
  } catch {
    return false;
  }
}
