/**
 * From verified uploads to those that count, in canonical order, whatever order the chunks hold them in.
 *
 * Canonical order is (receive ms, upload id). An upload counts when it continues its sender's chain. The chain of a sender is walked
 * in the order (sequence, receive ms, id) and goes on from the head that the epoch before left (`chains-in`); a sender that had none
 * begins with number 1. The heads that are left to the next epoch (`chains-out`) are those at the end of the epoch: uploads of its
 * grace time are in the next log too.
 */
import { allocateColumns, chainsOutTable, type EpochInput, type EpochLog } from "@earshot/poc";
import { type ChainHead, EMPTY_CHAIN, stepChain } from "@earshot/poc/protocol";
import { type IntakeRefusal, RefusalCounts } from "./intake.ts";
import { keyText } from "./senders.ts";
import { SENDER_KIND } from "./upload-chunk.ts";
import { compareIds, type UploadSet } from "./upload-set.ts";

const KEY_BYTES = 33;
const ID_BYTES = 32;

export interface AcceptOptions {
  readonly hotspots: Pick<EpochInput["hotspots"], "key">;
  readonly payers: Pick<EpochLog["payers"], "key">;
  readonly chainsIn: EpochLog["chainsIn"];
  /** Length of the epoch, ms. */
  readonly epochMs: number;
}

export interface Acceptance {
  /** Numbers of the accepted uploads (upload-set.ts) in canonical order: the place is the rank. */
  readonly accepted: Uint32Array;
  /** Accepted uploads before which numbers of their sender are missing. */
  readonly gaps: number;
  readonly refused: RefusalCounts;
  readonly chainsOut: EpochLog["chainsOut"];
  /** Second uploads with a number it had used, by row of the registry; those of the grace time are the next epoch's. */
  readonly forks: Uint32Array;
}

/** Follows every sender's chain through the uploads. */
export function acceptUploads(uploads: UploadSet, options: AcceptOptions): Acceptance {
  return new ChainWalk(uploads, options).result();
}

class ChainWalk {
  readonly #uploads: UploadSet;
  readonly #options: AcceptOptions;
  /** Canonical order. */
  readonly #order: Uint32Array;
  /** By place in that order. */
  readonly #counts: Uint8Array;
  readonly #heads: Map<string, ChainHead>;
  readonly #refused = new RefusalCounts();
  #gaps = 0;
  readonly #forks: Uint32Array;

  constructor(uploads: UploadSet, options: AcceptOptions) {
    this.#uploads = uploads;
    this.#options = options;
    this.#order = uploads.canonicalOrder();
    this.#counts = new Uint8Array(uploads.count);
    this.#heads = readHeads(options.chainsIn);
    this.#forks = new Uint32Array(options.hotspots.key.length / KEY_BYTES);
  }

  result(): Acceptance {
    const hotspots = this.#options.hotspots.key.length / KEY_BYTES;
    const payers = this.#options.payers.key.length / KEY_BYTES;
    const { places, firstOf } = this.#placesBySender(hotspots, hotspots + payers);
    for (let sender = 0; sender < hotspots + payers; sender++) {
      const own = places.subarray(firstOf[sender], firstOf[sender + 1]);
      if (own.length === 0) continue;
      const isHotspot = sender < hotspots;
      const keys = isHotspot ? this.#options.hotspots.key : this.#options.payers.key;
      const forks = this.#follow(own, keyText(keys, (isHotspot ? sender : sender - hotspots) * KEY_BYTES));
      if (isHotspot) this.#forks[sender] = forks;
    }
    const accepted = this.#order.filter((_, place) => this.#counts[place] === 1);
    return {
      accepted,
      gaps: this.#gaps,
      refused: this.#refused,
      chainsOut: headColumns(this.#heads),
      forks: this.#forks,
    };
  }

  /** Places of each sender's uploads in canonical order, sender after sender: a counting sort. */
  #placesBySender(hotspots: number, senders: number): { places: Uint32Array; firstOf: Uint32Array } {
    const count = this.#order.length;
    const senderAt = new Uint32Array(count);
    const firstOf = new Uint32Array(senders + 1);
    for (let place = 0; place < count; place++) {
      const upload = this.#order[place];
      const { uploads } = this.#uploads.chunkOf(upload);
      const row = this.#uploads.rowOf(upload);
      const sender = uploads.sender[row] + (uploads.sender_kind[row] === SENDER_KIND.payer ? hotspots : 0);
      senderAt[place] = sender;
      firstOf[sender + 1]++;
    }
    for (let sender = 0; sender < senders; sender++) firstOf[sender + 1] += firstOf[sender];
    const places = new Uint32Array(count);
    const next = firstOf.slice();
    for (let place = 0; place < count; place++) places[next[senderAt[place]]++] = place;
    return { places, firstOf };
  }

