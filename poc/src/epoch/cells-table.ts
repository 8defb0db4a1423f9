/** cells.arrow and cell-reasons.arrow: what "scored per H3 cell" means, one row per cell and resolution. */

import type { DensityMap } from "../score/density.ts";
import { divideHalfEven } from "../score/half-even.ts";
import { REASON } from "../verify/reason.ts";
import type { FinalBeacons } from "./assemble-verdicts.ts";
import { type CellSums, NO_MEDIAN, REASON_SLOTS } from "./cell-sums.ts";
import { allocateColumns, type Columns } from "./columns.ts";
import type { EpochContext } from "./epoch-context.ts";
import { cellReasonsTable, cellsTable } from "./tables.ts";

const ONE_E4 = 10_000n;

/** What is said of cells of resolution 8, by dense cell id. */
export interface CellDemand {
  readonly servedE4: Float64Array;
  readonly weightE4: Uint16Array;
  /** Exact shares of proofs sent from the cell, 1e-12. */
  readonly shares: BigUint64Array;
}

/** Rows of resolution 4 to 10 with active hotspots, and of every resolution-8 cell that holds a hotspot. */
export function cellsTableOf(
  context: EpochContext,
  density: DensityMap,
  sums: CellSums,
  beacons: FinalBeacons,
  demand: CellDemand,
): Columns<typeof cellsTable> {
  const { cells8 } = context;
  const levels = [...density.levels].reverse().map((level) => ({ level, listed: density.cells(level) }));
  const rows = levels.reduce(
    (sum, { level, listed }) => sum + (level.resolution === 8 ? cells8.hi.length : listed.hi.length),
    0,
  );
  const out = allocateColumns(cellsTable, rows);
  out.median_excess_loss_ddb.fill(NO_MEDIAN);
  let row = 0;
  for (const { level, listed } of levels) {
    const cells = level.resolution === 8 ? cells8 : listed;
    const limits = density.limits(level);
    for (let cell = 0; cell < cells.hi.length; cell++, row++) {
      out.resolution[row] = level.resolution;
      out.cell[row] = (BigInt(cells.hi[cell]) << 32n) | BigInt(cells.lo[cell]);
      const hexagon =
        level.resolution === 8 ? density.findHexagon(level, cells.hi[cell], cells.lo[cell]) : listed.hexagon[cell];
      if (hexagon >= 0) {
        out.active_hotspots[row] = density.active(level, hexagon);
        out.unclipped[row] = level.unclipped[hexagon];
        out.clipped[row] = level.clipped[hexagon];
        out.limit[row] = limits[hexagon];
        out.scale_e4[row] = Number(
          divideHalfEven(BigInt(level.clipped[hexagon]) * ONE_E4, BigInt(level.unclipped[hexagon])),
        );
      }
      if (level.resolution === 8) fillResolution8(out, row, cell, sums, demand);
    }
  }
  countBeacons(context, out, beacons, firstRowOfResolution8(out));
  return out;
}

function fillResolution8(
  out: Columns<typeof cellsTable>,
  row: number,
  cell: number,
  sums: CellSums,
  demand: CellDemand,
): void {
  out.witness_reports[row] = sums.witnessReports[cell];
  out.witnesses_valid[row] = sums.witnessesValid[cell];
  out.witnesses_selected[row] = sums.witnessesSelected[cell];
  out.median_excess_loss_ddb[row] = sums.medianExcessLossDdb[cell];
  out.served_credits_e4[row] = BigInt(demand.servedE4[cell]);
  out.weight_e4[row] = demand.weightE4[cell];
  out.shares[row] = demand.shares[cell];
}

function firstRowOfResolution8(out: Columns<typeof cellsTable>): number {
  const row = out.resolution.indexOf(8);
  return Math.max(row, 0);
}

function countBeacons(
  context: EpochContext,
  out: Columns<typeof cellsTable>,
  beacons: FinalBeacons,
  first: number,
): void {
  const { cells8 } = context;
  for (let beacon = 0; beacon < beacons.reason.length; beacon++) {
    const cell = cells8.of[context.beacons.hotspot[beacon]];
    if (cell >= cells8.hi.length) continue;
    out.beacons[first + cell]++;
    if (beacons.reason[beacon] === REASON.valid) out.beacons_valid[first + cell]++;
  }
}

/** One row per cell and reason that occurs. */
export function cellReasonsTableOf(context: EpochContext, sums: CellSums): Columns<typeof cellReasonsTable> {
  const { cells8 } = context;
  const cells = cells8.hi.length;
  let rows = 0;
  for (let at = 0; at < cells * REASON_SLOTS; at++) if (sums.byReason[at] > 0) rows++;
  const out = allocateColumns(cellReasonsTable, rows);
  let row = 0;
  for (let cell = 0; cell < cells; cell++) {
    for (let reason = 0; reason < REASON_SLOTS; reason++) {
      const reports = sums.byReason[cell * REASON_SLOTS + reason];
      if (reports === 0) continue;
      out.cell[row] = (BigInt(cells8.hi[cell]) << 32n) | BigInt(cells8.lo[cell]);
      out.reason[row] = reason;
      out.witness_reports[row++] = reports;
    }
  }
  return out;
}
