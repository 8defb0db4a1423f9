/**
 * Helium's verifier for one epoch, row by row: the oracle of the engine under preset `helium`. Takes what the importer takes.
 *
 * Proofs are judged in log order of their beacons, one after the other, where upstream ran a hundred at once; what it kept in three
 * tables is three maps here. Reports that upstream dropped without a word get the verdict docs/reference/helium-preset.md gives them.
 */
import { regeneratesHeliumBeacon } from "../../src/helium/beacon.ts";
import type { HeliumBeaconReport, HeliumEpoch, HeliumGateway, HeliumWitnessReport } from "../../src/helium/reports.ts";
import { densityScalesE4 } from "./helium-density.ts";
import {
  BEACON_INTERVAL_MS,
  distanceM,
  ENTROPY_LIFE_S,
  expectedRssiDbm,
  expectedRssiDdbm,
  gridCells,
  isInEntropyLife,
  lagRule,
  MAXIMUM_WITNESSES,
  narrowedDifferenceHz,
  RECIPROCITY_MS,
  rewardUnitsE4,
} from "./helium-rules.ts";

export type Side = "none" | "beaconer" | "witness";

export interface Verdict {
  readonly kind: "beacon" | "witness";
  readonly reason: string;
  readonly side: Side;
  readonly measured: number;
  readonly limit: number;
  readonly selected: boolean;
  readonly unitsE4: number;
}

export interface Times {
  lastBeaconMs: number | null;
  lastReciprocalBeaconMs: number | null;
  lastWitnessMs: number | null;
}

/** A proof that stands: who is paid for it. */
export interface Proof {
  readonly beaconer: string;
  readonly location: string;
  readonly witnesses: readonly string[];
}

export interface ReferenceResult {
  /** The reports of the epoch; the place is the log index. */
  readonly log: readonly (HeliumBeaconReport | HeliumWitnessReport)[];
  /** By log index: place in the order (received, beacons first, key, payload) of the epoch's reports. */
  readonly verdicts: readonly Verdict[];
  /** By key in hex. */
  readonly state: ReadonlyMap<string, Times>;
  readonly proofs: readonly Proof[];
  /** Shares by key in hex, 1e-8, with the density of the epoch's end. */
  readonly shares: ReadonlyMap<string, { beacon: bigint; witness: bigint }>;
}

export interface ReferenceOptions {
  /** True for a beacon whose first run fails after its state was written, as a failed look-up made upstream do. */
  readonly isRetried?: (beacon: HeliumBeaconReport) => boolean;
}

type Report =
  | { readonly kind: "beacon"; readonly report: HeliumBeaconReport }
  | { readonly kind: "witness"; readonly report: HeliumWitnessReport };

type Failure = readonly [reason: string, measured: number, limit: number];

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const DENSITY_LIFE_MS = 61 * 3600 * 1000;
const DEFAULT_SCALE_E4 = 2000;
const ENTROPY_LIMIT_MS = ENTROPY_LIFE_S * 1000 + 999;

export function verifyHeliumEpoch(epoch: HeliumEpoch, options: ReferenceOptions = {}): ReferenceResult {
  const verifier = new Verifier(epoch, options);
  verifier.run();
  return {
    log: verifier.reports(),
    verdicts: verifier.verdicts,
    state: verifier.state,
    proofs: verifier.proofs,
    shares: verifier.shares(),
  };
}

class Verifier {
  readonly verdicts: Verdict[] = [];
  readonly state = new Map<string, Times>();
  readonly proofs: Proof[] = [];
  readonly #epoch: HeliumEpoch;
  readonly #options: ReferenceOptions;
  readonly #gateways = new Map<string, HeliumGateway>();
  readonly #deniedKeys: Set<string> | null;
  readonly #deniedEdges = new Set<string>();
  readonly #entropy = new Map<string, { timestampS: number; version: number }>();
  readonly #log: Report[];

