/**
 * Segments of a JetStream log: where they are cut is written down in a stream of its own, what they hold is read from the uploads.
 *
 * A cut is appended under an expected sequence, so that two processes that seal cannot cut twice. The rule is that of the embedded log:
 * the next segment begins at an upload of another span of `segmentMs`, or when the current one has reached its size.
 */
import { createHash } from "node:crypto";
import { nextLogHead } from "@earshot/poc/protocol";
import type { JetStreamClient } from "@nats-io/jetstream";
import { oracleError } from "../../errors.ts";
import type { LoggedUpload, SealedSegment } from "../../ports/report-log.ts";
import { type LogIdentity, spanOf } from "../log-identity.ts";
import {
  RECORD_HEADER_BYTES,
  recordHeader,
  SEGMENT_HEADER_BYTES,
  SEGMENT_TARGET_BYTES,
  segmentHeader,
  TRAILER_BYTES,
  TRAILER_MARK,
} from "../segment.ts";
import { readStream, type StreamAccess } from "./stream-reader.ts";
import { hex, readUpload } from "./upload-message.ts";

export interface SegmentStreams extends StreamAccess {
  readonly client: JetStreamClient;
  readonly identity: LogIdentity;
  readonly uploads: string;
  readonly segments: string;
  readonly subject: string;
}

export class SealedSegments {
  readonly #streams: SegmentStreams;
  readonly #known: SealedSegment[] = [];

  constructor(streams: SegmentStreams) {
    this.#streams = streams;
  }

  async list(from = 0): Promise<readonly SealedSegment[]> {
    const { segments: stream } = this.#streams;
    for await (const message of readStream(this.#streams, { stream, from: this.#known.length + 1, follow: false })) {
      if (message.sequence === this.#known.length + 1)
        this.#known.push(decodeSegment(message.data, message.sequence - 1));
    }
    return this.#known.slice(from);
  }

  /** The bytes of a sealed segment. Throws ORC_BAD_LOG when the uploads are not those that were sealed. */
  async bytes(number: number): Promise<Uint8Array | undefined> {
    const segment = this.#known[number] ?? (await this.list(number))[0];
    if (segment === undefined) return undefined;
    const uploads: LoggedUpload[] = [];
    for await (const upload of this.#uploadsFrom(segment.firstIndex)) {
      uploads.push(upload);
      if (uploads.length === segment.uploads) break;
    }
    const bytes = encodeSegment(number, uploads);
    const sha256 = createHash("sha256").update(bytes).digest();
    if (Buffer.compare(sha256, segment.sha256) === 0) return bytes;
    throw oracleError(
      "ORC_BAD_LOG",
      `${this.#streams.uploads}: segment ${number} is ${hex(sha256)}, sealed as ${hex(segment.sha256)}`,
    );
  }

  /** Seals every segment that is complete; with `nowMs` also the last one, when its span is over. */
  async seal(nowMs: number | undefined): Promise<void> {
    const { segmentMs, segmentBytes = SEGMENT_TARGET_BYTES } = this.#streams.identity;
    const last = (await this.list()).at(-1);
    let open: LoggedUpload[] = [];
    let size = SEGMENT_HEADER_BYTES;
    for await (const upload of this.#uploadsFrom(last === undefined ? 0 : last.firstIndex + last.uploads)) {
      const isOfSpan =
        open[0] === undefined || spanOf(open[0].receiveMs, segmentMs) === spanOf(upload.receiveMs, segmentMs);
      if (!isOfSpan || size >= segmentBytes) {
        if (!(await this.#append(open))) return;
        open = [];
        size = SEGMENT_HEADER_BYTES;
      }
      open.push(upload);
      size += RECORD_HEADER_BYTES + upload.bytes.length;
    }
    if (nowMs === undefined || open[0] === undefined) return;
    if (spanOf(open[0].receiveMs, segmentMs) < spanOf(nowMs, segmentMs)) await this.#append(open);
  }

  /** False when another process has sealed meanwhile. */
  async #append(uploads: readonly LoggedUpload[]): Promise<boolean> {
    const number = this.#known.length;
    const bytes = encodeSegment(number, uploads);
    const last = uploads.at(-1)!;
    const received = uploads.map(({ receiveMs }) => receiveMs);
    const segment: SealedSegment = {
      number,
      firstIndex: uploads[0]!.logIndex,
      uploads: uploads.length,
      firstReceiveMs: received.reduce((a, b) => Math.min(a, b)),
      lastReceiveMs: received.reduce((a, b) => Math.max(a, b)),
      bytes: bytes.length,
      sha256: Uint8Array.from(createHash("sha256").update(bytes).digest()),
      headBefore: uploads[0]!.previousHead,
      headAfter: nextLogHead(last.previousHead, last),
    };
    const { client, subject } = this.#streams;
    try {
      const options = { msgID: `segment-${number}`, expect: { lastSequence: number }, retries: 0 };
      const { seq, duplicate } = await client.publish(subject, encodeCut(segment), options);
      // Stored is then what somebody else cut.
      if (duplicate) return false;
      // Whoever lists meanwhile may have found it before it was told here.
      if (seq === number + 1 && this.#known.length === number) this.#known.push(segment);
      return seq === number + 1;
    } catch {
      // Whatever was stored is read back with the next look at the stream, and what was not is sealed then.
      return false;
    }
  }

  async *#uploadsFrom(logIndex: number): AsyncGenerator<LoggedUpload> {
    const { uploads: stream } = this.#streams;
    for await (const message of readStream(this.#streams, { stream, from: logIndex + 1, follow: false }))
      yield readUpload(message);
  }
}

function encodeSegment(number: number, uploads: readonly LoggedUpload[]): Uint8Array {
  const records = uploads.flatMap(({ receiveMs, bytes }) => [recordHeader(receiveMs, bytes), bytes]);
  const body = Buffer.concat([segmentHeader(number), ...records]);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(TRAILER_MARK, 0);
  trailer.writeUInt32LE(uploads.length, 4);
  trailer.set(createHash("sha256").update(body).digest(), 8);
  return Buffer.concat([body, trailer]);
}

function encodeCut(segment: SealedSegment): Uint8Array {
  const { sha256, headBefore, headAfter } = segment;
  const hashes = { sha256: hex(sha256), headBefore: hex(headBefore), headAfter: hex(headAfter) };
  return new TextEncoder().encode(JSON.stringify({ ...segment, ...hashes }));
}

function decodeSegment(data: Uint8Array, number: number): SealedSegment {
  const text = new TextDecoder().decode(data);
  try {
    const cut = JSON.parse(text) as Record<"sha256" | "headBefore" | "headAfter", string> & SealedSegment;
    const numbers = [cut.firstIndex, cut.uploads, cut.firstReceiveMs, cut.lastReceiveMs, cut.bytes];
    if (cut.number !== number || !numbers.every(Number.isSafeInteger)) throw new Error("numbers");
    const [sha256, headBefore, headAfter] = [cut.sha256, cut.headBefore, cut.headAfter].map(Uint8Array.fromHex);
    return { ...cut, sha256: sha256!, headBefore: headBefore!, headAfter: headAfter! };
  } catch (cause) {
    throw oracleError("ORC_BAD_LOG", `segment ${number}: expected a cut, got ${text.slice(0, 80)}`, { cause });
  }
}
