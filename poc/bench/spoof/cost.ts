/**
 * `bun run bench spoof --cost ROWS`: what an epoch's CPU time is with the detectors and without, on the synthetic epoch of the core bench.
 *
 * Both are whole epochs as the oracle scores them, garbage collected between its steps and all threads counted; they are run in turns. The
 * detectors cost the difference: themselves, what they make the rest of the epoch do, and the garbage they leave.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawGroups } from "../../src/anomaly/drawn-groups.ts";
import { tallyLinks } from "../../src/anomaly/tally-links.ts";
import { closeEpoch } from "../../src/epoch/close-epoch.ts";
import { allocateColumns } from "../../src/epoch/columns.ts";
import { type EpochContext, prepareEpoch } from "../../src/epoch/epoch-context.ts";
import type { EpochInput } from "../../src/epoch/epoch-input.ts";
import { internRows } from "../../src/epoch/key-index.ts";
import { suspicionInTable } from "../../src/epoch/tables.ts";
import { type PartitionVerdicts, verifyPartition } from "../../src/epoch/verify-partition.ts";
import { earshotDetectors } from "../../src/parameters/presets/detectors.ts";
import { ROW_STRIDE } from "../../src/verify/witness-job.ts";
import { Dump } from "../dump.ts";
import { readEpochInput } from "../engine-input.ts";
import { epochDump } from "../epoch-dump.ts";
import { HOTSPOT_COUNT } from "../synthetic-epoch.ts";
import { cpuNs, median } from "../timing.ts";
import { withMutualLinks } from "./mutual-links.ts";
import { type PhaseNs, phaseNs } from "./phases.ts";

const ROUNDS = 6;
/** The compiler does its work in them. */
const WARM = 2;
const CLEAN_EPOCHS = 100;
/** A hotspot of the preset sends four beacons a day, each heard by about ten, nine of them validly. */
const ROWS_PER_HOTSPOT = 36;
/** Of rows whose links contradict themselves: how far levels stray, 0.1 dB. */
const STRAY_DDB = 600;

/**
 * One table: ns a row of the epoch without detectors, what they add, and its share. For the hotspots of the core bench, and for so many that
 * each sends the preset's four beacons; each with links that hold both ways (mutual-links.ts), as the core bench draws them, and with levels
 * that nearly all contradict themselves.
 */
export function costReport(rows: number): string {
  const often = Math.round(rows / ROWS_PER_HOTSPOT);
  // Towns of fewer hotspots than the core bench has are too small for its audiences.
  const shapes = often > HOTSPOT_COUNT ? [HOTSPOT_COUNT, often] : [HOTSPOT_COUNT];
  const measuredShapes = shapes.map((hotspots) => inFolder(rows, hotspots));
  return [
    `**Cost of the detectors, ${rows} rows, CPU ns a row, medians of ${ROUNDS} rounds, with and without in turns (one for levels that stray)**`,
    "",
    line([
      "hotspots",
      "rows",
      "valid beacons of each",
      "receptions looked at",
      "epoch without detectors",
      "detectors",
      "of the epoch without",
      "of the epoch with",
      "of it the first pass",
      "hotspots looked at closely",
      "pairs compared",
      "rows of evidence",
    ]),
    line(new Array(12).fill("---")),
    ...measuredShapes.flatMap(({ lines }) => lines),
    "",
    `Steps of the detectors, links both ways, CPU ns a row, least of ${ROUNDS} rounds:`,
    "",
    line(["hotspots", ...Object.keys(measuredShapes[0].phases)]),
    line(new Array(1 + Object.keys(measuredShapes[0].phases).length).fill("---")),
    ...measuredShapes.map(({ phases, shape }) => line([shape, ...Object.values(phases).map((ns) => ns.toFixed(1))])),
    "",
  ].join("\n");
}

interface MeasuredShape {
  readonly shape: string;
  readonly lines: readonly string[];
  /** ns a row. */
  readonly phases: PhaseNs;
}

