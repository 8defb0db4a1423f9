/** A town for detectors: hotspots with places, owners and records, and a day of receptions over links that a test describes. */
import { cellToBigInt, latLngToCell, parentCell } from "@earshot/geo";
import {
  allocateColumns,
  beaconsTable,
  challengesTable,
  type EpochInput,
  earshot,
  entropyTable,
  hotspotsTable,
  ledgerInTable,
  packetsTable,
  servedInTable,
  stateInTable,
  suspicionInTable,
  witnessesTable,
} from "../../src/index.ts";
import { sha256 } from "../../src/protocol/index.ts";

export interface TownHotspot {
  readonly latDeg: number;
  readonly lngDeg: number;
  readonly owner: number;
  readonly cleanEpochs: number;
}

/** RSSI and SNR at which `to` reports a beacon of `from`, 0.1 dBm and 0.1 dB; undefined when it reports nothing. */
export type Heard = (
  from: number,
  to: number,
  beacon: number,
) => { readonly rssiDdbm: number; readonly snrDdb: number } | undefined;

export const EPOCH = 20_600;
const BEACONS_A_DAY = 4;
const KEY_BYTES = 33;
const EIRP_DDBM = 140;
const DATA_RATE = 10;
const FREQUENCY_HZ = 904_300_000;

/** Key of the hotspot a test calls `index`. */
export function keyOf(index: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  key.set(sha256(Uint8Array.of(index & 255, index >> 8)), 1);
  key[0] = 0xed;
  return key;
}

/** The epoch of a town under preset `earshot`. Rows of hotspots are in the order of `hotspots`. */
export function townEpoch(
  hotspots: readonly TownHotspot[],
  heard: Heard,
  beaconsADay: number = BEACONS_A_DAY,
): EpochInput {
  const count = hotspots.length;
  const table = allocateColumns(hotspotsTable, count);
  const state = allocateColumns(stateInTable, count);
  const suspicion = allocateColumns(suspicionInTable, count);
  const startMs = EPOCH * earshot.time.epochMs;
  hotspots.forEach(({ latDeg, lngDeg, owner, cleanEpochs }, row) => {
    const cell = latLngToCell(latDeg, lngDeg, 12);
    const open = parentCell(cell.hi, cell.lo, 8);
    table.key.set(keyOf(row), row * KEY_BYTES);
    table.gateway_id.set(sha256(keyOf(row)).subarray(0, 8), row * 8);
    table.owner.set(sha256(Uint8Array.of(owner & 255, owner >> 8, 7)), row * 32);
    table.beneficiary.set(sha256(Uint8Array.of(owner & 255, owner >> 8, 7)), row * 32);
    table.cell[row] = cellToBigInt(cell.hi, cell.lo);
    table.cell_public[row] = cellToBigInt(open.hi, open.lo);
    table.capability[row] = 1;
    table.first_epoch[row] = EPOCH - 100;
    state.key.set(keyOf(row), row * KEY_BYTES);
    for (const column of ["last_beacon_ms", "last_reciprocal_beacon_ms", "last_witness_ms"] as const)
      state[column][row] = BigInt(startMs - 1000);
    suspicion.key.set(keyOf(row), row * KEY_BYTES);
    suspicion.clean_epochs[row] = cleanEpochs;
  });
  const reports: {
    readonly from: number;
    readonly to: number;
    readonly at: number;
    readonly rssi: number;
    readonly snr: number;
  }[] = [];
  const total = count * beaconsADay;
  const challenges = allocateColumns(challengesTable, total);
  const beacons = allocateColumns(beaconsTable, total);
  for (let at = 0; at < total; at++) {
    const from = at % count;
    const beacon = Math.floor(at / count);
    const offsetMs = Math.floor((beacon * earshot.time.epochMs) / beaconsADay) + 60_000 + from * 1000;
    challenges.challenge_id.set(sha256(Uint8Array.of(at & 255, at >> 8, 1)), at * 32);
    challenges.hotspot[at] = from;
    challenges.minute[at] = Math.floor((startMs + offsetMs) / 60_000);
    challenges.transmit_offset_ms[at] = offsetMs;
    challenges.frequency_hz[at] = FREQUENCY_HZ;
    challenges.data_rate[at] = DATA_RATE;
    challenges.sampling_entropy.set(sha256(Uint8Array.of(at & 255, at >> 8, 2)), at * 32);
    beacons.hotspot[at] = from;
    beacons.receive_offset_ms[at] = offsetMs + 1000;
    beacons.challenge[at] = at;
    beacons.payload_key_hi[at] = at + 1;
    beacons.payload_key_lo[at] = at * 7 + 3;
    beacons.frequency_hz[at] = FREQUENCY_HZ;
    beacons.data_rate[at] = DATA_RATE;
    beacons.tx_power_ddbm[at] = EIRP_DDBM;
    for (let to = 0; to < count; to++) {
      if (to === from) continue;
      const figures = heard(from, to, beacon);
      if (figures !== undefined) reports.push({ from, to, at, rssi: figures.rssiDdbm, snr: figures.snrDdb });
    }
  }
  const witnesses = allocateColumns(witnessesTable, reports.length);
  reports.forEach(({ to, at, rssi, snr }, row) => {
    witnesses.log_index[row] = total + row;
    witnesses.hotspot[row] = to;
    witnesses.receive_offset_ms[row] = challenges.transmit_offset_ms[at] + 1500;
    witnesses.payload_key_hi[row] = at + 1;
    witnesses.payload_key_lo[row] = at * 7 + 3;
    witnesses.frequency_hz[row] = FREQUENCY_HZ;
    witnesses.data_rate[row] = DATA_RATE;
    witnesses.rssi_ddbm[row] = rssi;
    witnesses.snr_ddb[row] = snr;
  });
  for (let at = 0; at < total; at++) beacons.log_index[at] = at;
  return {
    parameters: earshot,
    header: { epoch: EPOCH, previousManifestHash: "0".repeat(64), tokenPriceUsdE8: 50_000_000 },
    hotspots: table,
    entropy: allocateColumns(entropyTable, 0),
    challenges,
    stateIn: state,
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    suspicionIn: suspicion,
    beacons,
    witnesses,
    packets: allocateColumns(packetsTable, 0),
  };
}
