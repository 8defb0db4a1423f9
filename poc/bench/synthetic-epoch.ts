/**
 * A synthetic epoch for the bench, straight as columns of tables.ts (no uploads, no signatures), the same for one seed everywhere.
 *
 * Shape. 50,000 hotspots (synthetic-places.ts), N witness rows, about N / 9.9 beacons over the day. Rows a beacon: WITNESS_COUNTS,
 * a peak at 10, a tail to 40 and a few beacons nobody heard; about 6 % of beacons have more than 14 valid rows. Witnesses come
 * from the beaconer's cluster: the same ones all day, mostly near ones, at the level that the pair's loss leaves (LINK_EXCESS_DDB). Beacons arrive 0.4 to 0.7 s and rows 0.7 to 4.3 s after transmission, so that rows of many beacons
 * interleave; every table is in log order.
 *
 * Faults. ROW_FAULTS in 1e-4 of rows, about 6 % in all and every reason the witness kernel can give (`denied_edge` apart, which
 * needs a denylist); 1 % duplicates; 0.5 % of beacons carry a wrong payload and fail all their rows.
 *
 * No row stands on a knife edge: a pair whose distance is within 2 cm of a half metre, or whose free-space loss is within 1e-6 of
 * a whole 0.1 dB, is drawn again. Integer, double and H3 arithmetic then agree on every row, so that implementations can be held
 * to identical columns. For the same reason a hotspot repeats itself at most once per beacon.
 *
 * Intervals. At most one beacon per hotspot and interval; the interval is the longest of INTERVALS_MS that leaves room for N rows
 * (6 h at 1M rows as in the presets, 1 h at 10M), and the presets run with it.
 */
import { chordSquared, surfaceDistanceM } from "@earshot/geo";
import { allocateColumns, type Columns, columnStride, permuteColumns } from "../src/epoch/columns.ts";
import {
  beaconsTable,
  challengesTable,
  entropyTable,
  type hotspotsTable,
  NO_ROW,
  stateInTable,
  witnessesTable,
} from "../src/epoch/tables.ts";
import { createRandom, fillRandom, type Random } from "./random.ts";
import { REGION_PLANS, type SyntheticHotspots, syntheticHotspots } from "./synthetic-places.ts";

/** Day 20420 is 2025-11-28; any epoch of the first emission period would do. */
export const SYNTHETIC_EPOCH = 20_420;
export const DEFAULT_SEED = 20_251_128;
export const HOTSPOT_COUNT = 50_000;
/** Row numbers and receive times are sorted as one 51-bit key. */
export const MAX_ROWS = 16_000_000;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const WINDOW_MS = 30_000;
const GRACE_MINUTES = 15;
const INTERVALS_MS = [6, 4, 3, 2, 1].map((hours) => hours * 3_600_000);
/** SF10 at 125 kHz. */
const DATA_RATE = 10;
const LEAST_RSSI_DDBM = -1420;
/** Excess loss over free space that a pair keeps all day, and how far one reception strays from it, 0.1 dB (real ones: p10 to p90 of a town). */
const LINK_EXCESS_DDB = { least: 240, spread: 154, fading: 40 } as const;
/** Noise of a receiver, and the highest SNR it reports: what ties SNR to level, 0.1 dBm and 0.1 dB. */
const NOISE_DDBM = -1170;
const SNR_DDB = { least: -170, most: 120 } as const;
/** No beacon has more rows than WITNESS_COUNTS has entries. */
const MOST_AUDIENCE = 64;
/** A beacon is heard by so many, times as many as its rows, of those that can hear the beaconer. */
const AUDIENCE = { least: 14, timesRows: 1.4 } as const;

/** Beacons in 1,000 with 0, 1, 2, … witness rows. */
const WITNESS_COUNTS = [
  4, 10, 16, 24, 34, 46, 62, 80, 96, 108, 112, 106, 92, 70, 48, 28, 16, 10, 7, 5, 4, 3, 3, 2, 2, 0, 2, 0, 2, 0, 2, 0, 0,
  2, 0, 0, 2, 0, 0, 0, 2,
];

type Fault =
  | "duplicate"
  | "gateway_not_found"
  | "not_asserted"
  | "denied"
  | "self_witness"
  | "invalid_capability"
  | "late"
  | "early"
  | "invalid_region"
  | "invalid_frequency"
  | "invalid_data_rate"
  | "below_min_distance"
  | "max_distance_exceeded"
  | "bad_snr"
  | "bad_rssi"
  | "stale";

