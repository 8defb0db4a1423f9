/** The summary of a tour as text. */
import { explanationText } from "./explanation-text.ts";
import { count, fixedPoint, percent, seconds, table, tokens } from "./format.ts";
import type { TopCell, TourSummary } from "./tour-summary.ts";

const LISTED_VERDICTS = 10;
const EXAMPLE_RECEPTIONS = 10;

export interface Timings {
  readonly simulateMs: number;
  readonly scoreMs: number;
  readonly auditMs: number;
}

export function tourText(tour: TourSummary, timings: Timings, title: string, folder: string): string {
  const { uploads, summary, atomsPerToken } = tour;
  const amount = (atoms: bigint) => tokens(atoms, atomsPerToken);
  const refused = uploads.uploads - uploads.accepted;
  return [
    `${title}\n`,
    table(
      [
        [
          "simulated",
          `${count(uploads.uploads)} sealed uploads of ${count(tour.hotspots)} hotspots`,
          seconds(timings.simulateMs),
        ],
        [
          "scored",
          `${count(summary.beacons + summary.witnesses)} reports judged, one verdict each`,
          seconds(timings.scoreMs),
        ],
        ["audited", "every upload verified again, every table recomputed: all equal", seconds(timings.auditMs)],
      ],
      [2],
    ),
    table([
      ["uploads", `${count(uploads.accepted)} counted, ${count(refused)} refused: ${refusalText(uploads.refused)}`],
      [
        "hotspots",
        `${count(summary.hotspots)} registered, ${count(summary.activeHotspots)} with a paid proof of coverage`,
      ],
      ["beacons", `${count(summary.beacons)} reports, ${count(summary.beaconsValid)} valid`],
      [
        "witnesses",
        `${count(summary.witnesses)} reports, ${count(summary.witnessesValid)} valid, ${count(summary.witnessesSelected)} sampled for pay`,
      ],
      [
        "packets",
        `${count(summary.packets)} copies, ${count(uploads.billed)} billed with ${count(summary.dataCredits)} data credits`,
      ],
      ["cells", `${count(tour.cells)} of resolution 8 hold a hotspot, ${count(tour.cellsEarning)} earned`],
      ["rewards", `${amount(summary.budgetAtoms)} tokens, to the last base unit:`],
      [
        "",
        `${amount(summary.coverageAtoms)} coverage, ${amount(summary.dataAtoms)} data, ${amount(summary.treasuryAtoms)} treasury`,
      ],
      ["root", `${tour.root.hash} over ${count(tour.root.leafCount)} wallets`],
      ["manifest", tour.manifestHash],
    ]),
    `Witness reports by verdict\n${verdictsText(tour.witnessVerdicts, summary.witnesses)}`,
    `Beacon reports by verdict\n${verdictsText(tour.beaconVerdicts, summary.beacons)}`,
    `Cells that earned most\n${cellsText(tour.topCells, atomsPerToken)}`,
    `One hotspot as its owner sees it (bun run oracle explain ${folder} ${tour.example.hotspot.row})\n`,
    explanationText(tour.example, EXAMPLE_RECEPTIONS),
    `The epoch lies in ${folder}. Try: bun run oracle audit ${folder}\n`,
  ].join("\n");
}

function refusalText(refused: TourSummary["uploads"]["refused"]): string {
  const parts = Object.entries(refused)
    .sort(([, a], [, b]) => b - a)
    .map(([code, uploads]) => `${code} ${count(uploads)}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function verdictsText(verdicts: TourSummary["witnessVerdicts"], all: number): string {
  const rows = verdicts
    .slice(0, LISTED_VERDICTS)
    .map(({ reason, meaning, reports }) => [reason, count(reports), percent(reports, all), meaning]);
  const rest = verdicts.slice(LISTED_VERDICTS);
  const left = rest.reduce((sum, { reports }) => sum + reports, 0);
  if (left > 0) rows.push(["others", count(left), percent(left, all), rest.map(({ reason }) => reason).join(", ")]);
  return table(rows, [1, 2]);
}

function cellsText(cells: readonly TopCell[], atomsPerToken: bigint): string {
  const header = ["cell", "near", "active", "beacons", "witnesses", "paid", "excess loss", "weight", "tokens"];
  const rows = cells.map((cell) => [
    cell.cell,
    cell.near,
    count(cell.activeHotspots),
    count(cell.beaconsValid),
    count(cell.witnessesValid),
    count(cell.witnessesPaid),
    cell.medianExcessLossDdb === null ? "–" : `${(cell.medianExcessLossDdb / 10).toFixed(1)} dB`,
    fixedPoint(cell.weightE4, 4),
    tokens(cell.atoms, atomsPerToken),
  ]);
  return table([header, ...rows], [2, 3, 4, 5, 6, 7, 8]);
}
