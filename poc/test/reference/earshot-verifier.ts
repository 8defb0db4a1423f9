/**
 * The rules of preset `earshot` row by row over plain objects: the oracle of the columnar engine. Slow on purpose: floats and maps.
 *
 * Knows an epoch without packets, so that every cell weighs the floor. Positions are geo's (their rounding is the rule); distance, loss
 * and rank are worked out again. Offsets are ms since the epoch's start, figures in the units of their names.
 */
import { createHash } from "node:crypto";
import { halfSipHash64 } from "@earshot/fixtures";
import { cellFromString, type Position, positionOfCell } from "@earshot/geo";
import { cellToChildren, cellToParent } from "h3-js";
import { earshot } from "../../src/parameters/presets/earshot.ts";
import { regionPlans } from "../../src/radio/region.ts";
import { rewardUnitsE4 } from "./helium-rules.ts";
import { privateDensityScalesE4 } from "./private-density.ts";

export interface Hotspot {
  readonly key: Uint8Array;
  readonly owner: number;
  /** Where it stands; null when not asserted. */
  readonly cell: string | null;
  /** The register shows the resolution-8 cell alone. */
  readonly isPrivate: boolean;
  readonly gainDdbi: number;
  readonly region: number;
  readonly isFull: boolean;
  readonly isSuspended: boolean;
  readonly firstEpoch: number;
  readonly lastReciprocalBeaconMs: number;
  readonly lastWitnessMs: number;
}

export interface Challenge {
  readonly id: Uint8Array;
  readonly hotspot: number;
  readonly minute: number;
  readonly transmitMs: number;
  readonly frequencyHz: number;
  readonly dataRate: number;
  readonly samplingEntropy: Uint8Array;
}

/** `hotspot` null: key unknown. `challenge` null: it names none. Reports stand in log order. */
export interface Beacon {
  readonly kind: "beacon";
  readonly hotspot: number | null;
  readonly receiveMs: number;
  readonly challenge: number | null;
  readonly proofStatus: number;
  readonly payload: number;
  readonly frequencyHz: number;
  readonly dataRate: number;
  readonly txPowerDdbm: number;
}

export interface Witness {
  readonly kind: "witness";
  readonly hotspot: number | null;
  readonly receiveMs: number;
  readonly payload: number;
  readonly frequencyHz: number;
  readonly rssiDdbm: number;
  readonly snrDdb: number;
  readonly dataRate: number;
}

export interface EarshotEpoch {
  readonly epoch: number;
  readonly hotspots: readonly Hotspot[];
  readonly challenges: readonly Challenge[];
  readonly reports: readonly (Beacon | Witness)[];
}

export interface EarshotVerdict {
  readonly kind: "beacon" | "witness";
  readonly reason: string;
  readonly side: "none" | "beaconer" | "witness";
  readonly measured: number;
  readonly limit: number;
  readonly selected: boolean;
  readonly unitsE4: number;
}

export interface EarshotResult {
  readonly verdicts: readonly EarshotVerdict[];
  /** By hotspot, 1e-12. */
  readonly shares: readonly { readonly beacon: bigint; readonly witness: bigint }[];
}

type Failure = readonly [reason: string, measured: number, limit: number];

/** The preset with a bound on early reports, which it has not: so that this check is held to the verifier too. */
export const boundedEarshot = { ...earshot, time: { ...earshot.time, earlyToleranceMs: 5_000 } };
const { time, radio, distance, selection, reciprocity } = boundedEarshot;
const RADIUS_M = 6371007.180918475;
const RECIPROCITY_S = reciprocity.withinMs / 1000;
const FLOOR_WEIGHT_E4 = 2500n;

const plans = new Map(regionPlans(radio.regionPlans).map((plan) => [plan.number, plan]));

/** Whole metres along the sphere between the 1/256 m positions of two cells. */
export function positionDistanceM(a: string, b: string): number {
  return wholeMetres(chordUnits(positionOf(a), positionOf(b)) / 256);
}

function positionOf(text: string): Position {
  const { hi, lo } = cellFromString(text);
  return positionOfCell(hi, lo);
}

function chordUnits(from: Position, to: Position): number {
  return Math.hypot(from.x - to.x, from.y - to.y, from.z - to.z);
}

/** Along the sphere. */
function wholeMetres(chordM: number): number {
  return Math.floor(2 * RADIUS_M * Math.asin(chordM / (2 * RADIUS_M)) + 0.5);
}

/** What the register shows of an asserted place. */
export function shownCell({ cell, isPrivate }: Hotspot): string {
  if (cell === null) throw new Error("not asserted");
  return isPrivate ? cellToParent(cell, 8) : cell;
}

