/** One attack played in a town of the US list, and what attackers and honest hotspots earn with and without the detectors. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realFilePath, usHotspotsFile } from "@earshot/fixtures";
import { type EpochOutput, earshot, earshotDetectors, scoreEpoch } from "@earshot/poc";
import { type FolderInput, readEpochInput } from "../src/epoch-folder/folder.ts";
import { enlist } from "../src/simulate/attacks/enlist.ts";
import { SELF_PACKET_BYTES } from "../src/simulate/attacks/extras.ts";
import { parseHotspotsCsv } from "../src/simulate/hotspots-csv.ts";
import { type Attack, DEFAULT_START_MS, simulate } from "../src/simulate/index.ts";
import { buildWorld, type SimulatedHotspot, type World } from "../src/simulate/world.ts";

/**
 * Where the attacks are played: New York and what is around it, 300 hotspots that hear each other; and, so that no rule is made for one draw,
 * the same with all else drawn anew, and two towns of another density.
 */
export const TOWNS = {
  "new-york": { near: { latDeg: 40.73, lngDeg: -73.98 }, radiusKm: 15, seed: "attacks" },
  "new-york-again": { near: { latDeg: 40.73, lngDeg: -73.98 }, radiusKm: 15, seed: "seed2" },
  "san-francisco": { near: { latDeg: 37.77, lngDeg: -122.42 }, radiusKm: 15, seed: "third" },
  chicago: { near: { latDeg: 41.88, lngDeg: -87.63 }, radiusKm: 30, seed: "other" },
} as const;

export type TownName = keyof typeof TOWNS;

/** Stands in a folder of played epochs once all are there. */
const WHOLE = "whole";
const KEY_BYTES = 33;
const ATOMS_PER_TOKEN = 1e8;
const hotspotsCsv = realFilePath(usHotspotsFile);
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

/** A day that counts: its reports, and what came of them without detectors and with. */
export interface DayPay {
  readonly input: FolderInput;
  readonly rowOf: ReadonlyMap<string, number>;
  readonly without: EpochOutput;
  readonly judged: EpochOutput;
}

/** How long is played, and where what was played is kept, to be judged again by other rules; without it nothing is kept. */
export interface Stage {
  readonly town: TownName;
  readonly days: number;
  readonly keepIn?: string | undefined;
}

/** What the hotspots that attack at this share, 0 to 1, would earn by honest work. */
export function rehearsalOf(share: number): Attack {
  return { name: "moved", strength: "naive", share, intensity: 1, isRehearsal: true };
}

/** Plays an attack, or judges what is kept of it. */
export async function playCase(attack: Attack, stage: Stage): Promise<CaseResult> {
  const { world, played } = await playDays(stage, attack);
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
export async function playHonest(stage: Stage): Promise<HonestResult> {
  const { world, played } = await playDays(stage);
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

/** Plays a town, or takes what is kept of it; only the last day is given. */
export async function playDays(
  { days, keepIn, town }: Stage,
  attack?: Attack,
): Promise<{ readonly world: World; readonly played: DayPay[] }> {
  const outDir =
    keepIn === undefined ? mkdtempSync(join(tmpdir(), "earshot-attack-")) : join(keepIn, `${nameOf(attack)}-${days}`);
  try {
    if (!existsSync(join(outDir, WHOLE))) {
      rmSync(outDir, { recursive: true, force: true });
      await simulate({
        ...TOWNS[town],
        hotspotsCsv,
        days,
        outDir,
        parameters: withDetectors,
        attack,
        packets: hasPackets(attack),
      });
      writeFileSync(join(outDir, WHOLE), "");
    }
    return { world: worldOf(town, attack), played: [lastDay(outDir)] };
  } finally {
    if (keepIn === undefined) rmSync(outDir, { recursive: true, force: true });
  }
}

function nameOf(attack: Attack | undefined): string {
  if (attack === undefined) return "honest";
  const { intensity, isRehearsal, name, share, strength } = attack;
  return `${isRehearsal === true ? "rehearsal" : `${name}-${strength}`}-${share}-${intensity}`;
}

function hasPackets(attack: Attack | undefined): boolean {
  return attack?.name === "self_traffic" || attack?.name === "receipts";
}

/** The world that `simulate` plays. */
function worldOf(town: TownName, attack: Attack | undefined): World {
  const { near, radiusKm, seed } = TOWNS[town];
  const path = hotspotsCsv;
  const listed = parseHotspotsCsv(path, readFileSync(path, "utf8"));
  const firstEpoch = DEFAULT_START_MS / earshot.time.epochMs;
  const world = buildWorld({ path, listed, near, radiusKm, seed, firstEpoch });
  return attack === undefined ? world : enlist(world, attack);
}

/** Only the last day counts: what the first ones hand on (reciprocity, levels) must be there. Levels are handed on by the rules of this run. */
function lastDay(folder: string): DayPay {
  const epochs = readdirSync(folder).filter((name) => name.startsWith("epoch-"));
  let last: { readonly input: FolderInput; readonly judged: EpochOutput } | undefined;
  for (const name of epochs.sort()) {
    const kept = readEpochInput(join(folder, name));
    const handedOn = last?.judged.suspicionOut;
    const input = { ...kept, parameters: withDetectors, ...(handedOn === undefined ? {} : { suspicionIn: handedOn }) };
    last = { input, judged: scoreEpoch(input) };
  }
  const { input, judged } = last!;
  const without = scoreEpoch({ ...input, parameters: withoutDetectors });
  return { input, rowOf: rowsByKey(input), without, judged };
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

/** What a hotspot is paid, tokens. */
export function tokensOf({ rewards }: EpochOutput, row: number): number {
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
