/**
 * The epochs the API holds in memory: the latest and the few asked for last. Loading is shared by requests that ask at once.
 *
 * An epoch never changes once it is closed, so a view is never refreshed, only dropped.
 */
import type { EpochSource } from "./epoch-source.ts";
import { EpochView } from "./epoch-view.ts";
import { KeptEpochs } from "./kept-epochs.ts";

export class EpochViews {
  readonly source: EpochSource;
  readonly #views: KeptEpochs<EpochView>;

  /** Keeps at most `most` epochs; an epoch of 10 million reports takes about 1 GiB. */
  constructor(source: EpochSource, most: number) {
    this.source = source;
    this.#views = new KeptEpochs(most, async (epoch) => new EpochView(await source.load(epoch)));
  }

  /** The closed epoch with this number, or the latest; undefined when there is none. Throws as EpochSource.load. */
  async view(epoch?: number): Promise<EpochView | undefined> {
    const numbers = await this.source.epochs();
    const number = epoch ?? numbers.at(-1);
    return number === undefined || !numbers.includes(number) ? undefined : this.#views.of(number);
  }
}
