/** How far the use of a place lifts its pay. */
import { cellToString } from "@earshot/geo";
import { curveWeightE4 } from "@earshot/poc";
import type { FolderInput } from "../epoch-folder/folder.ts";
import type { OutputTables } from "../epoch-folder/layout.ts";
import type { WeightText } from "./explanation.ts";

const PUBLIC_RESOLUTION = 8;

/** The weight of the hotspot's cell and the figures it comes from; null without a location. */
export function explainWeight(input: FolderInput, output: OutputTables, row: number): WeightText | null {
  const { hotspots, parameters } = input;
  const { cells, shares } = output;
  const cell = hotspots.cell_public[row];
  if (cell === 0n) return null;
  const at = cells.cell.findIndex((own, i) => own === cell && cells.resolution[i] === PUBLIC_RESOLUTION);
  const servedE4 = at === -1 ? 0n : cells.served_credits_e4[at];
  const weightE4 = shares.weight_e4[row];
  const rules = parameters.cellWeight;
  const curveE4 = rules === null ? null : curveWeightE4(Number(servedE4), rules);
  return {
    cell: cellToString(Number(cell >> 32n), Number(cell & 0xffff_ffffn)),
    servedE4,
    curveE4,
    floorE4: rules?.floorE4 ?? 10_000,
    halfDataCredits: rules?.halfDataCredits ?? 0,
    weightE4,
    note: weightNote(weightE4, curveE4),
  };
}

function weightNote(weightE4: number, curveE4: number | null): string | null {
  if (weightE4 === (curveE4 ?? 10_000)) return null;
  if (weightE4 === 0)
    return "every paid witness of the cell belongs to the beaconer's own wallet, so the cell earns nothing";
  return "held down: what the weight lifts above the floor may not exceed the value of the data credits burnt here";
}
