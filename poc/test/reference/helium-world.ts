/**
 * Random Helium epochs that stand on the edges of the rules: as fast-check draws them, and as reports.
 *
 * A draw is small integers; `buildHeliumWorld` turns it into reports whose figures are mostly exactly at a limit or one beyond it.
 */
import fc from "fast-check";
import { deriveHeliumBeacon, type HeliumEntropy, heliumPayload } from "../../src/helium/beacon.ts";
import type {
  HeliumBeaconReport,
  HeliumEpoch,
  HeliumGateway,
  HeliumGatewayState,
  HeliumWitnessReport,
} from "../../src/helium/reports.ts";
import { heliumDataRate } from "../../src/radio/data-rate.ts";
import { type RegionPlan, regionPlans } from "../../src/radio/region.ts";
import { distanceM, expectedRssiDdbm } from "./helium-rules.ts";
import { clusters } from "./helium-sites.ts";

export const DAY_MS = 86_400_000;
/** 2026-05-20, the day of the revision of the rules. */
export const EPOCH = 20_593;
const START_MS = EPOCH * DAY_MS;

const plans = new Map<number, RegionPlan>(regionPlans("upstream").map((plan) => [plan.number, plan]));
export const upstreamPlan = (region: number) => plans.get(region);

/** A key with Helium's Ed25519 tag, different for every number. */
export function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(33);
  key[0] = 1;
  new DataView(key.buffer).setUint32(1, Math.imul(number + 1, 0x9e3779b1));
  new DataView(key.buffer).setUint32(29, number);
  return key;
}

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);

/** Mostly `usual`; `unusual` once in `period` draws. */
const mostly = <T>(period: number, usual: readonly T[], unusual: readonly T[]) =>
  fc.oneof(
    { weight: period - 1, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...unusual) },
  );

