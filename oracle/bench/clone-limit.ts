/** `bun run bench clone`: what a key cloned in two places can lose at most to rules that a third of liars must not turn against the honest. */
import { parentCell } from "@earshot/geo";
import { countVoices, type EpochOutput, earshot, scoreEpoch } from "@earshot/poc";
import { replaceSection } from "../../poc/bench/spoof/page.ts";
import type { FolderInput } from "../src/epoch-folder/folder.ts";
import type { Attack } from "../src/simulate/index.ts";
import { type DayPay, playDays, rehearsalOf, type Stage, TOWNS, type TownName, tokensOf } from "./attack-case.ts";

const USAGE = `usage: bun run bench clone [--keep DIR] [--write]

  --keep DIR  keep what is played there, a folder a town, and judge what is there already instead of playing it again
  --write     write the table to docs/reference/spoofing.md
`;
const SHARE = 0.05;
/** All that the second place hears, and half of it. */
const CLONES: readonly Attack[] = [
  { name: "clone", strength: "informed", share: SHARE, intensity: 1 },
  { name: "clone", strength: "adaptive", share: SHARE, intensity: 0.5 },
];
/** As `bun run bench attacks` plays it: reciprocity forgets after 48 hours. */
const DAYS = 4;
const KEY_BYTES = 33;
const WALLET_BYTES = 32;
const VOICE_RESOLUTION = 8;
/** A second machine (fixtures/attacks), USD. */
const MACHINE_USD = 120;
/** Middle of the prices that the simulator draws, USD. */
const TOKEN_USD = 0.5;
const HEADER = [
  "town",
  "clones",
  "of what the second place hears they report",
  "honest work at the first place, tokens a day each",
  "as clones, without detectors",
  "with",
  "kept",
  "kept, were all of the second place unpaid",
  "clones with a second place",
  "of them heard there by a third of their voices or more",
  "kept, were these condemned besides",
  "gain with detectors over honest work with them",
  "days until it pays the second machine",
];

/** A reception: who reported it, whose beacon it was, and what tells it from every other. */
interface Heard {
  readonly row: number;
  readonly witness: number;
  readonly beaconer: number;
  readonly name: string;
}

/** Runs the bench; gives the exit code. */
export async function runClone(args: readonly string[]): Promise<number> {
  let keepIn: string | undefined;
  let write = false;
  for (let at = 0; at < args.length; at++) {
    if (args[at] === "--write") write = true;
    else if (args[at] === "--keep" && args[at + 1] !== undefined) keepIn = args[++at];
    else {
      process.stderr.write(`${args[at]}: unknown option, or without its value\n${USAGE}`);
      return 2;
    }
  }
  const rows: string[][] = [HEADER, HEADER.map(() => "---")];
  for (const town of Object.keys(TOWNS) as TownName[]) {
    const stage = { town, days: DAYS, keepIn: keepIn === undefined ? undefined : `${keepIn}/${town}` };
    for (const attack of CLONES) {
      const row = await limitOf(attack, stage);
      process.stderr.write(`${row.join(" | ")}\n`);
      rows.push(row);
    }
  }
  const text = rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
  process.stdout.write(text);
  if (write) replaceSection("bun run bench clone", text);
  return 0;
}

async function limitOf(attack: Attack, stage: Stage): Promise<string[]> {
  const { played, world } = await playDays(stage, attack);
  const honest = (await playDays(stage, rehearsalOf(attack.share))).played[0];
  const day = played[0];
  const clones = world.hotspots.flatMap(({ attacker, signer }) => {
    const row = attacker === undefined ? undefined : day.rowOf.get(signer.publicKey.toHex());
    return row === undefined ? [] : [row];
  });
  const heard = receptionsOf(day.input);
  const firstPlace = new Set(receptionsOf(honest.input).map(({ name }) => name));
  const isClone = new Set(clones);
  const second = heard.filter(({ name, witness }) => isClone.has(witness) && !firstPlace.has(name));
  const bare = scoreBare(day.input, new Set(second.map(({ row }) => row)));
  const ofSecond = new Map(clones.map((clone) => [clone, secondPlaceVoices(clone, heard, second, day.input)]));
  const active = clones.filter((clone) => ofSecond.get(clone)!.voices > 0);
  const aThird = active.filter((clone) => 3 * ofSecond.get(clone)!.voices >= ofSecond.get(clone)!.all);
  const paid = (output: EpochOutput, rows: readonly number[] = clones) =>
    rows.reduce((sum, row) => sum + tokensOf(output, row), 0) / clones.length;
  const without = paid(day.without);
  const honestWith = paidAtHome(honest, day, clones);
  const gain = paid(day.judged) - honestWith;
  const share = (tokens: number) => `${((100 * tokens) / without).toFixed(1)} %`;
  return [
    stage.town,
    String(clones.length),
    attack.intensity === 1 ? "all" : "half",
    paidAtHome(honest, day, clones, ({ without: free }) => free).toFixed(1),
    without.toFixed(1),
    paid(day.judged).toFixed(1),
    share(paid(day.judged)),
    share(paid(bare)),
    String(active.length),
    String(aThird.length),
    share(paid(bare) - paid(bare, aThird)),
    `${gain < 0 ? "" : "+"}${gain.toFixed(1)}`,
    gain > 0 ? (MACHINE_USD / (gain * TOKEN_USD)).toFixed(0) : "never",
  ];
}

