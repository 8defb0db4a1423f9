/** Running counts of one partition in one epoch, by cell and by hotspot; sums over partitions are what the API shows. */
import { NO_ROW, REASON } from "@earshot/poc";
import type { LiveEpoch } from "./live-epoch.ts";
import type { LiveVerdict } from "./live-judge.ts";
import type { ToldGroup } from "./live-partition.ts";
import { LIVE_KIND } from "./live-report.ts";

export interface CellCounts {
  beacons: number;
  beaconsValid: number;
  /** Of beacons sent from the cell. */
  witnessReports: number;
  witnessesValid: number;
  witnessesSelected: number;
}

export interface HotspotCounts {
  beacons: number;
  beaconsValid: number;
  /** Its own receptions. */
  witnesses: number;
  witnessesValid: number;
  witnessesSelected: number;
  /** Transmit time of its last valid beacon, and of the last beacon it validly witnessed, Unix ms; 0 for none. */
  lastBeaconMs: number;
  lastWitnessMs: number;
}

export class LiveTally {
  /** By resolution-8 cell. */
  readonly cells = new Map<bigint, CellCounts>();
  /** By row in hotspots.arrow. */
  readonly hotspots = new Map<number, HotspotCounts>();
  readonly #changedCells = new Set<bigint>();
  readonly #changedHotspots = new Set<number>();

  /** Counts what groups say now, and takes back what they said before. */
  note(epoch: LiveEpoch, groups: readonly ToldGroup[]): void {
    for (const { verdicts, before } of groups) {
      for (const verdict of before) this.#count(epoch, verdict, -1);
      for (const verdict of verdicts) this.#count(epoch, verdict, 1);
    }
  }

  /** What has changed since the last call. */
  takeChanged(): { readonly cells: readonly bigint[]; readonly hotspots: readonly number[] } {
    const changed = { cells: [...this.#changedCells], hotspots: [...this.#changedHotspots] };
    this.#changedCells.clear();
    this.#changedHotspots.clear();
    return changed;
  }

  #count(epoch: LiveEpoch, { report, hotspot, challenge, reason, selected }: LiveVerdict, by: 1 | -1): void {
    const isValid = reason === REASON.valid ? by : 0;
    const isSelected = selected === true ? by : 0;
    const atMs = by === 1 && isValid === 1 && challenge !== undefined ? epoch.startMs + challenge.transmitOffsetMs : 0;
    const isBeacon = report.kind === LIVE_KIND.beacon;
    if (hotspot !== NO_ROW) {
      const own = this.#hotspot(hotspot);
      if (isBeacon) {
        own.beacons += by;
        own.beaconsValid += isValid;
        own.lastBeaconMs = Math.max(own.lastBeaconMs, atMs);
      } else {
        own.witnesses += by;
        own.witnessesValid += isValid;
        own.witnessesSelected += isSelected;
        own.lastWitnessMs = Math.max(own.lastWitnessMs, atMs);
      }
    }
    // A witness report counts in the cell of the beacon it heard.
    const sender = isBeacon ? hotspot : (challenge?.hotspot ?? NO_ROW);
    if (sender === NO_ROW) return;
    const cell = this.#cell(epoch.opening.hotspots.cell_public[sender]);
    if (isBeacon) {
      cell.beacons += by;
      cell.beaconsValid += isValid;
    } else {
      cell.witnessReports += by;
      cell.witnessesValid += isValid;
      cell.witnessesSelected += isSelected;
    }
  }

  #cell(cell: bigint): CellCounts {
    this.#changedCells.add(cell);
    let counts = this.cells.get(cell);
    if (counts === undefined) {
      counts = { beacons: 0, beaconsValid: 0, witnessReports: 0, witnessesValid: 0, witnessesSelected: 0 };
      this.cells.set(cell, counts);
    }
    return counts;
  }

  #hotspot(hotspot: number): HotspotCounts {
    this.#changedHotspots.add(hotspot);
    let counts = this.hotspots.get(hotspot);
    if (counts === undefined) {
      counts = {
        beacons: 0,
        beaconsValid: 0,
        witnesses: 0,
        witnessesValid: 0,
        witnessesSelected: 0,
        lastBeaconMs: 0,
        lastWitnessMs: 0,
      };
      this.hotspots.set(hotspot, counts);
    }
    return counts;
  }
}
