/**
 * Random epochs under preset `earshot` that stand on the edges of its rules: as plain objects for the reference, as columns for the engine.
 *
 * `earshotEpochs` draws clustered hotspots on real cells and reports whose figures are mostly exactly at a limit or one beyond it.
 */
import { createHash } from "node:crypto";
import { cellFromString, parentHi, parentLo } from "@earshot/geo";
import fc from "fast-check";
import { cellToParent } from "h3-js";
import { allocateColumns, type Columns } from "../../src/epoch/columns.ts";
import type { EpochInput } from "../../src/epoch/epoch-input.ts";
import {
  beaconsTable,
  challengesTable,
  entropyTable,
  hotspotsTable,
  ledgerInTable,
  NO_ROW,
  packetsTable,
  servedInTable,
  stateInTable,
  witnessesTable,
} from "../../src/epoch/tables.ts";
import { gatewayIdOf } from "../../src/protocol/device-key.ts";
import {
  type Beacon,
  boundDdbm,
  boundedEarshot,
  type Challenge,
  type EarshotEpoch,
  type Hotspot,
  positionDistanceM,
  reachM,
  type Witness,
} from "./earshot-verifier.ts";
import { cellAt, clusters } from "./helium-sites.ts";
import { EPOCH, keyOf } from "./helium-world.ts";

const HOUR_MS = 3_600_000;
const { time } = boundedEarshot;
/** The verifier judges reports; detectors judge hotspots, and are tested beside it (test/anomaly). */
const { anomaly: _, ...rules } = boundedEarshot;
const START_MS = EPOCH * time.epochMs;
const SF10 = 10;
const CHANNEL_HZ = 868_100_000;
const EU868 = 1;
/** Where the first hotspot of an epoch stands. */
const ORIGIN_SITE = -1;

const mostly = <T>(period: number, usual: readonly T[], unusual: readonly T[]) =>
  fc.oneof(
    { weight: period - 1, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...unusual) },
  );

const hotspotDraw = (period: number) =>
  fc.record({
    site: fc.nat({ max: 55 }),
    owner: fc.nat({ max: 3 }),
    gainDdbi: mostly(period, [0, 12, 19, 20, 60], [-5, 161, 200]),
    region: mostly(period, [EU868], [0, 4, 15]),
    isAsserted: mostly(period, [true], [false]),
    isPrivate: mostly(4, [false], [true]),
    isFull: mostly(period, [true], [false]),
    isSuspended: mostly(period, [false], [true]),
    // Epochs since it was registered, hours since its last times; null for never, negative in the future.
    ageEpochs: mostly(period, [0, 1, 30], [2]),
    lastReciprocalBeaconH: mostly(period, [1, 20, 47], [null, 48, 49, -3]),
    lastWitnessH: mostly(period, [1, 20, 47], [null, 48, 49, -3]),
  });

const witnessDraw = (period: number) =>
  fc.record({
    hotspot: fc.nat({ max: 39 }),
    isKnown: mostly(period, [true], [false]),
    afterMs: mostly(period, [0, 1, 2000, -5000, 30_000, 29_999], [-5001, 30_001, -60_000, 400_000]),
    offHz: mostly(period, [0, 24, -100_000, 100_000], [100_001, -100_001, 2 ** 31, 3_000_000_000, -700_000_000]),
    aboveDdb: mostly(period, [0, -1, -400], [1, 2, 900]),
    snrDdb: mostly(period, [-197, -100, 50], [-198, -32768, 32767]),
    dataRate: mostly(period, [SF10], [9, 0x1a, 0]),
    payloadOf: mostly(period, ["own" as const], ["other" as const, "nobody" as const]),
  });

