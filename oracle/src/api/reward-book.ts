/** What hotspots earned in each epoch, from rewards.arrow alone: a statement over a quarter of a year reads no report. */
import { type Columns, hotspotsTable, KeyIndex, rewardsTable } from "@earshot/poc";
import { keyFromText } from "@earshot/poc/protocol";
import type { EpochSource } from "./epoch-source.ts";

const KEY_BYTES = 33;

interface EpochRewards {
  readonly keys: KeyIndex;
  readonly rewards: Columns<typeof rewardsTable>;
}

export interface HotspotReward {
  readonly epoch: number;
  /** 32 bytes. */
  readonly beneficiary: Uint8Array;
  readonly beaconAtoms: bigint;
  readonly witnessAtoms: bigint;
  readonly dataAtoms: bigint;
}

export class RewardBook {
  readonly #source: EpochSource;
  readonly #most: number;
  readonly #epochs = new Map<number, Promise<EpochRewards | undefined>>();

  /** Keeps `most` epochs; one takes about 200 bytes a hotspot. */
  constructor(source: EpochSource, most: number) {
    this.#source = source;
    this.#most = most;
  }

  /** What a hotspot earned in those of the epochs that knew it, in their order. */
  async of(keyText: string, epochs: readonly number[]): Promise<readonly HotspotReward[]> {
    let key: Uint8Array;
    try {
      key = keyFromText(keyText);
    } catch {
      return [];
    }
    const found: HotspotReward[] = [];
    for (const epoch of epochs) {
      const known = await this.#epoch(epoch);
      const row = known?.keys.find(key, 0) ?? -1;
      if (known === undefined || row < 0) continue;
      const { beneficiary, beacon_atoms, witness_atoms, data_atoms } = known.rewards;
      found.push({
        epoch,
        beneficiary: beneficiary.subarray(row * 32, (row + 1) * 32),
        beaconAtoms: beacon_atoms[row]!,
        witnessAtoms: witness_atoms[row]!,
        dataAtoms: data_atoms[row]!,
      });
    }
    return found;
  }

  #epoch(epoch: number): Promise<EpochRewards | undefined> {
    const known = this.#epochs.get(epoch) ?? this.#load(epoch);
    this.#epochs.delete(epoch);
    this.#epochs.set(epoch, known);
    for (const old of this.#epochs.keys()) {
      if (this.#epochs.size <= this.#most) break;
      this.#epochs.delete(old);
    }
    known.catch(() => this.#epochs.delete(epoch));
    return known;
  }

  async #load(epoch: number): Promise<EpochRewards | undefined> {
    const hotspots = await this.#source.table(epoch, hotspotsTable);
    const rewards = await this.#source.table(epoch, rewardsTable);
    if (hotspots === undefined || rewards === undefined) return undefined;
    return { keys: new KeyIndex(hotspots.key.slice(), KEY_BYTES, "hotspots"), rewards };
  }
}