/** `period`: how rare what makes a report fail is; 4 spoils most proofs, 60 leaves most whole. */
const gatewayDraw = (period: number) =>
  fc.record({
    // The first gateway is at the cluster's origin; outside the pentagon's, 8 to 16 are far enough from it and near enough.
    site: mostly(
      Math.min(period, 8),
      [8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
      Array.from({ length: 42 }, (_, site) => site),
    ),
    gainDdbi: mostly(period, [12, 19, 20, 0, 9, 10, 58, 99], [150, -15, 170]),
    region: mostly(period, [1], [0, 15, 4]),
    isAsserted: mostly(period, [true], [false]),
    isFull: mostly(period, [true], [false]),
    isKnown: mostly(period, [true], [false]),
    isDenied: mostly(period, [false], [true]),
    // Hours since its last times at the start of the epoch; null for never, negative in the future.
    lastBeaconH: mostly(period, [null, 7, 30], [1, 6, -2]),
    lastReciprocalBeaconH: mostly(period, [1, 20, 40], [null, 47, -30]),
    lastWitnessH: mostly(period, [1, 20, 40], [null, 47, -30]),
  });

const witnessDraw = (period: number) =>
  fc.record({
    gateway: fc.nat({ max: 31 }),
    lagMs: mostly(period, [0, 1, 40, 900, 1499, 1500, 3999, 4000], [-700, -1, 1501, 4001, 9000, 181_000]),
    frequency: mostly(
      period,
      [0, 24, 32, -99_999, 100_000, -100_000, 2 ** 31, 2 ** 31 + 1e9],
      [100_001, -100_001, 2 ** 31 - 1, 2 ** 32, 2 ** 33],
    ),
    // Signal against the free-space bound, 0.1 dB.
    aboveDdb: mostly(period, [0, -1, -250, -400], [1, 10, 40_000]),
    payloadOf: mostly(period, ["own" as const], ["other" as const, "nobody" as const]),
  });

const beaconDraw = (period: number) =>
  fc.record({
    gateway: fc.oneof(fc.constant(0), fc.nat({ max: 31 })),
    minute: fc.oneof(fc.nat({ max: 1439 }), oneOf(0, 1, 359, 360, 719, 720, 1439)),
    second: fc.nat({ max: 59 }),
    receivedAfterMs: mostly(period, [0, 800, 3000, 20_000, 60_000, 179_999, 180_999], [-1000, -1, 180_000, 181_000]),
    // What is wrong with it; "copied" is the same payload under another key.
    flaw: mostly(period, ["none" as const], [
      "payload",
      "frequency",
      "data rate",
      "huge frequency",
      "entropy",
      "version",
      "copied",
      "repeated",
    ] as const),
    txPowerDbm: oneOf(8, 14, 0, 27, 36, 300),
    witnesses: fc.array(witnessDraw(period), { maxLength: 36, size: "max" }),
  });

const worldDraw = (period: number) =>
  fc.record({
    cluster: fc.nat({ max: clusters.length - 1 }),
    gateways: fc.array(gatewayDraw(period), { minLength: 2, maxLength: 32, size: "max" }),
    beacons: fc.array(beaconDraw(period), { maxLength: 10, size: "max" }),
    deniedEdges: fc.array(fc.tuple(fc.nat({ max: 31 }), fc.nat({ max: 31 })), { maxLength: 6 }),
    hasDenylist: mostly(8 * period, [true], [false]),
  });

type WorldDraw = ReturnType<typeof worldDraw> extends fc.Arbitrary<infer T> ? T : never;
type BeaconDraw = WorldDraw["beacons"][number];

/** Epochs on the edges of Helium's rules. */
export const heliumEpochs: fc.Arbitrary<HeliumEpoch> = fc
  .oneof(worldDraw(4), worldDraw(15), worldDraw(60))
  .map(buildHeliumWorld);

export function buildHeliumWorld(draw: WorldDraw): HeliumEpoch {
  const gateways = draw.gateways.map((gateway, number) => gatewayOf(draw, gateway, number));
  const entropy: HeliumEntropy[] = [];
  const beacons: HeliumBeaconReport[] = [];
  const witnesses: HeliumWitnessReport[] = [];
  draw.beacons.forEach((beacon, number) => {
    addProof(draw, beacon, number, gateways, { entropy, beacons, witnesses });
  });
  return {
    startMs: START_MS,
    lengthMs: DAY_MS,
    gateways: gateways.filter((_, number) => draw.gateways[number].isKnown),
    entropy,
    beacons,
    witnesses,
    denylist: draw.hasDenylist
      ? {
          keys: gateways.filter((_, number) => draw.gateways[number].isDenied).map(({ key }) => key),
          edges: draw.deniedEdges.map(([a, b]) => [keyOf(a), keyOf(b)]),
        }
      : null,
    state: draw.gateways.map((gateway, number) => stateOf(gateway, number)),
    planOf: upstreamPlan,
  };
}

function gatewayOf(draw: WorldDraw, gateway: WorldDraw["gateways"][number], number: number): HeliumGateway {
  const sites = clusters[draw.cluster];
  const location = BigInt(`0x${sites[number === 0 ? 0 : gateway.site % sites.length].cell}`);
  const { gainDdbi, region, isFull } = gateway;
  return {
    key: keyOf(number),
    isFull,
    asserted: gateway.isAsserted ? { location, gainDdbi, elevationM: 10, region } : null,
  };
}

function stateOf(gateway: WorldDraw["gateways"][number], number: number): HeliumGatewayState {
  const at = (hours: number | null) => (hours === null ? null : START_MS - hours * 3_600_000);
  return {
    key: keyOf(number),
    lastBeaconMs: at(gateway.lastBeaconH),
    lastReciprocalBeaconMs: at(gateway.lastReciprocalBeaconH),
    lastWitnessMs: at(gateway.lastWitnessH),
  };
}

interface Reports {
  readonly entropy: HeliumEntropy[];
  readonly beacons: HeliumBeaconReport[];
  readonly witnesses: HeliumWitnessReport[];
}

function addProof(
  draw: WorldDraw,
  beacon: BeaconDraw,
  number: number,
  gateways: readonly HeliumGateway[],
  out: Reports,
): void {
  const sender = gateways[beacon.gateway % gateways.length];
  const timestampS = START_MS / 1000 + 60 * beacon.minute + beacon.second;
  const remote: HeliumEntropy = {
    data: new Uint8Array(32).fill(number + 1),
    timestampS,
    version: beacon.flaw === "version" ? 2 : 0,
  };
  const localEntropy = new Uint8Array([number, 1, 2, 3]);
  const made = soundBeacon(remote, localEntropy, sender);
  const report: HeliumBeaconReport = {
    receivedMs: timestampS * 1000 + beacon.receivedAfterMs,
    key: sender.key,
    localEntropy,
    remoteEntropy: remote.data,
    payload: beacon.flaw === "payload" ? made.payload.map((byte, i) => (i === 50 ? byte ^ 1 : byte)) : made.payload,
    frequencyHz: beacon.flaw === "huge frequency" ? 2 ** 40 : made.frequencyHz + (beacon.flaw === "frequency" ? 1 : 0),
    dataRate: made.dataRate + (beacon.flaw === "data rate" ? 20 : 0),
    txPowerDbm: beacon.txPowerDbm,
  };
  if (beacon.flaw !== "entropy") out.entropy.push(remote);
  out.beacons.push(report);
  if (beacon.flaw === "repeated") out.beacons.push({ ...report, txPowerDbm: report.txPowerDbm + 1 });
  if (beacon.flaw === "copied") {
    const thief = gateways[(beacon.gateway + 1) % gateways.length];
    out.beacons.push({ ...report, key: thief.key, receivedMs: report.receivedMs + ((number % 3) - 1) * 500 });
  }
  for (const witness of beacon.witnesses) {
    const listener = gateways[witness.gateway % gateways.length];
    const frequencyHz = made.frequencyHz + witness.frequency;
    out.witnesses.push({
      receivedMs: report.receivedMs + witness.lagMs,
      key: listener.key,
      payload: payloadHeard(witness.payloadOf, report, number, draw, out),
      frequencyHz,
      dataRate: 0,
      signalDdbm: boundDdbm(sender, listener, frequencyHz, report.txPowerDbm) + witness.aboveDdb,
      snrDdb: -50,
    });
  }
}

/** The beacon as it should be; for a gateway that cannot make one, what it would have sent in EU868. */
function soundBeacon(remote: HeliumEntropy, localEntropy: Uint8Array, sender: HeliumGateway) {
  const plan = (sender.asserted && upstreamPlan(sender.asserted.region)) ?? upstreamPlan(1);
  if (plan === undefined) throw new Error("EU868 has a plan");
  const gainDdbi = sender.asserted?.gainDdbi ?? 0;
  if (gainDdbi > plan.maxEirpDdbm || remote.version > 1) {
    return { payload: heliumPayload(remote, localEntropy), frequencyHz: plan.channelsHz[0], dataRate: 0 };
  }
  const { payload, frequencyHz, dataRate } = deriveHeliumBeacon(remote, localEntropy, plan, gainDdbi);
  return { payload, frequencyHz, dataRate: heliumDataRate(dataRate) ?? 0 };
}

function payloadHeard(
  of: "own" | "other" | "nobody",
  own: HeliumBeaconReport,
  number: number,
  draw: WorldDraw,
  out: Reports,
) {
  if (of === "other" && number > 0 && draw.beacons.length > 1) return out.beacons[0].payload;
  return of === "nobody" ? new Uint8Array(51).fill(0xee) : own.payload;
}

function boundDdbm(sender: HeliumGateway, listener: HeliumGateway, frequencyHz: number, txPowerDbm: number): number {
  if (sender.asserted === null || listener.asserted === null) return -900;
  const metres = distanceM(sender.asserted.location.toString(16), listener.asserted.location.toString(16));
  if (metres === 0 || frequencyHz === 0) return -900;
  const { gainDdbi: beaconerGainDdbi } = sender.asserted;
  const { gainDdbi: witnessGainDdbi } = listener.asserted;
  return expectedRssiDdbm({ txPowerDbm, frequencyHz, metres, beaconerGainDdbi, witnessGainDdbi });
}
