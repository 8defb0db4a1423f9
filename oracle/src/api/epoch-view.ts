/**
 * A closed epoch as the API reads it: its tables, and the indexes that find one hotspot's, one beacon's or one cell's rows.
 *
 * Made once per epoch and kept; after that an answer costs what it says and not what the epoch holds. Nothing is computed that the
 * tables do not hold, so that what the API says is what the manifest fixes.
 */
import type { EpochManifest, MerkleSumTree } from "@earshot/poc";
import { buildMerkleSumTree, KeyIndex, NO_ROW } from "@earshot/poc";
import { keyFromText } from "@earshot/poc/protocol";
import type { FolderInput } from "../epoch-folder/folder.ts";
import type { OutputTables } from "../epoch-folder/layout.ts";
import { lowerBound } from "../epoch-folder/lower-bound.ts";
import { splitRowsOf } from "../epoch-folder/split-rows.ts";
import type { ReportRows } from "../explain/explain-reports.ts";
import { RowGroups } from "./row-groups.ts";

const KEY_BYTES = 33;
const WALLET_BYTES = 32;

/** What is loaded of a closed epoch. */
export interface LoadedEpoch {
  readonly input: FolderInput;
  readonly output: OutputTables;
  readonly manifest: EpochManifest;
  /** SHA-256 of manifest.json, hex. */
  readonly manifestHash: string;
}

export class EpochView implements ReportRows {
  readonly epoch: LoadedEpoch;
  readonly hotspotCount: number;
  /** Unix ms. */
  readonly startMs: number;
  readonly #keys: KeyIndex;
  readonly #beaconsOfHotspot: RowGroups;
  readonly #receptionsOfHotspot: RowGroups;
  readonly #receptionsOfChallenge: RowGroups;
  readonly #beaconOfChallenge: RowGroups;
  /** Verdict row of each beacon and witness row. */
  readonly #beaconVerdict: Uint32Array;
  readonly #witnessVerdict: Uint32Array;
  /** Rows of cells.arrow by cell. */
  readonly #cells = new Map<bigint, number>();
  readonly #hotspotsOfCell = new Map<bigint, number[]>();
  #tree: MerkleSumTree | undefined;

