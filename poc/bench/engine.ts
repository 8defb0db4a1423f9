/**
 * TypeScript side of the bench, in a process of its own: engine.ts MODE …, JSON lines on stdout as the peers print them.
 *
 *   validate DUMP PRESET IDS WARM ITERATIONS   the witness kernel on grouped rows, against the peers
 *   stages DUMP PRESET WARM ITERATIONS         lookup, group, validate, reciprocity, sample, cells, shares, and all in one
 *   memory DUMP PRESET                         one whole epoch in a fresh process: peak resident memory
 *   density DUMP WARM ITERATIONS               HIP-104 scales of the dump's cells
 *   uploads WARM ITERATIONS                    verify and decode, 100 reports an upload
 *   rewards WARM ITERATIONS                    largest-remainder allocation and Merkle-sum tree of 50,000 wallets
 */
import { prepareEpoch } from "../src/epoch/epoch-context.ts";
import { scoreEpoch } from "../src/epoch/score-epoch.ts";
import { HIP_104_LIMITS } from "../src/parameters/presets/earshot.ts";
import { allocateByLargestRemainder } from "../src/reward/allocation.ts";
import { buildMerkleSumTree } from "../src/reward/merkle-sum-tree.ts";
import { buildDensityMap } from "../src/score/density.ts";
import { Dump } from "./dump.ts";
import { type IdOrder, type PresetName, readEpochInput } from "./engine-input.ts";
import {
  cellStage,
  groupStage,
  logRows,
  lookupStage,
  ownerIds,
  prepareStages,
  reciprocityStage,
  sampleStage,
  shareStage,
  touchedVerdicts,
  transmitOf,
  validateAgainStage,
  validateStage,
  wholeEpoch,
} from "./engine-stages.ts";
import { createRandom, fillRandom } from "./random.ts";
import { DEFAULT_SEED, HOTSPOT_COUNT } from "./synthetic-epoch.ts";
import { cpuNs, cpuNsPerItem } from "./timing.ts";
import { decodeBatch, sealBatch, verifyBatch } from "./upload-stages.ts";
import { digestVerdicts, WordHash } from "./verdict-digest.ts";

/** Scale of rows density does not count; all count here. */
const DEFAULT_SCALE_E4 = 2_000;
/** What a day of the first emission period pays, about; any amount would do. */
const BUDGET_ATOMS = 2_054_794_520_547n;

