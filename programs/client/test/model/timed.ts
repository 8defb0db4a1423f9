/** A value by epoch: what is written in an epoch holds from the next one on. The whole history is kept, which the chain does not. */
export class Timed<T> {
  readonly #changes: { readonly from: bigint; readonly value: T }[];

  constructor(value: T) {
    this.#changes = [{ from: 0n, value }];
  }

  at(epoch: bigint): T {
    return this.#changes.findLast(({ from }) => from <= epoch)!.value;
  }

  /** The latest value, which may hold only from the next epoch on. */
  get latest(): T {
    return this.#changes.at(-1)!.value;
  }

  /** Holds from `from` on; what was written in `present` or before and has not come into force never does. */
  set(value: T, from: bigint, present: bigint): void {
    while (this.#changes.at(-1)!.from > present) this.#changes.pop();
    this.#changes.push({ from, value });
  }
}