const reachesM = new Map<string, number>();

/** How far from the centre of its resolution-8 cell a private hotspot may stand: all cells of resolution 12 looked at, m and 4/256 m. */
export function reachM(cell: string): number {
  const known = reachesM.get(cell);
  if (known !== undefined) return known;
  const own = positionOf(cell);
  const farthest = Math.max(...cellToChildren(cell, 12).map((child) => chordUnits(own, positionOf(child))));
  const reach = (Math.ceil(farthest) + 4) / 256;
  reachesM.set(cell, reach);
  return reach;
}

/** The least and the greatest whole metres that two places allow, as far as the register shows them. */
export function intervalM(a: Hotspot, b: Hotspot): { readonly nearestM: number; readonly farthestM: number } {
  const chordM = chordUnits(positionOf(shownCell(a)), positionOf(shownCell(b))) / 256;
  const reach = [a, b].reduce((sum, each) => sum + (each.isPrivate ? reachM(shownCell(each)) : 0), 0);
  return { nearestM: wholeMetres(Math.max(0, chordM - reach)), farthestM: wholeMetres(chordM + reach) };
}

/** The strongest signal that passes, 0.1 dBm: free space from what was sent, plus the tolerance. */
export function boundDdbm(beacon: Beacon, sender: Hotspot, witness: Witness, listener: Hotspot): number {
  const metres = sender.cell === null || listener.cell === null ? 0 : intervalM(sender, listener).farthestM;
  const ratio = (4 * Math.PI * metres * witness.frequencyHz) / radio.speedOfLightMPerS;
  const loss = Math.ceil(200 * Math.log10(ratio));
  return beacon.txPowerDdbm + sender.gainDdbi + listener.gainDdbi - loss + radio.rssiToleranceDdb;
}

export function verifyEarshotEpoch(world: EarshotEpoch): EarshotResult {
  const verdicts: EarshotVerdict[] = [];
  const give = (index: number, side: EarshotVerdict["side"], [reason, measured, limit]: Failure) => {
    verdicts[index] = { kind: world.reports[index].kind, reason, side, measured, limit, selected: false, unitsE4: 0 };
  };
  const witnessesOf = new Map<number, number[]>();
  world.reports.forEach((report, index) => {
    if (report.kind === "witness") witnessesOf.set(report.payload, [...(witnessesOf.get(report.payload) ?? []), index]);
  });
  const claimed = new Set<number>();
  const proofs: { beacon: number; beaconer: number; valid: number[]; selected: number[] }[] = [];
  world.reports.forEach((report, index) => {
    if (report.kind === "witness") return;
    const challenge = report.challenge === null ? undefined : world.challenges[report.challenge];
    const isOwn = challenge !== undefined && challenge.hotspot === report.hotspot;
    const isFirst = isOwn && !claimed.has(report.challenge ?? -1);
    if (isOwn) claimed.add(report.challenge ?? -1);
    const failure = judgeBeacon(world, report, challenge, isOwn, isFirst);
    give(index, failure === null ? "none" : "beaconer", failure ?? ["valid", 0, 0]);
    // Only the first report of one's own challenge has a payload that others can have heard.
    if (!isFirst) return;
    const witnesses = witnessesOf.get(report.payload) ?? [];
    witnessesOf.delete(report.payload);
    if (failure !== null) {
      for (const witness of witnesses) give(witness, "beaconer", failure);
      return;
    }
    const sender = world.hotspots[challenge.hotspot];
    judgeWitnesses(world, report, challenge, witnesses, give);
    const beaconerAge = ageOf(world, sender, sender.lastWitnessMs);
    if (beaconerAge !== null) {
      const late: Failure = ["gateway_no_valid_witnesses", beaconerAge, RECIPROCITY_S];
      for (const each of [index, ...witnesses]) give(each, "beaconer", late);
      return;
    }
    const valid = witnesses.filter((witness) => verdicts[witness].reason === "valid");
    proofs.push({ beacon: index, beaconer: challenge.hotspot, valid, selected: choose(world, challenge, valid) });
  });
  for (const index of [...witnessesOf.values()].flat()) give(index, "witness", ["stale", 0, 1]);

  // A cell whose valid witnesses all belong to the beaconers' owners is not paid.
  const hotspotOf = (index: number) => world.reports[index].hotspot ?? -1;
  const ownerOf = (hotspot: number) => world.hotspots[hotspot].owner;
  const cellOf = (hotspot: number) => cellToParent(world.hotspots[hotspot].cell ?? "", 8);
  const foreignCells = new Set(
    proofs
      .filter(({ beaconer, valid }) => valid.some((witness) => ownerOf(hotspotOf(witness)) !== ownerOf(beaconer)))
      .map(({ beaconer }) => cellOf(beaconer)),
  );
  const paid = proofs.filter(({ beaconer, selected }) => selected.length > 0 && foreignCells.has(cellOf(beaconer)));
  for (const { beacon, selected } of paid) {
    const units = rewardUnitsE4(selected.length);
    for (const witness of selected)
      verdicts[witness] = { ...verdicts[witness], selected: true, unitsE4: units.witness };
    verdicts[beacon] = { ...verdicts[beacon], selected: true, unitsE4: units.beaconer };
  }
  const paidProofs = paid.map(({ beaconer, selected }) => ({ beaconer, witnesses: selected.map(hotspotOf) }));
  return { verdicts, shares: sharesOf(world, paidProofs) };
}

