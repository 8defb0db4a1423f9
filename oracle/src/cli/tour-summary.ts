/** What a day of coverage came to, gathered from the tables of a scored epoch. */
import { loadCities } from "@earshot/fixtures";
import { cellToLatLng, greatCircleDistanceM } from "@earshot/geo";
import type { EpochManifest, EpochOutput } from "@earshot/poc";
import { reasonByNumber } from "@earshot/poc";
import type { FolderInput } from "../epoch-folder/folder.ts";
import { explainHotspot } from "../explain/explain-hotspot.ts";
import type { Explanation } from "../explain/explanation.ts";

const PUBLIC_RESOLUTION = 8;
const TOP_CELLS = 8;
const WITNESS_KIND = 2;
/** In `median_excess_loss_ddb`: no valid witness. */
const NO_MEDIAN = -0x80000000;
/** A scale of 1. */
const WHOLE_E4 = 10_000;
/** Receptions that a good example has at least. */
const EXAMPLE_RECEPTIONS = 12;

export interface TopCell {
  /** Resolution-8 cell, hexadecimal. */
  readonly cell: string;
  /** The nearest city of more than 15,000 people. */
  readonly near: string;
  readonly activeHotspots: number;
  readonly beaconsValid: number;
  readonly witnessesValid: number;
  readonly witnessesPaid: number;
  readonly medianExcessLossDdb: number | null;
  readonly weightE4: number;
  /** What proofs sent from the cell earned, base units, rounded down. */
  readonly atoms: bigint;
}

export interface TourSummary {
  readonly epoch: number;
  readonly hotspots: number;
  readonly uploads: FolderInput["intake"];
  readonly summary: EpochOutput["summary"];
  /** Resolution-8 cells with a placed hotspot, and those of them that earned. */
  readonly cells: number;
  readonly cellsEarning: number;
  readonly atomsPerToken: bigint;
  readonly root: EpochManifest["root"];
  readonly manifestHash: string;
  readonly topCells: readonly TopCell[];
  /** Witness reports by verdict, most frequent first. */
  readonly witnessVerdicts: readonly { readonly reason: string; readonly meaning: string; readonly reports: number }[];
  readonly beaconVerdicts: readonly { readonly reason: string; readonly meaning: string; readonly reports: number }[];
  readonly example: Explanation;
}

export interface ScoredEpoch {
  readonly input: FolderInput;
  readonly output: EpochOutput;
  readonly manifest: EpochManifest;
  readonly manifestHash: string;
}

export function summarise({ input, output, manifest, manifestHash }: ScoredEpoch): TourSummary {
  const { cells } = output;
  const publicRows: number[] = [];
  for (let row = 0; row < cells.cell.length; row++)
    if (cells.resolution[row] === PUBLIC_RESOLUTION) publicRows.push(row);
  return {
    epoch: input.header.epoch,
    hotspots: input.hotspots.region.length,
    uploads: input.intake,
    summary: output.summary,
    cells: publicRows.length,
    cellsEarning: publicRows.filter((row) => cells.shares[row] > 0n).length,
    atomsPerToken: BigInt(input.parameters.rewards.atomsPerToken),
    root: manifest.root,
    manifestHash,
    topCells: topCells(output, publicRows),
    witnessVerdicts: verdictCounts(output, (kind) => kind === WITNESS_KIND),
    beaconVerdicts: verdictCounts(output, (kind) => kind !== WITNESS_KIND),
    example: explainHotspot(input, output, exampleRow(output)),
  };
}

function topCells({ cells, summary }: EpochOutput, publicRows: readonly number[]): TopCell[] {
  const total = publicRows.reduce((sum, row) => sum + cells.shares[row], 0n);
  const ranked = publicRows
    .filter((row) => cells.shares[row] > 0n)
    .sort((a, b) => (cells.shares[a] === cells.shares[b] ? a - b : cells.shares[a] > cells.shares[b] ? -1 : 1));
  const nearest = nearestCity();
  return ranked.slice(0, TOP_CELLS).map((row) => {
    const cell = cells.cell[row];
    const median = cells.median_excess_loss_ddb[row];
    return {
      cell: cell.toString(16),
      near: nearest(cell),
      activeHotspots: cells.active_hotspots[row],
      beaconsValid: cells.beacons_valid[row],
      witnessesValid: cells.witnesses_valid[row],
      witnessesPaid: cells.witnesses_selected[row],
      medianExcessLossDdb: median === NO_MEDIAN ? null : median,
      weightE4: cells.weight_e4[row],
      atoms: (summary.coverageAtoms * cells.shares[row]) / total,
    };
  });
}

function nearestCity(): (cell: bigint) => string {
  const cities = loadCities();
  return (cell) => {
    const here = cellToLatLng(Number(cell >> 32n), Number(cell & 0xffff_ffffn));
    let best = cities[0];
    let bestM = Number.POSITIVE_INFINITY;
    for (const city of cities) {
      // A degree of latitude is 111 km: whatever is a degree away cannot be nearer than a city of the same degree.
      if (Math.abs(city.latDeg - here.latDeg) > 1 && bestM < 111_000) continue;
      const distanceM = greatCircleDistanceM(city.latDeg, city.lngDeg, here.latDeg, here.lngDeg);
      if (distanceM < bestM) {
        best = city;
        bestM = distanceM;
      }
    }
    return `${best.name}, ${best.country}`;
  };
}

function verdictCounts({ verdicts }: EpochOutput, isWanted: (kind: number) => boolean): TourSummary["witnessVerdicts"] {
  const counts = new Uint32Array(256);
  for (let row = 0; row < verdicts.reason.length; row++) {
    if (isWanted(verdicts.kind[row])) counts[verdicts.reason[row]]++;
  }
  return [...counts.keys()]
    .filter((number) => counts[number] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b)
    .map((number) => ({
      reason: reasonByNumber(number)?.name ?? String(number),
      meaning: reasonByNumber(number)?.meaning ?? "",
      reports: counts[number],
    }));
}

/**
 * A hotspot whose day shows everything: the best paid of those that carried data, heard much, had a reception refused and stand
 * where density takes something away.
 */
function exampleRow({ rewards, shares, verdicts }: EpochOutput): number {
  const hotspots = shares.hotspot.length;
  const refused = new Uint32Array(hotspots);
  const receptions = new Uint32Array(hotspots);
  for (let row = 0; row < verdicts.kind.length; row++) {
    const hotspot = verdicts.hotspot[row];
    if (verdicts.kind[row] !== WITNESS_KIND || hotspot >= hotspots) continue;
    receptions[hotspot]++;
    if (verdicts.reason[row] !== 0) refused[hotspot]++;
  }
  const earned = (row: number) => rewards.beacon_atoms[row] + rewards.witness_atoms[row] + rewards.data_atoms[row];
  const rows = Array.from(shares.hotspot.keys());
  const telling = rows.filter(
    (row) =>
      refused[row] > 0 &&
      receptions[row] >= EXAMPLE_RECEPTIONS &&
      rewards.data_atoms[row] > 0n &&
      shares.scale_e4[row] < WHOLE_E4,
  );
  return (telling.length > 0 ? telling : rows).reduce((best, row) => (earned(row) > earned(best) ? row : best));
}
