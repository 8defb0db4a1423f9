/**
 * Helium-shaped reports to the tables of one epoch, for the engine under preset `helium`.
 *
 * What the tables have no place for is derived here: the construction of a beacon is checked (`proof_status`), a denied key is
 * `suspended`, and each beacon report gets its own challenge row, whose transmit time is the start of its entropy. Payloads are
 * numbered, so that the join is exact. What upstream's loader dropped in silence, and what no column can hold, is set aside with a
 * verdict (set-aside.ts). docs/reference/helium-preset.md lists every place where engine and upstream then differ.
 *
 * Refuses a registry that names a key twice or holds a figure its column cannot: a broken contract, not a bad report.
 */
import type { Columns } from "../epoch/columns.ts";
import {
  type beaconsTable,
  type challengesTable,
  type entropyTable,
  type hotspotsTable,
  NO_ROW,
  type stateInTable,
  type witnessesTable,
} from "../epoch/tables.ts";
import { pocError } from "../errors.ts";
import { heliumEntropyLifeS, regeneratesHeliumBeacon } from "./beacon.ts";
import {
  beaconColumns,
  challengeColumns,
  entropyColumns,
  type Placed,
  type PlacedBeacon,
  witnessColumns,
} from "./import-columns.ts";
import { buildRegistry, type Registry, stateColumns } from "./registry.ts";
import { entropyByData, type OrderedBeacon, type OrderedWitness, orderReports, PayloadKeys } from "./report-order.ts";
import type { HeliumEpoch } from "./reports.ts";
import {
  badEncoding,
  beforeEpoch,
  type EarlyVerdict,
  GREATEST_U32,
  NEVER_JUDGED,
  SAME_REPORT,
  type SetAside,
  setAside,
  UNKNOWN_KEY,
} from "./set-aside.ts";

export interface ImportedHeliumEpoch {
  readonly hotspots: Columns<typeof hotspotsTable>;
  readonly entropy: Columns<typeof entropyTable>;
  readonly challenges: Columns<typeof challengesTable>;
  readonly stateIn: Columns<typeof stateInTable>;
  readonly beacons: Columns<typeof beaconsTable>;
  readonly witnesses: Columns<typeof witnessesTable>;
  readonly deniedEdges: ReadonlySet<number>;
  /** Verdicts of the reports that are in no table, by log index. */
  readonly setAside: readonly SetAside[];
}

const GREATEST_I32 = 0x7fff_ffff;
/** The last millisecond of the last second counts. */
const LIFE_MS = heliumEntropyLifeS * 1000 + 999;
/** Proof status of a beacon that is not the one its entropy gives (tables.ts). */
const NOT_THE_BEACON = 1;

/**
 * Tables of one epoch. Throws POC_BAD_ENCODING or POC_BAD_LENGTH for a registry, entropy, state or ingest time that breaks its contract;
 * a report never throws.
 */
export function importHeliumEpoch(epoch: HeliumEpoch): ImportedHeliumEpoch {
  if (!Number.isSafeInteger(epoch.startMs) || epoch.startMs < 0 || epoch.startMs % 1000 !== 0) {
    throw pocError("POC_BAD_ENCODING", `startMs: whole seconds expected, ${epoch.startMs} given`);
  }
  const registry = buildRegistry(epoch.gateways, epoch.denylist);
  const entropyOf = entropyByData(epoch.entropy);
  const beacons: PlacedBeacon[] = [];
  const witnesses: Placed<OrderedWitness>[] = [];
  const aside: SetAside[] = [];
  const reports = orderReports(epoch, entropyOf);
  const seen = new Set<string>();
  const registeredPayloads = new Set<string>();
  for (const report of reports) {
    if (report.kind === "beacon" && registry.rowOf.has(report.key)) registeredPayloads.add(report.payload);
  }
  reports.forEach((ordered, logIndex) => {
    const hotspot = registry.rowOf.get(ordered.key) ?? NO_ROW;
    if (ordered.kind === "witness") {
      const early = earlyWitnessVerdict(ordered, hotspot, epoch.startMs);
      if (early === undefined) witnesses.push({ logIndex, ordered, hotspot });
      else aside.push(setAside(logIndex, "witness", hotspot, early));
      return;
    }
    const early = earlyBeaconVerdict(ordered, hotspot, { epoch, registry, seen, registeredPayloads });
    if (early === undefined) beacons.push(placeBeacon(logIndex, ordered, hotspot, epoch, registry));
    else aside.push(setAside(logIndex, "beacon", hotspot, early));
  });
  const payloadKeys = new PayloadKeys();
  const challengeRow = new Map<number, number>();
  return {
    hotspots: registry.columns,
    entropy: entropyColumns(entropyOf.values()),
    challenges: challengeColumns(beacons, epoch.startMs, challengeRow),
    stateIn: stateColumns(epoch.state),
    beacons: beaconColumns(beacons, epoch.startMs, payloadKeys, challengeRow),
    witnesses: witnessColumns(witnesses, epoch.startMs, payloadKeys),
    deniedEdges: registry.deniedEdges,
    setAside: aside,
  };
}