/** Rows in 10,000 that are made to fail, by the check meant to catch them. */
const ROW_FAULTS: Readonly<Record<Fault, number>> = {
  duplicate: 100,
  gateway_not_found: 30,
  not_asserted: 30,
  denied: 30,
  self_witness: 20,
  invalid_capability: 40,
  late: 60,
  // Refused under `helium` alone.
  early: 5,
  invalid_region: 30,
  invalid_frequency: 50,
  invalid_data_rate: 40,
  below_min_distance: 60,
  max_distance_exceeded: 40,
  bad_snr: 50,
  bad_rssi: 80,
  stale: 30,
};

export interface SyntheticEpoch {
  readonly hotspots: SyntheticHotspots;
  readonly hotspotTable: Columns<typeof hotspotsTable>;
  readonly entropy: Columns<typeof entropyTable>;
  readonly challenges: Columns<typeof challengesTable>;
  readonly stateIn: Columns<typeof stateInTable>;
  readonly beacons: Columns<typeof beaconsTable>;
  readonly witnesses: Columns<typeof witnessesTable>;
  /** Beacon row of each witness row; NO_ROW for payloads nobody beaconed. */
  readonly beaconOfWitness: Uint32Array;
  readonly intervalMs: number;
}

/** Makes the epoch. `rows` from 1 to MAX_ROWS. */
export function syntheticEpoch(rows: number, hotspotCount = HOTSPOT_COUNT, seed = DEFAULT_SEED): SyntheticEpoch {
  const hotspots = syntheticHotspots(hotspotCount, seed);
  const entropy = syntheticEntropy(seed);
  const { challenges, intervalMs } = syntheticChallenges(hotspots, entropy, rows, seed);
  const draw = new RowDraw(hotspots, seed);
  const raw = drawReports(draw, hotspots, challenges, rows);
  const beaconOrder = arrivalOrder(raw.beacons.receive_offset_ms);
  const witnessOrder = arrivalOrder(raw.witnesses.receive_offset_ms);
  const beacons = permuteColumns(beaconsTable, raw.beacons, beaconOrder);
  const witnesses = permuteColumns(witnessesTable, raw.witnesses, witnessOrder);
  numberLog(beacons, witnesses);
  const newBeacon = new Uint32Array(beaconOrder.length);
  for (let row = 0; row < beaconOrder.length; row++) newBeacon[beaconOrder[row]] = row;
  const beaconOfWitness = witnessOrder.map((row) =>
    raw.beaconOf[row] === NO_ROW ? NO_ROW : newBeacon[raw.beaconOf[row]],
  );
  const usedChallenges = sliceColumns(challengesTable, challenges, beacons.log_index.length);
  return {
    hotspots,
    hotspotTable: hotspots.columns,
    entropy,
    challenges: usedChallenges,
    stateIn: syntheticState(hotspots.columns),
    beacons,
    witnesses,
    beaconOfWitness,
    intervalMs,
  };
}

function syntheticEntropy(seed: number): Columns<typeof entropyTable> {
  const random = createRandom(seed, 3);
  const minutes = DAY_MS / MINUTE_MS + GRACE_MINUTES + 2;
  const entropy = allocateColumns(entropyTable, minutes);
  fillRandom(random, entropy.blockhash);
  for (let row = 0; row < minutes; row++) {
    entropy.minute[row] = (SYNTHETIC_EPOCH * DAY_MS) / MINUTE_MS + row;
    entropy.slot[row] = BigInt(380_000_000 + 150 * row);
    entropy.block_time_s[row] = BigInt(entropy.minute[row] * 60);
  }
  return entropy;
}

