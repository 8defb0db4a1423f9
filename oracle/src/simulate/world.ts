/**
 * The people and machines of a simulation: hotspots with keys, owners, antennas and habits, made from a list and a seed.
 *
 * What a hotspot gets is drawn from a stream named by its own id, so the same hotspot is the same in a simulation of its town and of
 * its country; only faults are dealt out over the whole world, so that every kind occurs. Positions are cell centres. Refuses a
 * world without a placed hotspot, and a country without a channel plan.
 */
import {
  type Cell,
  chordSquared,
  EARTH_RADIUS_M,
  latLngToCell,
  POSITION_UNITS_PER_M,
  type Position,
  positionOfCell,
  surfaceDistanceM,
} from "@earshot/geo";
import { type DeviceSigner, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import type { AttackRole } from "./attacks/attack.ts";
import {
  ANTENNAS,
  BEACON_EIRP,
  type Fault,
  HOST_SHARE_E4,
  NEWCOMER_SHARE,
  OTHER_BENEFICIARY_SHARE,
  P256_SHARE,
  SITINGS,
} from "./behaviour.ts";
import { dealFaults } from "./deal-faults.ts";
import { deterministicP256Signer } from "./deterministic-p256.ts";
import type { ListedHotspot } from "./hotspots-csv.ts";
import type { RadioSite } from "./radio-model.ts";
import { derive, pick, type RandomStream, randomStream } from "./random.ts";
import { countryOfCell, regionOfCountry } from "./region-of.ts";

/** A part of a hotspot's rewards. */
export interface RewardShare {
  readonly wallet: Uint8Array;
  readonly shareE4: number;
}

export interface SimulatedHotspot {
  /** The list's id; names its streams. */
  readonly id: string;
  readonly signer: DeviceSigner;
  /** Wallets, 32 bytes. */
  readonly owner: Uint8Array;
  readonly beneficiary: Uint8Array;
  /** Who shares what it earns, by wallet; without it all goes to `beneficiary`. */
  readonly split?: readonly RewardShare[] | undefined;
  /** What the registry says; undefined when nothing is asserted. */
  readonly assertedCell: Cell | undefined;
  /** The register shows no more of it than its resolution-8 cell. */
  readonly isPrivate?: boolean;
  readonly assertedRegion: number;
  /** The region whose channels its radio is built for. */
  readonly radioRegion: number;
  /** Where it really is, and how it hears. */
  readonly site: RadioSite;
  readonly elevationM: number;
  readonly eirpDdbm: number;
  readonly fault: Fault | undefined;
  /** First epoch in the registry. */
  readonly firstEpoch: number;
  /** What it does against the rules; undefined for the honest. */
  readonly attacker?: AttackRole;
}

export interface World {
  readonly seed: string;
  readonly firstEpoch: number;
  readonly hotspots: readonly SimulatedHotspot[];
}

export interface WorldOptions {
  /** Names the list in errors. */
  readonly path: string;
  readonly listed: readonly ListedHotspot[];
  readonly near?: { readonly latDeg: number; readonly lngDeg: number } | undefined;
  readonly radiusKm?: number | undefined;
  readonly seed: string;
  readonly firstEpoch: number;
}

/** Radius of `near` when none is given, km. */
const DEFAULT_RADIUS_KM = 25;
/** An unplaced hotspot stands within this of another one of its owner, m. */
const UNPLACED_WITHIN_M = 1500;
/** Hotspots were registered up to this many epochs before the first, and the youngest of them this many. */
const OLDEST_EPOCHS = 700;
const YOUNGEST_EPOCHS = 10;
/** Where `asserted_abroad` asserts: Brussels (EU868), or New York (US915) for those who are in Europe. */
const ABROAD = [
  { latDeg: 50.8503, lngDeg: 4.3517, country: "BE" },
  { latDeg: 40.7128, lngDeg: -74.006, country: "US" },
] as const;
const SPHERE_UNITS = EARTH_RADIUS_M * POSITION_UNITS_PER_M;

/** Builds the world. Throws ORC_BAD_HOTSPOTS, ORC_BAD_OPTION. */
export function buildWorld(options: WorldOptions): World {
  const listed = select(options);
  const positions = listed.map(({ cell }) => (cell === undefined ? undefined : positionOfCell(cell.hi, cell.lo)));
  const placed = listed.flatMap((_, index) => (positions[index] === undefined ? [] : [index]));
  if (placed.length === 0) {
    throw oracleError("ORC_BAD_HOTSPOTS", `${options.path}: no hotspot with a location in the area`);
  }
  const ofOwner = new Map<string, number>();
  for (const index of placed) ofOwner.set(listed[index].ownerId, index);
  const regions = listed.map((hotspot) => regionOf(options.path, hotspot));
  const faults = dealFaults(options.seed, listed, positions);
  const hotspots = listed.flatMap((hotspot, index): SimulatedHotspot[] => {
    const home = positions[index] === undefined ? ofOwner.get(hotspot.ownerId) : index;
    if (home === undefined) return [];
    const stream = randomStream(options.seed, "hotspot", hotspot.id);
    const standsAt = positions[index] ?? scatter(positions[home]!, UNPLACED_WITHIN_M, stream);
    const movedTo = positions[placed[stream.below(placed.length)]]!;
    const fault = faults[index];
    return [buildHotspot(options, hotspot, stream, fault, regions[home]!, fault === "moved" ? movedTo : standsAt)];
  });
  return { seed: options.seed, firstEpoch: options.firstEpoch, hotspots };
}

function buildHotspot(
  options: WorldOptions,
  hotspot: ListedHotspot,
  stream: RandomStream,
  fault: Fault | undefined,
  region: number,
  position: Position,
): SimulatedHotspot {
  const { seed, firstEpoch } = options;
  const isP256 = stream.chance(P256_SHARE);
  const antenna = pick(ANTENNAS, stream.unit());
  const siting = pick(SITINGS, stream.unit());
  const elevationM = stream.between(siting.fromM, siting.toM);
  const { eirpDdbm } = pick(BEACON_EIRP, stream.unit());
  const isOtherBeneficiary = stream.chance(OTHER_BENEFICIARY_SHARE);
  const isNewcomer = stream.chance(NEWCOMER_SHARE);
  const age = stream.between(YOUNGEST_EPOCHS, OLDEST_EPOCHS);
  const owner = walletOf(seed, "owner", hotspot.ownerId);
  const beneficiary = isOtherBeneficiary ? walletOf(seed, "beneficiary", hotspot.ownerId) : owner;
  const abroad = ABROAD.find(({ country }) => regionOfCountry(country) !== region)!;
  const isAbroad = fault === "asserted_abroad";
  return {
    id: hotspot.id,
    signer: deviceSigner(seed, hotspot.id, isP256),
    owner,
    beneficiary,
    ...(isOtherBeneficiary && age % 2 === 0 ? { split: sharedBy(owner, beneficiary) } : {}),
    assertedCell: isAbroad ? latLngToCell(abroad.latDeg, abroad.lngDeg, 12) : hotspot.cell,
    assertedRegion: isAbroad ? regionOfCountry(abroad.country)! : region,
    radioRegion: region,
    site: {
      position,
      tag: stream.u32(),
      isTower: siting.isTower,
      openness: siting.openness,
      gainDdbi: antenna.gainDdbi,
    },
    elevationM,
    eirpDdbm,
    fault,
    firstEpoch: isNewcomer && fault === undefined ? firstEpoch + 1 : firstEpoch - age,
  };
}

/** The hotspots of the area, and the unplaced ones whose owner has a hotspot there. */
function select({ path, listed, near, radiusKm }: WorldOptions): readonly ListedHotspot[] {
  if (near === undefined) {
    if (radiusKm !== undefined) throw oracleError("ORC_BAD_OPTION", "a radius needs a place to be near to");
    return listed;
  }
  const radiusM = (radiusKm ?? DEFAULT_RADIUS_KM) * 1000;
  if (!(radiusM > 0)) throw oracleError("ORC_BAD_OPTION", `radius: expected more than 0 km, got ${radiusKm}`);
  const { hi, lo } = latLngToCell(near.latDeg, near.lngDeg, 15);
  const centre = positionOfCell(hi, lo);
  const isNear = listed.map(
    ({ cell }) => cell !== undefined && distanceM(positionOfCell(cell.hi, cell.lo), centre) <= radiusM,
  );
  const owners = new Set(listed.flatMap(({ ownerId }, index) => (isNear[index] ? [ownerId] : [])));
  if (owners.size === 0) {
    throw oracleError(
      "ORC_BAD_HOTSPOTS",
      `${path}: no hotspot within ${radiusM / 1000} km of ${near.latDeg}, ${near.lngDeg}`,
    );
  }
  return listed.filter(({ cell, ownerId }, index) => isNear[index] || (cell === undefined && owners.has(ownerId)));
}

function regionOf(path: string, { cell, country, line }: ListedHotspot): number | undefined {
  if (cell === undefined) return undefined;
  const found = country ?? countryOfCell(cell);
  const region = found === undefined ? undefined : regionOfCountry(found);
  if (region === undefined) {
    throw oracleError("ORC_BAD_HOTSPOTS", `${path}:${line}: no LoRaWAN region is known for ${found ?? "this place"}`);
  }
  return region;
}

function deviceSigner(seed: string, id: string, isP256: boolean): DeviceSigner {
  const secret = derive(seed, ["device key", id]);
  if (!isP256) return signerFromEd25519Seed(secret);
  // Below the order of the group, which begins with 32 bits set, and not zero.
  secret[0] &= 0x7f;
  secret[31] |= 1;
  return deterministicP256Signer(secret);
}

/** A wallet that could really claim: the Ed25519 key of a seed. */
export function walletSigner(seed: string, ...path: string[]): DeviceSigner {
  return signerFromEd25519Seed(derive(seed, ["wallet", ...path]));
}

/** Half of those who pay another wallet share with it: what is usual between an owner and a host. */
function sharedBy(owner: Uint8Array, host: Uint8Array): readonly RewardShare[] {
  return [
    { wallet: owner, shareE4: 10_000 - HOST_SHARE_E4 },
    { wallet: host, shareE4: HOST_SHARE_E4 },
  ];
}

/** A wallet by name, 32 bytes. */
export function walletOf(seed: string, ...path: string[]): Uint8Array {
  return walletSigner(seed, ...path).publicKey.slice(1);
}

function distanceM(a: Position, b: Position): number {
  return surfaceDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z));
}

/** A point on the sphere at most about `withinM` from another. */
export function scatter(from: Position, withinM: number, stream: RandomStream): Position {
  const span = withinM * POSITION_UNITS_PER_M;
  const x = from.x + span * (2 * stream.unit() - 1);
  const y = from.y + span * (2 * stream.unit() - 1);
  const z = from.z + span * (2 * stream.unit() - 1);
  const scale = SPHERE_UNITS / Math.sqrt(x * x + y * y + z * z);
  return { x: Math.floor(x * scale), y: Math.floor(y * scale), z: Math.floor(z * scale) };
}