function judgeBeacon(
  world: EarshotEpoch,
  beacon: Beacon,
  challenge: Challenge | undefined,
  isOwn: boolean,
  isFirst: boolean,
): Failure | null {
  const sender = beacon.hotspot === null ? undefined : world.hotspots[beacon.hotspot];
  if (sender === undefined) return ["gateway_not_found", 0, 1];
  if (sender.cell === null) return ["not_asserted", 0, 1];
  if (sender.isSuspended) return ["denied", 1, 0];
  if (!sender.isFull) return ["invalid_capability", 0, 1];
  const interval = challenge === undefined ? 0 : Math.floor((challenge.minute * time.entropyMs) / time.intervalMs);
  if (challenge === undefined || !isOwn) return ["irregular_interval", interval, interval + 1];
  if (beacon.proofStatus !== 0) return ["invalid_packet", beacon.proofStatus, 0];
  if (!isFirst) return ["duplicate", 2, 1];
  const afterMs = beacon.receiveMs - challenge.transmitMs;
  if (afterMs > time.windowMs) return ["late", afterMs, time.windowMs];
  if (afterMs < -time.earlyToleranceMs) return ["early", afterMs, -time.earlyToleranceMs];
  const differenceHz = Math.abs(beacon.frequencyHz - challenge.frequencyHz);
  if (differenceHz > radio.frequencyToleranceHz) return ["invalid_frequency", differenceHz, radio.frequencyToleranceHz];
  if (beacon.dataRate !== challenge.dataRate) return ["invalid_data_rate", beacon.dataRate, challenge.dataRate];
  const eirpDdbm = beacon.txPowerDdbm + sender.gainDdbi;
  const greatestDdbm = plans.get(sender.region)?.maxEirpDdbm ?? -(2 ** 31);
  return eirpDdbm > greatestDdbm ? ["invalid_power", eirpDdbm, greatestDdbm] : null;
}

function judgeWitnesses(
  world: EarshotEpoch,
  beacon: Beacon,
  challenge: Challenge,
  witnesses: readonly number[],
  give: (index: number, side: EarshotVerdict["side"], failure: Failure) => void,
): void {
  const seen = new Set<number>();
  for (const index of witnesses) {
    const witness = world.reports[index];
    if (witness.kind !== "witness") throw new Error(`report ${index} is no witness`);
    const isRepeated = witness.hotspot !== null && seen.has(witness.hotspot);
    if (witness.hotspot !== null) seen.add(witness.hotspot);
    const failure = isRepeated ? (["duplicate", 2, 1] as const) : judgeWitness(world, beacon, challenge, witness);
    if (failure !== null) {
      give(index, "witness", failure);
      continue;
    }
    const listener = world.hotspots[witness.hotspot ?? -1];
    const age = ageOf(world, listener, listener.lastReciprocalBeaconMs);
    if (age !== null) give(index, "witness", ["gateway_no_valid_beacons", age, RECIPROCITY_S]);
    else give(index, "none", ["valid", 0, 0]);
  }
}