const beaconDraw = (period: number) =>
  fc.record({
    hotspot: fc.oneof(fc.constant(0), fc.nat({ max: 39 })),
    // Who reports: the challenged hotspot, another one, nobody known; with the challenge, or with none.
    reporter: mostly(period, ["own" as const], ["other" as const, "unknown" as const, "unchallenged" as const]),
    times: mostly(period, [1], [2, 3]),
    minute: fc.oneof(fc.nat({ max: 1439 }), fc.constantFrom(0, 359, 360, 1439)),
    spreadMs: fc.constantFrom(30_000, 30_001, 44_444, 59_999),
    afterMs: mostly(period, [0, 1, 3000, 30_000, -5000], [30_001, -5001, 90_000]),
    proofStatus: mostly(period, [0], [1, 2]),
    offHz: mostly(period, [0, 100_000, -100_000], [100_001, -100_001]),
    dataRate: mostly(period, [SF10], [12, 0x1a]),
    // EIRP against the region's greatest, 0.1 dB.
    aboveDdb: mostly(period, [0, -1, -60], [1]),
    sharesPayload: mostly(2 * period, [false], [true]),
    witnesses: fc.array(witnessDraw(period), { maxLength: 44, size: "max" }),
  });

const worldDraw = (period: number) =>
  fc.record({
    cluster: fc.nat({ max: clusters.length - 1 }),
    hotspots: fc.array(hotspotDraw(period), { minLength: 1, maxLength: 40, size: "max" }),
    beacons: fc.array(beaconDraw(period), { maxLength: 8, size: "max" }),
  });

type WorldDraw = ReturnType<typeof worldDraw> extends fc.Arbitrary<infer T> ? T : never;
type BeaconDraw = WorldDraw["beacons"][number];

/** Epochs on the edges of our rules, without packets. */
export const earshotEpochs: fc.Arbitrary<EarshotEpoch> = fc
  .oneof(worldDraw(4), worldDraw(15), worldDraw(80))
  .map(buildEarshotWorld);

/** Cells at an exact distance, by origin and metres: a search is some hundred conversions. */
const atLimitCells = new Map<string, string>();

/** A cell whose position is `metres` from the origin's, or the nearest the search meets where none is. */
function atLimit(origin: string, metres: number): string {
  const key = `${origin} ${metres}`;
  const known = atLimitCells.get(key);
  if (known !== undefined) return known;
  let best = origin;
  for (let step = 0; step < 720; step++) {
    const cell = cellAt(origin, metres, step / 2);
    const isNearer =
      Math.abs(positionDistanceM(origin, cell) - metres) < Math.abs(positionDistanceM(origin, best) - metres);
    if (isNearer) best = cell;
    if (positionDistanceM(origin, best) === metres) break;
  }
  atLimitCells.set(key, best);
  return best;
}

/** A cell of the cluster, or one of a ring of distances just around the least and the greatest that pass, from the origin open or private. */
function siteCell(cluster: number, site: number): string {
  const sites = clusters[cluster];
  const origin = sites[0].cell;
  if (site === ORIGIN_SITE) return origin;
  if (site < 12) return cellAt(origin, 310 + 40 * site, 31 * site);
  if (site < 16) return atLimit(origin, 298 + (site - 12));
  if (site < 20) return atLimit(origin, 99_998 + (site - 16));
  const publicCell = cellToParent(origin, 8);
  const reach = Math.round(reachM(publicCell));
  if (site < 24) return atLimit(publicCell, reach + 298 + (site - 20));
  if (site < 28) return atLimit(publicCell, 99_998 - reach + (site - 24));
  return sites[site % sites.length].cell;
}

export function buildEarshotWorld(draw: WorldDraw): EarshotEpoch {
  const hotspots = draw.hotspots.map((hotspot, number): Hotspot => {
    const at = (hours: number | null) => (hours === null ? 0 : START_MS - hours * HOUR_MS);
    return {
      key: keyOf(number),
      owner: hotspot.owner,
      cell: hotspot.isAsserted ? siteCell(draw.cluster, number === 0 ? ORIGIN_SITE : hotspot.site) : null,
      isPrivate: hotspot.isPrivate,
      gainDdbi: hotspot.gainDdbi,
      region: hotspot.region,
      isFull: hotspot.isFull,
      isSuspended: hotspot.isSuspended,
      firstEpoch: EPOCH - hotspot.ageEpochs,
      lastReciprocalBeaconMs: at(hotspot.lastReciprocalBeaconH),
      lastWitnessMs: at(hotspot.lastWitnessH),
    };
  });
  const challenges = draw.beacons.map(
    (beacon, number): Challenge => ({
      id: digest(`challenge ${number}`),
      hotspot: beacon.hotspot % hotspots.length,
      minute: START_MS / time.entropyMs + beacon.minute,
      transmitMs: beacon.minute * time.entropyMs + beacon.spreadMs,
      frequencyHz: CHANNEL_HZ,
      dataRate: SF10,
      samplingEntropy: digest(`entropy ${number}`),
    }),
  );
  const reports = draw.beacons.flatMap((beacon, number) => reportsOf(beacon, number, hotspots, challenges));
  // Log order is by ingest time; reports of one millisecond stand in the order of drawing.
  return { epoch: EPOCH, hotspots, challenges, reports: reports.sort((a, b) => a.receiveMs - b.receiveMs) };
}

