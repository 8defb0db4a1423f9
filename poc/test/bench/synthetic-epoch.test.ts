import { chordSquared, surfaceDistanceM } from "@earshot/geo";
import { describe, expect, test } from "vitest";
import { type SyntheticEpoch, syntheticEpoch } from "../../bench/synthetic-epoch.ts";
import { WordHash } from "../../bench/verdict-digest.ts";
import { NO_ROW } from "../../src/index.ts";

const ROWS = 30_000;
const HOTSPOTS = 50_000;
const epoch = syntheticEpoch(ROWS, HOTSPOTS, 7);

function hashOf({ witnesses, beacons }: SyntheticEpoch): string {
  const hash = new WordHash();
  for (const column of [witnesses.hotspot, witnesses.rssi_ddbm, witnesses.payload_key_lo, beacons.tx_power_ddbm]) {
    for (const value of column) hash.word(value);
  }
  return hash.hex();
}

function distanceM(row: number): number | undefined {
  const witness = epoch.witnesses.hotspot[row];
  const beacon = epoch.beaconOfWitness[row];
  if (witness === NO_ROW || beacon === NO_ROW || epoch.hotspotTable.cell[witness] === 0n) return undefined;
  const beaconer = epoch.beacons.hotspot[beacon];
  const { x, y, z } = epoch.hotspots;
  return surfaceDistanceM(chordSquared(x[witness] - x[beaconer], y[witness] - y[beaconer], z[witness] - z[beaconer]));
}

describe("synthetic epoch", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(hashOf(syntheticEpoch(ROWS, HOTSPOTS, 7))).toBe(hashOf(epoch));
    expect(hashOf(syntheticEpoch(ROWS, HOTSPOTS, 8))).not.toBe(hashOf(epoch));
  });

  test("holds exactly the rows asked for, about ten a beacon, all tables in log order", () => {
    const { witnesses, beacons } = epoch;
    expect(witnesses.log_index.length).toBe(ROWS);
    const perBeacon = ROWS / beacons.log_index.length;
    expect(perBeacon).toBeGreaterThan(9);
    expect(perBeacon).toBeLessThan(11);
    for (const { log_index, receive_offset_ms } of [witnesses, beacons]) {
      for (let row = 1; row < log_index.length; row++) {
        expect(log_index[row]).toBeGreaterThan(log_index[row - 1]);
        expect(receive_offset_ms[row]).toBeGreaterThanOrEqual(receive_offset_ms[row - 1]);
      }
    }
    const places = new Set([...witnesses.log_index, ...beacons.log_index]);
    expect(places.size).toBe(ROWS + beacons.log_index.length);
    expect(Math.max(...places)).toBe(places.size - 1);
  });

  test("hotspots stand in cell order", () => {
    const { cell } = epoch.hotspotTable;
    for (let id = 1; id < cell.length; id++) expect(cell[id] >= cell[id - 1]).toBe(true);
  });

  test("no distance is within 2 cm of a half metre", () => {
    let placed = 0;
    for (let row = 0; row < ROWS; row++) {
      const metres = distanceM(row);
      if (metres === undefined || metres === 0) continue;
      placed++;
      expect(Math.abs(metres - Math.floor(metres) - 0.5)).toBeGreaterThanOrEqual(0.02);
    }
    expect(placed).toBeGreaterThan(0.95 * ROWS);
  });

  test("a hotspot reports a beacon at most twice, and about one row in a hundred repeats", () => {
    const seen = new Map<string, number>();
    for (let row = 0; row < ROWS; row++) {
      const pair = `${epoch.beaconOfWitness[row]} ${epoch.witnesses.hotspot[row]}`;
      if (epoch.beaconOfWitness[row] !== NO_ROW) seen.set(pair, (seen.get(pair) ?? 0) + 1);
    }
    const repeats = [...seen.values()].filter((count) => count > 1);
    expect(Math.max(...seen.values())).toBe(2);
    expect(repeats.length).toBeGreaterThan(0.005 * ROWS);
    expect(repeats.length).toBeLessThan(0.015 * ROWS);
  });

  test("no hotspot beacons twice in an interval", () => {
    const seen = new Set<string>();
    const { hotspot, receive_offset_ms } = epoch.beacons;
    for (let row = 0; row < hotspot.length; row++) {
      const place = `${hotspot[row]} ${Math.floor(receive_offset_ms[row] / epoch.intervalMs)}`;
      expect(seen.has(place)).toBe(false);
      seen.add(place);
    }
  });
});
