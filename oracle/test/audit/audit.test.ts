import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AnyColumn,
  allocateColumns,
  type Columns,
  columnStride,
  permuteColumns,
  suspicionInTable,
  type TableDefinition,
  verdictsTable,
} from "@earshot/poc";
import { beforeAll, describe, expect, test } from "vitest";
import { auditFolder } from "../../src/audit/audit-folder.ts";
import { auditRun } from "../../src/audit/audit-run.ts";
import { findingText } from "../../src/audit/finding.ts";
import { encodeTable } from "../../src/epoch-folder/arrow.ts";
import { writeDurably } from "../../src/epoch-folder/durable-file.ts";
import {
  type FolderInput,
  readEpochInput,
  readEpochOutput,
  writeEpochInput,
  writeEpochOutput,
} from "../../src/epoch-folder/folder.ts";
import { OUTPUT_TABLES, type OutputTables, tableFile } from "../../src/epoch-folder/layout.ts";
import { loadUploads } from "../../src/load/load-uploads.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { EPOCH, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const folders = new TemporaryFolders("audit");
const played = smallEpoch();
const { input, records } = played;
const next = smallEpoch({ after: played });
const honest = folders.next();
let stored: OutputTables;
let manifest: Uint8Array;

beforeAll(async () => {
  await writeFolder(honest, input, records);
  await scoreFolder(honest);
  ({ tables: stored, manifest } = readEpochOutput(honest, input));
});

/** A copy of columns with the last value of one column changed by one. */
function changedLast<T extends TableDefinition>(columns: Columns<T>, name: string): Columns<T> {
  const column = (columns as Readonly<Record<string, AnyColumn>>)[name].slice();
  const last = column.length - 1;
  if (column instanceof BigUint64Array) column[last] ^= 1n;
  else column[last] ^= 1;
  return { ...columns, [name]: column };
}

async function findingsOf(folder: string): Promise<string[]> {
  const { findings } = await auditFolder(folder);
  return findings.map((finding) => findingText(finding).replace(`${folder}/`, ""));
}

