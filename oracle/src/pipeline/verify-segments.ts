/**
 * The first half of loading, as the epoch goes: each sealed segment is verified once for each epoch that reads it, by whichever worker
 * takes its lease, and its chunk goes to the artefact store.
 *
 * A chunk follows from the segment and the registry alone. A worker that is killed leaves nothing but a lease that runs out; two that
 * do the same segment write the same bytes; so nothing is lost and nothing doubled whatever happens to them.
 */

import type { TimeParameters } from "@earshot/poc";
import { oracleError } from "../errors.ts";
import { verifierOf } from "../load/load-uploads.ts";
import { recordChunks } from "../load/record-chunks.ts";
import { mergeChunks, type UploadChunk } from "../load/upload-chunk.ts";
import type { UploadVerifier } from "../load/verify-uploads.ts";
import { readSegment } from "../log/segment-reader.ts";
import type { SealedSegment } from "../ports/report-log.ts";
import type { Db, Store } from "../ports/store.ts";
import { encodeChunk } from "./chunk-file.ts";
import type { EpochArchive } from "./epoch-archive.ts";
import type { EpochFacts } from "./epoch-facts.ts";
import { epochSpan, epochsOf } from "./epoch-times.ts";
import { holdLease, type LeaseOptions } from "./hold-lease.ts";
import type { LogReader } from "./log-reader.ts";
import { chunksOf, lastClosedEpoch, noteChunk } from "./work-table.ts";

/** A segment as one epoch reads it. */
export interface SegmentTask {
  readonly epoch: number;
  readonly log: LogReader;
  readonly segment: SealedSegment;
}

export interface VerifierOptions {
  readonly store: Store;
  readonly archive: EpochArchive;
  readonly facts: EpochFacts;
  readonly logs: readonly LogReader[];
  readonly time: TimeParameters;
  /** The network's first epoch: logs may begin before it. */
  readonly firstEpoch: number;
  readonly lease: LeaseOptions;
}

/** Verifiers kept: those of the epoch whose grace time runs and of the next one. */
const KEPT_VERIFIERS = 2;

export class SegmentVerifier {
  readonly #options: VerifierOptions;
  readonly #verifiers = new Map<number, UploadVerifier>();
  /** Tasks of open epochs that are known to be done, as `epoch/log/number`. */
  readonly #done = new Set<string>();
  /** The first epoch that is not closed. */
  #fromEpoch = -1;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Verifies one segment that nobody has verified and nobody is verifying; false when there is none. */
  async step(): Promise<boolean> {
    for (const task of await this.#open()) {
      const { epoch, log, segment } = task;
      const verifier = await this.#verifierOf(epoch);
      if (verifier === undefined) continue;
      const name = nameOf(task);
      const isDone = await holdLease(this.#options.lease, `segment/${name}`, async (lease) => {
        // Another worker may have finished it between our look and our lease.
        const known = (await chunksOf(this.#options.store, epoch)).some(
          (row) => row.log === log.name && row.segment === segment.number,
        );
        if (!known) await noteChunk(this.#options.store, lease, await this.#verify(task, verifier));
        return true;
      });
      if (isDone !== true) continue;
      this.#done.add(name);
      return true;
    }
    return false;
  }

  async #verify({ epoch, log, segment }: SegmentTask, verifier: UploadVerifier) {
    const path = `${log.name}/${segment.number}`;
    const bytes = await log.segmentBytes(segment.number);
    if (bytes === undefined) throw oracleError("ORC_MISSING_FILE", `${path}: the log lost a sealed segment`);
    const records = readSegment(bytes, segment.number, path);
    const chunks: UploadChunk[] = [];
    for (const some of recordChunks(records)) {
      chunks.push(verifier.chunk(some));
      // Lets leases be renewed.
      await Bun.sleep(0);
    }
    const { archive } = this.#options;
    const chunkSha256 = await archive.put(encodeChunk(mergeChunks(chunks)));
    const segmentSha256 = await archive.put(bytes);
    return {
      epoch,
      log: log.name,
      segment: segment.number,
      chunkSha256: Buffer.from(chunkSha256, "hex"),
      segmentSha256: Buffer.from(segmentSha256, "hex"),
    };
  }

  /** Tasks of epochs that are not closed and that nobody is known to have done, oldest epoch first. */
  async #open(): Promise<readonly SegmentTask[]> {
    const { store, logs, time, firstEpoch } = this.#options;
    const fromEpoch = Math.max(firstEpoch, ((await lastClosedEpoch(store))?.epoch ?? -1) + 1);
    if (fromEpoch !== this.#fromEpoch) {
      this.#fromEpoch = fromEpoch;
      // Nobody asks for the segments of closed epochs any more.
      this.#done.clear();
    }
    const tasks: SegmentTask[] = [];
    for (const log of logs) tasks.push(...segmentTasks(log, await log.segments(), time, fromEpoch));
    const open = tasks.filter((task) => !this.#done.has(nameOf(task)));
    for (const epoch of new Set(open.map((task) => task.epoch))) await this.#noteDone(store, epoch);
    return open.filter((task) => !this.#done.has(nameOf(task))).sort((a, b) => a.epoch - b.epoch);
  }

  async #noteDone(db: Db, epoch: number): Promise<void> {
    for (const { log, segment } of await chunksOf(db, epoch)) this.#done.add(`${epoch}/${log}/${segment}`);
  }

  async #verifierOf(epoch: number): Promise<UploadVerifier | undefined> {
    const known = this.#verifiers.get(epoch);
    if (known !== undefined) return known;
    const opening = await this.#options.facts.opening(epoch);
    if (opening === undefined) return undefined;
    const verifier = verifierOf({ ...opening, header: { epoch } });
    this.#verifiers.set(epoch, verifier);
    if (this.#verifiers.size > KEPT_VERIFIERS) this.#verifiers.delete(Math.min(...this.#verifiers.keys()));
    return verifier;
  }
}

/** What a log's segments are to which epochs, from one on: all that a log ever held would be gone through again and again for nothing. */
export function segmentTasks(
  log: LogReader,
  segments: readonly SealedSegment[],
  time: TimeParameters,
  fromEpoch: number,
): SegmentTask[] {
  const { startMs } = epochSpan(fromEpoch, time);
  const tasks: SegmentTask[] = [];
  for (const segment of segments) {
    if (Math.max(segment.firstReceiveMs, segment.lastReceiveMs) < startMs) continue;
    const epochs = new Set([...epochsOf(segment.firstReceiveMs, time), ...epochsOf(segment.lastReceiveMs, time)]);
    for (const epoch of epochs) if (epoch >= fromEpoch) tasks.push({ epoch, log, segment });
  }
  return tasks;
}

function nameOf({ epoch, log, segment }: SegmentTask): string {
  return `${epoch}/${log.name}/${segment.number}`;
}
