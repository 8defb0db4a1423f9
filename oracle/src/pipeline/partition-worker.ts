/**
 * One partition under its lease: shuffles the proofs of its senders to the partitions of their payloads, and tells the verdicts of its
 * own payloads.
 *
 * Both ends commit under the lease. Shuffling twice is harmless (ports/report-log.ts), telling twice replaces rows by equal ones; so a
 * worker that takes over begins where the last commit ended, reads the open epochs again, and nothing is lost or counted twice.
 */

import type { TimeParameters } from "@earshot/poc";
import type { ReportLogReader, ShuffleCheckpoint } from "../ports/report-log.ts";
import type { Lease, Store } from "../ports/store.ts";
import { SYSTEM_CLOCK, sleep } from "../service/clock.ts";
import { requireLease } from "../store/leases.ts";
import { readPosition, writePosition } from "../store/positions.ts";
import { epochSpan, epochsOf } from "./epoch-times.ts";
import type { LiveEpoch } from "./live-epoch.ts";
import type { LiveEpochs } from "./live-epochs.ts";
import { LivePartition, type ToldGroup } from "./live-partition.ts";
import { type LiveReport, liveReportsOf, readLiveReport } from "./live-report.ts";
import { forgetLive, writeTally, writeVerdicts } from "./live-table.ts";
import { LiveTally } from "./live-tally.ts";

export interface PartitionOptions {
  readonly store: Store;
  /** Every log whose uploads count; the first one carries the shuffled reports of all. */
  readonly logs: readonly { readonly name: string; readonly log: ReportLogReader }[];
  readonly epochs: LiveEpochs;
  readonly time: TimeParameters;
  /** The wall clock, Unix ms, and a clock that does not step. */
  readonly wallMs: () => number;
  readonly steadyMs: () => number;
  /** How often verdicts are looked for, ms. */
  readonly tickMs: number;
}

/** Reports that wait for the first block of their epoch: with more the log is read no further, which keeps them as long as it takes. */
const MAX_UNOPENED = 20_000;

/** Of a log's name, in the name of a source (ports/report-log.ts): nobody finds two keys that agree in so many hex digits. */
const SOURCE_NAME_CHARACTERS = 40;

/** An epoch as this partition sees it. */
interface OpenEpoch {
  live: LiveEpoch;
  readonly partition: LivePartition;
  readonly tally: LiveTally;
}

export class PartitionWorker {
  readonly #options: PartitionOptions;
  readonly #partition: number;
  readonly #lease: Lease;
  readonly #open = new Map<number, OpenEpoch>();
  /** Reports of epochs whose first block is not known yet. */
  #waiting: LiveReport[] = [];
  /** By epoch: where reading must begin to see all of its reports. */
  readonly #firstCheckpoint = new Map<number, ShuffleCheckpoint | undefined>();
  #checkpoint: ShuffleCheckpoint | undefined;

  constructor(options: PartitionOptions, partition: number, lease: Lease) {
    this.#options = options;
    this.#partition = partition;
    this.#lease = lease;
  }

