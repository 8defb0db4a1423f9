/**
 * Builds what is released of the agent: for each architecture a binary, a .deb and a tarball, and SHA256SUMS over all of them.
 *
 *   bun run build:agent [--out DIR] [--arch arm64|x64]
 *
 * The same commit gives the same bytes: times inside the archives are the commit's (or SOURCE_DATE_EPOCH). Needs dpkg-deb and
 * tar, and fetches Bun's runtime of the other architecture from the npm registry the first time.
 */
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { type Architecture, compile } from "./compile.ts";

const packaging = import.meta.dirname;
const root = join(packaging, "../..");

/** Bun's name of an architecture, and Debian's. */
const ARCHITECTURES: Readonly<Record<Architecture, string>> = { arm64: "arm64", x64: "amd64" };

const { values } = parseArgs({
  options: { out: { type: "string", default: join(root, "dist/agent") }, arch: { type: "string", multiple: true } },
});
const architectures = (values.arch ?? Object.keys(ARCHITECTURES)) as Architecture[];
const unknown = architectures.find((name) => !Object.hasOwn(ARCHITECTURES, name));
if (unknown !== undefined) {
  process.stderr.write(`--arch: expected arm64 or x64, got ${unknown}\n`);
  process.exit(2);
}

const version = manifest.version;
const out = values.out;
process.env.SOURCE_DATE_EPOCH ??= run(["git", "log", "-1", "--format=%ct"]).trim();

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const artefacts = architectures.flatMap((architecture) => {
  const binary = buildBinary(architecture);
  return [binary, buildDeb(architecture, binary), buildTarball(architecture, binary)];
});
const sums = artefacts.map((path) => `${sha256(path)}  ${basename(path)}\n`).join("");
writeFileSync(join(out, "SHA256SUMS"), sums);
for (const path of artefacts) process.stdout.write(`${path} ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);

function buildBinary(architecture: Architecture): string {
  const path = join(out, `hotspot-agent-${version}-linux-${architecture}`);
  compile(join(root, "hotspot-agent/src/main.ts"), path, architecture);
  return path;
}

/** The tree of a Debian package, packed with gzip: xz would take minutes for 20 % less. */
function buildDeb(architecture: Architecture, binary: string): string {
  const tree = join(out, "tree");
  const debianArchitecture = ARCHITECTURES[architecture];
  place(binary, join(tree, "usr/bin/hotspot-agent"), 0o755);
  place(join(packaging, "hotspot-agent.service"), join(tree, "lib/systemd/system/hotspot-agent.service"), 0o644);
  place(join(root, "docs/guides/hotspot-owner.md"), join(tree, "usr/share/doc/hotspot-agent/hotspot-owner.md"), 0o644);
  place(join(packaging, "deb/copyright"), join(tree, "usr/share/doc/hotspot-agent/copyright"), 0o644);
  for (const script of ["postinst", "prerm", "postrm"]) {
    place(join(packaging, "deb", script), join(tree, "DEBIAN", script), 0o755);
  }
  const installedKib = Math.ceil(statSync(binary).size / 1024);
  writeFileSync(join(tree, "DEBIAN/control"), controlFile(debianArchitecture, installedKib));
  const path = join(out, `hotspot-agent_${version}_${debianArchitecture}.deb`);
  run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z6", "--build", tree, path]);
  rmSync(tree, { recursive: true });
  return path;
}

function controlFile(architecture: string, installedKib: number): string {
  return `Package: hotspot-agent
Version: ${version}
Architecture: ${architecture}
Maintainer: Earshot contributors <noreply@earshot.invalid>
Installed-Size: ${installedKib}
Depends: libc6 (>= 2.27), adduser, init-system-helpers (>= 1.54)
Section: net
Priority: optional
Description: LoRaWAN hotspot: relays every packet, proves its coverage
 Takes packets from a packet forwarder, keeps them on disk until ChirpStack
 has them, and sends beacons that prove the hotspot's coverage.
`;
}

function buildTarball(architecture: Architecture, binary: string): string {
  const name = `hotspot-agent-${version}-linux-${architecture}`;
  const tree = join(out, "tree");
  place(binary, join(tree, name, "hotspot-agent"), 0o755);
  place(join(packaging, "hotspot-agent.service"), join(tree, name, "hotspot-agent.service"), 0o644);
  place(join(root, "docs/guides/hotspot-owner.md"), join(tree, name, "hotspot-owner.md"), 0o644);
  place(join(packaging, "deb/copyright"), join(tree, name, "copyright"), 0o644);
  const path = join(out, `${name}.tar.gz`);
  const fixed = [
    "--sort=name",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    `--mtime=@${process.env.SOURCE_DATE_EPOCH}`,
  ];
  run(["tar", "--directory", tree, ...fixed, "--use-compress-program", "gzip -n -6", "--create", "--file", path, name]);
  rmSync(tree, { recursive: true });
  return path;
}

function place(from: string, to: string, mode: number): void {
  mkdirSync(join(to, ".."), { recursive: true, mode: 0o755 });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

function run(command: readonly string[]): string {
  const done = Bun.spawnSync([...command], { cwd: root, stderr: "pipe" });
  if (done.exitCode !== 0) {
    process.stderr.write(`${command[0]} failed:\n${done.stderr}`);
    process.exit(1);
  }
  return done.stdout.toString();
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