/** A few more challenges than needed, by (minute, hotspot); those after the last row's beacon are cut off later. */
function syntheticChallenges(
  hotspots: SyntheticHotspots,
  entropy: Columns<typeof entropyTable>,
  rows: number,
  seed: number,
) {
  const random = createRandom(seed, 4);
  const usable = hotspots.members.reduce((sum, ids) => sum + ids.length, 0);
  const wanted = Math.ceil((rows / meanWitnesses()) * 1.04) + 64;
  const intervalMs = INTERVALS_MS.find((ms) => (DAY_MS / ms) * usable >= wanted);
  if (intervalMs === undefined)
    throw new RangeError(`${rows} rows need more than ${usable} hotspots can beacon in a day`);
  const intervals = DAY_MS / intervalMs;
  const minutes = intervalMs / MINUTE_MS;
  const chance = Math.ceil((wanted / (intervals * usable)) * 4294967296);
  const keys = new Float64Array(intervals * usable);
  let count = 0;
  for (let interval = 0; interval < intervals; interval++) {
    for (const ids of hotspots.members) {
      for (const id of ids) {
        // Not in the last minute: the report must arrive in the interval of its challenge.
        if (random.u32() < chance) keys[count++] = (interval * minutes + random.below(minutes - 1)) * 4194304 + id;
      }
    }
  }
  const order = keys.subarray(0, count).sort();
  const challenges = allocateColumns(challengesTable, count);
  fillRandom(random, challenges.challenge_id);
  for (let row = 0; row < count; row++) {
    const minute = Math.floor(order[row] / 4194304);
    const id = order[row] % 4194304;
    const plan = REGION_PLANS[hotspots.plan[id]];
    const transmitMs = minute * MINUTE_MS + 30_000 + random.below(30_000);
    challenges.hotspot[row] = id;
    challenges.minute[row] = entropy.minute[minute];
    challenges.transmit_offset_ms[row] = transmitMs;
    challenges.frequency_hz[row] = plan.firstHz + 200_000 * random.below(plan.channels);
    challenges.data_rate[row] = DATA_RATE;
    const sampling = Math.ceil((transmitMs + WINDOW_MS) / MINUTE_MS);
    challenges.sampling_entropy.set(entropy.blockhash.subarray(32 * sampling, 32 * sampling + 32), 32 * row);
  }
  return { challenges, intervalMs };
}

function meanWitnesses(): number {
  return WITNESS_COUNTS.reduce((sum, weight, count) => sum + weight * count, 0) / 1_000;
}

/** Everybody has beaconed and witnessed in the last hours of the day before: reciprocity is not what the bench measures. */
function syntheticState(hotspots: Columns<typeof hotspotsTable>): Columns<typeof stateInTable> {
  const count = hotspots.cell.length;
  const keys = new DataView(hotspots.key.buffer);
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => keys.getUint32(33 * a + 1) - keys.getUint32(33 * b + 1),
  );
  const state = allocateColumns(stateInTable, count);
  const lastMs = BigInt(SYNTHETIC_EPOCH * DAY_MS - 3_600_000);
  for (let row = 0; row < count; row++) {
    state.key.set(hotspots.key.subarray(33 * order[row], 33 * order[row] + 33), 33 * row);
  }
  state.last_beacon_ms.fill(lastMs);
  state.last_reciprocal_beacon_ms.fill(lastMs);
  state.last_witness_ms.fill(lastMs);
  return state;
}

/** Draws of one row: who, how far, how loud. */
class RowDraw {
  readonly random: Random;
  readonly hotspots: SyntheticHotspots;
  readonly notAsserted: Uint32Array;
  readonly suspended: Uint32Array;
  readonly dataOnly: Uint32Array;
  readonly #usable: Uint32Array;
  /** Beacon number + 1 that last drew the hotspot. */
  readonly drawnFor: Uint32Array;
  /** Of each beaconer so far, those that hear it best. */
  readonly #best = new Map<number, Uint32Array>();

  constructor(hotspots: SyntheticHotspots, seed: number) {
    this.random = createRandom(seed, 5);
    this.hotspots = hotspots;
    const { cell, capability, suspended } = hotspots.columns;
    const ids = Uint32Array.from({ length: cell.length }, (_, id) => id);
    this.notAsserted = ids.filter((id) => cell[id] === 0n);
    this.suspended = ids.filter((id) => cell[id] !== 0n && suspended[id] === 1);
    this.dataOnly = ids.filter((id) => cell[id] !== 0n && suspended[id] === 0 && capability[id] === 0);
    this.#usable = ids.filter((id) => cell[id] !== 0n && suspended[id] === 0 && capability[id] === 1);
    this.drawnFor = new Uint32Array(cell.length);
  }

  distanceM(a: number, b: number): number {
    const { x, y, z } = this.hotspots;
    return surfaceDistanceM(chordSquared(x[a] - x[b], y[a] - y[b], z[a] - z[b]));
  }

