/** Builds the peers whose compiler is there, and runs children of the bench one at a time. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const RUST = join(here, "peers", "rust-h3o");
const C = join(here, "peers", "c-columns");
/** No C library function here reports through errno, as none does in JavaScript. */
const C_FLAGS = ["-std=gnu17", "-O3", "-march=native", "-fno-math-errno"];
const C_SOURCES = ["main.c", "judge.c", "loss.c", "epoch.c", "dump.c"];

export interface BuiltPeers {
  /** Binaries, or undefined and a note why not. */
  readonly rust: string | undefined;
  readonly c: string | undefined;
  readonly notes: readonly string[];
  /** Compiler versions, for the machine line. */
  readonly versions: readonly string[];
}

/** One JSON line of a child. */
export interface Measurement {
  readonly variant: string;
  readonly stage: string;
  readonly items: number;
  readonly cpuNsPerItem: readonly number[];
  readonly peakBytes?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly sumMeasured?: number;
  readonly sumLimit?: number;
  readonly sum?: number;
  readonly hash?: string;
}

/** Builds what can be built; `folder` takes the C binary. */
export function buildPeers(folder: string): BuiltPeers {
  const notes: string[] = [];
  const versions: string[] = [];
  const rust = buildRust(notes, versions);
  const c = buildC(folder, notes, versions);
  return { rust, c, notes, versions };
}

function buildRust(notes: string[], versions: string[]): string | undefined {
  if (Bun.which("cargo") === null) {
    notes.push("Rust peers not built: no cargo");
    return undefined;
  }
  const run = Bun.spawnSync(["cargo", "build", "--release", "--locked", "--quiet"], {
    cwd: RUST,
    stdio: ["ignore", "ignore", "pipe"],
    // The C peer is compiled for this machine too.
    env: { ...process.env, RUSTFLAGS: "-C target-cpu=native", CARGO_TARGET_DIR: join(RUST, "target") },
  });
  if (run.exitCode !== 0) {
    notes.push(`Rust peers not built: ${run.stderr.toString().trim().split("\n")[0]}`);
    return undefined;
  }
  versions.push(firstLine(["rustc", "--version"]), "h3o 0.9.5", "rust_decimal 1.43.0");
  return join(RUST, "target", "release", "rust-h3o");
}

function buildC(folder: string, notes: string[], versions: string[]): string | undefined {
  if (Bun.which("gcc") === null) {
    notes.push("C peer not built: no gcc");
    return undefined;
  }
  mkdirSync(folder, { recursive: true });
  const binary = join(folder, "c-columns");
  const run = Bun.spawnSync(["gcc", ...C_FLAGS, "-o", binary, ...C_SOURCES, "-lm"], {
    cwd: C,
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (run.exitCode !== 0) {
    notes.push(`C peer not built: ${run.stderr.toString().trim().split("\n")[0]}`);
    return undefined;
  }
  versions.push(
    firstLine(["gcc", "--version"])
      .replace(" (Debian ", " (")
      .replace(/^gcc \([^)]*\)/, "gcc"),
  );
  return binary;
}

function firstLine(command: string[]): string {
  const line = Bun.spawnSync(command).stdout.toString().split("\n")[0];
  return line.replace(/ \([0-9a-f]{9} .*\)$/, "");
}

/** Runs a program to its end and reads its JSON lines. Throws with its stderr when it fails. */
export function runChild(command: readonly string[]): Measurement[] {
  const run = Bun.spawnSync([...command], { stdio: ["ignore", "pipe", "pipe"] });
  if (run.exitCode !== 0) {
    throw new Error(`${command.join(" ")} ended with ${run.exitCode}:\n${run.stderr.toString()}`);
  }
  const text = run.stdout.toString().trim();
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Measurement);
}

/** The command of a TypeScript child of the bench. */
export function script(name: string, ...args: readonly (string | number)[]): string[] {
  return [process.execPath, join(here, name), ...args.map(String)];
}