function inFolder(rows: number, hotspots: number): MeasuredShape {
  const folder = mkdtempSync(join(tmpdir(), "earshot-spoof-"));
  try {
    const path = join(folder, "epoch");
    epochDump(path, rows, hotspots);
    const { anomaly: _, ...parameters } = readEpochInput(new Dump(path), "earshot", "cell").parameters;
    const plain: EpochInput = { ...readEpochInput(new Dump(path), "earshot", "cell"), parameters };
    const owner = internRows(plain.hotspots.owner, 32).ids;
    const shape = hotspots.toLocaleString("en");
    const mutual = withMutualLinks(plain);
    const lines = [
      line([`${shape}, links both ways`, ...measured(mutual, owner, ROUNDS)]),
      line([`${shape}, as the core bench draws links`, ...measured(plain, owner, ROUNDS)]),
      line([`${shape}, levels that stray`, ...measured(mutual, owner, 1, stray)]),
    ];
    return { shape, lines, phases: phasesOf(mutual, owner) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Cells of a row. `prepare` may change the judged rows before the epoch is closed. */
function measured(
  without: EpochInput,
  owner: Uint32Array,
  rounds: number,
  prepare: (verdicts: PartitionVerdicts) => void = () => {},
): string[] {
  const parameters = { ...without.parameters, anomaly: earshotDetectors };
  const withDetectors: EpochInput = { ...without, parameters, suspicionIn: cleanRecords(without) };
  const rows = without.witnesses.log_index.length;
  const epochNs: number[] = [];
  const detectNs: number[] = [];
  let evidence = 0;
  for (let round = 0; round < WARM + rounds; round++) {
    // Who comes second also pays for pages that the first gave back.
    const inTurn = round % 2 === 0 ? [without, withDetectors] : [withDetectors, without];
    const costs = new Map(inTurn.map((input) => [input, scored(input, prepare)]));
    const [apart, together] = [costs.get(without)!, costs.get(withDetectors)!];
    if (round < WARM) continue;
    epochNs.push(apart.ns / rows);
    detectNs.push((together.ns - apart.ns) / rows);
    evidence = together.evidence;
  }
  const { found, ns: firstNs } = firstPasses(withDetectors, owner, prepare, rounds);
  const [epoch, detect] = [median(epochNs), median(detectNs)];
  const costs = [
    epoch.toFixed(0),
    detect.toFixed(0),
    `${((100 * detect) / epoch).toFixed(0)} %`,
    `${((100 * detect) / (epoch + detect)).toFixed(0)} %`,
    (firstNs / rows).toFixed(0),
  ];
  return [rows.toLocaleString("en"), ...found.slice(0, 2), ...costs, ...found.slice(2), evidence.toLocaleString("en")];
}

/** CPU time of one epoch as the oracle scores it, and its rows of evidence. */
function scored(
  input: EpochInput,
  prepare: (verdicts: PartitionVerdicts) => void,
): { readonly ns: number; readonly evidence: number } {
  const collect = () => Bun.gc(true);
  collect();
  const start = cpuNs();
  const context = prepareEpoch(input);
  const partitions = [verifyPartition(context)];
  const judged = cpuNs();
  prepare(partitions[0]);
  const prepared = cpuNs();
  collect();
  const { evidence } = closeEpoch(context, partitions, collect);
  return { ns: judged - start + cpuNs() - prepared, evidence: evidence?.hotspot.length ?? 0 };
}

/** Steps of the detectors, ns a row. */
function phasesOf(plain: EpochInput, owner: Uint32Array): PhaseNs {
  const context = prepareEpoch(plain);
  const partitions = [verifyPartition(context)];
  const detecting = { ...context, input: { ...plain, suspicionIn: cleanRecords(plain) } };
  const rounds = Array.from({ length: WARM + ROUNDS }, () => phaseNs(detecting, partitions, earshotDetectors, owner));
  const rows = plain.witnesses.log_index.length;
  return Object.fromEntries(
    Object.keys(rounds[0]).map((step) => [step, Math.min(...rounds.slice(WARM).map((round) => round[step])) / rows]),
  );
}

/** Draws every level anew for its row. */
function stray({ linkRatio, rows }: PartitionVerdicts): void {
  for (let row = 0; row < linkRatio.length; row++) {
    const louder = (Math.imul(row + 1, 0x9e37_79b1) >>> 8) % STRAY_DDB;
    const at = row * ROW_STRIDE + 2;
    rows[at] = (((rows[at] >> 16) + louder) << 16) | (rows[at] & 0xffff);
    linkRatio[row] *= 10 ** (louder / 100);
  }
}

/** What the first pass finds in an epoch, and its CPU time: the median of some rounds after those in which the compiler does its work. */
function firstPasses(
  input: EpochInput,
  owner: Uint32Array,
  prepare: (verdicts: PartitionVerdicts) => void,
  rounds: number,
): { readonly found: readonly string[]; readonly ns: number } {
  const context = prepareEpoch(input);
  const partitions = [verifyPartition(context)];
  prepare(partitions[0]);
  let found: readonly string[] = [];
  const passesNs = Array.from({ length: WARM + rounds }, () => {
    const start = cpuNs();
    found = firstPass(context, partitions, owner);
    return cpuNs() - start;
  });
  return { found, ns: median(passesNs.slice(WARM)) };
}

/** What the first pass finds: beacons a hotspot, receptions looked at, hotspots looked at closely, pairs. */
function firstPass(context: EpochContext, partitions: readonly PartitionVerdicts[], owner: Uint32Array): string[] {
  const drawn = drawGroups(context, partitions, earshotDetectors.evidenceBeacons);
  const { heard, isSuspect, likePairs } = tallyLinks(context, partitions, drawn, earshotDetectors, owner);
  const total = (column: Iterable<number>) => [...column].reduce((sum, value) => sum + value, 0);
  return [
    (context.beacons.reason.filter((reason) => reason === 0).length / isSuspect.length).toFixed(1),
    total(heard).toLocaleString("en"),
    total(isSuspect).toLocaleString("en"),
    likePairs.lower.length.toLocaleString("en"),
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Everybody may vote, so that no work is saved. */
function cleanRecords({ hotspots, stateIn }: EpochInput) {
  const suspicion = allocateColumns(suspicionInTable, stateIn.key.length / 33);
  suspicion.key.set(stateIn.key.length === 0 ? hotspots.key.subarray(0, 0) : stateIn.key);
  suspicion.clean_epochs.fill(CLEAN_EPOCHS);
  return suspicion;
}