  /** Works until the signal, or throws what the stores throw, ORC_LEASE_LOST among them. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const guard = async (work: Promise<void>) => {
      try {
        await work;
      } catch (error) {
        failed.abort();
        throw error;
      }
    };
    const sources = this.#options.logs.map(({ name, log }) => guard(this.#shuffle(name, log, stop)));
    const results = await Promise.allSettled([...sources, guard(this.#read(stop)), guard(this.#tell(stop))]);
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  async #shuffle(name: string, log: ReportLogReader, signal: AbortSignal): Promise<void> {
    const { store, logs } = this.#options;
    const source = `${name.slice(0, SOURCE_NAME_CHARACTERS)}/${this.#partition}`;
    const position = await readPosition(store, "shuffle", source);
    const after = position === undefined ? -1 : Number(position);
    for await (const uploads of log.readUploads(this.#partition, after, { follow: true, signal })) {
      const batches = uploads.map((upload) => ({
        source,
        position: upload.logIndex,
        reports: this.#isOver(upload.receiveMs) ? [] : liveReportsOf(upload),
      }));
      await logs[0].log.shuffle(batches);
      await this.#commit((tx) => writePosition(tx, "shuffle", source, String(uploads[uploads.length - 1].logIndex)));
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { store, logs, time, tickMs } = this.#options;
    this.#checkpoint = await readPosition(store, "live", String(this.#partition));
    const pages = logs[0].log.readShuffled(this.#partition, this.#checkpoint, { follow: true, signal });
    for await (const { reports, checkpoint } of pages) {
      for (const shuffled of reports) {
        const report = readLiveReport(shuffled);
        for (const epoch of epochsOf(report.receiveMs, time)) {
          if (!this.#firstCheckpoint.has(epoch)) this.#firstCheckpoint.set(epoch, this.#checkpoint);
        }
        this.#waiting.push(report);
      }
      this.#checkpoint = checkpoint;
      while (this.#waiting.length > MAX_UNOPENED && !signal.aborted) await sleep(SYSTEM_CLOCK, tickMs, signal);
    }
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { epochs, steadyMs, tickMs, wallMs } = this.#options;
    while (!signal.aborted) {
      await epochs.refresh(steadyMs());
      await this.#forgetClosed();
      await this.#rebase();
      await this.#takeWaiting();
      for (const [number, { live, partition, tally }] of this.#open) {
        const groups = partition.tick(wallMs());
        if (groups.length > 0) await this.#write(live, tally, groups, number);
      }
      await sleep(SYSTEM_CLOCK, tickMs, signal);
    }
  }

  async #takeWaiting(): Promise<void> {
    const { epochs, time } = this.#options;
    const count = this.#waiting.length;
    const unopened: LiveReport[] = [];
    for (const report of this.#waiting.slice(0, count)) {
      let isKnown = true;
      for (const epoch of epochsOf(report.receiveMs, time)) {
        if (epoch <= epochs.lastClosed) continue;
        const open = await this.#openEpoch(epoch);
        if (open === undefined) isKnown = false;
      }
      if (!isKnown) {
        unopened.push(report);
        continue;
      }
      for (const epoch of epochsOf(report.receiveMs, time)) this.#open.get(epoch)?.partition.add(report);
    }
    // More may have been read meanwhile.
    this.#waiting = [...unopened, ...this.#waiting.slice(count)];
  }

  async #openEpoch(epoch: number): Promise<OpenEpoch | undefined> {
    const known = this.#open.get(epoch);
    if (known !== undefined) return known;
    const live = await this.#options.epochs.epoch(epoch);
    if (live === undefined) return undefined;
    const partition = new LivePartition(live, this.#open.get(epoch - 1)?.partition);
    const open = { live, partition, tally: new LiveTally() };
    this.#open.set(epoch, open);
    return open;
  }

  async #rebase(): Promise<void> {
    for (const [epoch, open] of this.#open) {
      const live = await this.#options.epochs.epoch(epoch);
      if (live === undefined || live === open.live) continue;
      open.live = live;
      open.partition.rebase(live);
    }
  }

  async #forgetClosed(): Promise<void> {
    const { epochs, logs } = this.#options;
    const closed = [...this.#open.keys()].filter((epoch) => epoch <= epochs.lastClosed);
    if (closed.length === 0) return;
    for (const epoch of closed) {
      this.#open.delete(epoch);
      this.#open.get(epoch + 1)?.partition.forgetPrevious();
    }
    const kept = [...this.#firstCheckpoint].filter(([epoch]) => epoch > epochs.lastClosed);
    const checkpoint = kept.length === 0 ? this.#checkpoint : kept.sort(([a], [b]) => a - b)[0][1];
    for (const epoch of this.#firstCheckpoint.keys())
      if (epoch <= epochs.lastClosed) this.#firstCheckpoint.delete(epoch);
    await this.#commit(async (tx) => {
      await forgetLive(tx, epochs.lastClosed);
      if (checkpoint !== undefined) await writePosition(tx, "live", String(this.#partition), checkpoint);
    });
    if (checkpoint !== undefined) await logs[0].log.trimShuffled(new Map([[this.#partition, checkpoint]]));
  }

  async #write(live: LiveEpoch, tally: LiveTally, groups: readonly ToldGroup[], epoch: number): Promise<void> {
    tally.note(live, groups);
    const changed = tally.takeChanged();
    const verdicts = groups.flatMap((group) => group.verdicts);
    const toldMs = this.#options.wallMs();
    await this.#commit(async (tx) => {
      // Another partition may have seen that the epoch was closed, and forgotten it.
      if (epoch <= this.#options.epochs.lastClosed) return;
      await writeVerdicts(tx, live, verdicts, toldMs);
      await writeTally(tx, live, this.#partition, tally, changed);
    });
  }

  #commit(work: (tx: Parameters<Parameters<Store["transaction"]>[0]>[0]) => Promise<void>): Promise<void> {
    return this.#options.store.transaction(async (tx) => {
      await requireLease(tx, this.#lease);
      await work(tx);
    });
  }

  /** Whether nobody waits for verdicts any more: what is closed, or about to be, is in the archive or soon will be. */
  #isOver(receiveMs: number): boolean {
    const { epochs, time, wallMs } = this.#options;
    const nowMs = wallMs();
    return epochsOf(receiveMs, time).every(
      (epoch) => epoch <= epochs.lastClosed || epochSpan(epoch, time).closesMs < nowMs,
    );
  }
}
