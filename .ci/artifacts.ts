/**
 * Keeps programs/artifacts true to the sources of the programs. Needs Bun and nothing else:
 *
 *   bun .ci/artifacts.ts            fails unless every artefact and every source is what was built
 *   bun .ci/artifacts.ts --build    builds the artefacts again (needs ../shared/sbf, which says what it needs)
 *
 * SHA256SUMS lists the programs and their IDLs. SOURCE.sha256 lists what they were built from: the Rust sources, the manifests,
 * Cargo.lock, and TOOL, which names the compiler. Both have the format of sha256sum. Refuses a missing, an additional and a changed file.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const programs = join(root, "programs");
const artifacts = join(programs, "artifacts");
const tool = join(root, "..", "shared", "sbf");
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