  constructor(epoch: HeliumEpoch, options: ReferenceOptions) {
    this.#epoch = epoch;
    this.#options = options;
    for (const gateway of epoch.gateways) this.#gateways.set(hexOf(gateway.key), gateway);
    this.#deniedKeys = epoch.denylist === null ? null : new Set(Array.from(epoch.denylist.keys, hexOf));
    for (const [a, b] of epoch.denylist?.edges ?? []) this.#deniedEdges.add([hexOf(a), hexOf(b)].sort().join());
    for (const { data, timestampS, version } of epoch.entropy) {
      const known = this.#entropy.get(hexOf(data));
      if (known === undefined || timestampS < known.timestampS) this.#entropy.set(hexOf(data), { timestampS, version });
    }
    for (const { key, ...times } of epoch.state) this.state.set(hexOf(key), { ...times });
    this.#log = this.#reportsOfEpoch();
  }

  run(): void {
    const identities = new Set<string>();
    const waiting = new Map<string, number[]>();
    this.#log.forEach(({ kind, report }, index) => {
      if (kind === "beacon") return;
      if (!this.#gateways.has(hexOf(report.key))) this.#give(index, "gateway_not_found", "witness", 0, 1);
      else if (report.frequencyHz > 0xffff_ffff)
        this.#give(index, "bad_encoding", "witness", report.frequencyHz / 1000, 4_294_967);
      else if (report.receivedMs < this.#epoch.startMs) {
        this.#give(index, "entropy_expired", "witness", report.receivedMs - this.#epoch.startMs, ENTROPY_LIMIT_MS);
      } else waiting.set(hexOf(report.payload), [...(waiting.get(hexOf(report.payload)) ?? []), index]);
    });
    const registered = new Set(
      this.#log.flatMap(({ kind, report }) =>
        kind === "beacon" && this.#gateways.has(hexOf(report.key)) ? [hexOf(report.payload)] : [],
      ),
    );
    this.#log.forEach((entry, index) => {
      if (entry.kind === "witness") return;
      const { report } = entry;
      const payload = hexOf(report.payload);
      const early = this.#earlyBeaconVerdict(report, registered, identities);
      if (early !== null) {
        this.#give(index, early[0], "beaconer", early[1], early[2]);
        return;
      }
      // Every report of a payload was deleted once its first beacon was settled, so a later beacon finds no witness.
      const witnesses = waiting.get(payload) ?? [];
      waiting.delete(payload);
      if (this.#options.isRetried?.(report) === true) this.#judgeBeacon(index, report, witnesses);
      this.#judgeProof(index, report, witnesses);
    });
    for (const index of [...waiting.values()].flat()) this.#give(index, "stale", "witness", 0, 1);
  }

  reports(): (HeliumBeaconReport | HeliumWitnessReport)[] {
    return this.#log.map(({ report }) => report);
  }

  /** Shares with the density of hotspots that were active at the end of the epoch. */
  shares(): Map<string, { beacon: bigint; witness: bigint }> {
    const endMs = this.#epoch.startMs + this.#epoch.lengthMs;
    const active = [...this.state].flatMap(([key, { lastReciprocalBeaconMs }]) => {
      const location = this.#location(key);
      const isActive = lastReciprocalBeaconMs !== null && lastReciprocalBeaconMs >= endMs - DENSITY_LIFE_MS;
      return isActive && location !== null ? [location] : [];
    });
    const scales = densityScalesE4(active);
    const shares = new Map<string, { beacon: bigint; witness: bigint }>();
    const of = (key: string) => {
      const own = shares.get(key) ?? { beacon: 0n, witness: 0n };
      shares.set(key, own);
      return own;
    };
    for (const { beaconer, location, witnesses } of this.proofs) {
      const scaleE4 = BigInt(scales.get(location) ?? DEFAULT_SCALE_E4);
      const units = rewardUnitsE4(witnesses.length);
      of(beaconer).beacon += scaleE4 * BigInt(units.beaconer);
      for (const witness of witnesses) of(witness).witness += scaleE4 * BigInt(units.witness);
    }
    return shares;
  }

  #reportsOfEpoch(): Report[] {
    const { startMs, lengthMs, beacons, witnesses } = this.#epoch;
    const isHere = (ms: number) => ms >= startMs && ms < startMs + lengthMs;
    const log: Report[] = [];
    const payloads = new Map<string, boolean>();
    for (const report of beacons) {
      const entropy = this.#entropy.get(hexOf(report.remoteEntropy));
      const here = isHere(entropy === undefined ? report.receivedMs : entropy.timestampS * 1000);
      payloads.set(hexOf(report.payload), here || payloads.get(hexOf(report.payload)) === true);
      if (here) log.push({ kind: "beacon", report });
    }
    for (const report of witnesses) {
      if (payloads.get(hexOf(report.payload)) ?? isHere(report.receivedMs)) log.push({ kind: "witness", report });
    }
    const rank = ({ kind, report }: Report) => `${kind} ${hexOf(report.key)} ${hexOf(report.payload)}`;
    return log.sort(
      (a, b) => a.report.receivedMs - b.report.receivedMs || (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0),
    );
  }

  /** What upstream's loader and retries left without a verdict, as reason, measured, limit. */
  #earlyBeaconVerdict(
    report: HeliumBeaconReport,
    registered: ReadonlySet<string>,
    identities: Set<string>,
  ): Failure | null {
    const payload = hexOf(report.payload);
    const identity = `${report.receivedMs} ${hexOf(report.key)} ${payload}`;
    const entropy = this.#entropy.get(hexOf(report.remoteEntropy));
    const gateway = this.#gateways.get(hexOf(report.key));
    if (gateway === undefined && registered.has(payload)) return ["gateway_not_found", 0, 1];
    if (identities.has(identity)) return ["duplicate", 2, 1];
    identities.add(identity);
    if (entropy === undefined) return ["stale", 0, 1];
    if (report.receivedMs < this.#epoch.startMs) {
      return ["entropy_expired", report.receivedMs - entropy.timestampS * 1000, ENTROPY_LIMIT_MS];
    }
    const hasPlan = gateway?.asserted == null || this.#epoch.planOf(gateway.asserted.region) !== undefined;
    return hasPlan ? null : ["stale", 0, 1];
  }

  #give(index: number, reason: string, side: Side, measured: number, limit: number): void {
    const { kind } = this.#log[index];
    this.verdicts[index] = { kind, reason, side, measured: Math.trunc(measured), limit, selected: false, unitsE4: 0 };
  }

  #judgeProof(index: number, beacon: HeliumBeaconReport, witnesses: readonly number[]): void {
    const key = hexOf(beacon.key);
    const failure = this.#judgeBeacon(index, beacon, witnesses);
    if (failure !== null) {
      this.#failProof(index, witnesses, failure);
      return;
    }
    this.#judgeWitnesses(beacon, witnesses);
    // B9, after the witnesses have been judged and their times written.
    const lastWitnessMs = this.#times(key).lastWitnessMs;
    if (!isRecent(beacon.receivedMs, lastWitnessMs)) {
      const measured = ageS(beacon.receivedMs, lastWitnessMs);
      this.#failProof(index, witnesses, ["gateway_no_valid_witnesses", measured, RECIPROCITY_MS / 1000]);
      return;
    }
    const valid: number[] = [];
    for (const witness of witnesses) {
      if (this.verdicts[witness].reason !== "valid") continue;
      const { report } = this.#log[witness];
      const lastBeaconMs = this.#times(hexOf(report.key)).lastReciprocalBeaconMs;
      if (isRecent(report.receivedMs, lastBeaconMs)) valid.push(witness);
      else {
        const measured = ageS(report.receivedMs, lastBeaconMs);
        this.#give(witness, "gateway_no_valid_beacons", "witness", measured, RECIPROCITY_MS / 1000);
      }
    }
    const selected = valid.slice(0, MAXIMUM_WITNESSES);
    const units = rewardUnitsE4(selected.length);
    for (const witness of selected) {
      this.verdicts[witness] = { ...this.verdicts[witness], selected: true, unitsE4: units.witness };
    }
    this.#give(index, "valid", "none", 0, 0);
    this.verdicts[index] = { ...this.verdicts[index], selected: units.beaconer > 0, unitsE4: units.beaconer };
    const location = this.#location(key);
    if (location === null) throw new Error("a valid beacon has a location");
    this.proofs.push({
      beaconer: key,
      location,
      witnesses: selected.map((witness) => hexOf(this.#log[witness].report.key)),
    });
  }

  /** B1 to B8, and the times they leave behind. Reason, measured, limit of the first that fails. */
  #judgeBeacon(index: number, beacon: HeliumBeaconReport, witnesses: readonly number[]): Failure | null {
    const key = hexOf(beacon.key);
    const gateway = this.#gateways.get(key);
    if (gateway === undefined) return ["gateway_not_found", 0, 1];
    if (gateway.asserted === null) return ["not_asserted", 0, 1];
    const failure = this.#judgeAsserted(index, beacon, gateway);
    const times = this.#times(key);
    times.lastBeaconMs = beacon.receivedMs;
    if (failure === null && witnesses.length > 0) times.lastReciprocalBeaconMs = beacon.receivedMs;
    return failure;
  }

  #judgeAsserted(index: number, beacon: HeliumBeaconReport, gateway: HeliumGateway): Failure | null {
    const entropy = this.#entropy.get(hexOf(beacon.remoteEntropy));
    const plan = gateway.asserted === null ? undefined : this.#epoch.planOf(gateway.asserted.region);
    if (entropy === undefined || plan === undefined || gateway.asserted === null)
      throw new Error(`beacon ${index} waits`);
    const key = hexOf(beacon.key);
    if (this.#isDenied(key)) return ["denied", 1, 0];
    if (!isInEntropyLife(beacon.receivedMs, entropy.timestampS)) {
      return ["entropy_expired", beacon.receivedMs - entropy.timestampS * 1000, ENTROPY_LIMIT_MS];
    }
    if (!gateway.isFull) return ["invalid_capability", 0, 1];
    const { lastBeaconMs } = this.#times(key);
    const bucket = (ms: number) => Math.floor(ms / BEACON_INTERVAL_MS);
    if (lastBeaconMs !== null && bucket(beacon.receivedMs) <= bucket(lastBeaconMs)) {
      return ["irregular_interval", bucket(beacon.receivedMs), bucket(lastBeaconMs) + 1];
    }
    const remote = { data: beacon.remoteEntropy, timestampS: entropy.timestampS, version: entropy.version };
    if (!regeneratesHeliumBeacon(beacon, remote, plan, gateway.asserted.gainDdbi)) return ["invalid_packet", 1, 0];
    return null;
  }

  #judgeWitnesses(beacon: HeliumBeaconReport, witnesses: readonly number[]): void {
    const seen = new Set<string>();
    const valid: [key: string, receivedMs: number][] = [];
    for (const index of witnesses) {
      const report = this.#witness(index);
      const key = hexOf(report.key);
      if (seen.has(key)) {
        this.#give(index, "duplicate", "witness", 2, 1);
        continue;
      }
      seen.add(key);
      const failure = this.#judgeWitness(report, beacon, this.#witness(witnesses[0]).receivedMs);
      if (failure !== null) this.#give(index, failure[0], "witness", failure[1], failure[2]);
      else {
        valid.push([key, report.receivedMs]);
        this.#give(index, "valid", "none", 0, 0);
      }
    }
    for (const [key, receivedMs] of valid) this.#times(key).lastWitnessMs = receivedMs;
  }

  /** W1 to W14. Reason, measured, limit of the first that fails. */
  #judgeWitness(witness: HeliumWitnessReport, beacon: HeliumBeaconReport, firstMs: number): Failure | null {
    const key = hexOf(witness.key);
    const beaconer = hexOf(beacon.key);
    const own = this.#gateways.get(key);
    const its = this.#gateways.get(beaconer);
    const entropy = this.#entropy.get(hexOf(beacon.remoteEntropy));
    if (own === undefined || its?.asserted == null || entropy === undefined)
      throw new Error("a report is judged too early");
    if (own.asserted === null) return ["not_asserted", 0, 1];
    if (this.#isDenied(key)) return ["denied", 1, 0];
    if (this.#deniedEdges.has([key, beaconer].sort().join())) return ["denied_edge", 1, 0];
    if (key === beaconer) return ["self_witness", 0, 0];
    if (!isInEntropyLife(witness.receivedMs, entropy.timestampS)) {
      return ["entropy_expired", witness.receivedMs - entropy.timestampS * 1000, ENTROPY_LIMIT_MS];
    }
    const { fromMs, limitMs } = lagRule(beacon.receivedMs, firstMs);
    if (witness.receivedMs - fromMs > limitMs) return ["too_late", witness.receivedMs - fromMs, limitMs];
    if (!own.isFull) return ["invalid_capability", 0, 1];
    const differenceHz = narrowedDifferenceHz(witness.frequencyHz, beacon.frequencyHz);
    if (differenceHz > 100_000) return ["invalid_frequency", differenceHz, 100_000];
    if (own.asserted.region !== its.asserted.region)
      return ["invalid_region", own.asserted.region, its.asserted.region];
    const cells = gridCells(its.asserted.location.toString(16), own.asserted.location.toString(16));
    if (cells < 8) return ["below_min_distance", cells, 8];
    const link = this.#link(witness, beacon);
    if (Math.floor(link.metres / 1000) > 100) return ["max_distance_exceeded", link.metres, 100_999];
    if (witness.signalDdbm / 10 > expectedRssiDbm(link))
      return ["bad_rssi", witness.signalDdbm, expectedRssiDdbm(link)];
    return null;
  }

  #link(witness: HeliumWitnessReport, beacon: HeliumBeaconReport) {
    const own = this.#gateways.get(hexOf(witness.key))?.asserted;
    const its = this.#gateways.get(hexOf(beacon.key))?.asserted;
    if (own == null || its == null) throw new Error("a link has two asserted ends");
    return {
      txPowerDbm: beacon.txPowerDbm,
      frequencyHz: witness.frequencyHz,
      metres: distanceM(its.location.toString(16), own.location.toString(16)),
      beaconerGainDdbi: its.gainDdbi,
      witnessGainDdbi: own.gainDdbi,
    };
  }

  #failProof(index: number, witnesses: readonly number[], [reason, measured, limit]: Failure): void {
    for (const each of [index, ...witnesses]) this.#give(each, reason, "beaconer", measured, limit);
  }

  #witness(index: number): HeliumWitnessReport {
    const entry = this.#log[index];
    if (entry.kind !== "witness") throw new Error(`report ${index} is no witness`);
    return entry.report;
  }

  #times(key: string): Times {
    const times = this.state.get(key) ?? { lastBeaconMs: null, lastReciprocalBeaconMs: null, lastWitnessMs: null };
    this.state.set(key, times);
    return times;
  }

  #isDenied(key: string): boolean {
    return this.#deniedKeys === null || this.#deniedKeys.has(key);
  }

  #location(key: string): string | null {
    return this.#gateways.get(key)?.asserted?.location.toString(16) ?? null;
  }
}

function isRecent(nowMs: number, lastMs: number | null): boolean {
  return lastMs !== null && nowMs - lastMs < RECIPROCITY_MS;
}

function ageS(nowMs: number, lastMs: number | null): number {
  return lastMs === null ? -1 : Math.floor((nowMs - lastMs) / 1000);
}
