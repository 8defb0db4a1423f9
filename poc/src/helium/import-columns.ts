/**
 * Columns of an imported epoch: the places where Helium's fields become ours.
 *
 * Offsets are ms since the start of the epoch. Power and signal saturate at the int16 of their columns: beyond 3,276 dBm a verdict
 * could differ, and nothing there is a radio.
 */
import { allocateColumns, type Columns } from "../epoch/columns.ts";
import { beaconsTable, challengesTable, entropyTable, NO_ROW, witnessesTable } from "../epoch/tables.ts";
import { pocError } from "../errors.ts";
import { sha256 } from "../protocol/hash.ts";
import { dataRateFromHelium } from "../radio/data-rate.ts";
import type { HeliumEntropy } from "./beacon.ts";
import { bytesText, compareText } from "./bytes-text.ts";
import { type OrderedBeacon, type OrderedWitness, PayloadKeys } from "./report-order.ts";
import { GREATEST_U32, saturateInt16 } from "./set-aside.ts";

const ENTROPY_MS = 60_000;

/** A report that goes into the tables. */
export interface Placed<R> {
  readonly logIndex: number;
  readonly ordered: R;
  readonly hotspot: number;
}

export interface PlacedBeacon extends Placed<OrderedBeacon> {
  readonly entropy: HeliumEntropy;
  readonly proofStatus: number;
}

export function entropyColumns(values: Iterable<HeliumEntropy>): Columns<typeof entropyTable> {
  const sorted = [...values].sort(
    (a, b) => a.timestampS - b.timestampS || compareText(bytesText(a.data), bytesText(b.data)),
  );
  const columns = allocateColumns(entropyTable, sorted.length);
  sorted.forEach((entropy, row) => {
    if (entropy.data.length !== 32) {
      throw pocError("POC_BAD_LENGTH", `entropy: 32 bytes expected, ${entropy.data.length} given`);
    }
    columns.minute[row] = minuteOf(entropy);
    columns.block_time_s[row] = BigInt(entropy.timestampS);
    columns.blockhash.set(entropy.data, row * 32);
  });
  return columns;
}

/** Fills `rowOf`: log index of the beacon → row of its challenge. That of an unknown key is nobody's, NO_ROW. */
export function challengeColumns(
  beacons: readonly PlacedBeacon[],
  startMs: number,
  rowOf: Map<number, number>,
): Columns<typeof challengesTable> {
  const sorted = beacons.toSorted(
    (a, b) => minuteOf(a.entropy) - minuteOf(b.entropy) || a.hotspot - b.hotspot || a.logIndex - b.logIndex,
  );
  const columns = allocateColumns(challengesTable, sorted.length);
  sorted.forEach((beacon, row) => {
    rowOf.set(beacon.logIndex, row);
    columns.challenge_id.set(challengeId(beacon.ordered), row * 32);
    columns.hotspot[row] = beacon.hotspot;
    columns.minute[row] = minuteOf(beacon.entropy);
    columns.transmit_offset_ms[row] = beacon.entropy.timestampS * 1000 - startMs;
    columns.frequency_hz[row] = frequencyColumn(beacon.ordered.report.frequencyHz);
    columns.data_rate[row] = dataRateColumn(beacon.ordered.report.dataRate);
  });
  return columns;
}

export function beaconColumns(
  beacons: readonly PlacedBeacon[],
  startMs: number,
  payloadKeys: PayloadKeys,
  challengeRow: ReadonlyMap<number, number>,
): Columns<typeof beaconsTable> {
  const columns = allocateColumns(beaconsTable, beacons.length);
  beacons.forEach((beacon, row) => {
    const { report, payload, receivedMs } = beacon.ordered;
    const low = payloadKeys.low(payload);
    columns.log_index[row] = beacon.logIndex;
    columns.hotspot[row] = beacon.hotspot;
    columns.receive_offset_ms[row] = offsetColumn(receivedMs - startMs);
    columns.challenge[row] = challengeRow.get(beacon.logIndex) ?? NO_ROW;
    columns.proof_status[row] = beacon.proofStatus;
    columns.payload_key_hi[row] = PayloadKeys.high(low);
    columns.payload_key_lo[row] = low;
    columns.frequency_hz[row] = frequencyColumn(report.frequencyHz);
    columns.data_rate[row] = dataRateColumn(report.dataRate);
    columns.tx_power_ddbm[row] = saturateInt16(report.txPowerDbm * 10);
  });
  return columns;
}

export function witnessColumns(
  witnesses: readonly Placed<OrderedWitness>[],
  startMs: number,
  payloadKeys: PayloadKeys,
): Columns<typeof witnessesTable> {
  const columns = allocateColumns(witnessesTable, witnesses.length);
  witnesses.forEach((witness, row) => {
    const { report, payload, receivedMs } = witness.ordered;
    const low = payloadKeys.low(payload);
    columns.log_index[row] = witness.logIndex;
    columns.hotspot[row] = witness.hotspot;
    columns.receive_offset_ms[row] = offsetColumn(receivedMs - startMs);
    columns.payload_key_hi[row] = PayloadKeys.high(low);
    columns.payload_key_lo[row] = low;
    columns.frequency_hz[row] = report.frequencyHz;
    columns.rssi_ddbm[row] = saturateInt16(report.signalDdbm);
    columns.snr_ddb[row] = saturateInt16(report.snrDdb);
    columns.data_rate[row] = dataRateColumn(report.dataRate);
  });
  return columns;
}

/** Upstream's report id with SHA-256 in place of BLAKE3: payload, ingest time as big-endian u64 ms, key. */
function challengeId({ report, receivedMs }: OrderedBeacon): Uint8Array {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(receivedMs));
  return sha256(report.payload, time, report.key);
}

function minuteOf(entropy: HeliumEntropy): number {
  return Math.floor((entropy.timestampS * 1000) / ENTROPY_MS);
}

/** A beacon's frequency as its column holds it. What does not fit equals no channel, so the beacon has failed already. */
function frequencyColumn(frequencyHz: number): number {
  return Number.isInteger(frequencyHz) ? Math.max(0, Math.min(GREATEST_U32, frequencyHz)) : 0;
}

/** 0 where Helium's enumeration has no such number; like a frequency that does not fit, it equals no beacon's. */
function dataRateColumn(heliumNumber: number): number {
  return dataRateFromHelium(heliumNumber) ?? 0;
}

/** An offset beyond the column is beyond the life of any entropy too. */
function offsetColumn(offsetMs: number): number {
  return Math.min(GREATEST_U32, offsetMs);
}