function reportsOf(
  draw: BeaconDraw,
  number: number,
  hotspots: readonly Hotspot[],
  challenges: readonly Challenge[],
): (Beacon | Witness)[] {
  const challenge = challenges[number];
  const sender = hotspots[challenge.hotspot];
  const beacon: Beacon = {
    kind: "beacon",
    hotspot: {
      own: challenge.hotspot,
      unchallenged: challenge.hotspot,
      unknown: null,
      other: (challenge.hotspot + 1) % hotspots.length,
    }[draw.reporter],
    receiveMs: Math.max(0, challenge.transmitMs + draw.afterMs),
    challenge: draw.reporter === "unchallenged" ? null : number,
    proofStatus: draw.proofStatus,
    payload: draw.sharesPayload ? 0 : number,
    frequencyHz: challenge.frequencyHz + draw.offHz,
    dataRate: draw.dataRate,
    txPowerDdbm: 161 - sender.gainDdbi + draw.aboveDdb,
  };
  const repeated = Array.from({ length: draw.times }, (_, time) => ({ ...beacon, receiveMs: beacon.receiveMs + time }));
  const witnesses = draw.witnesses.map((witness): Witness => {
    const hotspot = witness.hotspot % hotspots.length;
    const heard: Witness = {
      kind: "witness",
      hotspot: witness.isKnown ? hotspot : null,
      receiveMs: Math.max(0, challenge.transmitMs + witness.afterMs),
      payload: { own: beacon.payload, other: Math.max(0, number - 1), nobody: 1_000_000 }[witness.payloadOf],
      frequencyHz: beacon.frequencyHz + witness.offHz,
      rssiDdbm: 0,
      snrDdb: witness.snrDdb,
      dataRate: witness.dataRate,
    };
    const bound = boundDdbm(beacon, sender, heard, hotspots[hotspot]);
    const rssiDdbm = Math.max(-32768, Math.min(32767, (Number.isFinite(bound) ? bound : -900) + witness.aboveDdb));
    return { ...heard, rssiDdbm };
  });
  return [...repeated, ...witnesses];
}

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}

/** The columns of an epoch; log index is the place in `reports`. */
export function toEpochInput(world: EarshotEpoch): EpochInput {
  const beacons: [number, Beacon][] = [];
  const witnesses: [number, Witness][] = [];
  world.reports.forEach((report, index) => {
    if (report.kind === "beacon") beacons.push([index, report]);
    else witnesses.push([index, report]);
  });
  return {
    parameters: rules,
    header: { epoch: world.epoch, previousManifestHash: "0".repeat(64), tokenPriceUsdE8: 100_000_000 },
    hotspots: hotspotColumns(world.hotspots),
    entropy: allocateColumns(entropyTable, 0),
    challenges: challengeColumns(world.challenges),
    stateIn: stateColumns(world.hotspots),
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    beacons: beaconColumns(beacons),
    witnesses: witnessColumns(witnesses),
    packets: allocateColumns(packetsTable, 0),
  };
}

