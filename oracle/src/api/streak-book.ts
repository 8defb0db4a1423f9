/** How many epochs in a row each hotspot has earned: read from rewards.arrow of each closed epoch once, oldest first. */
import { hotspotsTable, rewardsTable } from "@earshot/poc";
import type { EpochSource } from "./epoch-source.ts";

const KEY_BYTES = 33;
/** A streak is not followed further back than a quarter of a year of days. */
const MAX_EPOCHS = 92;

export class StreakBook {
  readonly #source: EpochSource;
  /** Key as hex → epochs in a row, up to `#last`; a hotspot that earned nothing in it is not there. */
  #streaks = new Map<string, number>();
  #last = -1;
  #reading: Promise<void> = Promise.resolve();

  constructor(source: EpochSource) {
    this.#source = source;
  }

  /** Streaks that end with an epoch, by key as hex. An earlier epoch than one asked for before is read anew. */
  async until(epoch: number): Promise<ReadonlyMap<string, number>> {
    // One reader at a time: each epoch builds on the one before.
    const reading = this.#reading.then(() => this.#read(epoch));
    this.#reading = reading.catch(() => undefined);
    await reading;
    return this.#streaks;
  }

  async #read(epoch: number): Promise<void> {
    if (epoch < this.#last) {
      this.#streaks = new Map();
      this.#last = -1;
    }
    const numbers = (await this.#source.epochs()).filter((number) => number <= epoch).slice(-MAX_EPOCHS);
    for (const number of numbers) {
      if (number <= this.#last) continue;
      await this.#add(number);
      this.#last = number;
    }
  }

  async #add(epoch: number): Promise<void> {
    const hotspots = await this.#source.table(epoch, hotspotsTable);
    const rewards = await this.#source.table(epoch, rewardsTable);
    const next = new Map<string, number>();
    if (hotspots !== undefined && rewards !== undefined) {
      const { beacon_atoms, witness_atoms, data_atoms } = rewards;
      for (let row = 0; row < hotspots.region.length; row++) {
        if (beacon_atoms[row]! + witness_atoms[row]! + data_atoms[row]! === 0n) continue;
        const key = hotspots.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES).toHex();
        // A network that skipped a number has a gap: the streak begins anew only for whoever missed a closed epoch.
        next.set(key, (this.#streaks.get(key) ?? 0) + 1);
      }
    }
    this.#streaks = next;
  }
}
