import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import {
  type AnyColumn,
  allocateColumns,
  inputTables,
  outputTables,
  packetsTable,
  stateInTable,
  stateOutTable,
  witnessesTable,
} from "@earshot/poc";
import { RecordBatchReader } from "apache-arrow";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { decodeTable, encodeTable } from "../../src/epoch-folder/arrow.ts";
import { randomColumns } from "./random-columns.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-arrow-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const soak = Number(process.env.EARSHOT_SOAK ?? 1);

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

/** The Python program that reads a file with pyarrow and prints what it found. */
const READ_WITH_PYARROW = `
import json, sys
import pyarrow as pa
with pa.memory_map(sys.argv[1]) as source:
    table = pa.ipc.open_file(source).read_all()
table.validate(full=True)
print(json.dumps({
    "types": {f.name: str(f.type) for f in table.schema},
    "nullable": [f.name for f in table.schema if f.nullable],
    "meaning": table.schema.field("packet_hash").metadata[b"meaning"].decode(),
    "rows": [{k: v.hex() if isinstance(v, bytes) else v for k, v in row.items()} for row in table.to_pylist()],
}))
`;

interface Foreign {
  readonly types: Record<string, string>;
  readonly nullable: string[];
  readonly meaning: string;
  readonly rows: Record<string, string | number>[];
}

