/** One town of the bench of private places: its day in the open, and again with some of its hotspots private. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realFilePath, usHotspotsFile } from "@earshot/fixtures";
import { type EpochOutput, earshot, earshotDetectors, REASON, scoreEpoch, suspicionWeightsE4 } from "@earshot/poc";
import { type FolderInput, readEpochInput } from "../src/epoch-folder/folder.ts";
import { simulate } from "../src/simulate/index.ts";
import { randomStream } from "../src/simulate/random.ts";

export interface Town {
  readonly name: string;
  readonly near: { readonly latDeg: number; readonly lngDeg: number };
  readonly radiusKm: number;
}

/** Parts of the placed hotspots that are private. */
const SHARES = [0.1, 0.5, 1];
const SEED = "private";
const WITNESS_KIND = 2;
/** Hotspots that are private alone, one after the other. */
const ALONE = 40;

/** Rows of the table: one hotspot private at a time, then parts of them all. */
export async function measureTown({ name, near, radiusKm }: Town): Promise<string[][]> {
  const outDir = mkdtempSync(join(tmpdir(), "earshot-private-"));
  try {
    const { epochs } = await simulate({
      hotspotsCsv: realFilePath(usHotspotsFile),
      near,
      radiusKm,
      days: 1,
      seed: SEED,
      outDir,
      parameters: earshot,
      packets: false,
    });
    const input = readEpochInput(epochs[0]!.folder);
    const open = scoreEpoch(input);
    const earning = [...input.hotspots.region.keys()]
      .filter((row) => input.hotspots.cell[row] !== 0n && sharesOf(open, row) > 0)
      .map((row) => ({ row, rank: randomStream(SEED, "hidden", row).unit() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ row }) => row);
    const groups = [
      { label: `one of ${ALONE} at a time`, hidden: earning.slice(0, ALONE).map((row) => [row]) },
      ...SHARES.map((share) => {
        const hidden = earning.slice(0, Math.round(share * earning.length));
        return { label: `${percent(share)} (${hidden.length})`, hidden: [hidden] };
      }),
    ];
    return groups.map(({ label, hidden }) => [
      `${name} (${earning.length})`,
      label,
      ...figuresOf(hidden.map((rows) => compare(input, open, rows, earning))),
    ]);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

interface Comparison {
  /** What each private hotspot keeps of its shares, 0 to 1. */
  readonly kept: readonly number[];
  readonly sharesOpen: number;
  readonly sharesHidden: number;
  /** Receptions with a private end that were valid in the open, and those of them that the interval fails. */
  readonly valid: number;
  readonly tooNear: number;
  readonly tooFar: number;
  readonly tooLoud: number;
  /** Density scales of the private hotspots that are still paid, 1e-4. */
  readonly scaleOpen: number;
  readonly scaleHidden: number;
  readonly othersOpen: number;
  readonly othersHidden: number;
  readonly suspect: number;
}

/** The same reports, with the places of `hidden` private; `earning` are all hotspots that earn in the open. */
function compare(
  input: FolderInput,
  open: EpochOutput,
  hidden: readonly number[],
  earning: readonly number[],
): Comparison {
  const cell = input.hotspots.cell.slice();
  for (const row of hidden) cell[row] = 0n;
  // Rows would be in another order, which no figure depends on.
  const closed = scoreEpoch({ ...input, hotspots: { ...input.hotspots, cell } });
  const isHidden = new Uint8Array(cell.length);
  for (const row of hidden) isHidden[row] = 1;
  const others = earning.filter((row) => isHidden[row] === 0);
  // Who is paid nothing has the scale of a place that is not in the map.
  const paid = hidden.filter((row) => sharesOf(closed, row) > 0);
  const scaleOf = ({ shares }: EpochOutput) => paid.reduce((sum, row) => sum + shares.scale_e4[row], 0);
  return {
    kept: hidden.map((row) => sharesOf(closed, row) / sharesOf(open, row)),
    sharesOpen: sumOf(open, hidden),
    sharesHidden: sumOf(closed, hidden),
    ...lostReports(input, open, closed, isHidden),
    scaleOpen: scaleOf(open),
    scaleHidden: scaleOf(closed),
    othersOpen: sumOf(open, others),
    othersHidden: sumOf(closed, others),
    suspect: moreSuspect(input, open, closed, earning),
  };
}

function figuresOf(comparisons: readonly Comparison[]): string[] {
  const sum = (field: Exclude<keyof Comparison, "kept">) => comparisons.reduce((total, one) => total + one[field], 0);
  const part = (field: Exclude<keyof Comparison, "kept">, of: Exclude<keyof Comparison, "kept">) =>
    sum(of) === 0 ? "" : percent(sum(field) / sum(of));
  const kept = comparisons.flatMap((one) => one.kept).sort((a, b) => a - b);
  return [
    part("sharesHidden", "sharesOpen"),
    percent(kept[(kept.length - 1) >> 1]!),
    percent(kept[Math.floor(0.1 * (kept.length - 1))]!),
    percent(kept.filter((share) => share === 0).length / kept.length),
    part("tooNear", "valid"),
    part("tooFar", "valid"),
    part("tooLoud", "valid"),
    part("scaleHidden", "scaleOpen"),
    part("othersHidden", "othersOpen"),
    String(sum("suspect")),
  ];
}

/** How many hotspots, private or not, the detectors leave less than in the open. */
function moreSuspect(input: FolderInput, open: EpochOutput, closed: EpochOutput, rows: readonly number[]): number {
  const [before, after] = [open, closed].map(({ suspicionOut }) =>
    suspicionWeightsE4(input, earshotDetectors, suspicionOut!),
  );
  return rows.filter((row) => after[row] < before[row]).length;
}

function lostReports(input: FolderInput, open: EpochOutput, closed: EpochOutput, isHidden: Uint8Array) {
  const lost = { valid: 0, tooNear: 0, tooFar: 0, tooLoud: 0 };
  for (let row = 0; row < open.verdicts.reason.length; row++) {
    if (open.verdicts.kind[row] !== WITNESS_KIND || open.verdicts.reason[row] !== REASON.valid) continue;
    const beaconer = input.challenges.hotspot[open.verdicts.challenge[row]];
    if (isHidden[open.verdicts.hotspot[row]] === 0 && isHidden[beaconer] === 0) continue;
    lost.valid++;
    const reason = closed.verdicts.reason[row];
    if (reason === REASON.below_min_distance) lost.tooNear++;
    if (reason === REASON.max_distance_exceeded) lost.tooFar++;
    if (reason === REASON.bad_rssi) lost.tooLoud++;
  }
  return lost;
}

function sharesOf({ shares }: EpochOutput, row: number): number {
  return Number(shares.beacon_shares[row] + shares.witness_shares[row]);
}

function sumOf(output: EpochOutput, rows: readonly number[]): number {
  return rows.reduce((sum, row) => sum + sharesOf(output, row), 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
