/**
 * Finalised blocks from a Solana JSON-RPC endpoint: the first one whose block time is at or after a given time.
 *
 * Slots are searched between a block known to be too early and one known to be late enough, guided by their times. An endpoint
 * may lag, prune or lie: an answer of another shape is an error, and what it says is only as good as the endpoint.
 */
import type { SolanaBlock } from "@earshot/poc/protocol";
import type { Clock } from "../clock.ts";
import { asCount, asObject, parseObject } from "./api-answers.ts";
import type { HttpSend } from "./http.ts";

export interface BlockSource {
  /** The first finalised block with block time ≥ `timeMs`; undefined while there is none. Rejects when the source fails. */
  firstBlockAt(timeMs: number, stop: AbortSignal): Promise<SolanaBlock | undefined>;
}

const CALL_TIMEOUT_MS = 10_000;
/** A block without transactions and rewards is under 1 kB; a list of slots of a minute under 4 kB. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** Time of a slot on the public clusters, ms: only a first guess. */
const SLOT_MS = 400;
/** Slots asked for at once. */
const SLOTS_PER_CALL = 512;
/** Steps that one search may take; far more than halving 2^40 slots twice needs. */
const MAX_STEPS = 160;

export class RpcBlocks implements BlockSource {
  readonly #url: string;
  readonly #send: HttpSend;
  readonly #clock: Clock;
  #id = 0;
  /** A block known from an earlier search, to start near. */
  #anchor: SolanaBlock | null = null;

  constructor(url: string, send: HttpSend, clock: Clock) {
    this.#url = url;
    this.#send = send;
    this.#clock = clock;
  }

  async firstBlockAt(timeMs: number, stop: AbortSignal): Promise<SolanaBlock | undefined> {
    const tipSlot = asCount(await this.#call("getSlot", [{ commitment: "finalized" }], stop));
    if (tipSlot === undefined) throw new Error("getSlot: a slot expected");
    let late = await this.#lastBlockUpTo(tipSlot, stop);
    if (late.blockTimeS * 1000 < timeMs) return undefined;
    // Every block up to `early` is too early; from `end` up to `late` there is none.
    let early = this.#anchor !== null && this.#anchor.blockTimeS * 1000 < timeMs ? this.#anchor : null;
    let end = late.slot;
    for (let step = 0; end > (early === null ? 0 : early.slot + 1); step++) {
      if (step === MAX_STEPS) throw new Error(`no end to the search for the block at ${timeMs}`);
      const guess = guessSlot(early, late, end, timeMs, step);
      const block = await this.#firstBlockFrom(guess, end - 1, stop);
      if (block !== undefined && block.blockTimeS * 1000 < timeMs) {
        early = block;
      } else {
        end = guess;
        if (block !== undefined) late = block;
      }
    }
    this.#anchor = early;
    return late;
  }

  async #lastBlockUpTo(slot: number, stop: AbortSignal): Promise<SolanaBlock> {
    const slots = await this.#slots(Math.max(0, slot - SLOTS_PER_CALL + 1), slot, stop);
    const last = slots.at(-1);
    if (last === undefined) throw new Error(`no block in the ${SLOTS_PER_CALL} slots up to ${slot}`);
    return this.#block(last, stop);
  }

  async #firstBlockFrom(slot: number, lastSlot: number, stop: AbortSignal): Promise<SolanaBlock | undefined> {
    for (let from = slot; from <= lastSlot; from += SLOTS_PER_CALL) {
      const [first] = await this.#slots(from, Math.min(lastSlot, from + SLOTS_PER_CALL - 1), stop);
      if (first !== undefined) return this.#block(first, stop);
    }
    return undefined;
  }

  /** The slots from `first` to `last` that have a block. */
  async #slots(first: number, last: number, stop: AbortSignal): Promise<readonly number[]> {
    const slots = await this.#call("getBlocks", [first, last, { commitment: "finalized" }], stop);
    const isList =
      Array.isArray(slots) && slots.every((slot) => Number.isSafeInteger(slot) && slot >= first && slot <= last);
    if (!isList) throw new Error(`getBlocks ${first} to ${last}: slots in that range expected`);
    return slots as number[];
  }

  async #block(slot: number, stop: AbortSignal): Promise<SolanaBlock> {
    const options = {
      commitment: "finalized",
      encoding: "json",
      transactionDetails: "none",
      rewards: false,
      maxSupportedTransactionVersion: 0,
    };
    const block = asObject(await this.#call("getBlock", [slot, options], stop));
    const blockTimeS = asCount(block?.blockTime);
    const blockhash = decodeHash(block?.blockhash);
    if (blockTimeS === undefined || blockhash === undefined)
      throw new Error(`getBlock ${slot}: time and hash expected`);
    return { slot, blockTimeS, blockhash };
  }

  async #call(method: string, params: readonly unknown[], stop: AbortSignal): Promise<unknown> {
    const timeout = new AbortController();
    const cancel = this.#clock.after(CALL_TIMEOUT_MS, () => timeout.abort(new Error(`${method}: no answer`)));
    try {
      const body = new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id: ++this.#id, method, params }));
      const answer = await this.#send({
        method: "POST",
        url: this.#url,
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.any([timeout.signal, stop]),
        maxAnswerBytes: MAX_ANSWER_BYTES,
      });
      const object = parseObject(answer.body);
      if (answer.status !== 200 || object === undefined || object.error !== undefined) {
        throw new Error(`${method}: HTTP ${answer.status}, ${JSON.stringify(object?.error ?? "no JSON")}`);
      }
      return object.result;
    } finally {
      cancel();
    }
  }
}

/** A slot below `end` and above `early` near the wanted time: by proportion, every other step by halves. */
function guessSlot(early: SolanaBlock | null, late: SolanaBlock, end: number, timeMs: number, step: number): number {
  const aheadMs = late.blockTimeS * 1000 - timeMs;
  if (early === null) {
    // Further back with each step: the time of a slot is only a guess.
    return Math.max(0, end - Math.ceil(aheadMs / SLOT_MS) - 2 ** Math.min(step + 3, 40));
  }
  const spanMs = Math.max(1, late.blockTimeS * 1000 - early.blockTimeS * 1000);
  const share = step % 2 === 1 ? 0.5 : 1 - aheadMs / spanMs;
  const guess = early.slot + Math.floor(share * (end - early.slot));
  return Math.min(end - 1, Math.max(early.slot + 1, guess));
}

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The 32 bytes of a base58 blockhash, or undefined. */
export function decodeHash(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || text.length < 32 || text.length > 44) return undefined;
  let value = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    value = value * 58n + BigInt(digit);
  }
  if (value >> 256n !== 0n) return undefined;
  const bytes = Uint8Array.fromHex(value.toString(16).padStart(64, "0"));
  // Each leading "1" is a leading zero byte: anything else is a second spelling.
  const zeros = leading(bytes, 0);
  return zeros === leading(text, "1") ? bytes : undefined;
}

function leading<T>(values: ArrayLike<T>, value: T): number {
  let count = 0;
  while (count < values.length && values[count] === value) count++;
  return count;
}
