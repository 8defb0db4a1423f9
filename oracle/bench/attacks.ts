/** `bun run bench attacks`: what each attack of fixtures/attacks earns and costs, with and without the detectors, in one table. */
import { readFileSync } from "node:fs";
import {
  ATTACK_NAMES,
  ATTACK_STRENGTHS,
  type AttackName,
  type AttackStrength,
  attackFamilies,
} from "@earshot/fixtures";
import { replaceSection } from "../../poc/bench/spoof/page.ts";
import { type CaseResult, playCase, playHonest, rehearsalOf, type Stage, TOWNS, type TownName } from "./attack-case.ts";

const USAGE = `usage: bun run bench attacks [--family NAMES] [--strength S] [--share P] [--town NAME] [--days N] [--keep DIR] [--write]
       bun run bench attacks --join FILES [--write]

  --family NAMES only these, with commas between them, of ${ATTACK_NAMES.join(", ")}
  --strength S   only naive, informed or adaptive
  --share P      only this share of attackers, percent; without it 1, 5 and 20
  --town NAME    of ${Object.keys(TOWNS).join(", ")}; without it new-york
  --days N       epochs played, 1 to 30; without it 2; the last one counts
  --keep DIR     keep what is played there, and judge what is there already instead of playing it again
  --join FILES   put the tables of earlier runs together instead, their files with commas between them
  --write        write the table to docs/reference/spoofing.md
`;
const SHARES_PERCENT = [1, 5, 20];
/** How far an adaptive attacker turns its attack down, step by step; it keeps what pays best. */
const INTENSITIES = [0.5, 0.25];
/** Families that can be turned down; of the others the informed is all there is. */
const ADAPTIVE: readonly AttackName[] = ["moved", "room", "amplifier", "middleman", "relay", "stuffing", "clone"];

/**
 * Families that reciprocity stops, which forgets after 48 hours: of a clone it stops what only its second place hears of hotspots that hear
 * nobody themselves.
 */
const SLOW_TO_FAIL: readonly AttackName[] = ["theft", "clone", "one_way"];
const RECIPROCITY_DAYS = 4;
/** The adaptive are played at this share only, percent. */
const ADAPTIVE_SHARE_PERCENT = 5;

interface Options {
  readonly families: readonly AttackName[];
  readonly strengths: readonly AttackStrength[];
  readonly sharesPercent: readonly number[];
  readonly town: TownName;
  readonly days: number;
  readonly keepIn: string | undefined;
  readonly joined: readonly string[] | undefined;
  readonly write: boolean;
}

/** Runs the bench; gives the exit code. */
export async function runAttacks(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    process.stderr.write(`${options}\n${USAGE}`);
    return 2;
  }
  const text =
    options.joined === undefined
      ? await attackReport(options, (line) => process.stderr.write(`${line}\n`))
      : joinTables(options.joined.map((path) => readFileSync(path, "utf8")));
  process.stdout.write(text);
  const { town } = options;
  if (options.write) replaceSection(`bun run bench attacks${town === "new-york" ? "" : ` --town ${town}`}`, text);
  return 0;
}

function readOptions(args: readonly string[]): Options | string {
  const given = new Map<string, string>();
  let write = false;
  for (let at = 0; at < args.length; at++) {
    if (args[at] === "--write") write = true;
    else if (
      ["--family", "--strength", "--share", "--town", "--days", "--keep", "--join"].includes(args[at]) &&
      args[at + 1] !== undefined
    )
      given.set(args[at], args[++at]);
    else return `${args[at]}: unknown option, or without its value`;
  }
  const family = given.get("--family");
  const strength = given.get("--strength");
  const share = given.get("--share");
  const town = given.get("--town") ?? "new-york";
  const days = Number(given.get("--days") ?? 2);
  const wanted = family?.split(",");
  const families = ATTACK_NAMES.filter((name) => wanted === undefined || wanted.includes(name));
  const strengths = ATTACK_STRENGTHS.filter((name) => strength === undefined || name === strength);
  if (families.length === 0) return `--family: ${family} is none`;
  if (strengths.length === 0) return `--strength: ${strength} is none`;
  if (!isTown(town)) return `--town: ${town} is none`;
  if (!Number.isInteger(days) || days < 1 || days > 30) return "--days: expected an integer from 1 to 30";
  const sharesPercent = share === undefined ? SHARES_PERCENT : [Number(share)];
  if (!sharesPercent.every((percent) => percent > 0 && percent <= 50)) return "--share: expected 0 to 50 percent";
  const joined = given.get("--join")?.split(",");
  return { families, strengths, sharesPercent, town, days, keepIn: given.get("--keep"), joined, write };
}

function isTown(name: string): name is TownName {
  return Object.hasOwn(TOWNS, name);
}

