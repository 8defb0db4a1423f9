/** One attack played in a town of the US list, and what attackers and honest hotspots earn with and without the detectors. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realFilePath, usHotspotsFile } from "@earshot/fixtures";
import { type EpochOutput, earshot, earshotDetectors, scoreEpoch } from "@earshot/poc";
import { type FolderInput, readEpochInput } from "../src/epoch-folder/folder.ts";
import { SELF_PACKET_BYTES } from "../src/simulate/attacks/extras.ts";
import { type Attack, simulate } from "../src/simulate/index.ts";
import type { SimulatedHotspot, World } from "../src/simulate/world.ts";

/** New York and what is around it: 300 hotspots that hear each other. */
const TOWN = { latDeg: 40.73, lngDeg: -73.98 };
const RADIUS_KM = 15;
const SEED = "attacks";
const KEY_BYTES = 33;
const ATOMS_PER_TOKEN = 1e8;
const { anomaly: _, ...withoutDetectors } = earshot;
const withDetectors = { ...earshot, anomaly: earshotDetectors };

export interface GroupPay {
  readonly count: number;
  /** Tokens of the last day. */
  readonly withoutTokens: number;
  readonly withTokens: number;
  /** What the detectors leave of its shares, 0 to 1. */
  readonly keptShare: number;
}

export interface CaseResult {
  readonly attack: Attack;
  readonly attackers: GroupPay;
  /** Hotspots that neither attack nor have a fault. */
  readonly honest: GroupPay;
  /** Data credits that attackers paid themselves, in tokens. */
  readonly burntTokens: number;
}

export interface HonestResult {
  readonly hotspots: number;
  readonly flagged: number;
  readonly keptShare: number;
}

interface DayPay {
  readonly input: FolderInput;
  readonly rowOf: ReadonlyMap<string, number>;
  readonly without: EpochOutput;
  readonly judged: EpochOutput;
}

/** Plays an attack. */
export async function playCase(attack: Attack, days: number): Promise<CaseResult> {
  const { world, played } = await playDays(days, attack);
  const attackers = world.hotspots.filter((hotspot) => hotspot.attacker !== undefined);
  const honest = world.hotspots.filter(isHonest);
  return {
    attack,
    attackers: payOf(attackers, played),
    honest: payOf(honest, played),
    burntTokens: played.reduce((sum, day) => sum + burntTokens(day, attackers), 0),
  };
}

/** Plays the same town without attackers. */
export async function playHonest(days: number): Promise<HonestResult> {
  const { world, played } = await playDays(days);
  const honest = world.hotspots.filter(isHonest);
  const { keptShare } = payOf(honest, played);
  const last = played[played.length - 1];
  return {
    hotspots: honest.length,
    flagged: honest.filter((hotspot) => keptE4(hotspot, last) < 1).length,
    keptShare,
  };
}

function isHonest({ attacker, fault, assertedCell }: SimulatedHotspot): boolean {
  return attacker === undefined && fault === undefined && assertedCell !== undefined;
}

async function playDays(days: number, attack?: Attack): Promise<{ readonly world: World; readonly played: DayPay[] }> {
  const outDir = mkdtempSync(join(tmpdir(), "earshot-attack-"));
  try {
    const packets = attack?.name === "self_traffic" || attack?.name === "receipts";
    const { epochs, world } = await simulate({
      hotspotsCsv: realFilePath(usHotspotsFile),
      near: TOWN,
      radiusKm: RADIUS_KM,
      days,
      seed: SEED,
      outDir,
      parameters: withDetectors,
      attack,
      packets,
    });
    // What the first days hand on (reciprocity, levels) must be there: only the last one counts.
    const played = epochs.slice(-1).map(({ folder }) => {
      const input = readEpochInput(folder);
      return {
        input,
        rowOf: rowsByKey(input),
        without: scoreEpoch({ ...input, parameters: withoutDetectors }),
        judged: scoreEpoch(input),
      };
    });
    return { world, played };
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

function rowsByKey({ hotspots }: FolderInput): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (let row = 0; row < hotspots.region.length; row++)
    rows.set(hotspots.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES).toHex(), row);
  return rows;
}

function payOf(group: readonly SimulatedHotspot[], played: readonly DayPay[]): GroupPay {
  let withoutTokens = 0;
  let withTokens = 0;
  let shares = 0;
  let kept = 0;
  for (const day of played) {
    for (const hotspot of group) {
      const row = day.rowOf.get(hotspot.signer.publicKey.toHex());
      if (row === undefined) continue;
      withoutTokens += tokensOf(day.without, row);
      withTokens += tokensOf(day.judged, row);
      const own = sharesOf(day.without, row);
      shares += own;
      kept += own * keptE4(hotspot, day);
    }
  }
  return {
    count: group.length,
    withoutTokens,
    withTokens,
    keptShare: shares === 0 ? 1 : kept / shares,
  };
}

/** Weight that the detectors leave a hotspot, 0 to 1. */
function keptE4({ signer }: SimulatedHotspot, { input, judged, rowOf }: DayPay): number {
  const { suspicionOut } = judged;
  if (suspicionOut === undefined || rowOf.get(signer.publicKey.toHex()) === undefined) return 1;
  const own = signer.publicKey.toHex();
  for (let row = 0; row < suspicionOut.clean_epochs.length; row++) {
    if (suspicionOut.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES).toHex() !== own) continue;
    const levels = Object.entries(suspicionOut).flatMap(([name, column]) =>
      name.endsWith("_e4") ? [column[row]] : [],
    );
    const effect = (input.parameters.anomaly?.effectE4 ?? 0) / 10_000;
    return 1 - (Math.max(...levels.map(Number)) / 10_000) * effect;
  }
  return 1;
}

function tokensOf({ rewards }: EpochOutput, row: number): number {
  return Number(rewards.beacon_atoms[row] + rewards.witness_atoms[row] + rewards.data_atoms[row]) / ATOMS_PER_TOKEN;
}

function sharesOf({ shares }: EpochOutput, row: number): number {
  return Number(shares.beacon_shares[row] + shares.witness_shares[row]);
}

/** Value of the data credits that attackers paid for packets of their own, told by their length, which no device of the simulation sends. */
function burntTokens({ input }: DayPay, attackers: readonly SimulatedHotspot[]): number {
  if (!attackers.some(({ attacker }) => attacker?.extra === "self_traffic")) return 0;
  let credits = 0;
  for (let row = 0; row < input.packets.data_credits.length; row++)
    if (input.packets.phy_bytes[row] === SELF_PACKET_BYTES) credits += input.packets.data_credits[row];
  const { dataCreditUsdE8 } = earshot.rewards;
  return (credits * dataCreditUsdE8) / input.header.tokenPriceUsdE8;
}
