/**
 * Something of each epoch, made when it is first asked for and kept while it is among the last that were. Asked at once, made once.
 * `K`: what it is of, where a number does not say it.
 */
export class KeptEpochs<T, K = number> {
  readonly #most: number;
  readonly #make: (epoch: K) => Promise<T>;
  /** Oldest use first. */
  readonly #kept = new Map<K, Promise<T>>();

  /** Keeps at most `most`. */
  constructor(most: number, make: (epoch: K) => Promise<T>) {
    this.#most = most;
    this.#make = make;
  }

  /** Rejects as `make` does, and what could not be made is made again the next time. */
  of(epoch: K): Promise<T> {
    const known = this.#kept.get(epoch) ?? this.#make(epoch);
    this.#kept.delete(epoch);
    this.#kept.set(epoch, known);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break;
      this.#kept.delete(old);
    }
    known.catch(() => this.#kept.delete(epoch));
    return known;
  }
}
