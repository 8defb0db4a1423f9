/**
 * What is released, built and tried: the arm64 binary under qemu, the packages in a scratch root, the unit by systemd's own tools.
 * Needs the Debian packages qemu-user, libc6-arm64-cross, systemd and dpkg; says which one is missing.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { openKeyring } from "../../src/keyring.ts";
import { artefactFor, readRelease } from "../../src/update/release.ts";
import { AgentProcess } from "../doubles/agent-process.ts";
import { PacketForwarder } from "../doubles/packet-forwarder.ts";

const { version } = manifest;
const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "earshot-packaging-"));
const out = join(folder, "out");
const binary = (architecture: string) => join(out, `hotspot-agent-${version}-linux-${architecture}`);
const deb = (architecture: string) => join(out, `hotspot-agent_${version}_${architecture}.deb`);
/** Where Debian's cross packages put the arm64 C library. */
const ARM64_LIBRARIES = "/usr/aarch64-linux-gnu";
const BUILD_TIMEOUT_MS = 300_000;

beforeAll(() => build(out), BUILD_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function build(to: string, ...args: string[]): void {
  const command = [join(root, "hotspot-agent/packaging/build.ts"), "--out", to, ...args];
  // The time of the last commit, were it not for commits while this runs.
  execFileSync(process.execPath, command, { cwd: root, env: { ...process.env, SOURCE_DATE_EPOCH: "1767225600" } });
}

/** The command that runs arm64 programs here. */
function emulator(): readonly string[] {
  if (process.arch === "arm64") return [];
  const qemu = Bun.which("qemu-aarch64") ?? Bun.which("qemu-aarch64-static");
  if (qemu === null) throw new Error("qemu-aarch64 is missing: install the Debian package qemu-user");
  if (!existsSync(join(ARM64_LIBRARIES, "lib/libc.so.6"))) {
    throw new Error(`${ARM64_LIBRARIES}/lib/libc.so.6 is missing: install the Debian package libc6-arm64-cross`);
  }
  return [qemu, "-L", ARM64_LIBRARIES];
}

/** Installs a package as dpkg does, into a root that holds nothing else; its scripts find no system there. */
function install(path: string, to: string): void {
  mkdirSync(join(to, "var/lib/dpkg/updates"), { recursive: true });
  mkdirSync(join(to, "var/lib/dpkg/info"), { recursive: true });
  execFileSync("touch", [join(to, "var/lib/dpkg/status"), join(to, "var/lib/dpkg/available")]);
  const force = ["--force-not-root", "--force-depends", "--force-architecture", "--force-script-chrootless"];
  execFileSync("dpkg", [`--root=${to}`, `--log=${join(to, "log")}`, ...force, "--install", path], { stdio: "pipe" });
}

function uninstall(how: "--remove" | "--purge", from: string): void {
  const force = ["--force-not-root", "--force-depends", "--force-script-chrootless"];
  execFileSync("dpkg", [`--root=${from}`, `--log=${join(from, "log")}`, ...force, how, "hotspot-agent"], {
    stdio: "pipe",
  });
}

/** A program that notes how it was called and ends with `code`. */
function stub(stubs: string, name: string, calls: string, code: number): void {
  writeFileSync(join(stubs, name), `#!/bin/sh\necho "${name} $*" >>${calls}\nexit ${code}\n`, { mode: 0o755 });
}

describe("the build", () => {
  test("makes a binary, a package and a tarball for both architectures, and sums that fit", () => {
    const names = ["linux-arm64", "linux-arm64.tar.gz", "linux-x64", "linux-x64.tar.gz"].map(
      (end) => `hotspot-agent-${version}-${end}`,
    );
    const packages = ["amd64", "arm64"].map((architecture) => `hotspot-agent_${version}_${architecture}.deb`);
    expect(readdirSync(out).sort()).toEqual(["SHA256SUMS", ...names, ...packages].sort());
    execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: out });
    const listing = execFileSync("tar", ["-tf", `${binary("arm64")}.tar.gz`]).toString();
    expect(listing).toContain(`hotspot-agent-${version}-linux-arm64/hotspot-agent\n`);
  });

  test(
    "gives the same bytes again",
    () => {
      const again = join(folder, "again");
      build(again, "--arch", "x64");
      const sums = (at: string) =>
        readFileSync(join(at, "SHA256SUMS"), "utf8")
          .split("\n")
          .filter((line) => /x64|amd64/.test(line));
      expect(sums(again)).toEqual(sums(out));
    },
    BUILD_TIMEOUT_MS,
  );
});

