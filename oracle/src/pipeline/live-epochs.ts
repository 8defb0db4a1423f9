/** The epochs that are open now, under what is known of them; shared by all partitions of a process. */

import type { Store } from "../ports/store.ts";
import type { EpochArchive } from "./epoch-archive.ts";
import type { EpochFacts } from "./epoch-facts.ts";
import { entropySteps } from "./epoch-times.ts";
import { firstHandover, handoverAfter } from "./handover.ts";
import { LiveEpoch } from "./live-epoch.ts";
import { type ClosedEpoch, lastClosedEpoch } from "./work-table.ts";

/** How often closed epochs and entropy are asked for, ms. */
const REFRESH_MS = 1000;
const HASH_BYTES = 32;

export interface LiveEpochsOptions {
  readonly store: Store;
  readonly archive: EpochArchive;
  readonly facts: EpochFacts;
  readonly firstEpoch: number;
}

export class LiveEpochs {
  readonly #options: LiveEpochsOptions;
  readonly #epochs = new Map<number, LiveEpoch>();
  readonly #entropy = new Map<number, Uint8Array>();
  #closed: ClosedEpoch | undefined;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;

  constructor(options: LiveEpochsOptions) {
    this.#options = options;
  }

  /** The last closed epoch; one before the first where none is. */
  get lastClosed(): number {
    return this.#closed?.epoch ?? this.#options.firstEpoch - 1;
  }

  /** The rules of an open epoch, or undefined while its first block is not known. The same value until another epoch is closed. */
  async epoch(epoch: number): Promise<LiveEpoch | undefined> {
    const known = this.#epochs.get(epoch);
    if (known !== undefined) return known;
    const { facts, archive } = this.#options;
    const closed = this.#closed;
    const opening = await facts.opening(epoch);
    if (opening === undefined) return undefined;
    const { parameters } = opening;
    const { state } =
      closed === undefined ? firstHandover(parameters) : await handoverAfter(archive, closed, parameters);
    // Two partitions may have asked at once, and an epoch may have been closed meanwhile.
    if (closed !== this.#closed) return this.epoch(epoch);
    const live = this.#epochs.get(epoch) ?? new LiveEpoch(epoch, opening, state, (minute) => this.#entropy.get(minute));
    if (!this.#epochs.has(epoch)) {
      this.#epochs.set(epoch, live);
      // A report may have come before anybody looked at its epoch, and it is judged with what is known of the entropy now.
      await this.#readEntropy(live);
    }
    return live;
  }

  /** Asks for closed epochs and new entropy, at most once in a while. */
  async refresh(steadyMs: number): Promise<void> {
    if (steadyMs - this.#refreshedMs < REFRESH_MS) return;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshedMs = steadyMs;
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const closed = await lastClosedEpoch(this.#options.store);
    if (closed?.epoch !== this.#closed?.epoch) {
      this.#closed = closed;
      // What begins from the state it left begins anew.
      this.#epochs.clear();
    }
    for (const epoch of [this.lastClosed + 1, this.lastClosed + 2]) await this.epoch(epoch);
    // Closing may be behind by any number of epochs: whatever epoch reports came for is open.
    for (const live of this.#epochs.values()) await this.#readEntropy(live);
    this.#forgetEntropy();
  }

  async #readEntropy({ epoch, opening }: LiveEpoch): Promise<void> {
    const { time } = opening.parameters;
    const first = (epoch * time.epochMs) / time.entropyMs;
    const last = first + entropySteps(time) - 1;
    let next = first;
    while (this.#entropy.has(next)) next++;
    if (next > last) return;
    const rows = await this.#options.facts.entropy(next, last);
    rows.minute.forEach((minute, row) => {
      this.#entropy.set(minute, rows.blockhash.slice(row * HASH_BYTES, (row + 1) * HASH_BYTES));
    });
  }

  /** What only epochs before the open ones were drawn with. */
  #forgetEntropy(): void {
    const [live] = this.#epochs.values();
    if (live === undefined) return;
    const { time } = live.opening.parameters;
    const first = ((this.lastClosed + 1) * time.epochMs) / time.entropyMs;
    for (const minute of this.#entropy.keys()) if (minute < first - entropySteps(time)) this.#entropy.delete(minute);
  }
}