  constructor(epoch: LoadedEpoch) {
    const { input, output } = epoch;
    const { hotspots, beacons, witnesses, header, parameters } = input;
    this.epoch = epoch;
    this.hotspotCount = hotspots.region.length;
    this.startMs = header.epoch * parameters.time.epochMs;
    this.#keys = new KeyIndex(hotspots.key, KEY_BYTES, "hotspots");
    this.#beaconVerdict = verdictRows(output.verdicts.log_index, beacons.log_index);
    this.#witnessVerdict = verdictRows(output.verdicts.log_index, witnesses.log_index);
    this.#beaconsOfHotspot = new RowGroups(beacons.hotspot, this.hotspotCount);
    this.#receptionsOfHotspot = new RowGroups(witnesses.hotspot, this.hotspotCount);
    const challenges = input.challenges.hotspot.length;
    const challengeOf = (verdicts: Uint32Array) => verdicts.map((row) => output.verdicts.challenge[row]);
    this.#beaconOfChallenge = new RowGroups(challengeOf(this.#beaconVerdict), challenges);
    this.#receptionsOfChallenge = new RowGroups(challengeOf(this.#witnessVerdict), challenges);
    output.cells.cell.forEach((cell, row) => void this.#cells.set(cell, row));
    hotspots.cell_public.forEach((cell, row) => {
      if (cell === 0n) return;
      const known = this.#hotspotsOfCell.get(cell);
      if (known === undefined) this.#hotspotsOfCell.set(cell, [row]);
      else known.push(row);
    });
  }

  get number(): number {
    return this.epoch.input.header.epoch;
  }

  /** Row of the hotspot whose key has this text, or undefined. */
  hotspotRow(keyText: string): number | undefined {
    let key: Uint8Array;
    try {
      key = keyFromText(keyText);
    } catch {
      return undefined;
    }
    const row = this.#keys.find(key, 0);
    return row < 0 ? undefined : row;
  }

  /** Rows of beacons.arrow that a hotspot reported. */
  beaconsOf(hotspot: number): Uint32Array {
    return this.#beaconsOfHotspot.of(hotspot);
  }

  /** Rows of witnesses.arrow that a hotspot reported. */
  receptionsOf(hotspot: number): Uint32Array {
    return this.#receptionsOfHotspot.of(hotspot);
  }

  /** Rows of witnesses.arrow that heard the beacon of a challenge, selected or not; none for no challenge. */
  receptionsOfChallenge(challenge: number): Uint32Array {
    return challenge === NO_ROW ? new Uint32Array(0) : this.#receptionsOfChallenge.of(challenge);
  }

  /** Rows of verdicts.arrow of those reports. */
  witnessVerdictsOf(challenge: number): Uint32Array {
    return this.receptionsOfChallenge(challenge).map((witness) => this.#witnessVerdict[witness]);
  }

  /** Rows of beacons.arrow that answer a challenge. */
  beaconsOfChallenge(challenge: number): Uint32Array {
    return challenge === NO_ROW ? new Uint32Array(0) : this.#beaconOfChallenge.of(challenge);
  }

  /** Row of verdicts.arrow for a row of beacons.arrow or of witnesses.arrow. */
  beaconVerdict(beacon: number): number {
    return this.#beaconVerdict[beacon];
  }

  witnessVerdict(witness: number): number {
    return this.#witnessVerdict[witness];
  }

  /** Row of cells.arrow, or undefined. */
  cellRow(cell: bigint): number | undefined {
    return this.#cells.get(cell);
  }

  /** First row of cells.arrow with cells of a resolution, and the row after the last. */
  cellRows(resolution: number): readonly [first: number, end: number] {
    const { resolution: resolutions } = this.epoch.output.cells;
    const first = resolutions.findIndex((one) => one >= resolution);
    const end = resolutions.findIndex((one) => one > resolution);
    return first < 0 ? [0, 0] : [first, end < 0 ? resolutions.length : end];
  }

  /** Hotspots whose public cell this is, in the order of the registry. */
  hotspotsOfCell(cell: bigint): readonly number[] {
    return this.#hotspotsOfCell.get(cell) ?? [];
  }

  /** Row of state-out.arrow of a hotspot, or undefined for one that never did anything. */
  stateRow(hotspot: number): number | undefined {
    const { key } = this.epoch.output.stateOut;
    return binarySearch(key, KEY_BYTES, rowOf(this.epoch.input.hotspots.key, hotspot, KEY_BYTES));
  }

  /** Who shares a hotspot's rewards; empty for one that pays a single wallet. */
  splitOf(hotspot: number): readonly { readonly wallet: Uint8Array; readonly shareE4: number }[] {
    const { splits } = this.epoch.input;
    if (splits === undefined) return [];
    return splitRowsOf(splits.hotspot, hotspot).map((row) => ({
      wallet: rowOf(splits.wallet, row, WALLET_BYTES),
      shareE4: splits.share_e4[row],
    }));
  }

  /** The wallet's row in the ledger of the epoch, or undefined; 32 bytes. */
  ledgerRow(wallet: Uint8Array): number | undefined {
    return binarySearch(this.epoch.output.ledgerOut.beneficiary, WALLET_BYTES, wallet);
  }

  /** The reward tree of the epoch, built when it is first asked for. */
  tree(): MerkleSumTree {
    const { input, output } = this.epoch;
    const { beneficiary, cumulative_atoms } = output.ledgerOut;
    this.#tree ??= buildMerkleSumTree(
      Uint8Array.fromHex(input.parameters.rewards.distributor),
      beneficiary,
      cumulative_atoms,
    );
    return this.#tree;
  }
}

export function rowOf(bytes: Uint8Array, row: number, width: number): Uint8Array {
  return bytes.subarray(row * width, (row + 1) * width);
}

/** For each log index its row in `sorted`, which has every one of them. */
function verdictRows(sorted: Uint32Array, logIndexes: Uint32Array): Uint32Array {
  // Packets have log indexes and no verdicts: the rows are close to the indexes, and never above them.
  return logIndexes.map((logIndex) =>
    lowerBound(Math.min(logIndex + 1, sorted.length), (row) => sorted[row] < logIndex),
  );
}

/** The row of `wanted` among ascending rows of `width` bytes, or undefined. */
function binarySearch(rows: Uint8Array, width: number, wanted: Uint8Array): number | undefined {
  const row = lowerBound(rows.length / width, (at) => Buffer.compare(rowOf(rows, at, width), wanted) < 0);
  return row < rows.length / width && Buffer.compare(rowOf(rows, row, width), wanted) === 0 ? row : undefined;
}
