/** Records in memory that the disk has not got yet, in the order of their arrival, and how many bytes they are. */
import type { LiveRecord } from "./live-record.ts";

export class WaitingRecords {
  #records: LiveRecord[] = [];
  #bytes = 0;

  get length(): number {
    return this.#records.length;
  }

  [Symbol.iterator](): IterableIterator<LiveRecord> {
    return this.#records.values();
  }

  add(record: LiveRecord): void {
    this.#records.push(record);
    this.#bytes += record.bytes!.length;
  }

  /** Takes back what was taken and could not be written, in its place. */
  putBack(batch: readonly LiveRecord[]): void {
    this.#records.unshift(...batch);
    for (const record of batch) this.#bytes += record.bytes!.length;
  }

  /** Takes the oldest out, up to the first that reaches `maxBytes`; those that nobody waits for any more are left out of the answer. */
  take(maxBytes: number, isWanted: (record: LiveRecord) => boolean): LiveRecord[] {
    const batch: LiveRecord[] = [];
    let length = 0;
    let taken = 0;
    for (const record of this.#records) {
      if (length >= maxBytes) break;
      taken++;
      const size = record.bytes!.length;
      this.#bytes -= size;
      if (!isWanted(record)) continue;
      batch.push(record);
      length += size;
    }
    this.#records.splice(0, taken);
    return batch;
  }

  /** Gives up the oldest until what is left is `maxBytes` or less; each is told before its bytes go. */
  giveUpBeyond(maxBytes: number, onLost: (record: LiveRecord) => void): void {
    let lost = 0;
    while (this.#bytes > maxBytes && lost < this.#records.length) {
      const record = this.#records[lost++]!;
      onLost(record);
      this.#bytes -= record.bytes!.length;
      record.bytes = null;
      record.isLost = true;
    }
    this.#records.splice(0, lost);
  }
}
