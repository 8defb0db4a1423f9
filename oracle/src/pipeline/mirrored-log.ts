/**
 * Another ingest's log, downloaded segment by segment as it is published: what makes the log of an epoch the union over ingests.
 *
 * Nothing the other side says is believed: each segment's bytes are held against their hash, their uploads are chained from the genesis
 * of the ingest's key, and the head it signs must be the head they lead to. A signed head that is another one is kept as evidence, and
 * the oracle will not vote (settlement/objections.ts).
 */
import { earshot } from "@earshot/poc";
import {
  apiPath,
  importKey,
  type LogHead,
  type LogHeadAnswer,
  type LogSegmentsAnswer,
  logGenesis,
  nextLogHead,
  uploadId,
  verifyLogHead,
} from "@earshot/poc/protocol";
import { sha256Hex } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import { headLagMs } from "../log/published-segments.ts";
import { readSegment } from "../log/segment-reader.ts";
import type { ArtefactStore } from "../ports/artefact-store.ts";
import type { SealedSegment } from "../ports/report-log.ts";
import type { Store } from "../ports/store.ts";
import { boundedBody } from "../service/bounded-body.ts";
import { forgetEvidence, keepEvidence } from "../settlement/evidence-table.ts";
import type { LogReader } from "./log-reader.ts";
import { insertMirrored, mirroredSegments } from "./mirror-table.ts";

export interface MirrorOptions {
  readonly store: Store;
  readonly artefacts: ArtefactStore;
  /** Address of the other oracle's API. */
  readonly url: string;
  readonly ingestKey: Uint8Array;
  readonly network: number;
  /** Longest time for one answer, ms. */
  readonly timeoutMs: number;
  /** How old the head may be that the other ingest signs now (log/published-segments.ts `headLagMs`); that of `earshot`. */
  readonly headLagMs?: number;
}

/** A page of more is refused. */
const MAX_LISTED = 10_000;
/** An entry of the list has some 300 bytes. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;
/** A segment is sealed at 64 MiB and one upload more. */
const MAX_SEGMENT_BYTES = 80 * 1024 * 1024;

interface ShownHead {
  readonly head: LogHead;
  readonly statement: Uint8Array;
}