describe("auditFolder", () => {
  test("finds nothing in an honest folder and tells what it read again", async () => {
    const audit = await auditFolder(honest);
    expect(audit.findings).toEqual([]);
    expect(audit).toMatchObject({ epoch: EPOCH, uploads: 106, reports: 110 });
    expect(audit.root).toEqual({
      hash: JSON.parse(new TextDecoder().decode(manifest)).root.hash,
      totalAtoms: JSON.parse(new TextDecoder().decode(manifest)).root.totalAtoms,
    });
  });

  test("finds on two threads, one of which scores what is stored meanwhile, what it finds on one", async () => {
    const [changedInput, changedOutput, damagedLog, unscorable] = Array.from({ length: 4 }, () =>
      folders.copy(honest),
    ) as [string, string, string, string];
    await writeEpochInput(changedInput, { ...input, beacons: changedLast(input.beacons, "tx_power_ddbm") });
    await writeEpochOutput(changedInput, stored, manifest);
    await writeEpochOutput(changedOutput, { ...stored, rewards: changedLast(stored.rewards, "data_atoms") }, manifest);
    appendFileSync(join(damagedLog, "uploads/000001.seg"), "x");
    // Two beacons of one log index cannot be brought into log order.
    const twice = { ...input.beacons, log_index: input.beacons.log_index.slice() };
    twice.log_index[1] = twice.log_index[0];
    await writeEpochInput(unscorable, { ...input, beacons: twice });
    await writeEpochOutput(unscorable, stored, manifest);
    for (const folder of [honest, changedInput, changedOutput, damagedLog, unscorable]) {
      const [alone, beside] = await Promise.all([1, 2].map((workers) => auditFolder(folder, { workers })));
      expect(beside).toEqual(alone);
      expect(alone?.findings.length, folder).toBeGreaterThanOrEqual(folder === honest ? 0 : 1);
    }
  });

  test("refuses a folder whose name says another epoch than its epoch.json", async () => {
    const root = folders.next();
    const [right, wrong] = [EPOCH, EPOCH + 1].map((named) => join(root, `epoch-${named}`)) as [string, string];
    for (const folder of [right, wrong]) cpSync(honest, folder, { recursive: true });
    expect(await findingsOf(right)).toEqual([]);
    expect(await findingsOf(wrong)).toEqual([
      `epoch.json: epoch: expected ${EPOCH + 1} as the folder's name says, got ${EPOCH}`,
    ]);
  });

  test("finds nothing when the rows of a stored table lie in another order", async () => {
    const folder = folders.copy(honest);
    const order = Uint32Array.from({ length: 100 }, (_, row) => 99 - row);
    const verdicts = permuteColumns(verdictsTable, stored.verdicts, order);
    await writeEpochOutput(folder, { ...stored, verdicts }, manifest);
    expect(await findingsOf(folder)).toEqual([]);
  });

  test("finds nothing in an epoch of one hotspot, of none, and without any upload", async () => {
    for (const [hotspots, keepsLog] of [
      [1, true],
      [0, true],
      [5, false],
    ] as const) {
      const small = smallEpoch({ hotspots, uploads: keepsLog });
      const folder = folders.next();
      await writeFolder(folder, small.input, small.records);
      const { output } = await scoreFolder(folder);
      expect(await findingsOf(folder)).toEqual([]);
      const { budgetAtoms, coverageAtoms, dataAtoms, treasuryAtoms } = output.summary;
      expect(coverageAtoms + dataAtoms + treasuryAtoms).toBe(budgetAtoms);
      // Nobody hears a lone hotspot.
      expect(coverageAtoms).toBe(0n);
    }
  });

  test("names file, column and row of one changed value in any column of any output table", async () => {
    for (const [field, table] of Object.entries(OUTPUT_TABLES)) {
      for (const { name, type } of table.columns) {
        const columns = stored[field as keyof OutputTables] as Columns<TableDefinition>;
        const rows = (columns as Readonly<Record<string, AnyColumn>>)[name].length / columnStride(type);
        // References out of range are refused before anything is compared; their own test is in folder.test.ts.
        if (["hotspot", "challenge", "reason"].includes(name)) continue;
        const isOrder = name === "log_index";
        expect(rows, `${table.name} has rows`).toBeGreaterThan(0);
        const folder = folders.copy(honest);
        await writeEpochOutput(folder, { ...stored, [field]: changedLast(columns, name) }, manifest);
        const findings = await findingsOf(folder);
        expect(findings, `${table.name}.${name}`).toHaveLength(1);
        const place = `${table.name}\\.arrow: `;
        const what = isOrder
          ? `POC_BAD_COLUMNS: ${table.name}\\.log_index: rows \\d+ and \\d+ share \\d+`
          : `${name}: row ${rows - 1}: another value \\(expected -?\\w+, found -?\\w+\\)`;
        expect(findings[0]).toMatch(new RegExp(`^${place}${what}$`));
        rmSync(folder, { recursive: true });
      }
    }
  });

  test("tells the first of several changed rows and how many there are", async () => {
    const folder = folders.copy(honest);
    const beacon_atoms = stored.rewards.beacon_atoms.map((atoms, row) => (row >= 2 && row < 5 ? atoms + 1n : atoms));
    await writeEpochOutput(folder, { ...stored, rewards: { ...stored.rewards, beacon_atoms } }, manifest);
    const expected = stored.rewards.beacon_atoms[2];
    expect(await findingsOf(folder)).toEqual([
      `rewards.arrow: beacon_atoms: row 2: another value (expected ${expected}, found ${expected + 1n}); 3 rows differ`,
    ]);
  });

  test("finds a changed row of the report tables and of the challenges, and says that the results follow from it", async () => {
    const changes: [Partial<FolderInput>, RegExp][] = [
      [
        {
          witnesses: { ...input.witnesses, rssi_ddbm: input.witnesses.rssi_ddbm.map((v, i) => (i === 9 ? v - 1 : v)) },
        },
        /^witnesses\.arrow: rssi_ddbm: row 9: another value/,
      ],
      [
        {
          beacons: {
            ...input.beacons,
            tx_power_ddbm: input.beacons.tx_power_ddbm.map((v, i) => (i === 4 ? v - 1 : v)),
          },
        },
        /^beacons\.arrow: tx_power_ddbm: row 4: another value/,
      ],
      [
        {
          packets: { ...input.packets, data_credits: input.packets.data_credits.map((v, i) => (i === 3 ? v + 7 : v)) },
        },
        /^packets\.arrow: data_credits: row 3: another value/,
      ],
      [
        {
          challenges: {
            ...input.challenges,
            frequency_hz: input.challenges.frequency_hz.map((v, i) => (i === 11 ? v + 1 : v)),
          },
        },
        /^challenges\.arrow: frequency_hz: row 11: another value/,
      ],
      [
        { chainsOut: { ...input.chainsOut, sequence: input.chainsOut.sequence.map((v, i) => (i === 2 ? v - 1n : v)) } },
        /^chains-out\.arrow: sequence: row 2: another value/,
      ],
      [
        { intake: { ...input.intake, accepted: 105 } },
        /^intake\.json: accepted: another value \(expected 106, found 105\)/,
      ],
    ];
    for (const [change, first] of changes) {
      const folder = folders.copy(honest);
      rmSync(join(folder, "uploads"), { recursive: true });
      await writeFolder(folder, { ...input, ...change }, records);
      await scoreFolder(folder);
      const findings = await findingsOf(folder);
      expect(findings[0]).toMatch(first);
      expect(findings.at(-1)).toMatch(/^manifest\.json: /);
    }
  });

  test("finds a report that was left out of the tables, and an upload that was left out of the log", async () => {
    const without = folders.copy(honest);
    rmSync(join(without, "uploads"), { recursive: true });
    await writeFolder(without, input, records.slice(1));
    await scoreFolder(without);
    const findings = await findingsOf(without);
    expect(findings[0]).toMatch(/^(beacons|witnesses|packets)\.arrow: row \d+: another number of rows/);
    expect(findings.some((text) => text.startsWith("intake.json: uploads"))).toBe(true);
  });

  test("finds a manifest that says something else, and one that is not canonical", async () => {
    const text = new TextDecoder().decode(manifest);
    const folder = folders.copy(honest);
    await writeEpochOutput(folder, stored, new TextEncoder().encode(text.replace('"beacons":20', '"beacons":21')));
    expect(await findingsOf(folder)).toEqual(["manifest.json: summary.beacons: another value (expected 20, found 21)"]);
    await writeEpochOutput(folder, stored, new TextEncoder().encode(JSON.stringify(JSON.parse(text), null, 1)));
    expect(await findingsOf(folder)).toEqual(["manifest.json: the right values, but not as canonical JSON (RFC 8785)"]);
    await writeEpochOutput(folder, stored, new TextEncoder().encode("{"));
    expect(await findingsOf(folder)).toEqual(["manifest.json: not JSON"]);
  });

  test("finds another parameter than the manifest was made with", async () => {
    const folder = folders.copy(honest);
    const parameters = { ...input.parameters, radio: { ...input.parameters.radio, rssiToleranceDdb: 90 } };
    await writeEpochInput(folder, { ...input, parameters });
    await writeEpochOutput(folder, stored, manifest);
    const findings = await findingsOf(folder);
    expect(findings.at(-1)).toMatch(/^manifest\.json: parameterHash: another value/);
  });

  test("names a file that was changed behind the list's back and still the row that changed", async () => {
    const folder = folders.copy(honest);
    const cells = changedLast(stored.cells, "clipped");
    writeDurably(join(folder, "cells.arrow"), await encodeTable(OUTPUT_TABLES.cells, cells));
    const findings = await findingsOf(folder);
    expect(findings).toHaveLength(2);
    expect(findings[0]).toMatch(/^cells\.arrow: cut off or changed: SHA-256 of its \d+ bytes/);
    expect(findings[1]).toMatch(/^cells\.arrow: clipped: row \d+: another value/);
  });

  test("names the damaged file where nothing can be recomputed", async () => {
    for (const name of ["uploads/000000.seg", "hotspots.arrow", "epoch.json", tableFile(OUTPUT_TABLES.shares)]) {
      const folder = folders.copy(honest);
      const path = join(folder, name);
      writeFileSync(path, readFileSync(path).subarray(0, 30));
      const findings = await findingsOf(folder);
      expect(findings.length).toBeGreaterThan(0);
      expect(findings[0]).toContain(name);
    }
    expect((await findingsOf(join(folders.root, "nowhere")))[0]).toContain("no such folder");
    const grown = folders.copy(honest);
    appendFileSync(join(grown, "output.sha256"), "x");
    expect((await findingsOf(grown))[0]).toBe("output.sha256: the end is missing");
  });
});