/** What a reader that shares no code with the writer's caller sees: pyarrow where EARSHOT_PYARROW names a Python, else arrow-js row objects. */
function readElsewhere(path: string, bytes: Uint8Array): Foreign {
  const python = process.env.EARSHOT_PYARROW;
  if (python !== undefined && python !== "") {
    const run = spawnSync(python, ["-c", READ_WITH_PYARROW, path], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    return JSON.parse(run.stdout);
  }
  const reader = RecordBatchReader.from(bytes).open({ autoDestroy: false });
  const names: Record<string, string> = {
    Uint8: "uint8",
    Uint16: "uint16",
    Uint32: "uint32",
    "FixedSizeBinary[32]": "fixed_size_binary[32]",
  };
  return {
    types: Object.fromEntries(reader.schema.fields.map((field) => [field.name, names[String(field.type)]])),
    nullable: reader.schema.fields.filter((field) => field.nullable).map((field) => field.name),
    meaning: reader.schema.fields.find((field) => field.name === "packet_hash")?.metadata.get("meaning") ?? "",
    rows: Array.from(reader.isFile() ? (reader.readRecordBatch(0) ?? []) : [], (row) =>
      Object.fromEntries(
        Object.entries(row?.toJSON() ?? {}).map(([name, value]) => [
          name,
          value instanceof Uint8Array ? Buffer.from(value).toString("hex") : Number(value),
        ]),
      ),
    ),
  };
}

describe("an Arrow file of a table", () => {
  test("reads back in another Arrow implementation with the same types, meanings and values", async () => {
    const columns = randomColumns(packetsTable, 5, 1);
    const bytes = concat(await encodeTable(packetsTable, columns));
    const path = join(folder, "packets.arrow");
    writeFileSync(path, bytes);
    const { types, nullable, meaning, rows } = readElsewhere(path, bytes);
    expect(types).toEqual({
      log_index: "uint32",
      hotspot: "uint32",
      receive_offset_ms: "uint32",
      packet_hash: "fixed_size_binary[32]",
      phy_bytes: "uint16",
      dev_addr: "uint32",
      payer: "fixed_size_binary[32]",
      data_credits: "uint32",
    });
    expect(nullable).toEqual([]);
    expect(meaning).toBe("SHA-256 of the PHYPayload");
    expect(rows).toHaveLength(5);
    expect(rows[3]).toEqual({
      log_index: columns.log_index[3],
      hotspot: columns.hotspot[3],
      receive_offset_ms: columns.receive_offset_ms[3],
      packet_hash: Buffer.from(columns.packet_hash.subarray(96, 128)).toString("hex"),
      phy_bytes: columns.phy_bytes[3],
      dev_addr: columns.dev_addr[3],
      payer: Buffer.from(columns.payer.subarray(96, 128)).toString("hex"),
      data_credits: columns.data_credits[3],
    });
  });

  test("gives back every table's columns, empty ones and single rows included", async () => {
    for (const table of [...inputTables, ...outputTables]) {
      for (const rows of [0, 1, 7, 64]) {
        const columns = randomColumns(table, rows, rows + table.name.length);
        const bytes = concat(await encodeTable<typeof table>(table, columns as never));
        expect(decodeTable<typeof table>(table, bytes, `${table.name}.arrow`)).toEqual(columns as never);
      }
    }
  });

  test("is read without a copy: columns are views of the file's bytes", async () => {
    const bytes = concat(await encodeTable(witnessesTable, randomColumns(witnessesTable, 1000, 3)));
    const columns = decodeTable(witnessesTable, bytes, "witnesses.arrow");
    for (const column of Object.values(columns) as AnyColumn[]) expect(column.buffer).toBe(bytes.buffer);
  });

  test("is written without a copy: chunks are views of the columns", async () => {
    const columns = randomColumns(witnessesTable, 4096, 3);
    const chunks = await encodeTable(witnessesTable, columns);
    for (const column of Object.values(columns) as AnyColumn[]) {
      expect(chunks.some((chunk) => chunk.buffer === column.buffer)).toBe(true);
    }
  });

  test("is split into record batches above the limit and joined again", async () => {
    const columns = randomColumns(packetsTable, 10, 4);
    const bytes = concat(await encodeTable(packetsTable, columns, 3 * 86));
    const reader = RecordBatchReader.from(bytes).open({ autoDestroy: false });
    expect(reader.isFile() && reader.numRecordBatches).toBe(4);
    expect(decodeTable(packetsTable, bytes, "packets.arrow")).toEqual(columns);
  });
});

describe("decodeTable", () => {
  const code = async (run: () => unknown): Promise<string> => {
    try {
      await run();
    } catch (error) {
      return error instanceof CodedError ? error.message : `uncoded: ${error}`;
    }
    return "no error";
  };

  test("refuses another table of the same columns, another schema, and another kind of file", async () => {
    const state = concat(await encodeTable(stateOutTable, allocateColumns(stateOutTable, 2)));
    expect(await code(() => decodeTable(stateInTable, state, "state-in.arrow"))).toBe(
      "ORC_FOREIGN_FILE: state-in.arrow: expected the table state-in, got state-out",
    );
    const shorter = { ...stateInTable, columns: stateInTable.columns.slice(0, -1) };
    const short = concat(await encodeTable(shorter, allocateColumns(shorter, 2)));
    expect(await code(() => decodeTable(stateInTable, short, "state-in.arrow"))).toBe(
      "ORC_FOREIGN_FILE: state-in.arrow: column 3: expected last_witness_ms Uint64, got no column",
    );
    expect(await code(() => decodeTable(stateInTable, new TextEncoder().encode("PAR1PAR1PAR1"), "x.arrow"))).toMatch(
      /^ORC_FOREIGN_FILE: x\.arrow: not an Arrow file/,
    );
  });

  test("refuses a file cut off at any length", async () => {
    const bytes = concat(await encodeTable(packetsTable, randomColumns(packetsTable, 3, 5)));
    for (let length = 0; length < bytes.length; length++) {
      const message = await code(() => decodeTable(packetsTable, bytes.slice(0, length), "packets.arrow"));
      expect(message, `cut to ${length}`).toMatch(/^ORC_(DAMAGED|FOREIGN)_FILE: packets\.arrow: /);
    }
  });

  test("answers damaged metadata with a coded error or the right number of rows, never a raw throw", async () => {
    const original = concat(await encodeTable(packetsTable, randomColumns(packetsTable, 3, 6)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        async (flips) => {
          const bytes = original.slice();
          for (const [at, mask] of flips) bytes[at] ^= mask;
          let rows: number | undefined;
          const message = await code(() => {
            rows = decodeTable(packetsTable, bytes, "packets.arrow").log_index.length;
          });
          if (message === "no error") expect(rows).toBeGreaterThanOrEqual(0);
          else expect(message).toMatch(/^ORC_[A-Z_]+: packets\.arrow: /);
        },
      ),
      { numRuns: 3000 * soak },
    );
  });
});
