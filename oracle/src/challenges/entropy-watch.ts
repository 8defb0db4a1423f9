/**
 * The actor that learns the entropy of every minute from the chain, and makes it durable before anybody hears of it.
 *
 * Minutes of the running interval come first, in order, because challenges follow from them; earlier minutes that were missed are
 * filled in when nothing is due. All endpoints are asked at once, in rounds, and none is waited for longer than the others need to agree or
 * to say that they do not know yet: one that is slow or hangs is not asked again until its call has come to an end, and what it says then
 * counts; one that lags is asked again, one that says something else is outvoted.
 */
import { type EntropyRecord, intervalStart, type SolanaBlock, type SortitionTimes } from "@earshot/poc/protocol";
import { type Clock, sleep, whenAborted } from "../service/clock.ts";
import type { Log } from "../service/log.ts";
import type { BlockReader } from "./block-reader.ts";
import type { EntropyBook } from "./entropy-book.ts";
import { agreedBlock } from "./entropy-quorum.ts";
import { firstBlockAt } from "./first-block.ts";

/** Between two rounds for a minute whose block is not final yet, ms; less where minutes are short. */
const RETRY_MS = 1000;
/** Longest pause after a failure to fill in an earlier minute, ms: an endpoint may have pruned it. */
const BACKFILL_PAUSE_MS = 60_000;
/** It is tried again after this part of its age. */
const PAUSE_PARTS = 10;
/** Minutes whose opinions are kept: one that is due, one that was missed, and those before them. */
const MINUTES_ASKED = 4;

export interface EntropyWatchOptions {
  readonly readers: readonly BlockReader[];
  /** Endpoints that must name the same block. */
  readonly quorum: number;
  readonly times: SortitionTimes;
  readonly book: EntropyBook;
  /** Makes a record durable; throws where the disk takes nothing. */
  readonly keep: (record: EntropyRecord) => void;
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  /** The earliest minute worth knowing where the book is empty. */
  readonly since: (nowMinute: number) => number;
  readonly clock: Clock;
  readonly log: Log;
  /** `outcome` is agreed, disagreed, lagging or failed. */
  readonly onAnswer: (endpoint: string, outcome: "agreed" | "disagreed" | "lagging" | "failed") => void;
}

/** What endpoints said of a minute's block, by name. */
type Opinions = Map<string, SolanaBlock>;

interface Endpoint {
  readonly reader: BlockReader;
  isBusy: boolean;
}