function print(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ variant: "earshot-ts", ...line })}\n`);
}

function runValidate(path: string, preset: PresetName, ids: IdOrder, warm: number, iterations: number): void {
  const prepared = prepareStages(readEpochInput(new Dump(path), preset, ids));
  const items = prepared.partition.groupOf.length;
  const out = touchedVerdicts(items);
  const ns = cpuNsPerItem(warm, iterations, items, () => validateAgainStage(prepared, out));
  print({ stage: "validate", items, cpuNsPerItem: ns, ...digestVerdicts(out, logRows(prepared.partition)) });
}

function runStages(path: string, preset: PresetName, warm: number, iterations: number): void {
  const input = readEpochInput(new Dump(path), preset, "cell");
  const items = input.witnesses.log_index.length;
  const times = new Map<string, number[]>();
  const measure = <T>(stage: string, isMeasured: boolean, run: () => T): T => {
    Bun.gc(true);
    const from = cpuNs();
    const result = run();
    const ns = (cpuNs() - from) / items;
    if (isMeasured) times.set(stage, [...(times.get(stage) ?? []), ns]);
    return result;
  };
  const prepared = prepareStages(input);
  let { partition } = prepared;
  for (let pass = -warm; pass < iterations; pass++) {
    const isMeasured = pass >= 0;
    const context = measure("prepare", isMeasured, () => prepareEpoch(input));
    const matches = measure("lookup", isMeasured, () => lookupStage(prepared));
    measure("group", isMeasured, () => groupStage(prepared, matches));
    const out = {
      reason: new Uint8Array(items),
      measured: new Int32Array(items),
      limit: new Int32Array(items),
      linkRatio: new Float32Array(items),
    };
    measure("validate, new pages", isMeasured, () => validateStage(prepared, out));
    measure("reciprocity", isMeasured, () => reciprocityStage(prepared));
    measure("sample", isMeasured, () => sampleStage(prepared));
    measure("cells", isMeasured, () => cellStage(prepared));
    measure("shares", isMeasured, () => shareStage(prepared));
    partition = measure("epoch", isMeasured, () => wholeEpoch(context, prepared.ownerOf, prepared.transmitE8));
  }
  const digest = digestVerdicts(partition, logRows(partition));
  for (const [stage, cpuNsPerItem] of times) {
    print({ stage, items, cpuNsPerItem, ...(stage === "epoch" ? digest : {}) });
  }
}

function runMemory(path: string, preset: PresetName): void {
  const input = readEpochInput(new Dump(path), preset, "cell");
  const items = input.witnesses.log_index.length;
  const from = cpuNs();
  const context = prepareEpoch(input);
  wholeEpoch(context, ownerIds(input), transmitOf(context));
  print({ stage: "memory", items, cpuNsPerItem: [(cpuNs() - from) / items], peakBytes: peakBytes() });
}

function runMemoryOfScore(path: string, preset: PresetName): void {
  const input = readEpochInput(new Dump(path), preset, "cell");
  const items = input.witnesses.log_index.length;
  const from = cpuNs();
  const { summary } = scoreEpoch(input);
  print({
    stage: "score",
    items,
    cpuNsPerItem: [(cpuNs() - from) / items],
    peakBytes: peakBytes(),
    witnessesValid: summary.witnessesValid,
  });
}

/** Largest resident set this process has had. */
function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1_024;
}

function runDensity(path: string, warm: number, iterations: number): void {
  const cells = new Dump(path).read("cells.cell", BigUint64Array);
  const words = new Uint32Array(cells.buffer);
  const hi = words.filter((_, at) => at % 2 === 1);
  const lo = words.filter((_, at) => at % 2 === 0);
  let scales: Uint16Array = new Uint16Array(0);
  const ns = cpuNsPerItem(warm, iterations, cells.length, () => {
    scales = buildDensityMap(hi, lo, HIP_104_LIMITS).rowScalesE4(DEFAULT_SCALE_E4);
  });
  const hash = new WordHash();
  for (const scale of scales) hash.word(scale);
  const sum = scales.reduce((total, scale) => total + scale, 0);
  print({ stage: "density", items: cells.length, cpuNsPerItem: ns, sum, hash: hash.hex() });
}

function runUploads(warm: number, iterations: number): void {
  const batch = sealBatch();
  const verified = verifyBatch(batch);
  const both = cpuNsPerItem(warm, iterations, batch.reports, () => decodeBatch(verifyBatch(batch)));
  const decode = cpuNsPerItem(warm, iterations, batch.reports, () => decodeBatch(verified));
  print({ stage: "decode", items: batch.reports, cpuNsPerItem: decode });
  print({ stage: "verify+decode", items: batch.reports, cpuNsPerItem: both });
}

function runRewards(warm: number, iterations: number): void {
  const random = createRandom(DEFAULT_SEED, 8);
  const weights = Float64Array.from({ length: 2 * HOTSPOT_COUNT }, () => random.below(2_000_000) * 10_000);
  const allocate = cpuNsPerItem(warm, iterations, weights.length, () => {
    allocateByLargestRemainder(BUDGET_ATOMS, weights);
  });
  print({ stage: "allocate", items: weights.length, cpuNsPerItem: allocate });
  const wallets = new Uint8Array(32 * HOTSPOT_COUNT);
  const atoms = new BigUint64Array(HOTSPOT_COUNT);
  for (let leaf = 0; leaf < HOTSPOT_COUNT; leaf++) {
    // Ascending, as leaves must be: the number first, the rest random.
    new DataView(wallets.buffer).setUint32(32 * leaf, leaf);
    fillRandom(random, wallets.subarray(32 * leaf + 4, 32 * leaf + 32));
    atoms[leaf] = BigInt(random.u32());
  }
  const tree = cpuNsPerItem(warm, iterations, HOTSPOT_COUNT, () => {
    buildMerkleSumTree(new Uint8Array(32), wallets, atoms);
  });
  print({ stage: "merkle", items: HOTSPOT_COUNT, cpuNsPerItem: tree });
}

const [mode, ...rest] = process.argv.slice(2);
switch (mode) {
  case "validate":
    runValidate(rest[0], rest[1] as PresetName, rest[2] as IdOrder, Number(rest[3]), Number(rest[4]));
    break;
  case "stages":
    runStages(rest[0], rest[1] as PresetName, Number(rest[2]), Number(rest[3]));
    break;
  case "memory":
    runMemory(rest[0], rest[1] as PresetName);
    break;
  case "score":
    runMemoryOfScore(rest[0], rest[1] as PresetName);
    break;
  case "density":
    runDensity(rest[0], Number(rest[1]), Number(rest[2]));
    break;
  case "uploads":
    runUploads(Number(rest[0]), Number(rest[1]));
    break;
  case "rewards":
    runRewards(Number(rest[0]), Number(rest[1]));
    break;
  default:
    process.stderr.write("usage: engine.ts validate|stages|memory|score|density|uploads|rewards …\n");
    process.exit(2);
}
