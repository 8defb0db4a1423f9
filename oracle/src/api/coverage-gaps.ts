/**
 * Where a hotspot is wanted: resolution-8 cells whose packets are carried by too few, and what one there would have earned.
 *
 * Demand of a cell is what the weight counts before its caps: the data credits carried in it, and half of those carried in its six
 * neighbours, over the window of the rules. Unmet is that demand over the hotspots that could share it: those proving in the cell and
 * around it, and the new one.
 *
 * The estimate takes the epoch as it was and adds one hotspot: it beacons like the median of those that prove in the same
 * resolution-6 cell and hears what the median of them hears. Its scale is the density arithmetic with one hotspot more in each hexagon
 * above it, limits as they were; its weight is the curve of the demand,
 * but no more than the median around, which knows the caps of the rules. A cell without a proving hotspot in its resolution-6 cell is
 * left out: nobody would hear it. An estimate only: nothing on chain follows from it.
 */
import { cellFromBigInt, cellToBigInt, neighbours, PUBLIC_RESOLUTION, parentCell } from "@earshot/geo";
import { curveWeightE4 } from "@earshot/poc";
import type { EpochView } from "./epoch-view.ts";

const REGION_RESOLUTION = 6;
const COARSEST = 4;
const ONE_E4 = 10_000;

export interface CoverageGap {
  readonly cell: bigint;
  /** Data credits over the window of the rules. */
  readonly demandCredits: number;
  /** Hotspots with a paid proof in the cell and its neighbours. */
  readonly provingAround: number;
  readonly unmetCredits: number;
  readonly estimate: {
    readonly scaleE4: number;
    readonly weightE4: number;
    /** Units of the median beaconer around, 1e-4. */
    readonly unitsE4: number;
    /** Shares it would earn, 1e-12. */
    readonly sharesE12: number;
    readonly atoms: bigint;
  };
}

/** All gaps of an epoch, the greatest unmet demand first. */
export function coverageGaps(view: EpochView): CoverageGap[] {
  const demand = demandOf(view);
  const regions = provingByRegion(view);
  const pay = atomsPerShare(view);
  const gaps: CoverageGap[] = [];
  for (const [cell, demandCredits] of demand) {
    if (provingIn(view, cell) > 0) continue;
    const region = regions.get(parentOf(cell, REGION_RESOLUTION));
    if (region === undefined) continue;
    const provingAround = around(cell).reduce((sum, near) => sum + provingIn(view, near), 0);
    const scaleE4 = scaleWithOneMore(view, cell);
    const weightE4 = Math.min(weightOf(view, demandCredits), region.weightE4);
    const sharesE12 = region.unitsE4 * scaleE4 * weightE4 + region.witnessSharesE12;
    gaps.push({
      cell,
      demandCredits,
      provingAround,
      unmetCredits: demandCredits / (provingAround + 1),
      estimate: { scaleE4, weightE4, unitsE4: region.unitsE4, sharesE12, atoms: BigInt(Math.floor(sharesE12 * pay)) },
    });
  }
  return gaps.sort((a, b) => b.unmetCredits - a.unmetCredits || (a.cell < b.cell ? -1 : 1));
}

/** Cells with demand: where packets were carried, and the cells around. */
function demandOf(view: EpochView): ReadonlyMap<bigint, number> {
  const { servedOut } = view.epoch.output;
  const own = new Map<bigint, number>();
  servedOut.cell.forEach((cell, row) => {
    own.set(cell, (own.get(cell) ?? 0) + Number(servedOut.data_credits[row]!));
  });
  const neighbourE4 = view.epoch.input.parameters.cellWeight?.neighbourE4 ?? 0;
  const demand = new Map<bigint, number>();
  for (const [cell, credits] of own) {
    demand.set(cell, (demand.get(cell) ?? 0) + credits);
    for (const near of around(cell)) demand.set(near, (demand.get(near) ?? 0) + (credits * neighbourE4) / ONE_E4);
  }
  return demand;
}

