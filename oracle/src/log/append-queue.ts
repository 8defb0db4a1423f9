/**
 * Gathers appends into commits: while one commit is under way the next ones wait together.
 *
 * Answers an upload that is appended twice while it is under way once, and refuses what would not fit in memory. Used by both logs.
 */
import { oracleError } from "../errors.ts";
import type { Appended, LogPlace, RawUpload } from "../ports/report-log.ts";
import { checkRawUpload } from "./check-upload.ts";
import { idName } from "./id-name.ts";

/** An upload that waits for its commit. */
export interface WaitingUpload {
  readonly upload: RawUpload;
  /** To be called when the upload is durable at this place; the first call counts. */
  readonly acknowledge: (place: LogPlace, isDuplicate: boolean) => void;
}

export interface AppendQueueOptions {
  /** Commits uploads in order. What it has not acknowledged when it throws is refused with that error. */
  readonly commit: (uploads: readonly WaitingUpload[]) => Promise<void>;
  /** A commit waits this long for company, ms. */
  readonly gatherMs: number;
}

/** Most that may be under way: more means that the log stands still, and the sender shall come again. */
const MAX_WAITING_UPLOADS = 65_536;
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** Most in one commit, so that a backlog does not become one long silence. */
const COMMIT_UPLOADS = 4096;
const COMMIT_BYTES = 16 * 1024 * 1024;

interface Waiting extends WaitingUpload {
  readonly refuse: (error: unknown) => void;
  isAnswered: boolean;
}

export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #underWay = new Map<string, Promise<Appended>>();
  #waiting: Waiting[] = [];
  #errands: (() => Promise<void>)[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #fault: string | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** Resolves when the upload is durable. Throws ORC_BAD_LOG, ORC_LOG_UNAVAILABLE. */
  append(upload: RawUpload): Promise<Appended> {
    try {
      return this.#enqueue(upload);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #enqueue(upload: RawUpload): Promise<Appended> {
    checkRawUpload(upload);
    const { uploadId, bytes } = upload;
    const id = idName(uploadId);
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) return underWay.then((place) => ({ ...place, isDuplicate: true }));
    if (this.#isClosed) throw oracleError("ORC_LOG_UNAVAILABLE", "the log is closed", { retryable: true });
    if (this.#underWay.size >= MAX_WAITING_UPLOADS || this.#bytes + bytes.length > MAX_WAITING_BYTES) {
      const detail = `${this.#underWay.size} uploads of ${this.#bytes} bytes wait to be written`;
      throw oracleError("ORC_LOG_UNAVAILABLE", detail, { retryable: true });
    }
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    const waiting: Waiting = {
      upload,
      isAnswered: false,
      acknowledge: ({ logIndex, receiveMs, previousHead }, isDuplicate) => {
        this.#leave(id, waiting);
        resolve({ uploadId, logIndex, receiveMs, previousHead, isDuplicate });
      },
      refuse: (error) => {
        this.#leave(id, waiting);
        reject(error);
      },
    };
    this.#underWay.set(id, promise);
    this.#bytes += bytes.length;
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
    return promise;
  }

  /** What is answered again left before: its sender may be here anew. */
  #leave(id: string, waiting: Waiting): void {
    if (waiting.isAnswered) return;
    waiting.isAnswered = true;
    this.#underWay.delete(id);
    this.#bytes -= waiting.upload.bytes.length;
  }

  /** Runs something while no commit is under way. */
  between(errand: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#errands.push(() => errand().then(resolve, reject));
    this.#running ??= this.#run();
    return promise;
  }

  health(): { inFlight: number; fault: string | undefined } {
    return { inFlight: this.#underWay.size, fault: this.#fault };
  }

  /** Takes nothing more and resolves when everything was answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    await this.#gather();
    while (this.#waiting.length > 0 || this.#errands.length > 0) {
      for (const errand of this.#errands.splice(0)) await errand();
      const commit = this.#next();
      if (commit.length > 0) await this.#commit(commit);
      if (this.#waiting.length > 0 && this.#waiting.length < COMMIT_UPLOADS) await this.#gather();
    }
    this.#running = undefined;
  }

  #gather(): Promise<void> {
    const { gatherMs } = this.#options;
    return new Promise((resolve) => (gatherMs > 0 ? setTimeout(resolve, gatherMs) : setImmediate(resolve)));
  }

  #next(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { upload } of this.#waiting) {
      bytes += upload.bytes.length;
      if (count === COMMIT_UPLOADS || (count > 0 && bytes > COMMIT_BYTES)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(commit: readonly Waiting[]): Promise<void> {
    try {
      await this.#options.commit(commit);
      this.#fault = undefined;
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : String(error);
      for (const waiting of commit) if (!waiting.isAnswered) waiting.refuse(error);
    }
  }
}
