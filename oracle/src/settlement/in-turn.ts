/** Several of a kind, of which one is asked: the same until it fails, then the next. */
export class InTurn<T> {
  readonly #all: readonly T[];
  #turn = 0;

  constructor(all: readonly T[]) {
    this.#all = all;
  }

  async ask<R>(question: (one: T) => Promise<R>): Promise<R> {
    const turn = this.#turn;
    try {
      return await question(this.#all[turn % this.#all.length]!);
    } catch (error) {
      // Questions that fail together are one failure.
      if (turn === this.#turn) this.#turn++;
      throw error;
    }
  }
}