function hotspotColumns(hotspots: readonly Hotspot[]): Columns<typeof hotspotsTable> {
  const columns = allocateColumns(hotspotsTable, hotspots.length);
  hotspots.forEach((hotspot, row) => {
    columns.key.set(hotspot.key, 33 * row);
    columns.gateway_id.set(gatewayIdOf(hotspot.key), 8 * row);
    columns.owner.fill(hotspot.owner + 1, 32 * row, 32 * row + 32);
    columns.beneficiary.fill(hotspot.owner + 1, 32 * row, 32 * row + 32);
    if (hotspot.cell !== null) {
      const { hi, lo } = cellFromString(hotspot.cell);
      if (hotspot.isPrivate) columns.location_commitment.fill(1, 32 * row, 32 * row + 32);
      else columns.cell[row] = BigInt(`0x${hotspot.cell}`);
      columns.cell_public[row] = (BigInt(parentHi(hi, lo, 8)) << 32n) | BigInt(parentLo(hi, lo, 8));
    }
    columns.gain_ddbi[row] = hotspot.gainDdbi;
    columns.region[row] = hotspot.region;
    columns.capability[row] = hotspot.isFull ? 1 : 0;
    columns.suspended[row] = hotspot.isSuspended ? 1 : 0;
    columns.first_epoch[row] = hotspot.firstEpoch;
  });
  return columns;
}

function stateColumns(hotspots: readonly Hotspot[]): Columns<typeof stateInTable> {
  const order = hotspots.map((_, row) => row).sort((a, b) => Buffer.compare(hotspots[a].key, hotspots[b].key));
  const columns = allocateColumns(stateInTable, hotspots.length);
  order.forEach((hotspot, row) => {
    columns.key.set(hotspots[hotspot].key, 33 * row);
    columns.last_reciprocal_beacon_ms[row] = BigInt(hotspots[hotspot].lastReciprocalBeaconMs);
    columns.last_witness_ms[row] = BigInt(hotspots[hotspot].lastWitnessMs);
  });
  return columns;
}

/** Engine order of challenges is (minute, hotspot), but only row numbers join them, so the drawn order will do. */
function challengeColumns(challenges: readonly Challenge[]): Columns<typeof challengesTable> {
  const columns = allocateColumns(challengesTable, challenges.length);
  challenges.forEach((challenge, row) => {
    columns.challenge_id.set(challenge.id, 32 * row);
    columns.hotspot[row] = challenge.hotspot;
    columns.minute[row] = challenge.minute;
    columns.transmit_offset_ms[row] = challenge.transmitMs;
    columns.frequency_hz[row] = challenge.frequencyHz;
    columns.data_rate[row] = challenge.dataRate;
    columns.sampling_entropy.set(challenge.samplingEntropy, 32 * row);
  });
  return columns;
}

function beaconColumns(beacons: readonly (readonly [number, Beacon])[]): Columns<typeof beaconsTable> {
  const columns = allocateColumns(beaconsTable, beacons.length);
  beacons.forEach(([index, beacon], row) => {
    columns.log_index[row] = index;
    columns.hotspot[row] = beacon.hotspot ?? NO_ROW;
    columns.receive_offset_ms[row] = beacon.receiveMs;
    columns.challenge[row] = beacon.challenge ?? NO_ROW;
    columns.proof_status[row] = beacon.proofStatus;
    columns.payload_key_hi[row] = payloadHi(beacon.payload);
    columns.payload_key_lo[row] = beacon.payload;
    columns.frequency_hz[row] = beacon.frequencyHz;
    columns.data_rate[row] = beacon.dataRate;
    columns.tx_power_ddbm[row] = beacon.txPowerDdbm;
  });
  return columns;
}

function witnessColumns(witnesses: readonly (readonly [number, Witness])[]): Columns<typeof witnessesTable> {
  const columns = allocateColumns(witnessesTable, witnesses.length);
  witnesses.forEach(([index, witness], row) => {
    columns.log_index[row] = index;
    columns.hotspot[row] = witness.hotspot ?? NO_ROW;
    columns.receive_offset_ms[row] = witness.receiveMs;
    columns.payload_key_hi[row] = payloadHi(witness.payload);
    columns.payload_key_lo[row] = witness.payload;
    columns.frequency_hz[row] = witness.frequencyHz;
    columns.rssi_ddbm[row] = witness.rssiDdbm;
    columns.snr_ddb[row] = witness.snrDdb;
    columns.data_rate[row] = witness.dataRate;
  });
  return columns;
}

function payloadHi(payload: number): number {
  return Math.imul(payload, 0x9e3779b1) >>> 0;
}
