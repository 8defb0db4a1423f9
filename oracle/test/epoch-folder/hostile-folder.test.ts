/** Folders that a faulty or hostile writer sealed consistently: refused with the file's name, never an uncoded throw, never believed. */
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { permuteColumns, rewardsTable, sharesTable } from "@earshot/poc";
import { beforeAll, describe, expect, test } from "vitest";
import { auditFolder } from "../../src/audit/audit-folder.ts";
import { sha256Hex } from "../../src/epoch-folder/durable-file.ts";
import { readEpochInput, readEpochOutput, writeEpochOutput } from "../../src/epoch-folder/folder.ts";
import { jsonFile, parseParameters } from "../../src/epoch-folder/parameters-file.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { EPOCH, smallEpoch } from "../small-epoch.ts";
import { messageOf, TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const folders = new TemporaryFolders("hostile");
const { input, records } = smallEpoch();
const whole = folders.next();

beforeAll(async () => {
  await writeFolder(whole, input, records);
  await scoreFolder(whole);
});

function replaceByPipe(path: string): void {
  rmSync(path);
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
}

/** Writes the lists anew, as a hostile writer would. */
function reseal(folder: string): void {
  for (const list of ["input.sha256", "output.sha256"]) {
    const names = readFileSync(join(folder, list), "utf8").trimEnd().split("\n");
    const lines = names.map((line) => `${sha256Hex(readFileSync(join(folder, line.slice(66))))}  ${line.slice(66)}\n`);
    writeFileSync(join(folder, list), lines.join(""));
  }
}

describe("scoring", () => {
  test("refuses a folder whose raw uploads are gone, cut off or strange, by the file's name", async () => {
    const damages: [string, (folder: string) => void][] = [
      ["uploads/000001.seg", (folder) => rmSync(join(folder, "uploads/000001.seg"))],
      ["uploads/000000.seg", (folder) => truncateSync(join(folder, "uploads/000000.seg"), 100)],
      [
        "uploads",
        (folder) => {
          rmSync(join(folder, "uploads"), { recursive: true });
          writeFileSync(join(folder, "uploads"), "");
        },
      ],
    ];
    for (const [name, damage] of damages) {
      const folder = folders.copy(whole);
      damage(folder);
      expect(await messageOf(() => scoreFolder(folder))).toMatch(new RegExp(`^ORC_[A-Z_]+: .*${name}`));
    }
  });
});

describe("a folder with a pipe in place of a file", () => {
  test("is refused by the file's name; nobody waits for a writer", async () => {
    const pipes = ["epoch.json", "witnesses.arrow", "input.sha256", "uploads/000001.seg"];
    for (const name of pipes) {
      const folder = folders.copy(whole);
      replaceByPipe(join(folder, name));
      expect(await messageOf(() => scoreFolder(folder))).toMatch(
        new RegExp(`^ORC_DAMAGED_FILE: .*${name}: expected a file, got a pipe$`),
      );
    }
    const folder = folders.copy(whole);
    replaceByPipe(join(folder, "verdicts.arrow"));
    const { findings } = await auditFolder(folder);
    expect(findings).toMatchObject([{ file: join(folder, "verdicts.arrow"), what: "expected a file, got a pipe" }]);
  });
});

describe("an output half", () => {
  test("of another epoch is refused", async () => {
    const other = smallEpoch({ epoch: EPOCH + 1 });
    const from = folders.next();
    await writeFolder(from, other.input, other.records);
    await scoreFolder(from);
    const folder = folders.copy(whole);
    const input256 = readFileSync(join(folder, "output.sha256"), "utf8");
    for (const line of input256.trimEnd().split("\n"))
      copyFileSync(join(from, line.slice(66)), join(folder, line.slice(66)));
    copyFileSync(join(from, "output.sha256"), join(folder, "output.sha256"));
    expect(await messageOf(() => readEpochOutput(folder, readEpochInput(folder)))).toMatch(/^ORC_DAMAGED_FILE: /);
  });
});

describe("tables by hotspot", () => {
  test("are refused when they lack a hotspot's row", async () => {
    for (const [field, table] of [
      ["shares", sharesTable],
      ["rewards", rewardsTable],
    ] as const) {
      const folder = folders.copy(whole);
      const { tables, manifest } = readEpochOutput(whole, input);
      const rows = tables[field].hotspot.length - 1;
      const cut = permuteColumns(
        table,
        tables[field] as never,
        Uint32Array.from({ length: rows }, (_, row) => row),
      );
      await writeEpochOutput(folder, { ...tables, [field]: cut }, manifest);
      const message = await messageOf(() => readEpochOutput(folder, input));
      expect(message).toMatch(new RegExp(`^ORC_BAD_ROW: .*${field}\\.arrow: hotspot: row ${rows}: `));
    }
  });
});

describe("auditing", () => {
  test("finds JSON that is nested a hundred thousand deep, whatever field it stands in", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const places: [string, string][] = [
      ["parameters.json", "version"],
      ["epoch.json", "epoch"],
      ["intake.json", "refused"],
      ["manifest.json", "root"],
    ];
    for (const [name, field] of places) {
      const folder = folders.copy(whole);
      const value = JSON.parse(readFileSync(join(folder, name), "utf8"));
      writeFileSync(join(folder, name), JSON.stringify({ ...value, [field]: "@" }).replace('"@"', deep));
      reseal(folder);
      const audit = await auditFolder(folder);
      expect(audit.findings[0]?.file).toBe(join(folder, name));
    }
  });
});

describe("parameters.json", () => {
  test("may not have fields that are called like members of every object", async () => {
    for (const name of ["toString", "constructor", "hasOwnProperty"]) {
      const bytes = jsonFile({ ...input.parameters, [name]: 5 });
      expect(await messageOf(() => parseParameters(bytes, "parameters.json"))).toMatch(/unknown field/);
    }
  });

  test("may not leave out the checks that everything after them relies on", async () => {
    for (const list of ["beaconChecks", "witnessChecks"] as const) {
      for (const name of ["gateway_not_found", "not_asserted"]) {
        const checks = input.parameters[list].filter((check) => check !== name);
        const bytes = jsonFile({ ...input.parameters, [list]: checks });
        expect(await messageOf(() => parseParameters(bytes, "parameters.json"))).toMatch(/^ORC_BAD_HEADER: /);
      }
    }
  });
});
