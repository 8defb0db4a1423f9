import { describe, expect, test } from "vitest";
import {
  allocateColumns,
  anomalyInputTables,
  anomalyOutputTables,
  buildManifest,
  demo,
  type EpochInput,
  type EpochLog,
  earshot,
  hashTable,
  helium,
  inputTables,
  logTables,
  manifestHash,
  outputTables,
  parameterHash,
  permuteColumns,
  scoreEpoch,
  type TableDefinition,
  tableField,
  witnessesTable,
} from "../../src/index.ts";

describe("table hash", () => {
  const table = allocateColumns(witnessesTable, 3);
  table.log_index.set([0, 1, 2]);
  table.rssi_ddbm.set([-1000, 5, 258]);

  test("is SHA-256 of the little-endian values", () => {
    // printf '\x18\xfc\x05\x00\x02\x01' | sha256sum
    expect(hashTable(witnessesTable, table, 3).columns.rssi_ddbm).toBe(
      "3ec6fd201eb9e72c91b93975e1649f33da68072b99f4c9f1c9e910ad7488ef64",
    );
  });

  test("does not depend on the order of rows", () => {
    const mixed = permuteColumns(witnessesTable, table, Uint32Array.of(2, 0, 1));
    expect(hashTable(witnessesTable, mixed, 3)).toEqual(hashTable(witnessesTable, table, 3));
  });

  test("changes with any value", () => {
    const other = permuteColumns(witnessesTable, table, Uint32Array.of(0, 1, 2));
    other.snr_ddb[1] = 1;
    const before = hashTable(witnessesTable, table, 3).columns;
    const after = hashTable(witnessesTable, other, 3).columns;
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(["snr_ddb"]);
  });
});

describe("manifest", () => {
  const tables = (definitions: readonly TableDefinition[]) =>
    Object.fromEntries(definitions.map((table) => [tableField(table.name), allocateColumns(table, 0)]));
  const input = {
    ...(tables(inputTables) as unknown as EpochInput),
    parameters: earshot,
    header: { epoch: 20_600, previousManifestHash: "0".repeat(64), tokenPriceUsdE8: 50_000_000 },
  };
  const output = scoreEpoch(input);
  const uploads = { count: 0, sha256: "0".repeat(64), refused: {} };
  const log = { ...(tables(logTables) as unknown as EpochLog), network: 3, uploads };

  test("holds the network number, the uploads and every table that uploads are loaded with", () => {
    const manifest = buildManifest(input, output, log);
    expect(manifest).toMatchObject({ rules: "earshot", network: 3, uploads });
    const detectors = [...anomalyInputTables, ...anomalyOutputTables];
    const names = [...inputTables, ...logTables, ...outputTables, ...detectors].map(({ name }) => name);
    expect(Object.keys(manifest.tables).sort()).toEqual([...names].sort());
    const payers = { key: new Uint8Array(33).fill(2), payer: new Uint8Array(32) };
    expect(manifestHash(buildManifest(input, output, { ...log, payers }))).not.toBe(manifestHash(manifest));
    expect(manifestHash(buildManifest(input, output, { ...log, network: 4 }))).not.toBe(manifestHash(manifest));
  });

  test("has nothing of detectors under parameters without them, so that their manifests stay as they were", () => {
    const { anomaly: _, ...parameters } = earshot;
    const plain = { ...input, parameters };
    const { tables: hashes } = buildManifest(plain, scoreEpoch(plain));
    expect(Object.keys(hashes).sort()).toEqual([...inputTables, ...outputTables].map(({ name }) => name).sort());
    expect(parameterHash(parameters)).not.toBe(parameterHash(earshot));
  });

  test("of an epoch without a log has none of that", () => {
    const manifest = buildManifest(input, output);
    expect(manifest).not.toHaveProperty("network");
    expect(manifest).not.toHaveProperty("uploads");
    expect(manifest.tables).not.toHaveProperty("payers");
  });

  test("tells denied pairs apart, whatever order they were read in", () => {
    const of = (...deniedEdges: number[]) =>
      buildManifest({ ...input, deniedEdges: new Set(deniedEdges) }, output).deniedEdges;
    // printf '\x07\0\0\0\0\0\0\0\x00\0\0\0\0\x01\0\0' | sha256sum
    expect(of(2 ** 40, 7)).toEqual({
      count: 2,
      sha256: "cc68e233f211b5acc593fb15b79c0d3fa77e33b1ddd8300fcee0b3d5bd0a5915",
    });
    expect(of(7, 2 ** 40)).toEqual(of(2 ** 40, 7));
    expect(of(7)).not.toEqual(of(8));
    expect(buildManifest(input, output)).not.toHaveProperty("deniedEdges");
  });
});

describe("parameter hash", () => {
  test("of preset helium is what it was before there were detectors", () => {
    expect(helium).not.toHaveProperty("anomaly");
    expect(parameterHash(helium)).toBe("42cacf4a28b095ee3c7deffa316de555048b29afa2630f75fe113fbbcab047ab");
  });

  test("tells the presets apart, and does not depend on the order of fields", () => {
    const hashes = [earshot, helium, demo(120_000), demo(240_000)].map(parameterHash);
    expect(new Set(hashes).size).toBe(4);
    const { version, ...rest } = earshot;
    expect(parameterHash({ ...rest, version })).toBe(parameterHash(earshot));
  });
});
