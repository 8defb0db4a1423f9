/** Options of `bun run bench core`, read strictly: an unknown flag or a value that makes no sense is named and refused. */
import type { PresetName } from "./engine-input.ts";
import { MAX_ROWS } from "./synthetic-epoch.ts";

export interface CoreOptions {
  /** Witness rows of each epoch measured. */
  readonly rows: readonly number[];
  readonly presets: readonly PresetName[];
  readonly json: boolean;
  /** Fewer rounds and rows: whether it runs, not how fast it is. */
  readonly quick: boolean;
  /** Write docs/reference/performance.md. */
  readonly write: boolean;
  readonly rounds: number;
}

export const CORE_USAGE = `usage: bun run bench core [--rows N] [--preset earshot|helium] [--rounds N] [--json] [--quick] [--write]

  --rows N     witness rows of the epoch, 10000 to ${MAX_ROWS}; without it 1000000 and 10000000
  --preset P   only this preset; without it both
  --json       one JSON object on stdout and nothing else
  --rounds N   interleaved rounds, 3 to 15; without it 5
  --quick      3 rounds and, without --rows, 200000 rows
  --write      write the table to docs/reference/performance.md; needs the full run
`;

/** Least rows worth a measurement. */
const MIN_ROWS = 10_000;
const FULL_ROWS = [1_000_000, 10_000_000];
const QUICK_ROWS = [200_000];
const FULL_ROUNDS = 5;
const QUICK_ROUNDS = 3;
const MAX_ROUNDS = 15;

/** Whether the arguments ask what a benchmark takes; it then says so and measures nothing. */
export function asksForUsage(args: readonly string[]): boolean {
  return args.some((arg) => arg === "--help" || arg === "-h");
}

/** The options, or what is wrong with them in one sentence. */
export function readCoreOptions(args: readonly string[]): CoreOptions | string {
  const flags = new Set<string>();
  let rows: number | undefined;
  let preset: PresetName | undefined;
  let rounds: number | undefined;
  for (let at = 0; at < args.length; at++) {
    const flag = args[at];
    switch (flag) {
      case "--json":
      case "--quick":
      case "--write":
        flags.add(flag);
        break;
      case "--rows": {
        const text = args[++at] ?? "nothing";
        rows = Number(text);
        if (!/^\d+$/.test(text) || rows < MIN_ROWS || rows > MAX_ROWS) {
          return `--rows: expected a whole number from ${MIN_ROWS} to ${MAX_ROWS}, got ${text}`;
        }
        break;
      }
      case "--rounds": {
        const text = args[++at] ?? "nothing";
        rounds = Number(text);
        if (!/^\d+$/.test(text) || rounds < QUICK_ROUNDS || rounds > MAX_ROUNDS) {
          return `--rounds: expected a whole number from ${QUICK_ROUNDS} to ${MAX_ROUNDS}, got ${text}`;
        }
        break;
      }
      case "--preset": {
        const name = args[++at] ?? "nothing";
        if (name !== "earshot" && name !== "helium") return `--preset: expected earshot or helium, got ${name}`;
        preset = name;
        break;
      }
      default:
        return `unknown argument ${flag}`;
    }
  }
  const quick = flags.has("--quick");
  const write = flags.has("--write");
  if (write && (quick || rows !== undefined || preset !== undefined)) {
    return "--write needs the full run: no --quick, --rows or --preset with it";
  }
  return {
    rows: rows === undefined ? (quick ? QUICK_ROWS : FULL_ROWS) : [rows],
    presets: preset === undefined ? ["earshot", "helium"] : [preset],
    json: flags.has("--json"),
    quick,
    write,
    rounds: rounds ?? (quick ? QUICK_ROUNDS : FULL_ROUNDS),
  };
}
