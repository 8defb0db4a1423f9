/** `bun run bench spoof --cost ROWS`: CPU time of the detectors beside that of the whole epoch, on the synthetic epoch of the core bench. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { surfaceDistanceM } from "@earshot/geo";
import { detectAnomalies } from "../../src/anomaly/detect.ts";
import { lineChordSquared } from "../../src/anomaly/link-columns.ts";
import { tallyLinks } from "../../src/anomaly/tally-links.ts";
import { closeEpoch } from "../../src/epoch/close-epoch.ts";
import { allocateColumns } from "../../src/epoch/columns.ts";
import { type EpochContext, prepareEpoch } from "../../src/epoch/epoch-context.ts";
import type { EpochInput } from "../../src/epoch/epoch-input.ts";
import { internRows } from "../../src/epoch/key-index.ts";
import { suspicionInTable } from "../../src/epoch/tables.ts";
import { type PartitionVerdicts, verifyPartition } from "../../src/epoch/verify-partition.ts";
import { earshotDetectors } from "../../src/parameters/presets/detectors.ts";
import { linkLossDdb } from "../../src/radio/path-loss.ts";
import { LINE, LINE_STRIDE } from "../../src/verify/hotspot-lines.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../../src/verify/witness-job.ts";
import { Dump } from "../dump.ts";
import { readEpochInput } from "../engine-input.ts";
import { epochDump } from "../epoch-dump.ts";
import { cpuNs, median } from "../timing.ts";

const ROUNDS = 3;
const WARM = 1;
const CLEAN_EPOCHS = 100;

/** One table: ns a row of the epoch without detectors, of the detectors, and the share. */
export function costReport(rows: number): string {
  const folder = mkdtempSync(join(tmpdir(), "earshot-spoof-"));
  try {
    const path = join(folder, "epoch");
    epochDump(path, rows);
    const { anomaly: _, ...parameters } = readEpochInput(new Dump(path), "earshot", "cell").parameters;
    const plain: EpochInput = { ...readEpochInput(new Dump(path), "earshot", "cell"), parameters };
    const input: EpochInput = { ...plain, suspicionIn: cleanRecords(plain) };
    return measured(plain, input, rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measured(plain: EpochInput, input: EpochInput, rows: number): string {
  const owner = internRows(input.hotspots.owner, 32).ids;
  const epochNs: number[] = [];
  const detectNs: number[] = [];
  let randomNs = 0;
  const found: string[] = [];
  for (let round = 0; round < WARM + ROUNDS; round++) {
    const start = cpuNs();
    const context = prepareEpoch(plain);
    const partitions = [verifyPartition(context)];
    const judged = cpuNs();
    const detecting = { ...context, input };
    if (round === 0) {
      const from = cpuNs();
      const { evidence } = detectAnomalies(detecting, partitions, earshotDetectors, owner);
      randomNs = (cpuNs() - from) / rows;
      found.push(lookedAt("Levels drawn for each row", detecting, partitions, owner, evidence.hotspot.length));
    }
    makePlausible(detecting, partitions[0]);
    const plausible = cpuNs();
    const { evidence } = detectAnomalies(detecting, partitions, earshotDetectors, owner);
    const detected = cpuNs();
    closeEpoch(context, partitions);
    const closed = cpuNs();
    if (round === 0) found.push(lookedAt("Levels that fit", detecting, partitions, owner, evidence.hotspot.length));
    if (round < WARM) continue;
    epochNs.push((closed - detected + judged - start) / rows);
    detectNs.push((detected - plausible) / rows);
  }
  const [epoch, detect] = [median(epochNs), median(detectNs)];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const row = (what: string, ns: number) =>
    line([what, epoch.toFixed(1), ns.toFixed(1), `${((100 * ns) / epoch).toFixed(0)} %`]);
  return [
    `**Cost of the detectors, ${rows} rows, CPU ns a row, medians of ${ROUNDS} rounds (one for drawn levels)**`,
    "",
    line(["levels of the rows", "epoch without detectors", "detectors", "share"]),
    line(["---", "---", "---", "---"]),
    row("one loss a pair and 2 dB of fading", detect),
    row("drawn for each row, so that nearly all links contradict themselves", randomNs),
    "",
    ...found,
    "",
  ].join("\n");
}

function lookedAt(
  what: string,
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  owner: Uint32Array,
  evidence: number,
): string {
  const { isSuspect } = tallyLinks(context, partitions, earshotDetectors, owner);
  const suspects = isSuspect.reduce((sum, flag) => sum + flag, 0);
  return `${what}: ${suspects} of ${isSuspect.length} hotspots were looked at closely; ${evidence} rows of evidence.\n`;
}

/** Gives every valid row the level that its pair has over its distance: the synthetic epoch draws one for each row alone. */
function makePlausible(
  context: EpochContext,
  { beaconOfGroup, linkRatio, reason, rows, starts }: PartitionVerdicts,
): void {
  const { beacons, rules, hotspots } = context;
  for (let group = 0; group < beaconOfGroup.length - 1; group++) {
    const beacon = beaconOfGroup[group];
    const beaconer = beacons.hotspot[beacon];
    const eirp = beacons.lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    for (let row = starts[group]; row < starts[group + 1]; row++) {
      if (reason[row] !== 0) continue;
      const at = row * ROW_STRIDE;
      const witness = rows[at] & 0xffffff;
      const ofPair = Math.imul(Math.min(beaconer, witness) * 31 + Math.max(beaconer, witness), 0x9e37_79b1) >>> 24;
      const excess = 240 + ofPair * 0.6 + ((row * 7) % 41) - 20;
      const distanceM = surfaceDistanceM(lineChordSquared(context.hotspots.lines, beaconer, witness));
      const loss = linkLossDdb(rules.loss, distanceM, rows[at + 1]);
      const rssi = Math.round(eirp + hotspots.lines[witness * LINE_STRIDE + LINE.gain] - loss - excess);
      rows[at + 2] = (rssi << 16) | 50;
      linkRatio[row] = 10 ** (-(excess + rules.toleranceDdb) / 100);
    }
  }
}

/** Everybody may vote, so that no work is saved. */
function cleanRecords({ hotspots, stateIn }: EpochInput) {
  const suspicion = allocateColumns(suspicionInTable, stateIn.key.length / 33);
  suspicion.key.set(stateIn.key.length === 0 ? hotspots.key.subarray(0, 0) : stateIn.key);
  suspicion.clean_epochs.fill(CLEAN_EPOCHS);
  return suspicion;
}
