/**
 * The epochs the API holds in memory: the three latest, which nothing pushes out, and the one of the others that was asked for last. Loading is
 * shared by requests that ask at once.
 *
 * An epoch never changes once it is closed, so a view is never refreshed, only dropped.
 */
import type { EpochSource } from "./epoch-source.ts";
import { EpochView } from "./epoch-view.ts";
import { KeptEpochs } from "./kept-epochs.ts";
import { OldEpochs } from "./old-epochs.ts";

/** What pages show: the latest, the one before while that is new, and the one that became final, which claims are proven by. */
const RECENT = 3;
/** Each may hold an epoch while it waits for another turn. */
const MOST_WAITING = 4;

export class EpochViews {
  readonly source: EpochSource;
  /** In whose turn whatever is read of older epochs is read. */
  readonly old: OldEpochs;
  readonly #recent: KeptEpochs<EpochView>;
  readonly #older: KeptEpochs<EpochView>;
  /** Older ones that are being loaded or wait for it: they may be pushed out meanwhile and asked for again. */
  readonly #coming = new Map<number, Promise<EpochView>>();

  /** An epoch of 10 million reports takes about 1 GiB; `steadyMs` is a clock that only goes forward. */
  constructor(source: EpochSource, steadyMs: () => number) {
    this.source = source;
    this.old = new OldEpochs({ mostWaiting: MOST_WAITING, steadyMs });
    const load = async (epoch: number) => new EpochView(await source.load(epoch));
    this.#recent = new KeptEpochs(RECENT, load);
    this.#older = new KeptEpochs(1, (epoch) => {
      const coming = this.#coming.get(epoch) ?? this.old.read(() => load(epoch));
      this.#coming.set(epoch, coming);
      coming.catch(() => undefined).finally(() => this.#coming.delete(epoch));
      return coming;
    });
  }

  /** The closed epoch with this number, or the latest; undefined when there is none. Throws as EpochSource.load, and OldEpochsBusy. */
  async view(epoch?: number): Promise<EpochView | undefined> {
    const numbers = await this.source.epochs();
    const number = epoch ?? numbers.at(-1);
    if (number === undefined || !numbers.includes(number)) return undefined;
    return numbers.slice(-RECENT).includes(number) ? this.#recent.of(number) : this.#older.of(number);
  }

  /** Whether an epoch is one of the three latest. */
  async isRecent(epoch: number): Promise<boolean> {
    return (await this.source.epochs()).slice(-RECENT).includes(epoch);
  }
}