function judgeWitness(world: EarshotEpoch, beacon: Beacon, challenge: Challenge, witness: Witness): Failure | null {
  const sender = world.hotspots[challenge.hotspot];
  const listener = witness.hotspot === null ? undefined : world.hotspots[witness.hotspot];
  if (listener === undefined) return ["gateway_not_found", 0, 1];
  if (listener.cell === null) return ["not_asserted", 0, 1];
  if (listener.isSuspended) return ["denied", 1, 0];
  if (listener === sender) return ["self_witness", challenge.hotspot, challenge.hotspot];
  if (!listener.isFull) return ["invalid_capability", 0, 1];
  const afterMs = witness.receiveMs - challenge.transmitMs;
  if (afterMs > time.windowMs) return ["late", afterMs, time.windowMs];
  if (afterMs < -time.earlyToleranceMs) return ["early", afterMs, -time.earlyToleranceMs];
  if (listener.region !== sender.region) return ["invalid_region", listener.region, sender.region];
  const differenceHz = Math.abs(witness.frequencyHz - beacon.frequencyHz);
  if (differenceHz > radio.frequencyToleranceHz) {
    return ["invalid_frequency", Math.min(differenceHz, 2 ** 31 - 1), radio.frequencyToleranceHz];
  }
  if (witness.dataRate !== beacon.dataRate) return ["invalid_data_rate", witness.dataRate, beacon.dataRate];
  const { nearestM, farthestM } = intervalM(sender, listener);
  if (nearestM < distance.minimum) return ["below_min_distance", nearestM, distance.minimum];
  if (farthestM > distance.maximumM) return ["max_distance_exceeded", farthestM, distance.maximumM];
  const floorDdb = radio.snrFloorDdb[(beacon.dataRate & 15) - 5];
  if (witness.snrDdb < floorDdb) return ["bad_snr", witness.snrDdb, floorDdb];
  const bound = boundDdbm(beacon, sender, witness, listener);
  return witness.rssiDdbm > bound ? ["bad_rssi", witness.rssiDdbm, bound] : null;
}

/** Seconds since `lastMs` (0 for never, then -1) at the epoch's start, or null where the rule is met or the hotspot excused. */
function ageOf(world: EarshotEpoch, hotspot: Hotspot, lastMs: number): number | null {
  const startMs = world.epoch * time.epochMs;
  if ((world.epoch - hotspot.firstEpoch) * time.epochMs < reciprocity.withinMs) return null;
  if (lastMs !== 0 && startMs - lastMs < reciprocity.withinMs) return null;
  return lastMs === 0 ? -1 : Math.floor((startMs - lastMs) / 1000);
}

/** At most 14 by hash rank, one of each resolution-11 cell before a second of any; a private one is a second behind anybody of its cell. */
function choose(world: EarshotEpoch, challenge: Challenge, valid: readonly number[]): number[] {
  if (valid.length <= selection.maximumWitnesses) return [...valid];
  const hotspotOf = (index: number) => world.hotspots[world.reports[index].hotspot ?? -1];
  const ranked = valid
    .map((index) => {
      const { key } = hotspotOf(index);
      const seed = createHash("sha256").update(challenge.samplingEntropy).update(challenge.id).digest();
      const output = halfSipHash64(seed.subarray(0, 8), createHash("sha256").update(key).digest().subarray(0, 8));
      const [hi, lo] = new Uint32Array(output.buffer);
      const words = [hi, lo].map((word) => word.toString(16).padStart(8, "0")).join("");
      return { index, rank: words + Buffer.from(key).toString("hex") };
    })
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ index }) => index);
  const cells = new Set<string>();
  const publicCell = (index: number) => cellToParent(hotspotOf(index).cell ?? "", 8);
  const first = ranked.filter((index, place) => {
    if (hotspotOf(index).isPrivate)
      return !ranked.slice(0, place).some((better) => publicCell(better) === publicCell(index));
    const cell = cellToParent(hotspotOf(index).cell ?? "", 11);
    if (cells.has(cell)) return false;
    cells.add(cell);
    return true;
  });
  const second = ranked.filter((index) => !first.includes(index));
  return [...first, ...second].slice(0, selection.maximumWitnesses);
}

/** Units × density × weight, 1e-12. Active are those with a paid proof; without packets every cell weighs the floor. */
function sharesOf(world: EarshotEpoch, proofs: readonly { beaconer: number; witnesses: readonly number[] }[]) {
  const active = new Set(proofs.flatMap(({ beaconer, witnesses }) => [beaconer, ...witnesses]));
  const places = [...active].map((hotspot) => world.hotspots[hotspot]);
  const scales = privateDensityScalesE4({
    open: places.filter(({ isPrivate }) => !isPrivate).map(shownCell),
    hidden: places.filter(({ isPrivate }) => isPrivate).map(shownCell),
  });
  const shares = world.hotspots.map(() => ({ beacon: 0n, witness: 0n }));
  for (const { beaconer, witnesses } of proofs) {
    const transmit = BigInt(scales.get(shownCell(world.hotspots[beaconer])) ?? 2000) * FLOOR_WEIGHT_E4;
    const units = rewardUnitsE4(witnesses.length);
    shares[beaconer].beacon += BigInt(units.beaconer) * transmit;
    for (const witness of witnesses) shares[witness].witness += BigInt(units.witness) * transmit;
  }
  return shares;
}
