/**
 * How much a res-8 cell was served: the demand that its weight is made of (DESIGN "Pay", docs/adr/0004).
 *
 * A data credit counts whole in the cell of the hotspot that carried it and in part (`neighbourE4`, half) in the cell's
 * neighbours, over the last `epochs` epochs, the scored one included. Two answers per cell, both in 1e-4 data credits:
 *   burnt   what counts there: all but credits paid by a wallet that owns a hotspot in the disk (the cell and its neighbours);
 *   served  the same, with one payer held to a `payerCapDivisor`-th (a third) of `burnt`.
 * Sums of integers below 2^53 in doubles: exact, so that the order of the rows changes nothing. Refuses columns of different
 * length, data credits that are not whole, and cells where the sum would not be exact any more.
 */
import { pocError } from "../errors.ts";
import type { CellWeightParameters } from "../parameters/network-parameters.ts";
import { PairTable } from "./pair-table.ts";

/** Writes the neighbours of a cell (6, or 5 of a pentagon; without the cell itself), returns how many. */
export type NeighbourFunction = (hi: number, lo: number, outHi: Uint32Array, outLo: Uint32Array) => number;

/** Billed traffic, any row order; several rows may share (epoch, cell, payer). Wallets are ids, the same in `HotspotOwners`. */
export interface ServedHistory {
  readonly epoch: Uint32Array;
  readonly cellHi: Uint32Array;
  readonly cellLo: Uint32Array;
  readonly payer: Uint32Array;
  /** Data credits carried by the cell's own hotspots, whole numbers. */
  readonly dataCredits: Uint32Array | Float64Array;
}

/** One row per registered hotspot: its res-8 cell and the wallet that owns it. */
export interface HotspotOwners {
  readonly cellHi: Uint32Array;
  readonly cellLo: Uint32Array;
  readonly owner: Uint32Array;
}

/** Cells with `burntE4` above zero, in cell order; 1e-4 data credits over the whole window. */
export interface ServedCells {
  readonly cellHi: Uint32Array;
  readonly cellLo: Uint32Array;
  readonly servedE4: Float64Array;
  readonly burntE4: Float64Array;
}

const ONE_E4 = 10_000;
/** A cell and its neighbours. */
const DISK = 7;

/** Sums the window that ends with `epoch` per cell. Throws POC_BAD_COLUMNS, POC_BAD_AMOUNT or POC_BAD_PARAMETERS. */
export function servedCells(
  history: ServedHistory,
  owners: HotspotOwners,
  epoch: number,
  parameters: CellWeightParameters,
  neighbours: NeighbourFunction,
): ServedCells {
  checkInput(history, owners, parameters);
  const carried = carriedByCellAndPayer(history, epoch, parameters.epochs);
  const disks = disksOf(carried.cells, neighbours);
  const selfPaid = selfPaidPairs(owners, carried.payers, disks.targets, neighbours);

  const counted = new PairTable();
  const countedE4: number[] = [];
  for (let pair = 0; pair < carried.pairs.size; pair++) {
    const cell = carried.pairs.first(pair);
    const payer = carried.pairs.second(pair);
    for (let place = 0; place < DISK; place++) {
      const target = disks.of[cell * DISK + place]!;
      if (target < 0 || selfPaid.find(target, payer) >= 0) continue;
      const id = counted.add(target, payer);
      const shareE4 = place === 0 ? ONE_E4 : parameters.neighbourE4;
      countedE4[id] = (countedE4[id] ?? 0) + carried.dataCredits[pair]! * shareE4;
    }
  }
  return sumOverPayers(disks.targets, counted, countedE4, parameters.payerCapDivisor);
}

interface Carried {
  readonly cells: PairTable;
  /** (cell id, payer). */
  readonly pairs: PairTable;
  readonly payers: ReadonlySet<number>;
  readonly dataCredits: readonly number[];
}

function carriedByCellAndPayer(history: ServedHistory, epoch: number, epochs: number): Carried {
  const cells = new PairTable();
  const pairs = new PairTable();
  const payers = new Set<number>();
  const dataCredits: number[] = [];
  for (let row = 0; row < history.epoch.length; row++) {
    const age = epoch - history.epoch[row]!;
    const credits = history.dataCredits[row]!;
    if (!Number.isSafeInteger(credits) || credits < 0) {
      throw pocError("POC_BAD_AMOUNT", `row ${row}: ${credits} is not a whole number of data credits`);
    }
    if (age < 0 || age >= epochs || credits === 0) continue;
    const payer = history.payer[row]!;
    const pair = pairs.add(cells.add(history.cellHi[row]!, history.cellLo[row]!), payer);
    payers.add(payer);
    dataCredits[pair] = (dataCredits[pair] ?? 0) + credits;
  }
  return { cells, pairs, payers, dataCredits };
}