export class EntropyWatch {
  readonly #options: EntropyWatchOptions;
  readonly #endpoints: readonly Endpoint[];
  readonly #retryMs: number;
  /** Of the minutes that are asked for, by their time: the one that is due and one that was missed. */
  readonly #opinions = new Map<number, Opinions>();
  #backfillNotBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: EntropyWatchOptions) {
    this.#options = options;
    this.#endpoints = options.readers.map((reader) => ({ reader, isBusy: false }));
    this.#retryMs = Math.min(RETRY_MS, options.times.entropyMs / 10);
  }

  /** Runs until `stop`. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, times, nowMs } = this.#options;
    while (!stop.aborted) {
      const nowMinute = Math.floor(nowMs() / times.entropyMs);
      const due = this.#dueMinute(nowMinute);
      if (due !== undefined && (await this.#learn(due, stop))) continue;
      // Where minutes are short their blocks are final long after the next has begun: what was missed is filled in between two tries.
      const missed = this.#missedMinute(nowMinute);
      if (missed !== undefined && (await this.#learn(missed, stop))) continue;
      if (missed !== undefined) this.#backfillNotBeforeMs = clock.steadyMs() + this.#pauseMs(missed);
      const restMs = (nowMinute + 1) * times.entropyMs - nowMs();
      await sleep(clock, due === undefined ? Math.min(Math.max(restMs, 0), RETRY_MS) : this.#retryMs, stop);
    }
  }

  /** How long an earlier minute is left alone after a try: it may be about to become final, or may have been pruned. */
  #pauseMs(minute: number): number {
    const { nowMs, times } = this.#options;
    return Math.min(BACKFILL_PAUSE_MS, Math.max(this.#retryMs, (nowMs() - minute * times.entropyMs) / PAUSE_PARTS));
  }

  /** The first minute of the running interval that is not known. */
  #dueMinute(nowMinute: number): number | undefined {
    const { book, times } = this.#options;
    return book.firstMissing(intervalStart(nowMinute, times), nowMinute);
  }

  /** The first minute before the running interval that is not known and worth it. */
  #missedMinute(nowMinute: number): number | undefined {
    const { book, times, since, clock } = this.#options;
    if (clock.steadyMs() < this.#backfillNotBeforeMs) return undefined;
    const start = intervalStart(nowMinute, times);
    return book.firstMissing(Math.min(book.range?.first ?? start, since(nowMinute)), start - 1);
  }

  /** Tries once to learn a minute's entropy; true when it is durable and known. */
  async #learn(minute: number, stop: AbortSignal): Promise<boolean> {
    const { book, keep, log, times } = this.#options;
    const before = book.get(minute - 1);
    // The chain paused: the first block that is late enough for the minute before is so for this one too.
    const isSame = before !== undefined && before.blockTimeS * 1000 >= minute * times.entropyMs;
    const block = isSame ? before : await this.#ask(minute * times.entropyMs, book.blockBefore(minute), stop);
    if (block === undefined) return false;
    const record = { minute, slot: block.slot, blockTimeS: block.blockTimeS, blockhash: block.blockhash };
    try {
      keep(record);
      book.add(record);
      return true;
    } catch (error) {
      log.complain("entropy", "the entropy of a minute cannot be taken", { minute, error: String(error) });
      return false;
    }
  }

  /** The block that enough endpoints name, as soon as they do; undefined when this round brought none. */
  async #ask(timeMs: number, anchor: SolanaBlock | undefined, stop: AbortSignal): Promise<SolanaBlock | undefined> {
    const { quorum, log } = this.#options;
    const opinions = this.#opinionsOf(timeMs);
    const over = new AbortController();
    const round = AbortSignal.any([stop, over.signal]);
    const free = this.#endpoints.filter(({ isBusy }) => !isBusy);
    let left = free.length;
    const asked = free.map(async (endpoint) => {
      const block = await this.#opinionOf(endpoint, timeMs, anchor);
      if (block === undefined) opinions.delete(endpoint.reader.name);
      else opinions.set(endpoint.reader.name, block);
      if (--left === 0 || agreedBlock(opinions.values(), quorum) !== undefined) over.abort();
      // So many could have agreed: the slow ones have this round's pause.
      else if (free.length - left >= quorum) void this.#endSoon(over, round);
    });
    if (asked.length === 0) await this.#endSoon(over, round);
    await whenAborted(round);
    const block = agreedBlock(opinions.values(), quorum);
    const haveAllSaid = opinions.size === this.#endpoints.length;
    // Before that who is right is not known.
    if (block !== undefined || haveAllSaid) this.#count(opinions, block);
    if (block !== undefined) this.#opinions.delete(timeMs);
    else if (haveAllSaid && opinions.size > 1) {
      const slots = [...opinions].map(([name, { slot }]) => `${name} ${slot}`).join(", ");
      log.complain("entropy", "endpoints do not agree on the block of a minute", { timeMs, slots });
    }
    return block;
  }

  async #endSoon(over: AbortController, round: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, this.#retryMs, round);
    over.abort();
  }

  /** What was said of a minute's block so far; what was said of older ones is forgotten. */
  #opinionsOf(timeMs: number): Opinions {
    const known = this.#opinions.get(timeMs) ?? new Map<string, SolanaBlock>();
    this.#opinions.delete(timeMs);
    this.#opinions.set(timeMs, known);
    for (const oldest of this.#opinions.keys()) {
      if (this.#opinions.size <= MINUTES_ASKED) break;
      this.#opinions.delete(oldest);
    }
    return known;
  }

  async #opinionOf(endpoint: Endpoint, timeMs: number, anchor: SolanaBlock | undefined) {
    const { log, onAnswer } = this.#options;
    const { reader } = endpoint;
    endpoint.isBusy = true;
    try {
      const block = await firstBlockAt(reader, timeMs, anchor);
      if (block === undefined) onAnswer(reader.name, "lagging");
      return block;
    } catch (error) {
      onAnswer(reader.name, "failed");
      log.complain(`entropy ${reader.name}`, "an endpoint does not say the block of a minute", {
        error: String(error),
      });
      return undefined;
    } finally {
      endpoint.isBusy = false;
    }
  }

  #count(opinions: ReadonlyMap<string, SolanaBlock>, block: SolanaBlock | undefined): void {
    for (const [name, opinion] of opinions) {
      const isAgreed = block !== undefined && agreedBlock([opinion, block], 2) !== undefined;
      this.#options.onAnswer(name, isAgreed ? "agreed" : "disagreed");
    }
  }
}
