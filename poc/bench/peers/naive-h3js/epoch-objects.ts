/** The epoch as most programs would hold it: an object per hotspot, beacon and row, cells as strings. */
import { cellToString } from "@earshot/geo";
import { beaconsTable, hotspotsTable, NO_ROW, witnessesTable } from "../../../src/epoch/tables.ts";
import type { Dump } from "../../dump.ts";

export interface NaiveHotspot {
  readonly id: number;
  /** Null when it has asserted no location. */
  readonly cell: string | null;
  readonly gainDdbi: number;
  readonly region: number;
  readonly isFull: boolean;
  readonly isSuspended: boolean;
}

export interface NaiveWitness {
  /** Null when its key is not registered. */
  readonly hotspot: NaiveHotspot | null;
  readonly frequencyHz: number;
  readonly receiveMs: number;
  readonly rssiDdbm: number;
  readonly snrDdb: number;
  readonly dataRate: number;
}

export interface NaiveBeacon {
  readonly hotspot: NaiveHotspot;
  readonly frequencyHz: number;
  readonly dataRate: number;
  readonly txPowerDdbm: number;
  readonly receiveMs: number;
  /** Time of transmission; under Helium's rules, of the entropy. */
  readonly transmitMs: number;
  readonly reason: number;
  readonly measured: number;
  /** In log order. */
  readonly witnesses: readonly NaiveWitness[];
}

export interface NaiveEpoch {
  readonly beacons: readonly NaiveBeacon[];
  /** Rows of no beacon. */
  readonly stale: readonly NaiveWitness[];
  /** Place in the log of each row, beacon by beacon and then the stale ones. */
  readonly logRow: Uint32Array;
}

/** Reads a dump; hotspots have the ids of the cell order, or of the order of registration. */
export function readEpochObjects(dump: Dump, isArrival: boolean): NaiveEpoch {
  const table = dump.table(hotspotsTable);
  const arrival = isArrival ? dump.read("peer.arrival_id", Uint32Array) : null;
  const hotspots = Array.from(
    table.cell,
    (cell, id): NaiveHotspot => ({
      id: arrival === null ? id : arrival[id],
      cell: cell === 0n ? null : cellToString(Number(cell >> 32n), Number(cell & 0xffffffffn)),
      gainDdbi: table.gain_ddbi[id],
      region: table.region[id],
      isFull: table.capability[id] !== 0,
      isSuspended: table.suspended[id] !== 0,
    }),
  );
  const rows = dump.table(witnessesTable);
  const logRow = dump.read("peer.group_row", Uint32Array);
  const start = dump.read("peer.group_start", Uint32Array);
  const witness = (row: number): NaiveWitness => ({
    hotspot: rows.hotspot[row] === NO_ROW ? null : hotspots[rows.hotspot[row]],
    frequencyHz: rows.frequency_hz[row],
    receiveMs: rows.receive_offset_ms[row],
    rssiDdbm: rows.rssi_ddbm[row],
    snrDdb: rows.snr_ddb[row],
    dataRate: rows.data_rate[row],
  });
  const witnesses = (from: number, to: number) => Array.from(logRow.subarray(from, to), witness);
  const beacons = dump.table(beaconsTable);
  const transmit = dump.read("peer.transmit_offset_ms", Uint32Array);
  const reason = dump.read("peer.beacon_reason", Uint8Array);
  const measured = dump.read("peer.beacon_measured", Int32Array);
  const groupBeacon = dump.read("peer.group_beacon", Uint32Array);
  return {
    beacons: Array.from(groupBeacon, (row, group) => ({
      hotspot: hotspots[beacons.hotspot[row]],
      frequencyHz: beacons.frequency_hz[row],
      dataRate: beacons.data_rate[row],
      txPowerDdbm: beacons.tx_power_ddbm[row],
      receiveMs: beacons.receive_offset_ms[row],
      transmitMs: transmit[row],
      reason: reason[row],
      measured: measured[row],
      witnesses: witnesses(start[group], start[group + 1]),
    })),
    stale: witnesses(start[groupBeacon.length], logRow.length),
    logRow,
  };
}
