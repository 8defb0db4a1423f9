/**
 * Where the bench's hotspots stand: clusters around real cities (fixtures, GeoNames), sorted by cell as hotspots.arrow is.
 *
 * 830 of the 5,000 largest cities, drawn by the seed; cluster sizes fall as 1 / (rank + 60), from about 300 to about 20 for 50,000
 * hotspots. Inside a cluster both coordinates are triangular around the city's centre, 3 to 12 km wide by size; every tenth hotspot
 * is within 80 m of the one before it. One in 250 has asserted no location, one in 200 is data only, one in 200 is suspended.
 */
import { loadCities } from "@earshot/fixtures";
import { cos, latLngToCell, parentHi, parentLo, positionsOfCells } from "@earshot/geo";
import { allocateColumns, type Columns, permuteColumns } from "../src/epoch/columns.ts";
import { hotspotsTable } from "../src/epoch/tables.ts";
import { createRandom, fillRandom } from "./random.ts";

const CITY_POOL = 5_000;
const CLUSTERS = 830;
const METRES_PER_DEGREE = 111_195;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** Region numbers of tables.ts (Helium's enumeration) with what a beacon there may use: first channel, spacing, EIRP 0.1 dBm. */
export const REGION_PLANS: readonly { region: number; firstHz: number; channels: number; eirpDdbm: number }[] = [
  { region: 0, firstHz: 903_900_000, channels: 8, eirpDdbm: 360 },
  { region: 1, firstHz: 867_100_000, channels: 8, eirpDdbm: 161 },
  { region: 5, firstHz: 916_800_000, channels: 8, eirpDdbm: 300 },
  { region: 6, firstHz: 923_200_000, channels: 8, eirpDdbm: 160 },
];
const PLAN_OF_COUNTRY = new Map<string, number>([
  ...["US", "CA", "MX"].map((country) => [country, 0] as const),
  ...["AU", "NZ", "BR", "AR", "CL", "CO", "PE"].map((country) => [country, 2] as const),
  ...["JP", "ID", "TH", "VN", "MY", "PH", "SG", "TW", "HK"].map((country) => [country, 3] as const),
]);
const EUROPE_AND_REST = 1;
/** Antenna gains sold with hotspots, 0.1 dBi. */
const GAINS_DDBI = [12, 12, 23, 30, 41, 58, 60, 80];

export interface SyntheticHotspots {
  /** Rows by (cell, key); hotspots without a location first. */
  readonly columns: Columns<typeof hotspotsTable>;
  /** Positions of the cells in 1/256 m; zero without a location. */
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly z: Int32Array;
  /** Index into REGION_PLANS by hotspot. */
  readonly plan: Uint8Array;
  /** Cluster by hotspot, and by cluster the hotspots in it that may send and witness (asserted, full, not suspended). */
  readonly cluster: Uint16Array;
  readonly members: readonly Uint32Array[];
}

/** `count` asserted cells of resolution 12 in clusters; pairs (hi, lo) unsorted. Seeded. */
export function syntheticCells(count: number, seed: number) {
  const random = createRandom(seed, 1);
  const pool = loadCities().slice(0, CITY_POOL);
  const centres = Array.from({ length: CLUSTERS }, () => pool.splice(random.below(pool.length), 1)[0]);
  let weightSum = 0;
  for (let rank = 0; rank < CLUSTERS; rank++) weightSum += 1 / (rank + 60);
  const hi = new Uint32Array(count);
  const lo = new Uint32Array(count);
  const cluster = new Uint16Array(count);
  const plan = new Uint8Array(count);
  let row = 0;
  let weight = 0;
  for (let rank = 0; rank < CLUSTERS; rank++) {
    weight += 1 / (rank + 60);
    const end = rank === CLUSTERS - 1 ? count : Math.floor((count * weight) / weightSum);
    const { latDeg, lngDeg, country } = centres[rank];
    const widthM = Math.min(3_000 + 30 * (end - row), 12_000);
    const east = METRES_PER_DEGREE * cos(latDeg * RADIANS_PER_DEGREE);
    let lat = latDeg;
    let lng = lngDeg;
    for (; row < end; row++) {
      const isTwin = row % 10 === 9;
      const width = isTwin ? 80 : widthM;
      lat = (isTwin ? lat : latDeg) + ((random.unit() + random.unit() - 1) * width) / METRES_PER_DEGREE;
      lng = (isTwin ? lng : lngDeg) + ((random.unit() + random.unit() - 1) * width) / east;
      const cell = latLngToCell(lat, lng, 12);
      hi[row] = cell.hi;
      lo[row] = cell.lo;
      cluster[row] = rank;
      plan[row] = PLAN_OF_COUNTRY.get(country) ?? EUROPE_AND_REST;
    }
  }
  return { hi, lo, cluster, plan };
}

/** The hotspot table of the bench. Deterministic in (count, seed). */
export function syntheticHotspots(count: number, seed: number): SyntheticHotspots {
  const cells = syntheticCells(count, seed);
  const random = createRandom(seed, 2);
  const unsorted = allocateColumns(hotspotsTable, count);
  fillRandom(random, unsorted.key);
  fillRandom(random, unsorted.gateway_id);
  const owners = new Uint8Array(32 * Math.max(1, Math.floor(count / 3)));
  fillRandom(random, owners);
  for (let row = 0; row < count; row++) {
    unsorted.key[33 * row] = 0xed;
    const isAsserted = random.below(250) !== 0;
    if (isAsserted) {
      unsorted.cell[row] = (BigInt(cells.hi[row]) << 32n) | BigInt(cells.lo[row]);
      unsorted.cell_public[row] =
        (BigInt(parentHi(cells.hi[row], cells.lo[row], 8)) << 32n) | BigInt(parentLo(cells.hi[row], cells.lo[row], 8));
    }
    const owner = random.below(owners.length / 32);
    unsorted.owner.set(owners.subarray(32 * owner, 32 * owner + 32), 32 * row);
    unsorted.beneficiary.set(owners.subarray(32 * owner, 32 * owner + 32), 32 * row);
    unsorted.gain_ddbi[row] = GAINS_DDBI[random.below(GAINS_DDBI.length)];
    unsorted.elevation_m[row] = 3 + random.below(20);
    unsorted.region[row] = REGION_PLANS[cells.plan[row]].region;
    unsorted.capability[row] = random.below(200) === 0 ? 0 : 1;
    unsorted.suspended[row] = random.below(200) === 0 ? 1 : 0;
  }
  // Random keys never tie on their first 32 bits within one cell at these sizes, so (cell, first key bytes) is (cell, key).
  const keyPrefix = new DataView(unsorted.key.buffer);
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => {
    const left = unsorted.cell[a];
    const right = unsorted.cell[b];
    if (left !== right) return left < right ? -1 : 1;
    return keyPrefix.getUint32(33 * a + 1) - keyPrefix.getUint32(33 * b + 1);
  });
  const columns = permuteColumns(hotspotsTable, unsorted, order);
  const x = new Int32Array(count);
  const y = new Int32Array(count);
  const z = new Int32Array(count);
  const firstAsserted = columns.cell.findIndex((cell) => cell !== 0n);
  const words = new Uint32Array(columns.cell.buffer).subarray(2 * firstAsserted);
  const positions = positionsOfCells(
    words.filter((_, i) => i % 2 === 1),
    words.filter((_, i) => i % 2 === 0),
  );
  x.set(positions.x, firstAsserted);
  y.set(positions.y, firstAsserted);
  z.set(positions.z, firstAsserted);
  const cluster = Uint16Array.from(order, (row) => cells.cluster[row]);
  const members: number[][] = Array.from({ length: CLUSTERS }, () => []);
  for (let id = firstAsserted; id < count; id++) {
    if (columns.capability[id] === 1 && columns.suspended[id] === 0) members[cluster[id]].push(id);
  }
  return {
    columns,
    x,
    y,
    z,
    plan: Uint8Array.from(order, (row) => cells.plan[row]),
    cluster,
    members: members.map((ids) => Uint32Array.from(ids)),
  };
}
