/**
 * The entropy this oracle knows, by minute, and who waits for more. In memory; entropy-file.ts keeps it. All of it is known for ever, and anybody
 * may ask for any minute: packed, a year has 25 MB.
 */
import type { EntropyRecord, SolanaBlock } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";

/** Minutes that are kept together. */
const PAGE_MINUTES = 1024;
const HASH_BYTES = 32;

interface Page {
  /** 1 where the minute is known. */
  readonly isKnown: Uint8Array;
  readonly slot: Float64Array;
  readonly blockTimeS: Float64Array;
  readonly blockhash: Uint8Array;
}

export class EntropyBook {
  /** By minute divided by their length. */
  readonly #pages = new Map<number, Page>();
  readonly #listeners = new Set<(record: EntropyRecord) => void>();
  #first = Number.POSITIVE_INFINITY;
  #last = -1;
  /** Where the walk of `knownUntil` stood the last time it was asked. */
  #walk = { start: -1, until: -1 };

  get(minute: number): EntropyRecord | undefined {
    const page = this.#pages.get(Math.floor(minute / PAGE_MINUTES));
    return page === undefined ? undefined : recordOf(page, minute);
  }

  /** All that is known, in no order. */
  *records(): Generator<EntropyRecord> {
    for (const [number, page] of this.#pages) {
      for (let minute = number * PAGE_MINUTES; minute < (number + 1) * PAGE_MINUTES; minute++) {
        const record = recordOf(page, minute);
        if (record !== undefined) yield record;
      }
    }
  }

  /** The earliest and latest minute known; undefined while none is. */
  get range(): { readonly first: number; readonly last: number } | undefined {
    return this.#last < 0 ? undefined : { first: this.#first, last: this.#last };
  }

  /**
   * Takes a record. Slots and times never go back from minute to minute.
   * @throws ORC_RPC_CONTRADICTION if it does not fit between its neighbours, or another block is known for the minute.
   */
  add(record: EntropyRecord): void {
    const { minute } = record;
    const known = this.get(minute);
    if (known !== undefined && !isSameBlock(known, record)) {
      throw oracleError(
        "ORC_RPC_CONTRADICTION",
        `minute ${minute}: slot ${known.slot} was its block, now ${record.slot}`,
      );
    }
    const before = this.get(minute - 1);
    const after = this.get(minute + 1);
    if ((before !== undefined && isAfter(before, record)) || (after !== undefined && isAfter(record, after))) {
      throw oracleError("ORC_RPC_CONTRADICTION", `minute ${minute}: slot ${record.slot} goes back in the chain`);
    }
    this.#put(record);
    this.#first = Math.min(this.#first, minute);
    this.#last = Math.max(this.#last, minute);
    for (const listener of this.#listeners) listener(record);
  }

  /** The last minute up to which every minute from `start` on is known; `start` - 1 when `start` is not. */
  knownUntil(start: number): number {
    if (this.#walk.start !== start) this.#walk = { start, until: start - 1 };
    while (this.#has(this.#walk.until + 1)) this.#walk.until++;
    return this.#walk.until;
  }

  /** The lowest minute from `first` to `last` that is not known. */
  firstMissing(first: number, last: number): number | undefined {
    for (let minute = first; minute <= last; minute++) if (!this.#has(minute)) return minute;
    return undefined;
  }

  /** The block of the nearest known minute before `minute`, for searches to start at. */
  blockBefore(minute: number): SolanaBlock | undefined {
    for (let at = Math.min(minute - 1, this.#last); at >= this.#first; at--) {
      const record = this.get(at);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  /** Calls `listener` with each new record until the answer is called. */
  onRecord(listener: (record: EntropyRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #has(minute: number): boolean {
    return this.#pages.get(Math.floor(minute / PAGE_MINUTES))?.isKnown[minute % PAGE_MINUTES] === 1;
  }

  #put({ minute, slot, blockTimeS, blockhash }: EntropyRecord): void {
    const number = Math.floor(minute / PAGE_MINUTES);
    const page = this.#pages.get(number) ?? newPage();
    this.#pages.set(number, page);
    const at = minute % PAGE_MINUTES;
    page.isKnown[at] = 1;
    page.slot[at] = slot;
    page.blockTimeS[at] = blockTimeS;
    page.blockhash.set(blockhash, at * HASH_BYTES);
  }
}

function newPage(): Page {
  return {
    isKnown: new Uint8Array(PAGE_MINUTES),
    slot: new Float64Array(PAGE_MINUTES),
    blockTimeS: new Float64Array(PAGE_MINUTES),
    blockhash: new Uint8Array(PAGE_MINUTES * HASH_BYTES),
  };
}

function recordOf({ isKnown, slot, blockTimeS, blockhash }: Page, minute: number): EntropyRecord | undefined {
  const at = minute % PAGE_MINUTES;
  if (isKnown[at] !== 1) return undefined;
  const hash = blockhash.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES);
  return { minute, slot: slot[at]!, blockTimeS: blockTimeS[at]!, blockhash: hash };
}

function isSameBlock(a: SolanaBlock, b: SolanaBlock): boolean {
  return a.slot === b.slot && a.blockTimeS === b.blockTimeS && Buffer.compare(a.blockhash, b.blockhash) === 0;
}

function isAfter(a: SolanaBlock, b: SolanaBlock): boolean {
  return a.slot > b.slot || a.blockTimeS > b.blockTimeS;
}
