/**
 * Small Helium epochs by hand: gateways that may hear each other, sound beacons and receptions, each figure open to change.
 *
 * `judgeScene` judges with the engine and with the row-by-row verifier, demands that they agree, and answers by report.
 */
import { expect } from "vitest";
import { deriveHeliumBeacon, type HeliumEntropy } from "../../src/helium/beacon.ts";
import type {
  HeliumAssertion,
  HeliumBeaconReport,
  HeliumEpoch,
  HeliumGateway,
  HeliumGatewayState,
  HeliumWitnessReport,
} from "../../src/helium/reports.ts";
import type { EpochOutput } from "../../src/index.ts";
import { heliumDataRate } from "../../src/radio/data-rate.ts";
import { cellAt, clusters } from "../reference/helium-sites.ts";
import { type ReferenceOptions, type Verdict, verifyHeliumEpoch } from "../reference/helium-verifier.ts";
import { DAY_MS, EPOCH, keyOf, upstreamPlan } from "../reference/helium-world.ts";
import { comparable, judge } from "./judge.ts";

export const START_MS = EPOCH * DAY_MS;
export const HOUR_MS = 3_600_000;
export const EU868 = 1;
/** The London cluster of helium-sites.ts; its first cell is where a scene's first gateway stands. */
export const ORIGIN = clusters[0][0].cell;

export interface GatewayChange extends Partial<Omit<HeliumAssertion, "location">> {
  readonly cell?: string;
  readonly isFull?: boolean;
  readonly isAsserted?: boolean;
  /** Hours before the epoch's start, or null for never; 12 unless it says otherwise, so that everybody is in good standing. */
  readonly lastBeaconH?: number | null;
  readonly lastReciprocalBeaconH?: number | null;
  readonly lastWitnessH?: number | null;
}

export class Scene {
  readonly gateways: HeliumGateway[] = [];
  readonly state: HeliumGatewayState[] = [];
  readonly entropy: HeliumEntropy[] = [];
  readonly beacons: HeliumBeaconReport[] = [];
  readonly witnesses: HeliumWitnessReport[] = [];
  readonly deniedKeys: Uint8Array[] = [];
  readonly deniedEdges: [Uint8Array, Uint8Array][] = [];

  /** A gateway 5 km from the origin in its own direction, the first one at the origin. */
  gateway(change: GatewayChange = {}): HeliumGateway {
    const number = this.gateways.length;
    const cell = change.cell ?? (number === 0 ? ORIGIN : cellAt(ORIGIN, 5000, 13 * number));
    const { gainDdbi = 12, elevationM = 10, region = EU868, isFull = true, isAsserted = true } = change;
    const gateway = {
      key: keyOf(number),
      isFull,
      asserted: isAsserted ? { location: BigInt(`0x${cell}`), gainDdbi, elevationM, region } : null,
    };
    const at = (hours: number | null | undefined) => (hours === null ? null : START_MS - (hours ?? 12) * HOUR_MS);
    this.gateways.push(gateway);
    this.state.push({
      key: gateway.key,
      lastBeaconMs: at(change.lastBeaconH),
      lastReciprocalBeaconMs: at(change.lastReciprocalBeaconH),
      lastWitnessMs: at(change.lastWitnessH),
    });
    return gateway;
  }