interface BeaconContext {
  readonly epoch: HeliumEpoch;
  readonly registry: Registry;
  /** Identities of the beacon reports so far; this one is added. */
  readonly seen: Set<string>;
  /** Payloads that a registered beaconer has reported. */
  readonly registeredPayloads: ReadonlySet<string>;
}

function earlyBeaconVerdict(ordered: OrderedBeacon, hotspot: number, context: BeaconContext): EarlyVerdict | undefined {
  const { report, entropy, key, payload, receivedMs } = ordered;
  // A beacon of an unknown key stays, so that its witnesses learn whose fault it was, unless they have a registered beaconer.
  if (hotspot === NO_ROW && context.registeredPayloads.has(payload)) return UNKNOWN_KEY;
  const identity = `${receivedMs} ${key.length} ${key}${payload}`;
  if (context.seen.has(identity)) return SAME_REPORT;
  context.seen.add(identity);
  if (!isInt32(report.txPowerDbm)) return badEncoding(report.txPowerDbm, GREATEST_I32);
  if (entropy === undefined) return NEVER_JUDGED;
  if (receivedMs < context.epoch.startMs) return beforeEpoch(receivedMs, entropy.timestampS * 1000, LIFE_MS);
  const region = assertedRegion(context.registry, hotspot);
  if (region !== undefined && context.epoch.planOf(region) === undefined) return NEVER_JUDGED;
  return undefined;
}

function earlyWitnessVerdict(ordered: OrderedWitness, hotspot: number, startMs: number): EarlyVerdict | undefined {
  const { report, receivedMs } = ordered;
  if (hotspot === NO_ROW) return UNKNOWN_KEY;
  if (!isInt32(report.signalDdbm)) return badEncoding(report.signalDdbm, GREATEST_I32);
  if (!isInt32(report.snrDdb)) return badEncoding(report.snrDdb, GREATEST_I32);
  const { frequencyHz } = report;
  if (!Number.isInteger(frequencyHz) || frequencyHz < 0 || frequencyHz > GREATEST_U32) {
    // In kHz, because a verdict's figures are int32.
    return badEncoding(frequencyHz / 1000, GREATEST_U32 / 1000);
  }
  return receivedMs < startMs ? beforeEpoch(receivedMs, startMs, LIFE_MS) : undefined;
}

function placeBeacon(
  logIndex: number,
  ordered: OrderedBeacon,
  hotspot: number,
  epoch: HeliumEpoch,
  registry: Registry,
): PlacedBeacon {
  const { report, entropy } = ordered;
  if (entropy === undefined) throw pocError("POC_INVARIANT", `beacon ${logIndex} is placed without entropy`);
  const region = assertedRegion(registry, hotspot);
  const plan = region === undefined ? undefined : epoch.planOf(region);
  const gainDdbi = hotspot === NO_ROW ? 0 : registry.columns.gain_ddbi[hotspot];
  const isTheBeacon = plan !== undefined && regeneratesHeliumBeacon(report, entropy, plan, gainDdbi);
  return {
    logIndex,
    ordered,
    hotspot,
    entropy,
    proofStatus: isTheBeacon ? 0 : NOT_THE_BEACON,
  };
}

/** Region of an asserted gateway, or undefined. */
function assertedRegion(registry: Registry, hotspot: number): number | undefined {
  const entry = hotspot === NO_ROW ? undefined : registry.entries[hotspot];
  return entry?.isAsserted === true ? entry.gateway.asserted?.region : undefined;
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -0x8000_0000 && value <= GREATEST_I32;
}
