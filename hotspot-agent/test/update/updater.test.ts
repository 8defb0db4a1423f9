import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyToText, signerFromEd25519Seed } from "@earshot/poc/protocol";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Clock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { Installation } from "../../src/update/installation.ts";
import { artefactFor, compareVersions, type Release, readRelease, releaseMessage } from "../../src/update/release.ts";
import { type Health, judgeTrial, MAX_TRIAL_STARTS, MIN_TRIAL_MS, TRIAL_MS } from "../../src/update/trial.ts";
import { beginTrial, runUpdater, type UpdaterOptions } from "../../src/update/updater.ts";

const signer = signerFromEd25519Seed(new Uint8Array(32).fill(7));
const key = keyToText(signer.publicKey);
const newBinary = Buffer.from("#!/bin/sh\necho 0.2.0\n");
const digest = createHash("sha256").update(newBinary).digest("hex");
const release: Release = {
  version: "0.2.0",
  minVersion: "0.1.0",
  artefacts: [{ arch: "x64", url: "https://releases.example.org/agent", sha256: digest, bytes: newBinary.length }],
};
const good: Health = { forwarders: 1, servers: 1, isDiskGood: true };

function signed(value: unknown, by = signer): Uint8Array {
  const signature = Buffer.from(by.sign(releaseMessage(value))).toString("base64");
  return Buffer.from(JSON.stringify({ release: value, signer: keyToText(by.publicKey), signature }));
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function fixture(change: Partial<UpdaterOptions> = {}, files: Readonly<Record<string, Uint8Array>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "earshot-update-"));
  folders.push(folder);
  const binary = join(folder, "hotspot-agent");
  writeFileSync(binary, "old");
  const installation = new Installation(binary, join(folder, "update"));
  const time = { nowMs: 0 };
  const clock: Clock = {
    nowMs: () => time.nowMs,
    wallMs: () => time.nowMs,
    // Time passes as fast as somebody waits for it.
    after(delayMs, task) {
      const timer = setTimeout(() => {
        time.nowMs += delayMs;
        task();
      }, 0);
      return () => clearTimeout(timer);
    },
  };
  const served: Readonly<Record<string, Uint8Array>> = {
    "https://releases.example.org/manifest.json": signed(release),
    "https://releases.example.org/agent": newBinary,
    ...files,
  };
  const telemetry = new Telemetry();
  const options: UpdaterOptions = {
    installation,
    currentVersion: "0.1.0",
    arch: "x64",
    url: "https://releases.example.org/manifest.json",
    key,
    intervalMs: 1000,
    health: () => good,
    clock,
    log: silentLog,
    telemetry,
    open: async (url) => {
      const bytes = served[url]!;
      return (async function* () {
        yield bytes.subarray(0, 5);
        yield bytes.subarray(5);
      })();
    },
    versionOf: async () => "0.2.0\n",
    checkConfig: async () => {},
    ...change,
  };
  /** Runs until it resolves by itself, or until a look failed. */
  const run = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const failures = telemetry.counter("agent_update_failures_total", "");
    const watch = setInterval(() => failures.value() > 0 && resolve(), 1);
    return runUpdater(options, promise).finally(() => clearInterval(watch));
  };
  return { binary, installation, run, options, time, content: () => readFileSync(binary, "utf8") };
}

describe("readRelease", () => {
  test("takes what its key signed", () => {
    expect(readRelease(signed(release), key)).toEqual(release);
  });

  test("refuses another signer, another text and every changed byte", () => {
    const other = signerFromEd25519Seed(new Uint8Array(32).fill(8));
    const manifest = signed(release);
    expect(() => readRelease(signed(release, other), key)).toThrow("another key");
    fc.assert(
      fc.property(fc.nat(manifest.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(manifest);
        changed[at] = changed[at]! ^ flip;
        expect(() => readRelease(changed, key)).toThrow("AGT_BAD_RELEASE");
      }),
    );
  });

  test("takes one text of a signature, not the others that decode to the same bytes", () => {
    const text = Buffer.from(signed(release)).toString();
    const [, before, last] = /"signature":"([A-Za-z0-9+/]{85})([A-Za-z0-9+/])==/.exec(text)!;
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const other = text.replace(`${before}${last}==`, `${before}${digits[digits.indexOf(last!) + 1]}==`);
    expect(() => readRelease(Buffer.from(other), key)).toThrow("its signature is no signature");
  });

  test.each([
    { ...release, version: "1" },
    { ...release, artefacts: [{ ...release.artefacts[0], url: "http://releases.example.org/agent" }] },
    { ...release, artefacts: [{ ...release.artefacts[0], bytes: 1e12 }] },
    { ...release, artefacts: "none" },
    null,
  ])("refuses a signed release that is not right: %j", (value) => {
    expect(() => readRelease(signed(value), key)).toThrow("AGT_BAD_RELEASE");
  });

  test("orders versions by number and offers only what is newer, allowed and for this machine", () => {
    expect([compareVersions("0.10.0", "0.9.9"), compareVersions("1.0.0", "1.0.0")]).toEqual([1, 0]);
    expect(artefactFor(release, "0.1.5", "x64")).toBe(release.artefacts[0]);
    expect(artefactFor(release, "0.2.0", "x64")).toBeUndefined();
    expect(artefactFor(release, "0.0.9", "x64")).toBeUndefined();
    expect(artefactFor(release, "0.1.0", "arm64")).toBeUndefined();
  });
});

