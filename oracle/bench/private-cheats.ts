/** What detectors leave attackers who keep the place they assert private, against what they leave them in the open. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AttackName, type AttackStrength, realFilePath, usHotspotsFile } from "@earshot/fixtures";
import { type EpochOutput, earshot, scoreEpoch } from "@earshot/poc";
import { type FolderInput, readEpochInput } from "../src/epoch-folder/folder.ts";
import { simulate } from "../src/simulate/index.ts";

/** Where `bun run bench attacks` plays, with as many attackers and days. */
const TOWN = { latDeg: 40.73, lngDeg: -73.98 };
const RADIUS_KM = 15;
const SEED = "attacks";
const SHARE = 0.05;
const DAYS = 2;
const CASES: readonly (readonly [AttackName, AttackStrength])[] = [
  ["moved", "naive"],
  ["moved", "informed"],
  ["room", "naive"],
  ["room", "informed"],
  ["mast", "naive"],
];

/** Rows of a table: attack, what attackers keep of their shares in the open and in private, and private shares of open ones, without detectors. */
export async function measureCheats(tell: (line: string) => void): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, strength] of CASES) {
    const row = [`${name}, ${strength}`, ...(await measure(name, strength))];
    tell(row.join(" | "));
    rows.push(row);
  }
  return rows;
}

async function measure(name: AttackName, strength: AttackStrength): Promise<string[]> {
  const outDir = mkdtempSync(join(tmpdir(), "earshot-cheats-"));
  try {
    const { epochs, world } = await simulate({
      hotspotsCsv: realFilePath(usHotspotsFile),
      near: TOWN,
      radiusKm: RADIUS_KM,
      days: DAYS,
      seed: SEED,
      outDir,
      parameters: earshot,
      packets: false,
      attack: { name, strength, share: SHARE, intensity: 1 },
    });
    const input = readEpochInput(epochs[DAYS - 1]!.folder);
    const keys = new Set(
      world.hotspots.flatMap(({ attacker, signer }) => (attacker === undefined ? [] : [signer.publicKey.toHex()])),
    );
    const rows = [...input.hotspots.region.keys()].filter((row) =>
      keys.has(input.hotspots.key.subarray(33 * row, 33 * row + 33).toHex()),
    );
    const cell = input.hotspots.cell.slice();
    for (const row of rows) cell[row] = 0n;
    const [open, hidden] = [input, { ...input, hotspots: { ...input.hotspots, cell } }].map((each) => paid(each, rows));
    return [ratio(open.judged, open.free), ratio(hidden.judged, hidden.free), ratio(hidden.free, open.free)];
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** Shares of some hotspots with the detectors and without them. */
function paid(input: FolderInput, rows: readonly number[]): { readonly judged: number; readonly free: number } {
  const { anomaly: _, ...parameters } = input.parameters;
  return { judged: sumOf(scoreEpoch(input), rows), free: sumOf(scoreEpoch({ ...input, parameters }), rows) };
}

function sumOf({ shares }: EpochOutput, rows: readonly number[]): number {
  return rows.reduce((sum, row) => sum + Number(shares.beacon_shares[row] + shares.witness_shares[row]), 0);
}

function ratio(part: number, whole: number): string {
  return whole === 0 ? "nothing to keep" : `${((100 * part) / whole).toFixed(1)} %`;
}