  /**
   * Marks what continues the chain of one sender. Where numbers are missing the chain goes on behind the gap: an ingest acknowledged
   * what follows, and a log that lost an upload, or hides one, must not silence its sender for ever. What is missing, the sender's
   * receipt proves. Gives the number of forks of the epoch.
   */
  #follow(places: Uint32Array, key: string): number {
    const sequenceAt = (place: number) => this.#uploads.sequence(this.#order[place]);
    // By number, since clocks of ingests differ and step, and a sender that is refused once is refused for ever. Of one number the
    // first by time counts; of one millisecond ids decide, which say nothing, but decide for everybody.
    if (!isAscending(places, sequenceAt)) places.sort((a, b) => sequenceAt(a) - sequenceAt(b) || a - b);
    const first = this.#heads.get(key) ?? EMPTY_CHAIN;
    let head = first;
    let atEpochEnd: ChainHead | undefined;
    let forks = 0;
    for (const place of places) {
      const upload = this.#order[place];
      const sequence = this.#uploads.sequence(upload);
      const isNext = sequence === head.sequence + 1 && compareIds(this.#uploads.previousId(upload), head.id) === 0;
      if (!isNext && sequence <= head.sequence + 1) {
        const refusal = sequence < first.sequence ? "past_number" : this.#refusalOf(upload, head);
        this.#refused.add(refusal);
        if (refusal === "chain_fork" && this.#uploads.receiveOffsetMs(upload) < this.#options.epochMs) forks++;
        continue;
      }
      if (!isNext) this.#gaps++;
      this.#counts[place] = 1;
      head = { sequence, id: this.#uploads.id(upload) };
      if (this.#uploads.receiveOffsetMs(upload) < this.#options.epochMs) atEpochEnd = head;
    }
    if (atEpochEnd !== undefined) this.#heads.set(key, atEpochEnd);
    return forks;
  }

  /** Why an upload that neither follows the head nor lies behind a gap does not count. */
  #refusalOf(upload: number, head: ChainHead): IntakeRefusal {
    const link = {
      sequence: this.#uploads.sequence(upload),
      previousId: this.#uploads.previousId(upload),
      id: this.#uploads.id(upload),
      resumed: false,
    };
    // Uploads come in the order of their numbers, so only the head itself can be under this one.
    const step = stepChain(head, link, () => undefined);
    return step.outcome === "accept" ? "wrong_predecessor" : step.outcome;
  }
}

function isAscending(places: Uint32Array, sequenceAt: (place: number) => number): boolean {
  let last = 0;
  for (const place of places) {
    const sequence = sequenceAt(place);
    if (sequence < last) return false;
    last = sequence;
  }
  return true;
}

function readHeads({ key, sequence, upload_id: ids }: EpochLog["chainsIn"]): Map<string, ChainHead> {
  const heads = new Map<string, ChainHead>();
  sequence.forEach((number, row) => {
    heads.set(keyText(key, row * KEY_BYTES), {
      sequence: Number(number),
      id: ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES),
    });
  });
  return heads;
}

function headColumns(heads: ReadonlyMap<string, ChainHead>): EpochLog["chainsOut"] {
  // Latin-1 texts sort as the bytes they stand for.
  const sorted = [...heads].sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = allocateColumns(chainsOutTable, sorted.length);
  sorted.forEach(([text, { sequence, id }], row) => {
    columns.key.set(Buffer.from(text, "latin1"), row * KEY_BYTES);
    columns.sequence[row] = BigInt(sequence);
    columns.upload_id.set(id, row * ID_BYTES);
  });
  return columns;
}
