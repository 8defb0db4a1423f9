/**
 * Recomputes the challenges of an epoch and loads the log of its folder, on one thread or on several: the same tables for any number.
 *
 * Hashing entropy and verifying signatures is nearly all of an audit's time, and each interval and each segment is computed by itself.
 * A thread is sent which, and hands the columns over, so that no more than one segment's bytes a thread are in memory.
 */
import { join } from "node:path";
import type { EpochInput } from "@earshot/poc";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import { numberOf, readSegment, segmentNames } from "../log/segment-reader.ts";
import { errorFrom } from "../score/worker-message.ts";
import { deriveInterval, joinChallenges } from "./derive-challenges.ts";
import { type LoadContext, type LoadedReports, loadChunks, verifierOf } from "./load-uploads.ts";
import { recordChunks } from "./record-chunks.ts";
import type { UploadChunk } from "./upload-chunk.ts";
import type { UploadVerifier } from "./verify-uploads.ts";

/** What a thread needs to know of the epoch. */
export type LogContext = Pick<LoadContext, "header" | "parameters" | "hotspots" | "payers" | "network"> &
  Pick<EpochInput, "entropy">;

/** A piece of the work. */
export type LogJob =
  | { readonly kind: "interval"; readonly interval: number }
  | { readonly kind: "segment"; readonly path: string; readonly number: number };

export type LogJobResult =
  | { readonly kind: "interval"; readonly interval: number; readonly challenges: EpochInput["challenges"] | undefined }
  | { readonly kind: "segment"; readonly number: number; readonly chunks: readonly UploadChunk[] };

/** A thread is told the epoch first, then a job at a time. */
export type LogThreadRequest = { readonly kind: "epoch"; readonly context: LogContext } | LogJob;

export type LogThreadAnswer =
  | LogJobResult
  | { readonly kind: "error"; readonly code: string | undefined; readonly message: string };

export interface LoadedLog {
  /** Those given where the rules have no sortition. */
  readonly challenges: EpochInput["challenges"];
  readonly loaded: LoadedReports;
}

/**
 * Loads `uploads/` of an epoch folder. With several workers `aside` is called once, at the start: one thread does nothing until what it
 * gives is settled, so that work which needs nothing of the log has a core, and its memory is free again before there are many columns.
 * Throws ORC_BAD_ROW for entropy, ORC_MISSING_FILE, ORC_BAD_LOG, ORC_FOREIGN_FILE, ORC_WORKER_FAILED.
 */
export async function loadLog(
  uploads: string,
  context: LoadContext & LogContext,
  workers: number,
  aside?: () => Promise<unknown>,
): Promise<LoadedLog> {
  const { time } = context.parameters;
  const jobs: LogJob[] = [
    ...Array.from(
      { length: time.epochMs / time.intervalMs },
      (_, interval): LogJob => ({ kind: "interval", interval }),
    ),
    ...segmentNames(uploads).map(
      (name): LogJob => ({ kind: "segment", path: join(uploads, name), number: numberOf(name) }),
    ),
  ];
  const chunks: UploadChunk[] = [];
  const intervals: EpochInput["challenges"][] = [];
  let records = 0;
  const take = (result: LogJobResult) => {
    if (result.kind === "interval") {
      if (result.challenges !== undefined) intervals[result.interval] = result.challenges;
      return;
    }
    chunks.push(...result.chunks);
    records += result.chunks.reduce((sum, chunk) => sum + chunk.records, 0);
    context.onProgress?.(records);
  };
  if (workers === 1) {
    const runner = new LogJobRunner(context);
    for (const job of jobs) take(runner.run(job));
  } else {
    await runOnThreads(jobs, context, Math.min(workers, jobs.length), { take, aside });
  }
  const challenges = intervals.length === 0 ? context.challenges : joinChallenges(intervals);
  return { challenges, loaded: loadChunks(chunks, { ...context, challenges }) };
}

/** Does jobs of one epoch. */
export class LogJobRunner {
  readonly #context: LogContext;
  readonly #verifier: UploadVerifier;

  constructor(context: LogContext) {
    this.#context = context;
    this.#verifier = verifierOf(context);
  }

  run(job: LogJob): LogJobResult {
    if (job.kind === "interval") return { ...job, challenges: deriveInterval(this.#context, job.interval) };
    const records = readSegment(readWhole(job.path), job.number, job.path);
    const chunks = Array.from(recordChunks(records), (chunk) => this.#verifier.chunk(chunk));
    return { kind: "segment", number: job.number, chunks };
  }
}

async function runOnThreads(
  jobs: readonly LogJob[],
  { header, parameters, hotspots, payers, network, entropy }: LogContext,
  threads: number,
  {
    take,
    aside,
  }: { readonly take: (result: LogJobResult) => void; readonly aside?: (() => Promise<unknown>) | undefined },
): Promise<void> {
  let next = 0;
  const work = async (before?: () => Promise<unknown>) => {
    await before?.();
    const thread = new LogThread({ header, parameters, hotspots, payers, network, entropy });
    try {
      while (next < jobs.length) take(await thread.run(jobs[next++]));
    } catch (error) {
      // The other threads need not go on.
      next = jobs.length;
      throw error;
    } finally {
      thread.stop();
    }
  };
  await Promise.all(Array.from({ length: threads }, (_, thread) => work(thread === 0 ? aside : undefined)));
}

class LogThread {
  readonly #worker: Worker;
  #settle: { resolve: (result: LogJobResult) => void; reject: (error: Error) => void } | undefined;

  constructor(context: LogContext) {
    this.#worker = new Worker(new URL("./log-thread.ts", import.meta.url).href);
    this.#worker.onmessage = ({ data }: MessageEvent<LogThreadAnswer>) => {
      if (data.kind === "error") this.#settle?.reject(errorFrom(data));
      else this.#settle?.resolve(data);
    };
    this.#worker.onerror = ({ message }) => this.#settle?.reject(oracleError("ORC_WORKER_FAILED", message));
    this.#worker.postMessage({ kind: "epoch", context } satisfies LogThreadRequest);
  }

  run(job: LogJob): Promise<LogJobResult> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage(job satisfies LogThreadRequest);
    });
  }

  stop(): void {
    this.#worker.terminate();
  }
}