test("a release is signed as agents take it", () => {
  const ring = openKeyring(join(folder, "release-key"));
  const script = join(root, "hotspot-agent/packaging/sign-release.ts");
  const url = "https://releases.example.org/agent";
  execFileSync(
    process.execPath,
    [script, "--out", out, "--key", join(folder, "release-key/hotspot.key"), "--url", url],
    {
      cwd: root,
    },
  );
  const release = readRelease(readFileSync(join(out, "release.json")), ring.primary.keyText);
  rmSync(join(out, "release.json"));
  const [arm64] = release.artefacts;
  // Whatever is older takes it, and the version itself has nothing to take.
  expect(artefactFor(release, "0.0.1", "arm64")).toEqual(arm64);
  expect(artefactFor(release, version, "arm64")).toBeUndefined();
  expect(arm64).toMatchObject({ arch: "arm64", url: `${url}/hotspot-agent-${version}-linux-arm64` });
  expect(readFileSync(join(out, "SHA256SUMS"), "utf8")).toContain(
    `${arm64!.sha256}  hotspot-agent-${version}-linux-arm64\n`,
  );
});

describe("the arm64 binary", () => {
  test("runs: says its version, sets up a hotspot, relays and stops", async () => {
    const command = [...emulator(), binary("arm64")];
    const run = (...args: string[]) =>
      execFileSync(command[0]!, [...command.slice(1), ...args], { stdio: "pipe" }).toString();
    expect(run("--version").trim()).toBe(version);

    const agent = await AgentProcess.prepare({ folder: join(folder, "arm64"), toml: "", command });
    expect(JSON.parse(run("info", "--json", "-c", agent.configFile))).toMatchObject({
      gatewayId: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    // An emulator takes several times as long.
    await agent.start(BUILD_TIMEOUT_MS);
    const forwarder = await PacketForwarder.open({ eui: "aa555a0000000101", port: agent.udpPort });
    await forwarder.until(() => forwarder.pullAcks > 0, "a PULL_ACK");
    forwarder.push(forwarder.rxpk(Uint8Array.fromHex("4004030201000000010203040506")));
    await forwarder.until(() => forwarder.unacked === 0, "a PUSH_ACK");
    forwarder.close();
    expect(await agent.stop()).toBe(0);
  }, 300_000);
});

describe("the package", () => {
  test("installs into a scratch root, and what it brings runs there", () => {
    const scratch = join(folder, "root-amd64");
    install(deb("amd64"), scratch);
    const program = join(scratch, "usr/bin/hotspot-agent");
    expect(statSync(program).mode & 0o777).toBe(0o755);
    for (const path of ["lib/systemd/system/hotspot-agent.service", "usr/share/doc/hotspot-agent/hotspot-owner.md"]) {
      expect(statSync(join(scratch, path)).mode & 0o777).toBe(0o644);
    }
    if (process.arch === "x64") expect(execFileSync(program, ["--version"]).toString().trim()).toBe(version);
    const status = readFileSync(join(scratch, "var/lib/dpkg/status"), "utf8");
    expect(status).toContain("Package: hotspot-agent\nStatus: install ok installed\n");
  });

  test("is one for arm64 too", () => {
    const scratch = join(folder, "root-arm64");
    install(deb("arm64"), scratch);
    const run = [...emulator(), join(scratch, "usr/bin/hotspot-agent"), "--version"];
    expect(execFileSync(run[0]!, run.slice(1)).toString().trim()).toBe(version);
  });

  test("leaves the key behind when it is removed", () => {
    const scratch = join(folder, "root-removed");
    install(deb("amd64"), scratch);
    mkdirSync(join(scratch, "var/lib/earshot/keys"), { recursive: true });
    execFileSync("touch", [join(scratch, "var/lib/earshot/keys/hotspot.key")]);
    uninstall("--purge", scratch);
    expect(existsSync(join(scratch, "usr/bin/hotspot-agent"))).toBe(false);
    expect(existsSync(join(scratch, "var/lib/earshot/keys/hotspot.key"))).toBe(true);
  });

  test("enables its unit once: an owner who disabled it finds it so after an upgrade, and after it was away", () => {
    const scratch = join(folder, "root-disabled");
    const link = join(scratch, "etc/systemd/system/multi-user.target.wants/hotspot-agent.service");
    const isEnabled = () => lstatSync(link, { throwIfNoEntry: false }) !== undefined;
    install(deb("amd64"), scratch);
    expect(isEnabled()).toBe(true);
    install(deb("amd64"), scratch);
    expect(isEnabled()).toBe(true);
    rmSync(link);
    install(deb("amd64"), scratch);
    uninstall("--remove", scratch);
    install(deb("amd64"), scratch);
    expect(isEnabled()).toBe(false);
    uninstall("--purge", scratch);
    install(deb("amd64"), scratch);
    expect(isEnabled()).toBe(true);
    uninstall("--purge", scratch);
    expect(isEnabled()).toBe(false);
  });

  test("is installed, upgraded and removed whether the agent starts or not", () => {
    const stubs = join(folder, "stubs");
    const systemd = join(folder, "run-systemd");
    for (const at of [stubs, systemd]) mkdirSync(at);
    const calls = join(folder, "calls");
    for (const name of ["getent", "install", "adduser", "deb-systemd-helper"]) stub(stubs, name, calls, 0);
    for (const name of ["systemctl", "deb-systemd-invoke"]) stub(stubs, name, calls, 1);
    const run = (script: string, ...args: string[]) => {
      const text = readFileSync(join(root, "hotspot-agent/packaging/deb", script), "utf8");
      const here = text.replaceAll("/run/systemd/system", systemd).replaceAll("/var/lib/earshot", systemd);
      const env = { PATH: `${stubs}:/usr/bin:/bin` };
      const { status, stderr } = spawnSync("sh", ["-c", here, script, ...args], { env });
      return [status, stderr.toString()];
    };
    const advice = expect.stringContaining("it does not run");
    expect(run("postinst", "configure")).toEqual([0, advice]);
    expect(run("postinst", "configure", "0.0.9")).toEqual([0, advice]);
    expect(run("postinst", "abort-remove")).toEqual([0, advice]);
    expect(run("prerm", "upgrade", "0.2.0")).toEqual([0, ""]);
    expect(run("prerm", "remove")).toEqual([0, ""]);
    expect(run("postrm", "remove")).toEqual([0, ""]);
    expect(run("postrm", "purge")).toEqual([0, expect.stringContaining("kept")]);
    expect(readFileSync(calls, "utf8")).toContain("deb-systemd-invoke stop hotspot-agent.service\n");
  });
});

describe("the unit", () => {
  test("is right in systemd's eyes, and hardened", () => {
    const scratch = join(folder, "root-unit");
    install(deb("amd64"), scratch);
    const unit = join(scratch, "lib/systemd/system/hotspot-agent.service");
    // Its own root has no targets and no documentation viewer: the unit itself is looked at here, with its program in place.
    const local = readFileSync(unit, "utf8").replace("/usr/bin/hotspot-agent", join(scratch, "usr/bin/hotspot-agent"));
    const copy = join(folder, "hotspot-agent.service");
    writeFileSync(copy, local);
    const verified = spawnSync("systemd-analyze", ["verify", "--man=no", copy]);
    if (verified.error !== undefined) throw new Error("systemd-analyze is missing: install the Debian package systemd");
    expect([verified.status, verified.stderr.toString()]).toEqual([0, ""]);
    // Of 100; lower is better. 96 is an ordinary service.
    const exposed = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=15", copy]);
    expect(exposed.stdout.toString()).toContain("OK");
    expect(exposed.status).toBe(0);
  });

  test.each(["WatchdogSec=30", "Type=notify", "StateDirectory=earshot", "User=earshot", "RestartPreventExitStatus=2"])(
    "says %s",
    (line) => {
      expect(readFileSync(join(root, "hotspot-agent/packaging/hotspot-agent.service"), "utf8").split("\n")).toContain(
        line,
      );
    },
  );
});
