import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { addTable, Dump, type DumpColumn, writeDump } from "../../bench/dump.ts";
import { allocateColumns, challengesTable } from "../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-dump-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("dump", () => {
  test("begins with its magic, its version and the number of columns, and aligns columns to 64 bytes", () => {
    const path = join(folder, "layout");
    writeDump(
      path,
      new Map<string, DumpColumn>([
        ["a", Uint8Array.of(7)],
        ["b.c", Int32Array.of(-2)],
      ]),
    );
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, 16).toString("latin1")).toBe("EARBENCH\x01\0\0\0\x02\0\0\0");
    expect(bytes.subarray(16, 19).toString("latin1")).toBe("a\0\0");
    const offsets = [0, 1].map((entry) => Number(bytes.readBigUInt64LE(16 + 64 * entry + 48)));
    expect(offsets).toEqual([192, 256]);
    expect(bytes[192]).toBe(7);
    expect(bytes.readInt32LE(256)).toBe(-2);
  });

  test("reads back what was written, columns and whole tables", () => {
    const path = join(folder, "tables");
    const challenges = allocateColumns(challengesTable, 3);
    challenges.challenge_id.set([1, 2, 3], 64);
    challenges.minute.set([4, 5, 6]);
    const columns = new Map<string, DumpColumn>([["peer.x", Int32Array.of(1, -1)]]);
    addTable(columns, challengesTable, challenges);
    writeDump(path, columns);
    const dump = new Dump(path);
    expect(dump.read("peer.x", Int32Array)).toEqual(Int32Array.of(1, -1));
    expect(dump.length("peer.x")).toBe(2);
    expect(dump.table(challengesTable)).toEqual(challenges);
    dump.close();
  });

  test("refuses another file, a column that is not there, another width and a file that is cut short", () => {
    const path = join(folder, "bad");
    writeFileSync(path, "EARBENCX and more than sixteen bytes");
    expect(() => new Dump(path)).toThrow("is not a dump of version 1");
    writeDump(path, new Map<string, DumpColumn>([["a", Uint32Array.of(1, 2)]]));
    const dump = new Dump(path);
    expect(() => dump.read("b", Uint8Array)).toThrow("no column b");
    expect(() => dump.read("a", Uint16Array)).toThrow("column a has width 4");
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    expect(() => new Dump(path).read("a", Uint32Array)).toThrow("cut short");
  });
});
