/** The entropy this oracle knows, by minute, and who waits for more. In memory; entropy-file.ts keeps it. */
import type { EntropyRecord, SolanaBlock } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";

export class EntropyBook {
  readonly #records = new Map<number, EntropyRecord>();
  readonly #listeners = new Set<(record: EntropyRecord) => void>();
  #first = Number.POSITIVE_INFINITY;
  #last = -1;
  /** Where the walk of `knownUntil` stood the last time it was asked. */
  #walk = { start: -1, until: -1 };

  get(minute: number): EntropyRecord | undefined {
    return this.#records.get(minute);
  }

  /** All that is known, in no order. */
  records(): Iterable<EntropyRecord> {
    return this.#records.values();
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
    const known = this.#records.get(minute);
    if (known !== undefined && !isSameBlock(known, record)) {
      throw oracleError(
        "ORC_RPC_CONTRADICTION",
        `minute ${minute}: slot ${known.slot} was its block, now ${record.slot}`,
      );
    }
    const before = this.#records.get(minute - 1);
    const after = this.#records.get(minute + 1);
    if ((before !== undefined && isAfter(before, record)) || (after !== undefined && isAfter(record, after))) {
      throw oracleError("ORC_RPC_CONTRADICTION", `minute ${minute}: slot ${record.slot} goes back in the chain`);
    }
    this.#records.set(minute, record);
    this.#first = Math.min(this.#first, minute);
    this.#last = Math.max(this.#last, minute);
    for (const listener of this.#listeners) listener(record);
  }

  /** The last minute up to which every minute from `start` on is known; `start` - 1 when `start` is not. */
  knownUntil(start: number): number {
    if (this.#walk.start !== start) this.#walk = { start, until: start - 1 };
    while (this.#records.has(this.#walk.until + 1)) this.#walk.until++;
    return this.#walk.until;
  }

  /** The lowest minute from `first` to `last` that is not known. */
  firstMissing(first: number, last: number): number | undefined {
    for (let minute = first; minute <= last; minute++) if (!this.#records.has(minute)) return minute;
    return undefined;
  }

  /** The block of the nearest known minute before `minute`, for searches to start at. */
  blockBefore(minute: number): SolanaBlock | undefined {
    for (let at = Math.min(minute - 1, this.#last); at >= this.#first; at--) {
      const record = this.#records.get(at);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  /** Calls `listener` with each new record until the answer is called. */
  onRecord(listener: (record: EntropyRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function isSameBlock(a: SolanaBlock, b: SolanaBlock): boolean {
  return a.slot === b.slot && a.blockTimeS === b.blockTimeS && Buffer.compare(a.blockhash, b.blockhash) === 0;
}

function isAfter(a: SolanaBlock, b: SolanaBlock): boolean {
  return a.slot > b.slot || a.blockTimeS > b.blockTimeS;
}
