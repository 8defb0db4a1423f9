/**
 * What identical verdicts are recognised by: counts by reason, sums, and a hash over all three columns in log order.
 *
 * The hash is two 32-bit lanes of multiply and xor over the words of the columns, simple enough for every peer to have its own;
 * it is not cryptographic. A lane starts as FNV-1a does; the other rotates, so that equal words at other places differ.
 */

/** Counts, sums and hash of one variant's verdicts; the fields a peer prints. */
export interface VerdictDigest {
  /** Reason number → rows. */
  readonly counts: Readonly<Record<string, number>>;
  readonly sumMeasured: number;
  readonly sumLimit: number;
  readonly hash: string;
}

export class WordHash {
  #a = 0x811c9dc5 | 0;
  #b = 0x12345678;

  word(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul(((this.#b << 5) | (this.#b >>> 27)) ^ word, 0x9e3779b1);
  }

  hex(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

/** The digest of verdicts in grouped order; `logRow[i]` is the place in the log of grouped row i. */
export function digestVerdicts(
  verdicts: { readonly reason: Uint8Array; readonly measured: Int32Array; readonly limit: Int32Array },
  logRow: Uint32Array,
): VerdictDigest {
  const place = new Uint32Array(logRow.length);
  for (let at = 0; at < logRow.length; at++) place[logRow[at]] = at;
  const counts: Record<string, number> = {};
  let sumMeasured = 0;
  let sumLimit = 0;
  const hash = new WordHash();
  for (const at of place) {
    const reason = verdicts.reason[at];
    counts[reason] = (counts[reason] ?? 0) + 1;
    sumMeasured += verdicts.measured[at];
    sumLimit += verdicts.limit[at];
    hash.word(reason);
    hash.word(verdicts.measured[at]);
    hash.word(verdicts.limit[at]);
  }
  return { counts, sumMeasured, sumLimit, hash: hash.hex() };
}