interface Region {
  readonly weightE4: number;
  readonly unitsE4: number;
  readonly witnessSharesE12: number;
}

/** Medians of the hotspots that were paid, by resolution-6 cell. */
function provingByRegion(view: EpochView): ReadonlyMap<bigint, Region> {
  const { shares } = view.epoch.output;
  const { cell_public } = view.epoch.input.hotspots;
  const lists = new Map<bigint, { units: number[]; witness: number[]; weights: number[] }>();
  for (let row = 0; row < view.hotspotCount; row++) {
    const factor = shares.scale_e4[row]! * shares.weight_e4[row]!;
    if (cell_public[row] === 0n || factor === 0 || shares.beacon_shares[row]! + shares.witness_shares[row]! === 0n)
      continue;
    const region = parentOf(cell_public[row]!, REGION_RESOLUTION);
    if (!lists.has(region)) lists.set(region, { units: [], witness: [], weights: [] });
    lists.get(region)!.units.push(Number(shares.beacon_shares[row]!) / factor);
    lists.get(region)!.weights.push(shares.weight_e4[row]!);
    lists.get(region)!.witness.push(Number(shares.witness_shares[row]!));
  }
  return new Map(
    [...lists].map(([region, { units, witness, weights }]) => [
      region,
      {
        weightE4: medianOf(weights),
        unitsE4: Math.round(medianOf(units)),
        witnessSharesE12: medianOf(witness),
      },
    ]),
  );
}

/** Clipped over unclipped with one hotspot more, multiplied over the hexagons above a cell where nobody proves. */
function scaleWithOneMore(view: EpochView, cell: bigint): number {
  const { cells } = view.epoch.output;
  const limits = new Map(view.epoch.input.parameters.density.limits.map((limit) => [limit.resolution, limit.target]));
  let added = 1;
  let scale = 1;
  for (let resolution = PUBLIC_RESOLUTION; resolution >= COARSEST; resolution--) {
    const row = view.cellRow(parentOf(cell, resolution));
    const unclipped = (row === undefined ? 0 : cells.unclipped[row]!) + added;
    const limit = row === undefined ? (limits.get(resolution) ?? 1) : cells.limit[row]!;
    const clipped = Math.min(unclipped, Math.max(1, limit));
    if (unclipped > 0) scale *= clipped / unclipped;
    added = clipped - (row === undefined ? 0 : cells.clipped[row]!);
  }
  return Math.round(scale * ONE_E4);
}

function weightOf(view: EpochView, demandCredits: number): number {
  const rules = view.epoch.input.parameters.cellWeight;
  return rules === null ? ONE_E4 : curveWeightE4(Math.round(demandCredits * ONE_E4), rules);
}

/** What a share of 1e-12 came to, base units. */
function atomsPerShare(view: EpochView): number {
  const { rewards, shares } = view.epoch.output;
  let atoms = 0;
  let total = 0;
  for (let row = 0; row < view.hotspotCount; row++) {
    atoms += Number(rewards.beacon_atoms[row]! + rewards.witness_atoms[row]!);
    total += Number(shares.beacon_shares[row]! + shares.witness_shares[row]!);
  }
  return total === 0 ? 0 : atoms / total;
}

function provingIn(view: EpochView, cell: bigint): number {
  const row = view.cellRow(cell);
  return row === undefined ? 0 : view.epoch.output.cells.active_hotspots[row]!;
}

function around(cell: bigint): bigint[] {
  const { hi, lo } = cellFromBigInt(cell);
  const hiOut = new Uint32Array(6);
  const loOut = new Uint32Array(6);
  const count = neighbours(hi, lo, hiOut, loOut);
  return Array.from({ length: count }, (_, at) => cellToBigInt(hiOut[at]!, loOut[at]!));
}

function parentOf(cell: bigint, resolution: number): bigint {
  const { hi, lo } = cellFromBigInt(cell);
  const parent = parentCell(hi, lo, resolution);
  return cellToBigInt(parent.hi, parent.lo);
}

/** The lower median. */
function medianOf(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
