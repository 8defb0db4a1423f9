/**
 * The scaled-out report log: three JetStream streams on a NATS cluster.
 *
 * Durable means: the stream's leader and, with three replicas, a majority of the cluster have the upload. It withstands `kill -9` and the
 * loss of any one node. A server writes to disk on its own schedule (`sync_interval`, 2 min; `always` from 2.10 on), so a power cut
 * of all nodes at once can take what was acknowledged last; run nodes on different power, or set `sync_interval: always`.
 *
 * Log index = sequence − 1. Every upload is published under the sequence it expects to follow, so uploads cannot change places, and a
 * second writer cannot put another upload in between: after any doubt the writer reads the stream back and goes on from there.
 */

import { JetStreamApiError } from "@nats-io/jetstream";
import { oracleError } from "../../errors.ts";
import type { LogPlace, LogTip } from "../../ports/report-log.ts";
import { AppendQueue, type WaitingUpload } from "../append-queue.ts";
import { spanOf } from "../log-identity.ts";
import { QueuedLog } from "../queued-log.ts";
import { RECORD_HEADER_BYTES, SEGMENT_TARGET_BYTES } from "../segment.ts";
import { type JetStreamLogOptions, JetStreamLogReader } from "./jetstream-log-reader.ts";
import { hex, tipAfter, uploadHeaders } from "./upload-message.ts";

/** Uploads under way to the server at once. */
const PUBLISH_AT_ONCE = 512;
/** How long an append goes on trying before it is refused, ms: longer than an election. */
const GIVE_UP_MS = 20_000;
const RETRY_MS = 100;

export class JetStreamReportLog extends QueuedLog {
  readonly #options: JetStreamLogOptions;
  protected override readonly reader: JetStreamLogReader;
  protected override readonly queue: AppendQueue;
  /** Undefined while it is not known what the stream holds. */
  #tip: LogTip | undefined;
  /** Span and bytes of the uploads that are not sealed yet, as far as this process wrote them. */
  #span = -1;
  #unsealedBytes = 0;
  #closed: Promise<void> | undefined;

  /** Opens a log; makes its streams where there are none. Throws ORC_LOG_UNAVAILABLE, ORC_BAD_OPTION, ORC_BAD_LOG. */
  static async open(options: JetStreamLogOptions): Promise<JetStreamReportLog> {
    const reader = await JetStreamLogReader.open(options);
    const log = new JetStreamReportLog(options, reader);
    log.#tip = await reader.catchUp();
    return log;
  }

  private constructor(options: JetStreamLogOptions, reader: JetStreamLogReader) {
    super(options.partitions);
    this.#options = options;
    this.reader = reader;
    this.queue = new AppendQueue({ gatherMs: 0, commit: (uploads) => this.#commit(uploads) });
  }

  async tip(): Promise<LogTip> {
    return this.#tip ?? this.reader.tip();
  }

  async find(uploadId: Uint8Array): Promise<LogPlace | undefined> {
    // The index is this process's own: between commits it says what the stream says, unless another writer is at work.
    return this.reader.index.find(uploadId);
  }

  sealSegments(nowMs: number): Promise<void> {
    return this.queue.between(() => this.reader.sealed.seal(nowMs));
  }

  /** Readers ask the stream, which has an upload before it is acknowledged. */
  async showAll(): Promise<void> {}

  close(): Promise<void> {
    this.#closed ??= this.queue.close().then(() => this.reader.close());
    return this.#closed;
  }

  async #commit(uploads: readonly WaitingUpload[]): Promise<void> {
    const started = performance.now();
    /** Where this commit put, or may have put, each upload, by id: what is found there is no duplicate. */
    const tried = new Map<string, LogPlace>();
    let left = uploads;
    for (;;) {
      try {
        this.#tip ??= await this.reader.catchUp();
        left = left.filter((waiting) => !this.#answerKnown(waiting, tried));
        for (let from = 0; from < left.length; from += PUBLISH_AT_ONCE) {
          await this.#publish(left.slice(from, from + PUBLISH_AT_ONCE), tried);
        }
        break;
      } catch (cause) {
        this.#tip = undefined;
        if (performance.now() - started > GIVE_UP_MS) {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw oracleError("ORC_LOG_UNAVAILABLE", `${this.reader.names.uploads}: ${reason}`, {
            cause,
            retryable: true,
          });
        }
        await Bun.sleep(RETRY_MS);
      }
    }
    if (this.#isSegmentComplete(uploads)) await this.reader.sealed.seal(undefined).catch(() => undefined);
  }

  /** Answers an upload that the log holds already. */
  #answerKnown(waiting: WaitingUpload, tried: ReadonlyMap<string, LogPlace>): boolean {
    const known = this.reader.index.find(waiting.upload.uploadId);
    if (known === undefined) return false;
    const own = tried.get(hex(known.uploadId));
    const isOwn = own?.logIndex === known.logIndex && Buffer.compare(own.previousHead, known.previousHead) === 0;
    waiting.acknowledge(known, !isOwn);
    return true;
  }

  /** Publishes uploads behind the tip. Throws when any of them is not where it was to go; the stream then says which are. */
  async #publish(uploads: readonly WaitingUpload[], tried: Map<string, LogPlace>): Promise<void> {
    let tip = this.#tip as LogTip;
    const published = uploads.map(({ upload }, at) => {
      const { uploadId, deviceKey, receiveMs, bytes } = upload;
      const place = { uploadId, receiveMs, logIndex: tip.length, previousHead: tip.head };
      tip = tipAfter(place);
      const id = hex(uploadId);
      const subject = `earshot.upload.${this.reader.names.log}.${hex(deviceKey)}`;
      const options = {
        msgID: id,
        headers: uploadHeaders(place),
        // Behind the first, the sequence alone is no proof: another writer's upload may stand where the one before was to go.
        expect: {
          lastSequence: place.logIndex,
          ...(at === 0 ? {} : { lastMsgID: hex(uploads[at - 1]!.upload.uploadId) }),
        },
        retries: 0,
      };
      const answer = this.reader.client.publish(subject, bytes, options).then(
        ({ seq, duplicate }) => {
          if (duplicate) throw new Error(`upload ${place.logIndex} is stored at ${seq - 1}`);
          tried.set(id, place);
        },
        (error) => {
          // The server's own refusal is certain; after anything else the upload may be stored.
          if (!(error instanceof JetStreamApiError)) tried.set(id, place);
          throw error;
        },
      );
      return {
        place,
        answer,
        entry: { ...place, partition: this.partitionOf(deviceKey), segment: 0, offset: 0, bytes: bytes.length },
      };
    });
    const answers = await Promise.allSettled(published.map(({ answer }) => answer));
    const failed = answers.find((answer) => answer.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    this.reader.index.add(
      published.map(({ entry }) => entry),
      tip,
    );
    this.#tip = tip;
    for (const [at, { place }] of published.entries()) uploads[at]!.acknowledge(place, false);
  }

  /** Whether a cut may be due: a look at the stream is not worth every commit. */
  #isSegmentComplete(uploads: readonly WaitingUpload[]): boolean {
    const { segmentMs, segmentBytes = SEGMENT_TARGET_BYTES } = this.#options;
    let isComplete = false;
    for (const { upload } of uploads) {
      const span = spanOf(upload.receiveMs, segmentMs);
      this.#unsealedBytes += RECORD_HEADER_BYTES + upload.bytes.length;
      if (span === this.#span && this.#unsealedBytes < segmentBytes) continue;
      isComplete = true;
      this.#span = span;
      this.#unsealedBytes = 0;
    }
    return isComplete;
  }
}