interface Disks {
  /** Every cell that traffic counts in. */
  readonly targets: PairTable;
  /** Seven target ids per carrying cell, itself first; −1 where a pentagon lacks a neighbour. */
  readonly of: Int32Array;
}

function disksOf(cells: PairTable, neighbours: NeighbourFunction): Disks {
  const targets = new PairTable();
  const of = new Int32Array(cells.size * DISK).fill(-1);
  const hi = new Uint32Array(DISK);
  const lo = new Uint32Array(DISK);
  for (let cell = 0; cell < cells.size; cell++) {
    of[cell * DISK] = targets.add(cells.first(cell), cells.second(cell));
    const count = neighbours(cells.first(cell), cells.second(cell), hi, lo);
    for (let k = 0; k < count; k++) of[cell * DISK + 1 + k] = targets.add(hi[k]!, lo[k]!);
  }
  return { targets, of };
}

/** (target cell, wallet) where the wallet owns a hotspot in the target's disk; being a neighbour is mutual, so dilate owners. */
function selfPaidPairs(
  owners: HotspotOwners,
  payers: ReadonlySet<number>,
  targets: PairTable,
  neighbours: NeighbourFunction,
): PairTable {
  const ownedCells = new PairTable();
  const owned = new PairTable();
  const selfPaid = new PairTable();
  const hi = new Uint32Array(DISK);
  const lo = new Uint32Array(DISK);
  for (let row = 0; row < owners.owner.length; row++) {
    const owner = owners.owner[row]!;
    if (!payers.has(owner)) continue;
    const known = owned.size;
    const cell = ownedCells.add(owners.cellHi[row]!, owners.cellLo[row]!);
    if (owned.add(cell, owner) < known) continue;
    const count = neighbours(owners.cellHi[row]!, owners.cellLo[row]!, hi, lo);
    hi[count] = owners.cellHi[row]!;
    lo[count] = owners.cellLo[row]!;
    for (let k = 0; k <= count; k++) {
      const target = targets.find(hi[k]!, lo[k]!);
      if (target >= 0) selfPaid.add(target, owner);
    }
  }
  return selfPaid;
}

function sumOverPayers(
  targets: PairTable,
  counted: PairTable,
  countedE4: readonly number[],
  payerCapDivisor: number,
): ServedCells {
  const burnt = new Float64Array(targets.size);
  for (let id = 0; id < counted.size; id++) burnt[counted.first(id)]! += countedE4[id]!;
  const served = new Float64Array(targets.size);
  for (let id = 0; id < counted.size; id++) {
    const target = counted.first(id);
    const total = burnt[target]!;
    // A sum of non-negative integers that ever left the exact range ends outside it, so one look at the end is enough.
    if (total > Number.MAX_SAFE_INTEGER) {
      throw pocError("POC_BAD_AMOUNT", `${total} data credits E-4 in one cell are more than a double counts exactly`);
    }
    served[target]! += Math.min(countedE4[id]!, (total - (total % payerCapDivisor)) / payerCapDivisor);
  }
  const order: number[] = [];
  for (let target = 0; target < targets.size; target++) if (burnt[target]! > 0) order.push(target);
  order.sort((a, b) => targets.first(a) - targets.first(b) || targets.second(a) - targets.second(b));
  return {
    cellHi: Uint32Array.from(order, (target) => targets.first(target)),
    cellLo: Uint32Array.from(order, (target) => targets.second(target)),
    servedE4: Float64Array.from(order, (target) => served[target]!),
    burntE4: Float64Array.from(order, (target) => burnt[target]!),
  };
}

function checkInput(history: ServedHistory, owners: HotspotOwners, parameters: CellWeightParameters): void {
  const rows = history.epoch.length;
  for (const column of [history.cellHi, history.cellLo, history.payer, history.dataCredits]) {
    if (column.length !== rows)
      throw pocError("POC_BAD_COLUMNS", `served history: ${rows} epochs, ${column.length} values`);
  }
  const hotspots = owners.owner.length;
  for (const column of [owners.cellHi, owners.cellLo]) {
    if (column.length !== hotspots)
      throw pocError("POC_BAD_COLUMNS", `owners: ${hotspots} wallets, ${column.length} cells`);
  }
  const { epochs, neighbourE4, payerCapDivisor } = parameters;
  if (!Number.isInteger(epochs) || epochs < 1) throw pocError("POC_BAD_PARAMETERS", `cellWeight.epochs: ${epochs}`);
  if (!Number.isInteger(neighbourE4) || neighbourE4 < 0 || neighbourE4 > ONE_E4) {
    throw pocError(
      "POC_BAD_PARAMETERS",
      `cellWeight.neighbourE4 must be an integer from 0 to 10000, not ${neighbourE4}`,
    );
  }
  if (!Number.isInteger(payerCapDivisor) || payerCapDivisor < 1) {
    throw pocError("POC_BAD_PARAMETERS", `cellWeight.payerCapDivisor must be at least 1, not ${payerCapDivisor}`);
  }
}
