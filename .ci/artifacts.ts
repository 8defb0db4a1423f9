/**
 * Keeps programs/artifacts true to the sources of the programs. Needs Bun and nothing else:
 *
 *   bun .ci/artifacts.ts            fails unless every artefact and every source is what was built
 *   bun .ci/artifacts.ts --build    builds the artefacts again (needs ../shared/sbf, which says what it needs)
 *   bun .ci/artifacts.ts --anchor   takes what `anchor build` left in programs/target, which is what a cluster gets
 *   bun .ci/artifacts.ts --rebuild  builds aside and compares, where the tool is there and the artefacts are newer than what has landed;
 *                                   the programs that changed come first, and what there was no time for is said
 *
 * SHA256SUMS lists the programs and their IDLs. SOURCE.sha256 lists what they were built from: the Rust sources, the manifests,
 * Cargo.lock, and TOOL, which names the compiler. Both have the format of sha256sum. Refuses a missing, an additional and a changed file.
 */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const programs = join(root, "programs");
const artifacts = join(programs, "artifacts");
const tool = join(root, "..", "shared", "sbf");
/** What the tool exits with where its compiler can no longer be fetched. */
const TOOL_CANNOT = 75;
/** CI gives all of Rust eight minutes. */
const REBUILD_LIMIT_S = 4 * 60;
/** What timeout(1) exits with. */
const TIMED_OUT = 124;
const KILLED = 137;
const DAY_S = 86_400;
const members = ["crates", "guard", "data_credits", "registry", "rewards", "governance"];

/** Files below a folder, tests and build output left out. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "target" || entry.name === "tests" ? [] : filesBelow(path);
    return [path];
  });
}

function sourceFiles(): string[] {
  const inMembers = members.flatMap((name) => filesBelow(join(programs, name)));
  const sources = inMembers.filter((path) => path.endsWith(".rs") || path.endsWith("/Cargo.toml"));
  return [join(programs, "Cargo.toml"), join(programs, "Cargo.lock"), join(artifacts, "TOOL"), ...sources];
}

function builtFiles(): string[] {
  return filesBelow(artifacts).filter((path) => path.endsWith(".so") || path.endsWith(".json"));
}

/** Lines of sha256sum over files, in the order of their paths relative to `base`. */
function sums(base: string, files: readonly string[]): string {
  const lines = files.map((path) => {
    const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
    return { path: relative(base, path), hash };
  });
  lines.sort((a, b) => (a.path < b.path ? -1 : 1));
  return lines.map(({ path, hash }) => `${hash}  ${path}\n`).join("");
}

/** What differs between a committed list and the files, a line each. */
function differences(list: string, expected: string): string[] {
  const read = (text: string) =>
    new Map(text.split("\n").flatMap((line) => (line === "" ? [] : [[line.slice(66), line.slice(0, 64)] as const])));
  const committed = existsSync(join(artifacts, list)) ? readFileSync(join(artifacts, list), "utf8") : "";
  const before = read(committed);
  const now = read(expected);
  const names = [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name));
  return names.map((name) => `${list}: ${name}`);
}

function run(command: readonly string[], options: { readonly stdout: "inherit" | "pipe" }): string {
  const done = Bun.spawnSync([...command], { cwd: root, stdout: options.stdout, stderr: "inherit" });
  if (done.exitCode !== 0) process.exit(done.exitCode ?? 1);
  return done.stdout?.toString() ?? "";
}

if (process.argv.includes("--build")) {
  run([join(tool, "build"), "--idl", programs, artifacts], { stdout: "inherit" });
  const names = '. "$0/env.sh"; echo "sbf $sources, rustc-web $RUST_DEB, libllvm22 $LLVM_DEB"';
  writeFileSync(join(artifacts, "TOOL"), run(["bash", "-c", names, tool], { stdout: "pipe" }));
  writeFileSync(join(artifacts, "SOURCE.sha256"), sums(programs, sourceFiles()));
}

if (process.argv.includes("--anchor")) takeAnchorBuild();

const stale = [
  ...differences("SHA256SUMS", sums(artifacts, builtFiles())),
  ...differences("SOURCE.sha256", sums(programs, sourceFiles())),
];
if (stale.length > 0) {
  process.stderr.write(`programs/artifacts is not what the sources give (bun .ci/artifacts.ts --build):\n`);
  for (const line of stale) process.stderr.write(`  ${line}\n`);
  process.exit(1);
}
process.stdout.write("programs/artifacts: every file is what was built, every source what it was built from\n");
if (process.argv.includes("--rebuild")) rebuildAside();

