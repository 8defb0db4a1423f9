/**
 * How many epochs in a row each hotspot has earned, of the last quarter of a year: read from rewards.arrow of each closed epoch once, oldest
 * first. What is asked of an epoch before the last that was asked for is read apart, and leaves the others as they are.
 */
import { hotspotsTable, rewardsTable } from "@earshot/poc";
import type { EpochSource } from "./epoch-source.ts";
import { KeptEpochs } from "./kept-epochs.ts";

const KEY_BYTES = 33;
/** A streak is not followed further back than a quarter of a year of days. */
const MAX_EPOCHS = 92;
/** Orders of a leaderboard of an old epoch that are asked for one after the other read it once. */
const OLD_KEPT = 2;

/** Key as hex → epochs in a row up to `last`; a hotspot that earned nothing in that one is not there. */
interface Streaks {
  readonly last: number;
  readonly byKey: ReadonlyMap<string, number>;
}

const NONE: Streaks = { last: -1, byKey: new Map() };

export class StreakBook {
  readonly #source: EpochSource;
  readonly #old: KeptEpochs<ReadonlyMap<string, number>>;
  #streaks = NONE;
  #reading: Promise<unknown> = Promise.resolve();

  /** `inTurn` does what reads many epochs for an old one. */
  constructor(source: EpochSource, inTurn: <T>(read: () => Promise<T>) => Promise<T>) {
    this.#source = source;
    this.#old = new KeptEpochs(OLD_KEPT, (epoch) => inTurn(async () => (await this.#read(NONE, epoch)).byKey));
  }

  /** Streaks that end with an epoch, by key as hex, up to 92 epochs. */
  until(epoch: number): Promise<ReadonlyMap<string, number>> {
    // One reader at a time: each epoch builds on the one before.
    const reading = this.#reading.then(async () => {
      if (epoch < this.#streaks.last) return undefined;
      this.#streaks = await this.#read(this.#streaks, epoch);
      return this.#streaks.byKey;
    });
    this.#reading = reading.catch(() => undefined);
    return reading.then((streaks) => streaks ?? this.#old.of(epoch));
  }

  /** From the streaks of an earlier epoch on. */
  async #read(from: Streaks, epoch: number): Promise<Streaks> {
    const numbers = (await this.#source.epochs()).filter((number) => number <= epoch);
    const first = Math.max(numbers.length - MAX_EPOCHS, 0);
    const begun = numbers.indexOf(from.last);
    // Nothing builds on an epoch with others in between that are not read.
    let streaks = begun >= first - 1 ? from : NONE;
    for (const number of numbers.slice(Math.max(first, begun + 1))) streaks = await this.#add(streaks, number);
    return streaks;
  }

  async #add({ byKey }: Streaks, epoch: number): Promise<Streaks> {
    const hotspots = await this.#source.table(epoch, hotspotsTable);
    const rewards = await this.#source.table(epoch, rewardsTable);
    const next = new Map<string, number>();
    if (hotspots !== undefined && rewards !== undefined) {
      const { beacon_atoms, witness_atoms, data_atoms } = rewards;
      for (let row = 0; row < hotspots.region.length; row++) {
        if (beacon_atoms[row]! + witness_atoms[row]! + data_atoms[row]! === 0n) continue;
        const key = hotspots.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES).toHex();
        // A network that skipped a number has a gap: the streak begins anew only for whoever missed a closed epoch.
        next.set(key, Math.min((byKey.get(key) ?? 0) + 1, MAX_EPOCHS));
      }
    }
    return { last: epoch, byKey: next };
  }
}