describe("auditRun", () => {
  async function writeRun(change: (second: FolderInput) => FolderInput): Promise<string[]> {
    const first = folders.copy(honest);
    const { manifestHash } = await scoreFolder(first);
    const second = folders.next();
    const chained: FolderInput = {
      ...next.input,
      header: { ...next.input.header, previousManifestHash: manifestHash },
      stateIn: stored.stateOut,
      servedIn: stored.servedOut,
      ledgerIn: stored.ledgerOut,
      suspicionIn: stored.suspicionOut!,
    };
    await writeFolder(second, change(chained), next.records);
    await scoreFolder(second);
    return [first, second];
  }

  test("finds nothing in two epochs of which the second begins where the first ended", async () => {
    const { epochs, findings } = await auditRun(await writeRun((second) => second));
    expect(findings).toEqual([]);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([EPOCH, EPOCH + 1]);
    expect(epochs[0].manifestHash).not.toBe(epochs[1].manifestHash);
  });

  test("finds nothing where the time for bills was shortened in between, and receipts wait that are older", async () => {
    const { rewards } = input.parameters;
    expect(input.pendingOut.epoch).toContain(EPOCH);
    const run = await writeRun((second) => {
      const parameters = { ...second.parameters, rewards: { ...rewards, billWithinEpochs: 1 } };
      const { intake, ...tables } = loadUploads(next.records, {
        ...second,
        parameters,
        network: second.header.network,
      });
      return { ...second, parameters, ...tables, intake };
    });
    const { findings } = await auditRun(run);
    expect(findings).toEqual([]);
    expect(readEpochInput(run[1]).pendingOut.epoch.length).toBe(0);
  });

  test("finds another state, another ledger and another predecessor than the first epoch left", async () => {
    const run = await writeRun((second) => ({
      ...second,
      header: { ...second.header, previousManifestHash: "1".repeat(64) },
      stateIn: changedLast(stored.stateOut, "last_beacon_ms"),
      ledgerIn: changedLast(stored.ledgerOut, "cumulative_atoms"),
      pendingIn: changedLast(input.pendingOut, "dev_addr"),
    }));
    const { findings } = await auditRun(run);
    expect(findings.map(({ file, column, what }) => [file.slice(run[1].length + 1), column, what])).toEqual([
      ["epoch.json", "previousManifestHash", "not the hash of the previous epoch's manifest"],
      ["state-in.arrow", "last_beacon_ms", "another value than state-out.arrow of the previous epoch"],
      ["ledger-in.arrow", "cumulative_atoms", "another value than ledger-out.arrow of the previous epoch"],
      ["pending-in.arrow", "dev_addr", "another value than pending-out.arrow of the previous epoch"],
    ]);
  });

  test("finds a first epoch that begins with a ledger, a demand or bills that no epoch left", async () => {
    const folder = folders.next();
    const { ledgerOut: ledgerIn, servedOut: servedIn } = stored;
    const pendingIn = { ...input.pendingOut, epoch: input.pendingOut.epoch.map((epoch) => epoch - 1) };
    await writeFolder(folder, { ...input, ledgerIn, servedIn, pendingIn }, records);
    await scoreFolder(folder);
    const { findings } = await auditRun([folder]);
    const what = "another number of rows; no epoch before it left any";
    const files = findings.slice(-3).map((finding) => finding.file.slice(folder.length + 1));
    expect(files).toEqual(["served-in.arrow", "ledger-in.arrow", "pending-in.arrow"]);
    expect(findings.slice(-3)).toMatchObject([{ what }, { what }, { what }]);
  });

  test("finds suspicion in the epoch in which detectors are switched on", async () => {
    const [first, second] = [folders.next(), folders.next()];
    const { anomaly: _none, ...parameters } = input.parameters;
    const { suspicionIn: _suspicion, conduct: _conduct, appeals: _appeals, ...before } = input;
    await writeFolder(first, { ...before, parameters }, records);
    const { manifestHash, output } = await scoreFolder(first);
    const { stateOut: stateIn, servedOut: servedIn, ledgerOut: ledgerIn } = output;
    const chained = {
      ...next.input,
      header: { ...next.input.header, previousManifestHash: manifestHash },
      ...{ stateIn, servedIn, ledgerIn },
    };
    const suspicionOf = async (suspicionIn: NonNullable<FolderInput["suspicionIn"]>) => {
      rmSync(second, { recursive: true, force: true });
      await writeFolder(second, { ...chained, suspicionIn }, next.records);
      await scoreFolder(second);
      return (await auditRun([first, second])).findings.map((finding) => findingText(finding).slice(second.length + 1));
    };
    expect(await suspicionOf(allocateColumns(suspicionInTable, 0))).toEqual([]);
    const rows = stored.suspicionOut!.clean_epochs.length;
    expect(rows).toBeGreaterThan(0);
    expect(await suspicionOf(stored.suspicionOut!)).toEqual([
      `suspicion-in.arrow: row 0: another number of rows; no epoch before it left any (expected 0 rows, found ${rows})`,
    ]);
  });

  test("finds a gap between epochs", async () => {
    const run = await writeRun((second) => second);
    const { findings } = await auditRun([run[1], run[0]]);
    expect(findings[0]).toMatchObject({ column: "epoch", expected: `${EPOCH + 2}`, found: `${EPOCH}` });
  });

  test("says of an epoch that is named twice that it does not follow, and compares it with nothing", async () => {
    const { findings } = await auditRun([honest, honest]);
    expect(findings).toMatchObject([{ column: "epoch", expected: `${EPOCH + 1}`, found: `${EPOCH}` }]);
  });
});