  /** A hotspot not drawn yet for this beacon that `isWanted`, its distance away from any edge; -1 when 40 draws found none. */
  pick(
    from: Uint32Array,
    beacon: number,
    beaconer: number,
    isWanted: (id: number, distanceM: number) => boolean,
  ): number {
    for (let attempt = 0; attempt < 40; attempt++) {
      const id = from[this.random.below(from.length)];
      if (id === beaconer || this.drawnFor[id] === beacon + 1) continue;
      const distanceM = this.distanceM(id, beaconer);
      if (Math.abs(distanceM - Math.floor(distanceM) - 0.5) < 0.02) continue;
      if (!isWanted(id, distanceM)) continue;
      this.drawnFor[id] = beacon + 1;
      return id;
    }
    return -1;
  }

  /** Who can hear a beacon of `rows` rows: of the cluster, those of the shortest distance once the luck of the pair is in it. */
  audience(beaconer: number, rows: number): Uint32Array {
    let best = this.#best.get(beaconer);
    if (best === undefined) {
      const { cluster, members } = this.hotspots;
      const reach = (id: number) => this.distanceM(id, beaconer) * (0.4 + 1.2 * pairLuck(id, beaconer));
      const ranked = Array.from(members[cluster[beaconer]], (id) => ({ id, reach: reach(id) }));
      ranked.sort((a, b) => a.reach - b.reach || a.id - b.id);
      best = Uint32Array.from(ranked.slice(0, MOST_AUDIENCE), ({ id }) => id);
      this.#best.set(beaconer, best);
    }
    return best.subarray(0, Math.max(AUDIENCE.least, Math.ceil(AUDIENCE.timesRows * rows)));
  }