/** What the hotspots earn a day by honest work, tokens each: under the detectors, or as `pick` says. Rows of two epochs need not be the same. */
function paidAtHome(
  honest: DayPay,
  day: DayPay,
  clones: readonly number[],
  pick: (played: DayPay) => EpochOutput = ({ judged }) => judged,
): number {
  const keyOf = (row: number) => day.input.hotspots.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES).toHex();
  return clones.reduce((sum, row) => sum + tokensOf(pick(honest), honest.rowOf.get(keyOf(row))!), 0) / clones.length;
}

function receptionsOf({ beacons, hotspots, witnesses }: FolderInput): Heard[] {
  const nameOf = (hi: number, lo: number) => `${hi} ${lo}`;
  const beaconerOf = new Map<string, number>();
  for (let row = 0; row < beacons.hotspot.length; row++)
    beaconerOf.set(nameOf(beacons.payload_key_hi[row], beacons.payload_key_lo[row]), beacons.hotspot[row]);
  return Array.from(witnesses.hotspot, (witness, row) => {
    const payload = nameOf(witnesses.payload_key_hi[row], witnesses.payload_key_lo[row]);
    const key = hotspots.key.subarray(witness * KEY_BYTES, (witness + 1) * KEY_BYTES).toHex();
    return { row, witness, beaconer: beaconerOf.get(payload) ?? -1, name: `${key} ${payload}` };
  });
}

/** The epoch without some rows of its witnesses, under the rules that everybody knows. */
function scoreBare(input: FolderInput, left: ReadonlySet<number>): EpochOutput {
  const { anomaly: _, ...parameters } = earshot;
  const count = input.witnesses.hotspot.length;
  const rows = Array.from({ length: count }, (_each, row) => row).filter((row) => !left.has(row));
  const kept = Object.fromEntries(
    Object.entries(input.witnesses).map(([name, column]) => {
      const out = column.slice(0, rows.length);
      rows.forEach((row, at) => {
        out[at] = column[row];
      });
      return [name, out];
    }),
  ) as unknown as FolderInput["witnesses"];
  return scoreEpoch({ ...input, parameters, witnesses: kept });
}

/** Voices (owners and cells, ballot.ts) with whom a clone has links by its second place alone, and all that it has links with. */
function secondPlaceVoices(
  clone: number,
  heard: readonly Heard[],
  second: readonly Heard[],
  { hotspots }: FolderInput,
): { readonly voices: number; readonly all: number } {
  const others = (receptions: readonly Heard[]) =>
    receptions.flatMap(({ beaconer, witness }) => {
      if (beaconer === clone) return [witness];
      return witness === clone && beaconer >= 0 ? [beaconer] : [];
    });
  const bySecond = new Set(others(second));
  const ofSecond = new Set(second);
  const byFirst = new Set(others(heard.filter((reception) => !ofSecond.has(reception))));
  const ids = new Map<string, number>();
  const dense = (text: string) => {
    const known = ids.get(text) ?? ids.size;
    ids.set(text, known);
    return known;
  };
  const votes = [...new Set([...bySecond, ...byFirst])].map((other) => {
    const cell = hotspots.cell[other];
    const { hi, lo } = parentCell(Number(cell >> 32n), Number(cell & 0xffff_ffffn), VOICE_RESOLUTION);
    return {
      owner: dense(hotspots.owner.subarray(other * WALLET_BYTES, (other + 1) * WALLET_BYTES).toHex()),
      cell: dense(`${hi} ${lo}`),
      accuses: !byFirst.has(other),
    };
  });
  const { accusing, supporting } = countVoices(votes);
  return { voices: accusing, all: accusing + supporting };
}
