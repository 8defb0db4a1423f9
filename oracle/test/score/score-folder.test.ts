import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AnyColumn, beaconsTable, packetsTable, permuteColumns, witnessesTable } from "@earshot/poc";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { readEpochOutput } from "../../src/epoch-folder/folder.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { scoreInput } from "../../src/score/score-input.ts";
import { splitWitnesses } from "../../src/score/split-witnesses.ts";
import { smallEpoch } from "../small-epoch.ts";
import { messageOf, TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const folders = new TemporaryFolders("score");
const { input, records } = smallEpoch();
const folder = folders.next();
const soak = Number(process.env.EARSHOT_SOAK ?? 1);

beforeAll(() => writeFolder(folder, input, records));

async function manifestOf(path: string, options: { workers?: number; partitions?: number }): Promise<string> {
  await scoreFolder(path, options);
  return readFileSync(join(path, "manifest.json"), "utf8");
}

describe("scoreFolder", () => {
  test("writes what the engine gives, and reads it back the same", async () => {
    const { output, manifest } = await scoreFolder(folder);
    const stored = readEpochOutput(folder, input);
    const { tree: _tree, summary, ...tables } = output;
    expect(stored.tables).toEqual(tables);
    expect(JSON.parse(new TextDecoder().decode(stored.manifest))).toEqual(manifest);
    expect(summary).toMatchObject({ hotspots: 5, beacons: 20, witnesses: 80, packets: 10, dataCredits: 5n });
    expect(manifest.uploads).toEqual({ count: 106, sha256: input.intake.sha256, refused: {} });
  });

  test("gives the same manifest for 1, 2 and 7 partitions on 1, 2 and 3 workers", async () => {
    const expected = await manifestOf(folder, {});
    for (const workers of [1, 2, 3]) {
      for (const partitions of [1, 2, 7]) {
        expect(await manifestOf(folder, { workers, partitions }), `${workers} workers, ${partitions} parts`).toBe(
          expected,
        );
      }
    }
  });

  test("tells before each stage what comes, ascending, for one worker and for two", async () => {
    for (const workers of [1, 2]) {
      const stages: [number, string][] = [];
      const folder = folders.next();
      await writeFolder(folder, input, records);
      await scoreFolder(folder, { workers, onStage: (share, what) => stages.push([share, what]) });
      expect(stages.map(([, what]) => what)).toEqual(["reading", "judging", "paying", "writing"]);
      for (let i = 1; i < stages.length; i++) expect(stages[i][0]).toBeGreaterThan(stages[i - 1][0]);
      expect(stages[3][0]).toBeLessThan(1);
    }
  });

  test("gives the same manifest for rows in any file order", async () => {
    const expected = await manifestOf(folder, {});
    const shuffledRows = (rows: number) =>
      fc
        .shuffledSubarray(
          Array.from({ length: rows }, (_, row) => row),
          { minLength: rows },
        )
        .map((o) => Uint32Array.from(o));
    await fc.assert(
      fc.asyncProperty(shuffledRows(20), shuffledRows(80), shuffledRows(10), async (beacons, witnesses, packets) => {
        const shuffled = folders.next();
        await writeFolder(
          shuffled,
          {
            ...input,
            beacons: permuteColumns(beaconsTable, input.beacons, beacons),
            witnesses: permuteColumns(witnessesTable, input.witnesses, witnesses),
            packets: permuteColumns(packetsTable, input.packets, packets),
          },
          records,
        );
        expect(await manifestOf(shuffled, { partitions: 3 })).toBe(expected);
      }),
      { numRuns: 5 * soak },
    );
  });

  test("refuses absurd numbers of workers and partitions", async () => {
    for (const options of [{ workers: 0 }, { workers: 65 }, { partitions: 0 }, { partitions: 1.5 }]) {
      expect(await messageOf(() => scoreFolder(folder, options))).toMatch(/^ORC_BAD_OPTION: (workers|partitions): /);
    }
  });

  test("carries the engine's coded errors out of a worker", async () => {
    const broken = { ...input, witnesses: { ...input.witnesses, log_index: new Uint32Array(80) } };
    const inline = await messageOf(() => scoreInput(broken, { workers: 1, partitions: 2 }));
    expect(inline).toMatch(/^POC_BAD_COLUMNS: /);
    expect(await messageOf(() => scoreInput(broken, { workers: 2, partitions: 2 }))).toBe(inline);
  });
});

describe("splitWitnesses", () => {
  test("puts every row in exactly one part and rows of one payload in the same", () => {
    const parts = splitWitnesses(input.witnesses, 7);
    const places = parts.flatMap((part) => [...part.log_index]).sort((a, b) => a - b);
    expect(places).toEqual([...input.witnesses.log_index].sort((a, b) => a - b));
    const partOf = new Map<string, number>();
    for (const [index, part] of parts.entries()) {
      for (let row = 0; row < part.log_index.length; row++) {
        const payload = `${part.payload_key_hi[row]} ${part.payload_key_lo[row]}`;
        expect(partOf.get(payload) ?? index).toBe(index);
        partOf.set(payload, index);
      }
    }
    expect(partOf.size).toBe(20);
    for (const column of Object.values(parts[0]) as AnyColumn[]) expect(column.byteOffset).toBe(0);
  });
});