  /** The hotspot of a row with this fault, or an ordinary one where none can be found; -1 when the audience is exhausted. */
  witness(fault: Fault | null, beacon: number, beaconer: number, audience: Uint32Array): number {
    const { plan, cluster, members } = this.hotspots;
    const neighbours = members[cluster[beaconer]];
    const anywhere = () => true;
    const ordinary = (_id: number, distanceM: number) => distanceM > 301 && distanceM < 99_000;
    switch (fault) {
      case "gateway_not_found":
        return NO_ROW;
      case "self_witness":
        return beaconer;
      case "not_asserted":
        return this.#unplaced(beacon);
      case "denied":
        return this.pick(this.suspended, beacon, beaconer, anywhere);
      case "invalid_capability":
        return this.pick(this.dataOnly, beacon, beaconer, anywhere);
      case "invalid_region":
        return this.pick(this.#usable, beacon, beaconer, (id) => plan[id] !== plan[beaconer]);
      case "max_distance_exceeded":
        return this.pick(this.#usable, beacon, beaconer, (id, m) => m > 101_000 && plan[id] === plan[beaconer]);
      case "below_min_distance": {
        const near = this.pick(near8(neighbours, beaconer), beacon, beaconer, (_id, m) => m < 299);
        return near >= 0 ? near : this.pick(audience, beacon, beaconer, ordinary);
      }
      default:
        return this.pick(audience, beacon, beaconer, ordinary);
    }
  }

  #unplaced(beacon: number): number {
    const id = this.notAsserted[this.random.below(this.notAsserted.length)];
    if (id === undefined || this.drawnFor[id] === beacon + 1) return -1;
    this.drawnFor[id] = beacon + 1;
    return id;
  }
}

/** The eight members on either side in cell order, where the close ones are. */
function near8(members: Uint32Array, id: number): Uint32Array {
  let at = 0;
  let end = members.length;
  while (at < end) {
    const middle = (at + end) >>> 1;
    if (members[middle] < id) at = middle + 1;
    else end = middle;
  }
  return members.subarray(Math.max(0, at - 8), at + 9);
}

/** 0 to 1, the same for a pair all day and in both directions. */
function pairLuck(a: number, b: number): number {
  const mixed = Math.imul(Math.min(a, b) * 31 + Math.max(a, b), 0x9e37_79b1);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296;
}

function faultTable(): (Fault | null)[] {
  const table: (Fault | null)[] = new Array(10_000).fill(null);
  let at = 0;
  for (const [fault, weight] of Object.entries(ROW_FAULTS)) {
    table.fill(fault as Fault, at, at + weight);
    at += weight;
  }
  return table;
}

function drawReports(
  draw: RowDraw,
  hotspots: SyntheticHotspots,
  challenges: Columns<typeof challengesTable>,
  rows: number,
) {
  const { random } = draw;
  const faults = faultTable();
  const counts = WITNESS_COUNTS.flatMap((weight, count) => new Array<number>(weight).fill(count));
  const maxBeacons = challenges.hotspot.length;
  const beacons = allocateColumns(beaconsTable, maxBeacons);
  const witnesses = allocateColumns(witnessesTable, rows);
  const beaconOf = new Uint32Array(rows);
  let row = 0;
  let beacon = 0;
  for (; row < rows; beacon++) {
    if (beacon === maxBeacons) throw new RangeError("the challenges do not hold the rows asked for");
    const beaconer = challenges.hotspot[beacon];
    const transmitMs = challenges.transmit_offset_ms[beacon];
    const gain = hotspots.columns.gain_ddbi[beaconer];
    beacons.hotspot[beacon] = beaconer;
    beacons.receive_offset_ms[beacon] = transmitMs + 400 + random.below(300);
    beacons.challenge[beacon] = beacon;
    beacons.proof_status[beacon] = random.below(200) === 0 ? 1 : 0;
    beacons.payload_key_hi[beacon] = random.u32();
    beacons.payload_key_lo[beacon] = random.u32();
    beacons.frequency_hz[beacon] = challenges.frequency_hz[beacon];
    beacons.data_rate[beacon] = DATA_RATE;
    const eirp = REGION_PLANS[hotspots.plan[beaconer]].eirpDdbm;
    beacons.tx_power_ddbm[beacon] = 10 * Math.floor((eirp - gain) / 10);
    const end = Math.min(rows, row + counts[random.below(1_000)]);
    const audience = draw.audience(beaconer, end - row);
    const first = row;
    const used = new Set<Fault>();
    while (row < end) {
      let fault = faults[random.below(10_000)];
      // Once per beacon: a second one would be a duplicate of the first.
      if (fault === "self_witness" || fault === "gateway_not_found") {
        if (used.has(fault)) fault = null;
        else used.add(fault);
      }
      if (fault === "duplicate" && !repeatRow(draw, witnesses, beaconOf, first, row, beacon)) fault = null;
      if (fault !== "duplicate") {
        const id = draw.witness(fault, beacon, beaconer, audience);
        if (id === -1) break;
        witnesses.hotspot[row] = id;
      }
      fillRow(draw, hotspots, beacons, witnesses, beacon, row, fault, transmitMs);
      beaconOf[row] = fault === "stale" ? NO_ROW : beacon;
      row++;
    }
  }
  return { beacons: sliceColumns(beaconsTable, beacons, beacon), witnesses, beaconOf };
}

/** Gives `row` the hotspot of an earlier ordinary row of the beacon that has not repeated itself yet. */
function repeatRow(
  draw: RowDraw,
  witnesses: Columns<typeof witnessesTable>,
  beaconOf: Uint32Array,
  first: number,
  row: number,
  beacon: number,
): boolean {
  if (row === first) return false;
  const earlier = first + draw.random.below(row - first);
  const id = witnesses.hotspot[earlier];
  if (id === NO_ROW || beaconOf[earlier] !== beacon) return false;
  for (let other = first; other < row; other++) if (other !== earlier && witnesses.hotspot[other] === id) return false;
  witnesses.hotspot[row] = id;
  return true;
}

function fillRow(
  draw: RowDraw,
  hotspots: SyntheticHotspots,
  beacons: Columns<typeof beaconsTable>,
  witnesses: Columns<typeof witnessesTable>,
  beacon: number,
  row: number,
  fault: Fault | null,
  transmitMs: number,
): void {
  const { random } = draw;
  const id = witnesses.hotspot[row];
  let delayMs = 700 + Math.floor((random.below(1_900) * random.below(1_900)) / 1_003);
  if (fault === "late") delayMs = WINDOW_MS + 1 + random.below(130_000);
  if (fault === "early") delayMs = -5_001 - random.below(15_000);
  witnesses.receive_offset_ms[row] = transmitMs + delayMs;
  const isStale = fault === "stale";
  witnesses.payload_key_hi[row] = isStale ? random.u32() : beacons.payload_key_hi[beacon];
  witnesses.payload_key_lo[row] = isStale ? random.u32() : beacons.payload_key_lo[beacon];
  const frequencyHz = beacons.frequency_hz[beacon];
  const sign = random.below(2) === 0 ? -1 : 1;
  witnesses.data_rate[row] = fault === "invalid_data_rate" ? 7 + random.below(3) : DATA_RATE;
  const isPlaced = id !== NO_ROW && hotspots.columns.cell[id] !== 0n;
  const distanceM = isPlaced ? Math.floor(draw.distanceM(id, beacons.hotspot[beacon]) + 0.5) : 1_000;
  for (;;) {
    const offsetHz = fault === "invalid_frequency" ? 100_001 + random.below(200_000) : random.below(2_001);
    witnesses.frequency_hz[row] = frequencyHz + sign * offsetHz;
    const gains = [hotspots.columns.gain_ddbi[beacons.hotspot[beacon]], isPlaced ? hotspots.columns.gain_ddbi[id] : 0];
    const own = lossAndEdge(distanceM, witnesses.frequency_hz[row], 299_792_458);
    const helium = lossAndEdge(distanceM, witnesses.frequency_hz[row], 2.998e8);
    if (own.isEdge || helium.isEdge) continue;
    const power = beacons.tx_power_ddbm[beacon];
    const ownBound = power + gains[0] + gains[1] - own.lossDdb + 100;
    const heliumBound = power + 10 * Math.trunc(gains[0] / 10) + 10 * Math.trunc(gains[1] / 10) - helium.lossDdb;
    const luck = isPlaced ? pairLuck(id, beacons.hotspot[beacon]) : random.unit();
    const fading = random.below(LINK_EXCESS_DDB.fading + 1) - LINK_EXCESS_DDB.fading / 2;
    // The bounds hold 10 dB of tolerance.
    const excess = 100 + LINK_EXCESS_DDB.least + Math.floor(LINK_EXCESS_DDB.spread * luck) + fading;
    const rssi =
      fault === "bad_rssi"
        ? Math.min(500, Math.max(ownBound, heliumBound) + 1 + random.below(200))
        : Math.max(LEAST_RSSI_DDBM, Math.min(ownBound, heliumBound, 0) - excess);
    witnesses.rssi_ddbm[row] = rssi;
    const snr = rssi - NOISE_DDBM + random.below(30);
    witnesses.snr_ddb[row] =
      fault === "bad_snr" ? -176 - random.below(60) : Math.max(SNR_DDB.least, Math.min(SNR_DDB.most, snr));
    return;
  }
}

/** Free-space loss rounded up to 0.1 dB, and whether it is too near a whole tenth for two logarithms to agree. */
function lossAndEdge(distanceM: number, frequencyHz: number, speedMPerS: number) {
  if (distanceM === 0) return { lossDdb: -1_000, isEdge: false };
  const exact = 200 * Math.log10((4 * Math.PI * distanceM * frequencyHz) / speedMPerS);
  return { lossDdb: Math.ceil(exact), isEdge: Math.abs(exact - Math.round(exact)) < 1e-6 };
}

/** Row numbers by (receive time, drawn order). */
function arrivalOrder(receiveOffsetMs: Uint32Array): Uint32Array {
  const keys = new Float64Array(receiveOffsetMs.length);
  for (let row = 0; row < keys.length; row++) keys[row] = receiveOffsetMs[row] * 16777216 + row;
  keys.sort();
  const order = new Uint32Array(keys.length);
  for (let row = 0; row < keys.length; row++) order[row] = keys[row] % 16777216;
  return order;
}

/** Numbers both kinds in one log; a beacon before a witness of the same millisecond. */
function numberLog(beacons: Columns<typeof beaconsTable>, witnesses: Columns<typeof witnessesTable>): void {
  let beacon = 0;
  let witness = 0;
  const total = beacons.log_index.length + witnesses.log_index.length;
  for (let index = 0; index < total; index++) {
    const isBeacon =
      witness === witnesses.log_index.length ||
      (beacon < beacons.log_index.length && beacons.receive_offset_ms[beacon] <= witnesses.receive_offset_ms[witness]);
    if (isBeacon) beacons.log_index[beacon++] = index;
    else witnesses.log_index[witness++] = index;
  }
}

function sliceColumns<T extends typeof beaconsTable | typeof challengesTable>(
  table: T,
  columns: Columns<T>,
  rows: number,
): Columns<T> {
  const source = columns as Readonly<Record<string, Uint8Array>>;
  return Object.fromEntries(
    table.columns.map(({ name, type }) => [name, source[name].slice(0, rows * columnStride(type))]),
  ) as Columns<T>;
}
