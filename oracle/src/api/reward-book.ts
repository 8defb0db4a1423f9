/** What hotspots earned in each epoch, from rewards.arrow alone: a statement over a quarter of a year reads no report. */
import { type Columns, hotspotsTable, KeyIndex, rewardsTable, splitRewardsTable } from "@earshot/poc";
import { keyFromText } from "@earshot/poc/protocol";
import { splitRowsOf } from "../epoch-folder/split-rows.ts";
import type { EpochSource } from "./epoch-source.ts";
import { KeptEpochs } from "./kept-epochs.ts";

const KEY_BYTES = 33;

interface EpochRewards {
  readonly keys: KeyIndex;
  readonly rewards: Columns<typeof rewardsTable>;
  readonly split: Columns<typeof splitRewardsTable>;
}

/** What a wallet was paid for a hotspot in an epoch. */
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
  readonly #epochs: KeptEpochs<EpochRewards | undefined>;

  /** Keeps `most` epochs; one takes about 200 bytes a hotspot. */
  constructor(source: EpochSource, most: number) {
    this.#source = source;
    this.#epochs = new KeptEpochs(most, (epoch) => this.#load(epoch));
  }

  /** What a hotspot earned in those of the epochs that knew it, in their order; an entry for each wallet that shares it. */
  async of(keyText: string, epochs: readonly number[]): Promise<readonly HotspotReward[]> {
    let key: Uint8Array;
    try {
      key = keyFromText(keyText);
    } catch {
      return [];
    }
    const found: HotspotReward[] = [];
    for (const epoch of epochs) {
      const known = await this.#epochs.of(epoch);
      const row = known?.keys.find(key, 0) ?? -1;
      if (known === undefined || row < 0) continue;
      const { rewards, split } = known;
      const shared = splitRowsOf(split.hotspot, row);
      if (shared.length === 0) found.push(rewardOf(epoch, rewards.beneficiary, rewards, row));
      for (const at of shared) found.push(rewardOf(epoch, split.wallet, split, at));
    }
    return found;
  }

  async #load(epoch: number): Promise<EpochRewards | undefined> {
    const hotspots = await this.#source.table(epoch, hotspotsTable);
    const rewards = await this.#source.table(epoch, rewardsTable);
    const split = await this.#source.table(epoch, splitRewardsTable);
    if (hotspots === undefined || rewards === undefined || split === undefined) return undefined;
    return { keys: new KeyIndex(hotspots.key.slice(), KEY_BYTES, "hotspots"), rewards, split };
  }
}

type PaidColumns = Pick<Columns<typeof rewardsTable>, "beacon_atoms" | "witness_atoms" | "data_atoms">;

function rewardOf(epoch: number, wallets: Uint8Array, paid: PaidColumns, row: number): HotspotReward {
  return {
    epoch,
    beneficiary: wallets.subarray(row * 32, (row + 1) * 32),
    beaconAtoms: paid.beacon_atoms[row]!,
    witnessAtoms: paid.witness_atoms[row]!,
    dataAtoms: paid.data_atoms[row]!,
  };
}
