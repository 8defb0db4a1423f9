import { describe, expect, test } from "vitest";
import {
  allocateColumns,
  demo,
  earshot,
  hashTable,
  helium,
  parameterHash,
  permuteColumns,
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

describe("parameter hash", () => {
  test("tells the presets apart, and does not depend on the order of fields", () => {
    const hashes = [earshot, helium, demo(120_000), demo(240_000)].map(parameterHash);
    expect(new Set(hashes).size).toBe(4);
    const { version, ...rest } = earshot;
    expect(parameterHash({ ...rest, version })).toBe(parameterHash(earshot));
  });
});