/** Copies the programs and IDLs of an Anchor build, and names its tools. */
function takeAnchorBuild(): void {
  const names = builtFiles().filter((path) => path.endsWith(".so"));
  for (const path of names) {
    const name = basename(path, ".so");
    copyFileSync(join(programs, "target/deploy", `${name}.so`), path);
    copyFileSync(join(programs, "target/idl", `${name}.json`), join(artifacts, `${name}.json`));
  }
  const version = (tool: string) => run([tool, "--version"], { stdout: "pipe" }).trim();
  writeFileSync(join(artifacts, "TOOL"), `${version("anchor")}, ${version("solana")}\n`);
  writeFileSync(join(artifacts, "SHA256SUMS"), sums(artifacts, builtFiles()));
  writeFileSync(join(artifacts, "SOURCE.sha256"), sums(programs, sourceFiles()));
}

/** Compares the artefacts with a build of their sources; says why where it does not. */
function rebuildAside(): void {
  const skip = (reason: string) => process.stdout.write(`programs/artifacts: not rebuilt: ${reason}\n`);
  if (!existsSync(join(tool, "build"))) return void skip("the tool is not on this machine");
  const base = landedCommit();
  if (base !== null && isSameSince(base))
    return void skip(`the sources are those of ${base.slice(0, 12)}, which has landed`);
  const until = performance.now() + REBUILD_LIMIT_S * 1_000;
  const names = changedFirst(base);
  for (const [at, name] of names.entries()) {
    const code = compareWithin(Math.floor((until - performance.now()) / 1_000), name);
    if (code === TOOL_CANNOT) return void skip("the tool cannot build here, see above");
    if (code === TIMED_OUT || code === KILLED) {
      const rest = names.slice(at).join(", ");
      return void skip(`it takes longer than ${REBUILD_LIMIT_S / 60} minutes here (${rest}); SHA256SUMS holds`);
    }
    if (code !== 0) process.exit(code);
  }
  process.stdout.write("programs/artifacts: a new build gives the same bytes\n");
}

/** The exit code of the tool, which has so many seconds. */
function compareWithin(seconds: number, name: string): number {
  if (seconds < 1) return TIMED_OUT;
  // timeout ends the compilers the tool started, too.
  const limit = ["timeout", "--kill-after=10", String(seconds)];
  const command = [...limit, join(tool, "build"), "--check", programs, artifacts, name];
  return Bun.spawnSync(command, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).exitCode;
}

/** The programs, those first whose artefacts are not the ones of that commit. */
function changedFirst(base: string | null): string[] {
  const landed = base === null ? null : git("show", `${base}:programs/artifacts/SHA256SUMS`);
  const before = new Set(landed?.split("\n"));
  const now = readFileSync(join(artifacts, "SHA256SUMS"), "utf8").trim().split("\n");
  const changed = new Set(now.filter((line) => !before.has(line)).map((line) => line.slice(66).split(".")[0]));
  const names = members.filter((name) => name !== "crates");
  return [...names.filter((name) => changed.has(name)), ...names.filter((name) => !changed.has(name))];
}

/** What has landed for sure: where main is elsewhere than here, or the newest commit that is a day older than this one. */
function landedCommit(): string | null {
  const head = git("rev-parse", "HEAD");
  const main = git("merge-base", "HEAD", "origin/main");
  if (head === null || (main !== null && main !== head)) return main;
  const committed = Number(git("show", "-s", "--format=%ct", "HEAD"));
  return git("rev-list", "-1", `--before=${committed - DAY_S}`, "HEAD") || null;
}

/** Whether the lists of sources and artefacts are what they were; they are checked against the files above. */
function isSameSince(commit: string): boolean {
  return ["SOURCE.sha256", "SHA256SUMS"].every(
    (list) =>
      git("show", `${commit}:programs/artifacts/${list}`) === readFileSync(join(artifacts, list), "utf8").trim(),
  );
}

function git(...args: string[]): string | null {
  const done = Bun.spawnSync(["git", ...args], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  return done.exitCode === 0 ? done.stdout.toString().trim() : null;
}