/** One table of the rows of several, by family, strength and share; a row that two tables hold stands once. Throws where their honest towns differ. */
function joinTables(tables: readonly string[]): string {
  const [honest, ...others] = new Set(tables.map((table) => table.split("\n")[0]));
  if (honest === undefined || others.length > 0)
    throw new Error("--join: the tables are of different runs of the honest town");
  const lines = tables.flatMap((table) => table.split("\n").slice(2));
  const rows = [...new Set(lines.filter((line) => line.startsWith("| ")))];
  const names: readonly string[] = ATTACK_NAMES;
  const placeOf = (row: string) => {
    const [, name, strength, attackers] = row.split("|").map((cell) => cell.trim());
    const family = names.indexOf(name);
    const how = ATTACK_STRENGTHS.findIndex((known) => strength.startsWith(known));
    return family === -1 ? -1 : (family * ATTACK_STRENGTHS.length + how) * 100 + Number.parseInt(attackers, 10);
  };
  const head = rows.filter((row) => placeOf(row) === -1);
  const body = rows.filter((row) => placeOf(row) !== -1).sort((a, b) => placeOf(a) - placeOf(b));
  return [honest, "", ...head, ...body, ""].join("\n");
}

async function attackReport(options: Options, tell: (line: string) => void): Promise<string> {
  const honest = await playHonest(options);
  const rehearsals = new Map<string, CaseResult>();
  const rehearsed = async (sharePercent: number, days: number) => {
    const key = `${sharePercent} ${days}`;
    const known = rehearsals.get(key);
    if (known !== undefined) return known;
    const result = await playCase(rehearsalOf(sharePercent / 100), { ...options, days });
    rehearsals.set(key, result);
    return result;
  };
  tell(`honest: keeps ${percent(honest.keptShare)}`);
  const rows: string[][] = [];
  for (const name of options.families) {
    for (const strength of options.strengths) {
      if (strength === "adaptive" && !ADAPTIVE.includes(name)) continue;
      for (const sharePercent of options.sharesPercent) {
        if (strength === "adaptive" && sharePercent !== ADAPTIVE_SHARE_PERCENT) continue;
        const days = daysOf(name, options);
        const result = await bestCase(name, strength, sharePercent / 100, { ...options, days });
        const row = rowOf(result, sharePercent, await rehearsed(sharePercent, days));
        tell(row.join(" | "));
        rows.push(row);
      }
    }
  }
  const header = [
    "attack",
    "strength",
    "attackers",
    "earned each without, tokens a day",
    "with",
    "kept",
    "had they been honest",
    "gain without",
    "gain with",
    "honest keep",
    "harm to the honest without",
    "with",
    "burnt each, tokens a day",
    "set-up each, USD",
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `Honest network, no attackers: hotspots without a fault keep ${percent(honest.keptShare)} of their shares under the detectors; ${honest.flagged} of ${honest.hotspots} lose any.`,
    "",
    line(header),
    line(header.map(() => "---")),
    ...rows.map(line),
    "",
  ].join("\n");
}

function daysOf(name: AttackName, { days }: Stage): number {
  return SLOW_TO_FAIL.includes(name) ? Math.max(days, RECIPROCITY_DAYS) : days;
}

async function bestCase(name: AttackName, strength: AttackStrength, share: number, stage: Stage): Promise<CaseResult> {
  let best: CaseResult | undefined;
  for (const intensity of strength === "adaptive" ? INTENSITIES : [1]) {
    const result = await playCase({ name, strength, share, intensity }, stage);
    if (best === undefined || result.attackers.withTokens > best.attackers.withTokens) best = result;
  }
  return best!;
}

/** `rehearsal`: the same hotspots at honest work. */
function rowOf(result: CaseResult, sharePercent: number, rehearsal: CaseResult): string[] {
  const { attack, attackers, honest } = result;
  const family = attackFamilies.find(({ name }) => name === attack.name)!;
  const each = (tokens: number) => tokens / attackers.count;
  const hadBeenHonest = rehearsal.attackers.withoutTokens;
  const before = rehearsal.honest.withoutTokens;
  const setUp = family.perHotspotUsd + family.setupUsd / Math.max(1, Math.min(attackers.count, 4));
  return [
    attack.name,
    attack.intensity < 1 ? `${attack.strength} (${attack.intensity})` : attack.strength,
    `${sharePercent} % (${attackers.count})`,
    each(attackers.withoutTokens).toFixed(1),
    each(attackers.withTokens).toFixed(1),
    attackers.withoutTokens === 0
      ? "earns nothing either way"
      : percent(attackers.withTokens / attackers.withoutTokens),
    each(hadBeenHonest).toFixed(1),
    gain(attackers.withoutTokens / hadBeenHonest),
    gain(attackers.withTokens / hadBeenHonest),
    percent(honest.keptShare),
    signed(1 - honest.withoutTokens / before),
    signed(1 - honest.withTokens / before),
    each(result.burntTokens).toFixed(2),
    setUp.toFixed(0),
  ];
}

function gain(ratio: number): string {
  return signed(ratio - 1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function signed(share: number): string {
  return `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)} %`;
}
