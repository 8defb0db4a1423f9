/**
 * Loads the log of an epoch folder, its segments verified on one thread or on several: the same tables for any number of them.
 *
 * Verifying is nearly all of an audit's time, and segments are verified each by itself; a thread is sent their paths and hands the columns
 * over, so that no more than one segment's bytes a thread are in memory.
 */
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import { numberOf, readSegment, segmentNames } from "../log/segment-reader.ts";
import {
  batches,
  CHUNK_RECORDS,
  type LoadContext,
  type LoadedReports,
  loadChunks,
  verifierOf,
} from "./load-uploads.ts";
import type { UploadChunk } from "./upload-chunk.ts";
import type { UploadVerifier } from "./verify-uploads.ts";

/** What a thread is told first: the epoch; then a segment at a time. */
export type VerifyRequest =
  | { readonly kind: "epoch"; readonly context: VerifyContext }
  | { readonly kind: "segment"; readonly path: string; readonly number: number };

export type VerifyAnswer =
  | { readonly kind: "chunks"; readonly chunks: readonly UploadChunk[] }
  | { readonly kind: "error"; readonly code: string | undefined; readonly message: string };

export type VerifyContext = Pick<LoadContext, "header" | "parameters" | "hotspots" | "payers" | "network">;

/** Loads `uploads/` of an epoch folder. Throws ORC_MISSING_FILE, ORC_BAD_LOG, ORC_FOREIGN_FILE, ORC_WORKER_FAILED. */
export async function loadLog(uploads: string, context: LoadContext, workers: number): Promise<LoadedReports> {
  const segments = segmentNames(uploads).map((name) => ({ path: join(uploads, name), number: numberOf(name) }));
  const chunks: UploadChunk[] = [];
  const take = (own: readonly UploadChunk[]) => {
    chunks.push(...own);
    context.onProgress?.(chunks.reduce((sum, { records }) => sum + records, 0));
  };
  if (workers === 1) {
    const verifier = verifierOf(context);
    for (const { path, number } of segments) take(verifySegment(verifier, path, number));
  } else {
    await verifyOnThreads(segments, context, Math.min(workers, segments.length), take);
  }
  return loadChunks(chunks, context);
}

/** The chunks of a sealed segment on disk. */
export function verifySegment(verifier: UploadVerifier, path: string, number: number): UploadChunk[] {
  const records = readSegment(readWhole(path), number, path);
  return Array.from(batches(records, CHUNK_RECORDS), (batch) => verifier.chunk(batch));
}

async function verifyOnThreads(
  segments: readonly { readonly path: string; readonly number: number }[],
  { header, parameters, hotspots, payers, network }: VerifyContext,
  threads: number,
  take: (chunks: readonly UploadChunk[]) => void,
): Promise<void> {
  let next = 0;
  const work = async () => {
    const thread = new VerifyThread({ header, parameters, hotspots, payers, network });
    try {
      while (next < segments.length) take(await thread.verify(segments[next++]));
    } finally {
      thread.stop();
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
}

class VerifyThread {
  readonly #worker: Worker;
  #settle: { resolve: (chunks: readonly UploadChunk[]) => void; reject: (error: Error) => void } | undefined;

  constructor(context: VerifyContext) {
    this.#worker = new Worker(new URL("./verify-thread.ts", import.meta.url).href);
    this.#worker.onmessage = ({ data }: MessageEvent<VerifyAnswer>) => {
      if (data.kind === "chunks") this.#settle?.resolve(data.chunks);
      else this.#settle?.reject(errorFrom(data));
    };
    this.#worker.onerror = ({ message }) => this.#settle?.reject(oracleError("ORC_WORKER_FAILED", message));
    this.#worker.postMessage({ kind: "epoch", context } satisfies VerifyRequest);
  }

  verify(segment: { readonly path: string; readonly number: number }): Promise<readonly UploadChunk[]> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage({ kind: "segment", ...segment } satisfies VerifyRequest);
    });
  }

  stop(): void {
    this.#worker.terminate();
  }
}

function errorFrom({ code, message }: Extract<VerifyAnswer, { kind: "error" }>): Error {
  if (code === undefined) return oracleError("ORC_WORKER_FAILED", message);
  return new CodedError(code, message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message);
}