  /** A sound beacon of `sender`, its entropy `atMs` after the start (whole seconds) and received `afterMs` later. */
  beacon(
    sender: HeliumGateway,
    { atMs = 6 * HOUR_MS, afterMs = 3000 }: { atMs?: number; afterMs?: number } = {},
    change: Partial<HeliumBeaconReport> = {},
  ): HeliumBeaconReport {
    const number = this.entropy.length;
    const entropy = { data: new Uint8Array(32).fill(number + 1), timestampS: (START_MS + atMs) / 1000, version: 0 };
    const localEntropy = Uint8Array.of(1, 2, 3, number);
    const plan = upstreamPlan(sender.asserted?.region ?? EU868);
    if (plan === undefined) throw new Error("the region has a plan");
    const made = deriveHeliumBeacon(entropy, localEntropy, plan, sender.asserted?.gainDdbi ?? 0);
    const report = {
      receivedMs: START_MS + atMs + afterMs,
      key: sender.key,
      localEntropy,
      remoteEntropy: entropy.data,
      payload: made.payload,
      frequencyHz: made.frequencyHz,
      dataRate: heliumDataRate(made.dataRate) ?? -1,
      txPowerDbm: made.conductedPowerDbm,
      ...change,
    };
    this.entropy.push(entropy);
    this.beacons.push(report);
    return report;
  }

  /** A reception of `beacon`, received `lagMs` after its report, well below free space. */
  witness(
    listener: HeliumGateway,
    beacon: HeliumBeaconReport,
    lagMs = 500,
    change: Partial<HeliumWitnessReport> = {},
  ): HeliumWitnessReport {
    const report = {
      receivedMs: beacon.receivedMs + lagMs,
      key: listener.key,
      payload: beacon.payload,
      frequencyHz: beacon.frequencyHz + 24,
      dataRate: beacon.dataRate,
      signalDdbm: -1180,
      snrDdb: -50,
      ...change,
    };
    this.witnesses.push(report);
    return report;
  }

  epoch(change: Partial<HeliumEpoch> = {}): HeliumEpoch {
    return {
      startMs: START_MS,
      lengthMs: DAY_MS,
      gateways: this.gateways,
      entropy: this.entropy,
      beacons: this.beacons,
      witnesses: this.witnesses,
      denylist: { keys: this.deniedKeys, edges: this.deniedEdges },
      state: this.state,
      planOf: upstreamPlan,
      ...change,
    };
  }
}

export interface Judged {
  readonly of: (report: HeliumBeaconReport | HeliumWitnessReport) => Verdict;
  /** Reason and figures, as a line: "too_late 4001 4000". */
  readonly line: (report: HeliumBeaconReport | HeliumWitnessReport) => string;
  readonly output: EpochOutput;
  /** Shares by gateway key, 1e-12. */
  readonly shares: (gateway: HeliumGateway) => { beacon: bigint; witness: bigint };
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

export function judgeScene(epoch: HeliumEpoch): Judged {
  const { verdicts, output, hotspotKeys } = judge(epoch);
  expect(comparable(verdicts)).toEqual(comparable(verifyHeliumEpoch(epoch).verdicts));
  const of = verdictOf(epoch, verdicts);
  return {
    of,
    line: (report) => `${of(report).reason} ${of(report).measured} ${of(report).limit}`,
    output,
    shares: ({ key }) => {
      const row = hotspotKeys.indexOf(hexOf(key));
      return { beacon: output.shares.beacon_shares[row], witness: output.shares.witness_shares[row] };
    },
  };
}

/** What upstream would have done, where the engine cannot follow: by report. */
export function judgeByReference(epoch: HeliumEpoch, options: ReferenceOptions) {
  return verdictOf(epoch, verifyHeliumEpoch(epoch, options).verdicts);
}

function verdictOf(epoch: HeliumEpoch, verdicts: readonly Verdict[]): Judged["of"] {
  const log = [
    ...Array.from(epoch.beacons, (report) => ({
      report,
      rank: `beacon ${hexOf(report.key)} ${hexOf(report.payload)}`,
    })),
    ...Array.from(epoch.witnesses, (report) => ({
      report,
      rank: `witness ${hexOf(report.key)} ${hexOf(report.payload)}`,
    })),
  ].sort((a, b) => a.report.receivedMs - b.report.receivedMs || (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  return (report) => {
    const index = log.findIndex((entry) => entry.report === report);
    if (index < 0 || verdicts[index] === undefined) throw new Error("the report is not of this epoch");
    return verdicts[index];
  };
}