describe("judgeTrial", () => {
  const trial = { version: "0.2.0", before: good, starts: 1 };
  const dead: Health = { forwarders: 0, servers: 0, isDiskGood: false };

  test.each<[string, number, Health, string]>([
    ["waits for a first minute", MIN_TRIAL_MS - 1, good, "wait"],
    ["keeps what works", MIN_TRIAL_MS, good, "keep"],
    ["waits for a version that is slow", TRIAL_MS - 1, dead, "wait"],
    ["goes back from one that never works", TRIAL_MS, dead, "roll-back"],
    ["goes back from one that works late but not at the end", TRIAL_MS, { ...good, servers: 0 }, "roll-back"],
  ])("%s", (_, ranMs, now, verdict) => {
    expect(judgeTrial(trial, ranMs, now)).toBe(verdict);
  });

  test("asks no more of the new version than the old one did", () => {
    expect(judgeTrial({ ...trial, before: dead }, MIN_TRIAL_MS, dead)).toBe("keep");
  });
});

describe("runUpdater", () => {
  test("puts a newer binary in place and asks for a restart", async () => {
    const { run, content, binary, installation } = fixture();
    expect(await run()).toBe("restart");
    expect(content()).toBe(newBinary.toString());
    expect(readFileSync(`${binary}.previous`, "utf8")).toBe("old");
    expect(installation.trial()).toEqual({ version: "0.2.0", before: good, starts: 0 });
  });

  test("keeps the new version when it works as the old one did", async () => {
    const { installation, options, content, binary } = fixture({ currentVersion: "0.2.0" });
    await swapIn(installation);
    const stopped = Promise.withResolvers<void>();
    // It looks for the next release once the trial is over.
    const open: UpdaterOptions["open"] = (url) => {
      stopped.resolve();
      return options.open(url);
    };
    expect(await runUpdater({ ...options, open }, stopped.promise)).toBe("stopped");
    expect(installation.trial()).toBeUndefined();
    expect(existsSync(`${binary}.previous`)).toBe(false);
    expect(content()).toBe(newBinary.toString());
  });

  test("goes back when the new version does not work, and never tries it again", async () => {
    const { installation, options, content } = fixture({
      currentVersion: "0.2.0",
      health: () => ({ ...good, servers: 0 }),
    });
    await swapIn(installation);
    expect(await runUpdater(options, new Promise(() => {}))).toBe("restart");
    expect(content()).toBe("old");
    expect(installation.rejected()).toEqual(["0.2.0"]);
    const stopped = Promise.withResolvers<void>();
    let opened = 0;
    const open: UpdaterOptions["open"] = (url) => {
      if (++opened === 3) stopped.resolve();
      return options.open(url);
    };
    expect(await runUpdater({ ...options, currentVersion: "0.1.0", open }, stopped.promise)).toBe("stopped");
    expect(content()).toBe("old");
  });

  test("goes back when the new version crashes again and again", async () => {
    const { installation, options, content } = fixture({ currentVersion: "0.2.0" });
    await swapIn(installation);
    for (let start = 0; start < MAX_TRIAL_STARTS; start++) expect(beginTrial(options)).toBe("go on");
    expect(content()).toBe(newBinary.toString());
    expect(beginTrial(options)).toBe("restart");
    expect(content()).toBe("old");
    expect(installation.rejected()).toEqual(["0.2.0"]);
    expect(beginTrial({ ...options, currentVersion: "0.1.0" })).toBe("go on");
  });

  test("forgets a trial that another version finds", async () => {
    const { installation, options } = fixture({ currentVersion: "0.3.0" });
    await swapIn(installation);
    expect(beginTrial(options)).toBe("go on");
    expect(installation.trial()).toBeUndefined();
  });

  test.each<[string, Partial<UpdaterOptions>, Readonly<Record<string, Uint8Array>>]>([
    [
      "is another than the signed one",
      {},
      { "https://releases.example.org/agent": Buffer.from("#!/bin/sh\necho 6.6.6\n") },
    ],
    [
      "is longer than the signed one",
      {},
      { "https://releases.example.org/agent": Buffer.concat([newBinary, newBinary]) },
    ],
    ["says another version", { versionOf: async () => "0.3.0" }, {}],
    ["does not run", { versionOf: () => Promise.reject(new Error("exec format error")) }, {}],
    [
      "does not take the configuration",
      { checkConfig: () => Promise.reject(new Error("AGT_BAD_CONFIG: hotspot.colour: no such key")) },
      {},
    ],
    ["has no signed release", {}, { "https://releases.example.org/manifest.json": Buffer.from("{}") }],
  ])("leaves the binary alone when the new one %s", async (_, change, files) => {
    const { run, content, installation } = fixture(change, files);
    expect(await run()).toBe("stopped");
    expect(content()).toBe("old");
    expect(installation.trial()).toBeUndefined();
  });

  test("takes no binary of which the disk took a part", () => {
    const { binary } = fixture();
    // Files may have 64 KiB here: the first write says that it was a short one.
    const limited = ["bash", "-c", 'trap "" XFSZ; ulimit -f 64; exec "$@"', "bash"];
    const child = [process.execPath, join(import.meta.dirname, "receive-child.ts")];
    const { stdout } = Bun.spawnSync([...limited, ...child, binary, join(binary, "../update"), "100000"]);
    expect(stdout.toString()).toMatch(/AGT_UPDATE_FAILED.*cannot write/);
    expect(existsSync(`${binary}.next`)).toBe(false);
  });

  test("fetches a binary once, however often it is not taken, and again when it is damaged", async () => {
    const { options, binary, installation } = fixture();
    let fetched = 0;
    const looks = (count: number) => {
      const stopped = Promise.withResolvers<void>();
      let left = count;
      const open: UpdaterOptions["open"] = (url) => {
        if (url.endsWith("/agent")) fetched++;
        else if (left-- === 0) stopped.resolve();
        return options.open(url);
      };
      const checkConfig = () => Promise.reject(new Error("AGT_BAD_CONFIG"));
      return runUpdater({ ...options, open, checkConfig }, stopped.promise);
    };
    await looks(4);
    expect(fetched).toBe(1);
    expect(readFileSync(`${binary}.next`)).toEqual(newBinary);
    writeFileSync(`${binary}.next`, "#!/bin/sh\necho 0.2.1\n");
    await looks(2);
    expect(fetched).toBe(2);
    expect(statSync(`${binary}.next`).mode & 0o777).toBe(0o755);
    expect(installation.trial()).toBeUndefined();
  });

  /** Nothing can be written where a folder stands; what is there can be renamed and removed, as on a full disk. */
  function fill(binary: string, ...names: readonly string[]): void {
    for (const name of names) mkdirSync(join(binary, "../update", `${name}.new`));
  }

  test("goes back from a version whose starts cannot be counted, and is not through with it", async () => {
    const { installation, options, content, binary } = fixture({ currentVersion: "0.2.0" });
    await swapIn(installation);
    fill(binary, "trial.json");
    expect(beginTrial(options)).toBe("restart");
    expect(content()).toBe("old");
    expect(installation.rejected()).toEqual([]);
  });

  test("goes back although the disk does not take the version's name", async () => {
    const { installation, options, content, binary } = fixture({ currentVersion: "0.2.0" });
    await swapIn(installation);
    for (let start = 0; start < MAX_TRIAL_STARTS; start++) expect(beginTrial(options)).toBe("go on");
    fill(binary, "rejected.json");
    expect(beginTrial(options)).toBe("restart");
    expect(content()).toBe("old");
  });

  test("goes on with a version on trial when the disk lets nothing be done about it", async () => {
    const { installation, options } = fixture({ currentVersion: "0.2.0" });
    await swapIn(installation);
    const refuse = () => {
      throw new Error("EROFS: read-only file system");
    };
    const stuck = Object.assign(Object.create(installation), {
      trial: () => ({ version: "0.2.0", before: good, starts: 1 }),
      countStart: refuse,
      reject: refuse,
      goBack: refuse,
      keep: refuse,
    }) as Installation;
    expect(beginTrial({ ...options, installation: stuck })).toBe("go on");
    expect(beginTrial({ ...options, installation: stuck, currentVersion: "0.3.0" })).toBe("go on");
    for (const now of [good, { ...good, servers: 0 }]) {
      const stopped = Promise.withResolvers<void>();
      const open: UpdaterOptions["open"] = (url) => {
        stopped.resolve();
        return options.open(url);
      };
      const running = runUpdater({ ...options, installation: stuck, open, health: () => now }, stopped.promise);
      expect(await running).toBe("stopped");
    }
  });

  async function swapIn(installation: Installation): Promise<void> {
    async function* chunks() {
      yield newBinary;
    }
    await installation.receive(release.artefacts[0]!, chunks());
    installation.swap({ version: "0.2.0", before: good, starts: 0 });
  }
});
