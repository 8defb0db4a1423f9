/**
 * Weight of a res-8 cell: how far coverage pay there rises above the floor because somebody uses it (DESIGN "Pay").
 *
 *   weight = floor + (1 − floor) · served / (served + half), half-even in 1e-4
 *
 * held down so that what the weight lifts above the floor in one epoch is at most the value burnt there, whatever the other
 * cells do. With U_c the shares of a cell before weighting and pool the coverage pool of the epoch, the weight rises by at
 * most the greatest u with
 *
 *   u · U_c · pool ≤ burntAtoms_c · Σ_i U_i · floor.
 *
 * Every w_i ≥ floor, so the true total T = Σ U_i · w_i is at least Σ U_i · floor, and the pay above the floor,
 * pool · U_c · u / T, is at most burntAtoms_c. What the cell would lose if its weight fell to the floor is smaller still,
 * because T falls with it.
 *
 * burntAtoms_c counts every atom once: a data credit is spread over its disk in the proportion in which it counts there
 * (1 : ½ × 6, so a quarter and six eighths) and over the epochs of the window. Hence the uplifts of all cells in all epochs
 * together never exceed the value of all credits that counted.
 *
 * Refuses a floor of zero (then nothing but the floor could be paid) and shares that are not exact integers.
 */
import { pocError } from "../errors.ts";
import type { CellWeightParameters } from "../parameters/network-parameters.ts";
import type { ServedCells } from "./cell-served.ts";
import { checkDataCreditPrice, type DataCreditPrice } from "./data-credit-price.ts";
import { divideHalfEven } from "./half-even.ts";

const ONE_E4 = 10_000;
const HEXAGON_NEIGHBOURS = 6;

/** Cells with coverage, in strict cell order, and the shares earned from each before weighting (integers, 1e-8, below 2^53). */
export interface CoverageCells {
  readonly cellHi: Uint32Array;
  readonly cellLo: Uint32Array;
  readonly shares: Float64Array;
}

/** Rows as in `CoverageCells`. */
export interface CellWeights {
  /** 1e-4 data credits over the window. */
  readonly servedE4: Float64Array;
  /** 1e-4. */
  readonly weightE4: Uint16Array;
}

/** Weight by the curve alone, 1e-4; `servedE4` in 1e-4 data credits. */
export function curveWeightE4(servedE4: number, parameters: CellWeightParameters): number {
  const served = BigInt(servedE4);
  const half = BigInt(parameters.halfDataCredits) * BigInt(ONE_E4);
  const above = BigInt(ONE_E4 - parameters.floorE4);
  return parameters.floorE4 + Number(divideHalfEven(above * served, served + half));
}

/**
 * Weights of the cells that have coverage in an epoch whose coverage pool is `poolAtoms`, at its data-credit price.
 * Throws POC_BAD_COLUMNS, POC_BAD_AMOUNT or POC_BAD_PARAMETERS.
 */
export function cellWeights(
  coverage: CoverageCells,
  served: ServedCells,
  poolAtoms: bigint,
  price: DataCreditPrice,
  parameters: CellWeightParameters,
): CellWeights {
  checkInput(coverage, poolAtoms, parameters);
  checkDataCreditPrice(price);
  let totalShares = 0n;
  for (const shares of coverage.shares) totalShares += BigInt(shares);
  const base = totalShares * BigInt(parameters.floorE4);

  const cells = coverage.shares.length;
  const servedE4 = new Float64Array(cells);
  const weightE4 = new Uint16Array(cells).fill(parameters.floorE4);
  for (let cell = 0, at = 0; cell < cells; cell++) {
    at = seek(served, at, coverage.cellHi[cell]!, coverage.cellLo[cell]!);
    if (!isCell(served, at, coverage.cellHi[cell]!, coverage.cellLo[cell]!)) continue;
    servedE4[cell] = served.servedE4[at]!;
    const upliftE4 = curveWeightE4(served.servedE4[at]!, parameters) - parameters.floorE4;
    const pulled = BigInt(coverage.shares[cell]!) * poolAtoms;
    const burnt = burntAtoms(served.burntE4[at]!, price, parameters);
    // A cell without shares, or an empty pool, pays nothing whatever its weight: there the curve stands.
    const limitE4 = pulled === 0n ? upliftE4 : (burnt.numerator * base) / (burnt.denominator * pulled);
    weightE4[cell]! += limitE4 < upliftE4 ? Number(limitE4) : upliftE4;
  }
  return { servedE4, weightE4 };
}

/**
 * Value burnt in a cell that bounds its uplift in one epoch, as an exact ratio of base units: `burntE4` normalised over the
 * disk and the window, at the epoch's price.
 */
export function burntAtoms(
  burntE4: number,
  price: DataCreditPrice,
  parameters: CellWeightParameters,
): { numerator: bigint; denominator: bigint } {
  return {
    numerator: BigInt(burntE4) * price.atoms,
    denominator: diskCreditE4(parameters) * BigInt(parameters.epochs) * price.dataCredits,
  };
}

/** What one data credit counts over its whole disk, 1e-4; a pentagon's disk is smaller, which errs to the safe side. */
function diskCreditE4(parameters: CellWeightParameters): bigint {
  return BigInt(ONE_E4 + HEXAGON_NEIGHBOURS * parameters.neighbourE4);
}

function seek(served: ServedCells, from: number, hi: number, lo: number): number {
  let at = from;
  while (
    at < served.cellHi.length &&
    (served.cellHi[at]! < hi || (served.cellHi[at]! === hi && served.cellLo[at]! < lo))
  ) {
    at++;
  }
  return at;
}

function isCell(served: ServedCells, at: number, hi: number, lo: number): boolean {
  return at < served.cellHi.length && served.cellHi[at] === hi && served.cellLo[at] === lo;
}

function checkInput(coverage: CoverageCells, poolAtoms: bigint, parameters: CellWeightParameters): void {
  const { cellHi, cellLo, shares } = coverage;
  if (cellHi.length !== shares.length || cellLo.length !== shares.length) {
    throw pocError(
      "POC_BAD_COLUMNS",
      `coverage cells: ${shares.length} shares, ${cellHi.length} and ${cellLo.length} cells`,
    );
  }
  for (let cell = 0; cell < shares.length; cell++) {
    if (!Number.isSafeInteger(shares[cell]) || shares[cell]! < 0) {
      throw pocError("POC_BAD_AMOUNT", `cell ${cell}: ${shares[cell]} shares are not an exact integer`);
    }
    const isInOrder =
      cell === 0 ||
      cellHi[cell]! > cellHi[cell - 1]! ||
      (cellHi[cell] === cellHi[cell - 1] && cellLo[cell]! > cellLo[cell - 1]!);
    if (!isInOrder) throw pocError("POC_BAD_COLUMNS", `coverage cells are not in strict cell order at row ${cell}`);
  }
  if (poolAtoms < 0n) throw pocError("POC_BAD_AMOUNT", `a coverage pool of ${poolAtoms}`);
  const { floorE4, halfDataCredits } = parameters;
  if (!Number.isInteger(floorE4) || floorE4 < 1 || floorE4 > ONE_E4) {
    throw pocError("POC_BAD_PARAMETERS", `cellWeight.floorE4 must be an integer from 1 to 10000, not ${floorE4}`);
  }
  if (!Number.isSafeInteger(halfDataCredits) || halfDataCredits < 1) {
    throw pocError("POC_BAD_PARAMETERS", `cellWeight.halfDataCredits must be at least 1, not ${halfDataCredits}`);
  }
}