export class MirroredLog implements LogReader {
  readonly name: string;
  readonly #options: MirrorOptions;
  #segments: readonly SealedSegment[] | undefined;
  #head: LogHead | undefined;
  /** The head that was kept last as evidence. */
  #shown: ShownHead | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.name = Buffer.from(options.ingestKey).toString("hex");
  }

  async segments(): Promise<readonly SealedSegment[]> {
    this.#segments ??= await mirroredSegments(this.#options.store, this.name);
    return this.#segments;
  }

  async segmentBytes(number: number): Promise<Uint8Array | undefined> {
    const segment = (await this.segments()).find((own) => own.number === number);
    return segment && this.#options.artefacts.get(Buffer.from(segment.sha256).toString("hex"));
  }

  /** Everything up to a signed head that is ours too; else up to the last upload that is here. */
  async completeUntilMs(): Promise<number> {
    const last = (await this.segments()).at(-1);
    const length = last === undefined ? 0 : last.firstIndex + last.uploads;
    const head = last?.headAfter ?? this.#genesis;
    const isWhole = this.#head?.length === length && Buffer.compare(this.#head.head, head) === 0;
    const { headLagMs: lagMs = headLagMs(earshot) } = this.#options;
    return isWhole ? this.#head!.issuedMs - lagMs : (last?.lastReceiveMs ?? 0);
  }

  /**
   * Downloads what is new; gives the number of new segments. Throws ORC_DOWNLOAD_FAILED (retryable), ORC_BAD_LOG for bytes that are no
   * segment, ORC_STORE_UNAVAILABLE.
   */
  async step(): Promise<number> {
    // Another worker may have downloaded some meanwhile.
    this.#segments = undefined;
    const head = await this.#signedHead();
    let last = (await this.segments()).at(-1);
    let taken = 0;
    for (;;) {
      const from = last === undefined ? 0 : last.number + 1;
      const listed = await this.#listedFrom(from);
      if (listed.length === 0) break;
      for (const one of listed) {
        const expected = last === undefined ? 0 : last.number + 1;
        if (one.number !== expected) throw this.#failed(`segment ${one.number}, ${expected} comes next`);
        last = await this.#take(one, last);
        taken++;
      }
    }
    this.#head = head;
    return taken;
  }

  /** A page of the list: segments from a number on, none at the end. */
  async #listedFrom(from: number): Promise<LogSegmentsAnswer["segments"]> {
    const { segments } = await this.#json<LogSegmentsAnswer>(`${apiPath("getLogSegments", {})}?from=${from}`);
    const isList = Array.isArray(segments) && segments.length <= MAX_LISTED;
    if (!isList || !segments.every((one) => typeof one?.href === "string")) throw this.#failed("no list of segments");
    return segments.filter(({ number }) => number >= from);
  }

  async #take(listed: LogSegmentsAnswer["segments"][number], last: SealedSegment | undefined): Promise<SealedSegment> {
    const { store, artefacts } = this.#options;
    const path = `${this.name}/${listed.number}`;
    const url = URL.parse(listed.href, this.#options.url);
    // Of a file's address the runtime would read the file.
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw this.#failed(`segment ${listed.number} lies at ${JSON.stringify(listed.href.slice(0, 80))}`);
    }
    const bytes = await this.#download(url.href, MAX_SEGMENT_BYTES);
    const sha256 = sha256Hex(bytes);
    if (sha256 !== listed.sha256) throw this.#failed(`segment ${listed.number} is not what its list says`);
    const firstIndex = last === undefined ? 0 : last.firstIndex + last.uploads;
    const headBefore = last?.headAfter ?? this.#genesis;
    let headAfter = headBefore;
    let [firstReceiveMs, lastReceiveMs] = [Number.POSITIVE_INFINITY, 0];
    const records = readSegment(bytes, listed.number, path);
    for (const [at, { receiveMs, bytes: upload }] of records.entries()) {
      headAfter = nextLogHead(headAfter, { uploadId: uploadId(upload), receiveMs, logIndex: firstIndex + at });
      firstReceiveMs = Math.min(firstReceiveMs, receiveMs);
      lastReceiveMs = Math.max(lastReceiveMs, receiveMs);
    }
    const segment: SealedSegment = {
      number: listed.number,
      firstIndex,
      uploads: records.length,
      firstReceiveMs,
      lastReceiveMs,
      bytes: bytes.length,
      sha256: Buffer.from(sha256, "hex"),
      headBefore,
      headAfter,
    };
    await artefacts.put(bytes);
    await insertMirrored(store, this.name, segment);
    this.#segments = [...(await this.segments()), segment];
    return segment;
  }

  /** The head the other side signs now, kept as evidence. */
  async #signedHead(): Promise<LogHead> {
    const { ingestKey, network, store } = this.#options;
    const { head } = await this.#json<LogHeadAnswer>(apiPath("getLogHead", {}));
    const statement = Buffer.from(String(head), "base64");
    const opened = verifyLogHead(statement, importKey(ingestKey), network);
    if (opened.status === "refused") throw this.#failed(`its log head: ${opened.code}`);
    await keepEvidence(store, "head", statement);
    // Signed again later, the same head says what it said before and more: one a second would be kept until this oracle votes.
    const before = this.#shown;
    this.#shown = { head: opened.head, statement };
    if (before !== undefined && isSaidAgain(before, this.#shown)) {
      await forgetEvidence(store, "head", [before.statement]);
    }
    return opened.head;
  }

  get #genesis(): Uint8Array {
    return logGenesis(this.#options.network, this.#options.ingestKey);
  }

  async #json<T>(path: string): Promise<Partial<T>> {
    const bytes = await this.#download(new URL(path, this.#options.url).href, MAX_LIST_BYTES);
    try {
      return (JSON.parse(new TextDecoder().decode(bytes)) ?? {}) as Partial<T>;
    } catch (cause) {
      throw this.#failed(`${path}: not JSON`, cause);
    }
  }

  async #download(url: string, mostBytes: number): Promise<Uint8Array> {
    let answer: Response;
    try {
      answer = await fetch(url, { signal: AbortSignal.timeout(this.#options.timeoutMs) });
      // What it says of its length is its word, and not that of what is unpacked.
      if (answer.ok) return await boundedBody(answer, mostBytes);
    } catch (cause) {
      throw this.#failed(cause instanceof Error ? cause.message : String(cause), cause);
    }
    throw this.#failed(`${url}: HTTP ${answer.status}`);
  }

  #failed(what: string, cause?: unknown) {
    return oracleError("ORC_DOWNLOAD_FAILED", `${this.#options.url}: ${what}`, { cause, retryable: true });
  }
}

/** Whether a head is the one before, signed no earlier. The one signed earlier proves nothing that the other does not. */
function isSaidAgain(before: ShownHead, now: ShownHead): boolean {
  const isSame = before.head.length === now.head.length && Buffer.compare(before.head.head, now.head.head) === 0;
  return isSame && now.head.issuedMs >= before.head.issuedMs && Buffer.compare(before.statement, now.statement) !== 0;
}
