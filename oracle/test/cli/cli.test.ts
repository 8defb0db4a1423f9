import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readEpochInput, readEpochOutput, writeEpochOutput } from "../../src/epoch-folder/folder.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("cli");
const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
const run = folders.next();
/** The middle of San Francisco: a few dozen hotspots of the list. */
const PLACE = ["--near", "37.77,-122.42", "--radius-km", "2"];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function oracle(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    cwd: folders.root,
  });
  return { code: status, stdout, stderr };
}

/** The first piece of a stream. */
async function* firstOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    yield piece;
    return;
  }
}

/** Everything in a folder as one text, to compare two. */
function contents(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(folder.length)} ${readFileSync(path).toString("base64")}`);
}

beforeAll(() => {
  expect(oracle("simulate", ...PLACE, "--days", "2", "--seed", "cli", "--out", run)).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect(oracle("score", run)).toMatchObject({ code: 0, stderr: "" });
}, 120_000);

describe("oracle ingest-key", () => {
  test("makes the key once, for its owner alone, and says the same one from then on", () => {
    const folder = folders.next();
    const first = oracle("ingest-key", "--set", `data.folder=${folder}`);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^8[1-9A-Za-z]{50}\n$/);
    expect(statSync(join(folder, "ingest.key")).mode & 0o777).toBe(0o600);
    expect(oracle("ingest-key", "--set", `data.folder=${folder}`)).toEqual(first);
    const { stdout } = oracle("ingest-key", "--set", `ingest.key_file=${join(folder, "ingest.key")}`, "--json");
    expect(JSON.parse(stdout)).toEqual({ ingestKey: first.stdout.trim() });
  });

  test("does not make a key that the configuration names and that is not there", () => {
    const missing = join(folders.next(), "other.key");
    expect(oracle("ingest-key", "--set", `ingest.key_file=${missing}`)).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("there is no such file"),
    });
    expect(existsSync(missing)).toBe(false);
  });

  test("says what the system refused where its folder cannot be made", () => {
    expect(oracle("ingest-key", "--set", "data.folder=/proc/nothing")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ORC_WRITE_FAILED: \/proc\/nothing: E[A-Z]+\n$/),
    });
  });
});

describe("oracle simulate", () => {
  test("writes one chained folder per day, the same for the same seed", () => {
    expect(readdirSync(run).sort()).toEqual(["epoch-20759", "epoch-20760"]);
    const again = folders.next();
    const { stdout } = oracle("simulate", ...PLACE, "--days", "1", "--seed", "cli", "--out", again, "--json");
    const { epochs } = JSON.parse(stdout);
    expect(epochs).toMatchObject([{ epoch: 20759, folder: join(again, "epoch-20759") }]);
    const first = join(run, "epoch-20759");
    const inputs = contents(first).filter((file) => contents(join(again, "epoch-20759")).includes(file));
    expect(inputs).toEqual(contents(join(again, "epoch-20759")));
  });

  test("refuses a folder that holds the epoch already and a list that is not there", () => {
    expect(oracle("simulate", ...PLACE, "--out", run)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^ORC_BAD_OPTION: .*epoch-20759: is there already/),
    });
    expect(oracle("simulate", "--hotspots", "nowhere.csv", "--out", folders.next())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ORC_MISSING_FILE: nowhere\.csv: /),
    });
  });
});

describe("oracle score", () => {
  test("gives the same manifests on two workers with seven partitions", () => {
    const copy = folders.copy(run);
    const { stdout } = oracle("score", copy, "--workers", "2", "--partitions", "7", "--json");
    for (const { folder, manifestHash } of JSON.parse(stdout).epochs) {
      expect(manifestHash).toMatch(/^[0-9a-f]{64}$/);
      expect(readFileSync(join(folder, "manifest.json"))).toEqual(
        readFileSync(join(run, folder.slice(copy.length), "manifest.json")),
      );
    }
  });

  test("names the file of a damaged folder, writes nothing, and tells the code as JSON where JSON is asked for", () => {
    const copy = folders.next();
    cpSync(join(run, "epoch-20759"), copy, { recursive: true });
    appendFileSync(join(copy, "witnesses.arrow"), "x");
    const before = contents(copy);
    const { code, stdout, stderr } = oracle("score", copy, "--json");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ORC_DAMAGED_FILE: .*witnesses\.arrow: cut off or changed/);
    expect(JSON.parse(stdout).error.code).toBe("ORC_DAMAGED_FILE");
    expect(contents(copy)).toEqual(before);
  });
});

describe("oracle audit", () => {
  test("passes an honest run and its chain", () => {
    const { code, stdout, stderr } = oracle("audit", run);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^epoch 20759: .*all equal; manifest [0-9a-f]{64}\nepoch 20760: .*\naudit passed\n$/);
  });

  test("fails with file, column and row when a value was changed, in text and as JSON", async () => {
    const copy = folders.copy(run);
    const epoch = join(copy, "epoch-20760");
    const { tables, manifest } = readEpochOutput(epoch, readEpochInput(epoch));
    const data_atoms = tables.rewards.data_atoms.map((atoms, row) => (row === 7 ? atoms + 5n : atoms));
    await writeEpochOutput(epoch, { ...tables, rewards: { ...tables.rewards, data_atoms } }, manifest);
    const text = oracle("audit", copy);
    const file = join(epoch, "rewards.arrow");
    expect(text).toMatchObject({ code: 1, stderr: "" });
    expect(text.stdout).toContain(`${file}: data_atoms: row 7: another value`);
    expect(text.stdout).toMatch(/AUDIT FAILED\n$/);
    const json = oracle("audit", copy, "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      findings: [{ file, column: "data_atoms", row: 7, found: String(data_atoms[7]) }],
      epochs: [{ epoch: 20759, findings: [] }, { epoch: 20760 }],
    });
  });

  test("fails when the second day does not begin where the first ended", () => {
    const other = folders.next();
    oracle("simulate", ...PLACE, "--days", "1", "--seed", "another", "--out", other);
    oracle("score", other);
    const { code, stdout } = oracle("audit", join(other, "epoch-20759"), join(run, "epoch-20760"));
    expect(code).toBe(1);
    expect(stdout).toContain("epoch.json: previousManifestHash: not the hash of the previous epoch's manifest");
  });
});

describe("oracle explain", () => {
  test("explains the best paid hotspot so that its verdicts, shares and pay add up", () => {
    const epoch = join(run, "epoch-20760");
    const { rewards } = readEpochOutput(epoch, readEpochInput(epoch)).tables;
    const earned = Array.from(rewards.witness_atoms.subarray(0, -1));
    const row = earned.reduce((best, atoms, at) => (atoms > earned[best] ? at : best), 0);
    const { stdout } = oracle("explain", run, String(row), "--json");
    const { hotspot, pay, beacons, receptions } = JSON.parse(stdout);
    const sum = (parts: { shareE12: string }[]) => parts.reduce((all, { shareE12 }) => all + BigInt(shareE12), 0n);
    expect(sum(beacons)).toBe(BigInt(pay.beacon.sharesE12));
    expect(sum(receptions)).toBe(BigInt(pay.witness.sharesE12));
    expect(BigInt(pay.witness.atoms)).toBe(earned[row]);
    expect(BigInt(pay.atoms)).toBe(BigInt(pay.beacon.atoms) + BigInt(pay.witness.atoms) + BigInt(pay.dataAtoms));
    const byPrefix = oracle("explain", run, hotspot.key.slice(0, 12));
    const byKey = oracle("explain", run, hotspot.key);
    expect(byPrefix).toMatchObject({ code: 0, stderr: "", stdout: byKey.stdout });
    expect(byKey.stdout).toContain(`Hotspot ${hotspot.key} (row ${row})\n  epoch 20760 of earshot`);
    expect(byKey.stdout).toContain("Density: how much");
    expect(byKey.stdout).toContain("Cell weight: how far");
    expect(byKey.stdout).toMatch(/together +[0-9,]+ base units\n$/);
  });

  test("chooses the epoch, and refuses one that is not there and a hotspot nobody knows", () => {
    expect(oracle("explain", run, "0", "--epoch", "20759").stdout).toContain("epoch 20759 of earshot");
    expect(oracle("explain", run, "0", "--epoch", "1")).toMatchObject({ code: 2, stdout: "" });
    expect(oracle("explain", run, "999999")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ORC_UNKNOWN_HOTSPOT: row 999999 of \d+ hotspots/),
    });
    expect(oracle("explain", run, "8888888zzz").code).toBe(1);
    expect(oracle("explain", run, "8", "x")).toMatchObject({ code: 2 });
  });
});

describe("oracle tour", () => {
  test("simulates, scores, audits and sums up, in text and as JSON", () => {
    const { code, stdout, stderr } = oracle("tour", ...PLACE, "--seed", "cli");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const part of ["audited", "Witness reports by verdict", "Cells that earned most", "Hotspot ", "manifest"]) {
      expect(stdout).toContain(part);
    }
    expect(existsSync(join(folders.root, ".earshot", "tour", "epoch-20759", "manifest.json"))).toBe(true);
    const json = JSON.parse(oracle("tour", ...PLACE, "--seed", "cli", "--json").stdout);
    const manifest = JSON.parse(readFileSync(join(run, "epoch-20759", "manifest.json"), "utf8"));
    expect(json).toMatchObject({ ok: true, epoch: 20759, root: manifest.root });
    expect(json.topCells.length).toBeGreaterThan(0);
  });
});

describe("the command line", () => {
  test("prints help with exit code 0 for itself and every command", () => {
    expect(oracle("--help").stdout).toContain("COMMANDS");
    for (const command of ["simulate", "score", "audit", "explain", "tour"]) {
      const { code, stdout } = oracle(command, "--help");
      expect(code).toBe(0);
      expect(stdout).toContain(`oracle ${command}`);
      expect(stdout).toContain("--json");
    }
  });

  test("ends with 2 and prints nothing on stdout when it cannot be read", () => {
    const wrong = [
      ["explode"],
      ["score"],
      ["score", run, "--workers", "0"],
      ["score", run, "--colour"],
      ["simulate"],
      ["simulate", "--out", "x", "--days", "many"],
      ["simulate", "--out", "x", "--near", "91,0"],
      ["simulate", "--out", "x", "--radius-km", "5"],
      ["audit"],
      ["audit", run, "--epoch", "20759"],
      ["explain", run],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = oracle(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
      expect(stderr).not.toBe("");
    }
  });

  test("ends as if nothing were when its reader goes away", () => {
    const script = '("$0" "$@"; echo "code $?" >&2) | true';
    for (const args of [["--help"], ["explain", join(run, "epoch-20759"), "0", "--json"]]) {
      const { stderr } = spawnSync("sh", ["-c", script, process.execPath, main, ...args], { encoding: "utf8" });
      expect(stderr).toBe("code 0\n");
    }
  });

  test("says by its code that the command line is wrong where nobody reads the sentence", () => {
    const script = '("$0" "$@" 2>&1; echo "code $?" >&2) | true';
    const { stderr } = spawnSync("sh", ["-c", script, process.execPath, main, "scor"], { encoding: "utf8" });
    expect(stderr).toBe("code 2\n");
  });

  test("says in a line that an answer could not be written, and goes on where nothing can be said", () => {
    const full = (stream: string, ...args: string[]) => {
      const script = `"$0" "$@" ${stream}>/dev/full`;
      const { status, stderr } = spawnSync("sh", ["-c", script, process.execPath, main, ...args], { encoding: "utf8" });
      return { status, stderr };
    };
    for (const args of [["--help"], ["explain", join(run, "epoch-20759"), "0", "--json"]]) {
      expect(full("1", ...args)).toEqual({ status: 1, stderr: "ORC_WRITE_FAILED: standard output: ENOSPC\n" });
    }
    // The log of a service is such a stream, and a full disk is no reason to end.
    expect(full("2", "scor")).toEqual({ status: 2, stderr: "" });
  });

  test("says of a missing file what was expected there", () => {
    const missing = join(run, "nothing");
    const out = folders.next();
    const expected: [string[], string][] = [
      [["simulate", "--hotspots", missing, "--out", out], "expected a list of hotspots"],
      [["simulate", "--parameters", missing, "--out", out], "expected rules as a parameters.json"],
      [["score", missing], "expected an epoch folder, or a folder of them"],
      [["route", "list", "--wallet", missing], "expected a keypair file of solana-keygen, or the key file of a route"],
      [["route", "add", missing, "--wallet", main], "expected a route in TOML, or JSON where it ends in .json"],
    ];
    for (const [args, what] of expected) {
      expect(oracle(...args)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: `ORC_MISSING_FILE: ${missing}: no such file; ${what}\n`,
      });
    }
    expect(oracle("score", main).stderr).toBe(
      `ORC_MISSING_FILE: ${main}: not a folder; expected an epoch folder, or a folder of them\n`,
    );
  });

  test("writes no control characters, which other people's names and answers may hold, to a terminal", () => {
    const { stderr } = oracle("explain", join(run, "epoch-20759"), "\x1b]0;title\x07\u009b31mname\r");
    expect(stderr).toMatch(/^ORC_UNKNOWN_HOTSPOT: �\]0;title��31mname�: none of \d+ hotspots has a key like that\n$/);
  });

  test("says of an epoch that was simulated and not scored what to do first", () => {
    const simulated = folders.copy(join(run, "epoch-20759"));
    rmSync(join(simulated, "manifest.json"), { force: true });
    expect(oracle("explain", simulated, "0").stderr).toBe(
      `ORC_MISSING_FILE: ${simulated}: not scored; run \`oracle score\` first\n`,
    );
  });

  test("makes no route key for a command line of the meter that is wrong", () => {
    const key = join(folders.next(), "route.key");
    const { code, stderr } = oracle("meter", "--network", "x", "--ingest", "y", "--key", key);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "ORC_BAD_OPTION: --ingest: expected URL=KEY, as https://oracle.example=13…, got y\n",
    });
    expect(existsSync(key)).toBe(false);
  });

  test("says what a worker waits for that was started before its oracle", async () => {
    const folder = folders.next();
    mkdirSync(folder);
    const worker = Bun.spawn([process.execPath, main, "work", "--set", `data.folder=${folder}`], {
      stdout: "ignore",
      stderr: "pipe",
    });
    const [said] = await Array.fromAsync(firstOf(worker.stderr));
    worker.kill("SIGTERM");
    expect(new TextDecoder().decode(said)).toContain("waits for the plan that `oracle serve` writes into the store");
    expect(await worker.exited).toBe(0);
  });

  test("writes no progress where stderr is no terminal", () => {
    expect(oracle("audit", join(run, "epoch-20759")).stderr).toBe("");
  });
});
