/**
 * The epochs the API holds in memory: the latest and the few asked for last. Loading is shared by requests that ask at once.
 *
 * An epoch never changes once it is closed, so a view is never refreshed, only dropped.
 */
import type { EpochSource } from "./epoch-source.ts";
import { EpochView } from "./epoch-view.ts";

export class EpochViews {
  readonly source: EpochSource;
  readonly #most: number;
  /** Oldest use first. */
  readonly #views = new Map<number, Promise<EpochView>>();

  /** Keeps at most `most` epochs; an epoch of 10 million reports takes about 1 GiB. */
  constructor(source: EpochSource, most: number) {
    this.source = source;
    this.#most = most;
  }

  /** The closed epoch with this number, or the latest; undefined when there is none. Throws as EpochSource.load. */
  async view(epoch?: number): Promise<EpochView | undefined> {
    const numbers = await this.source.epochs();
    const number = epoch ?? numbers.at(-1);
    if (number === undefined || !numbers.includes(number)) return undefined;
    const view = this.#views.get(number) ?? this.source.load(number).then((loaded) => new EpochView(loaded));
    this.#views.delete(number);
    this.#views.set(number, view);
    for (const old of this.#views.keys()) {
      if (this.#views.size <= this.#most) break;
      this.#views.delete(old);
    }
    // What could not be loaded may be there the next time.
    view.catch(() => this.#views.delete(number));
    return view;
  }
}
