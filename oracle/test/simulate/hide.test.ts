import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realFilePath } from "@earshot/fixtures";
import { cellDigit, cellFromBigInt, publicCell } from "@earshot/geo";
import { commitLocation, verifyOpening } from "@earshot/poc/protocol";
import { afterAll, describe, expect, test } from "vitest";
import { auditFolder } from "../../src/audit/audit-folder.ts";
import { type FolderInput, readEpochInput } from "../../src/epoch-folder/folder.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { commitmentOf } from "../../src/simulate/hide.ts";
import { simulate } from "../../src/simulate/index.ts";
import { messageOf } from "../temporary-folder.ts";

const scratch = mkdtempSync(join(tmpdir(), "earshot-hide-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function play(privateShare: number) {
  const { epochs, world } = await simulate({
    hotspotsCsv: realFilePath("hotspots/us-2020.csv"),
    near: { latDeg: 37.77, lngDeg: -122.42 },
    radiusKm: 2,
    days: 1,
    seed: 1,
    outDir: join(scratch, String(privateShare)),
    privateShare,
  });
  const folder = epochs[0]!.folder;
  return { folder, input: readEpochInput(folder), world };
}

/** Keys of the private hotspots. */
function hiddenKeys({ hotspots }: FolderInput): string[] {
  return [...hotspots.region.keys()]
    .filter((row) => hotspots.cell[row] === 0n && hotspots.cell_public[row] !== 0n)
    .map((row) => hotspots.key.subarray(33 * row, 33 * row + 33).toHex());
}

describe("a simulation with private hotspots", () => {
  test("hides as many as asked, the same and more of them for a greater share, and plays the same day", async () => {
    const [none, some, all] = [await play(0), await play(0.4), await play(1)];
    const placed = all.world.hotspots.filter(({ assertedCell }) => assertedCell !== undefined);
    expect(hiddenKeys(none.input)).toEqual([]);
    const isRegistered = new Set(hiddenKeys(all.input));
    expect(isRegistered.size).toBeGreaterThan(10);
    expect(isRegistered.size).toBeLessThanOrEqual(placed.length);
    const few = hiddenKeys(some.input);
    expect(few.length).toBeGreaterThan(0);
    expect(few.length).toBeLessThan(isRegistered.size);
    for (const key of few) expect(isRegistered).toContain(key);
    for (const { input } of [some, all]) {
      expect(input.challenges.minute.length).toBe(none.input.challenges.minute.length);
      expect(input.witnesses.rssi_ddbm.length).toBe(none.input.witnesses.rssi_ddbm.length);
    }
  });

  test("commits to the places, and an auditor finds nothing that he cannot recompute", async () => {
    const { folder, input, world } = await play(0.5);
    const hidden = new Set(hiddenKeys(input));
    const first = world.hotspots.find(({ signer }) => hidden.has(signer.publicKey.toHex()))!;
    const cell = first.assertedCell!;
    const commitment = commitmentOf(world, first, cell);
    const row = [...input.hotspots.region.keys()].find(
      (at) => input.hotspots.key.subarray(33 * at, 33 * at + 33).toHex() === first.signer.publicKey.toHex(),
    )!;
    expect(input.hotspots.location_commitment.slice(32 * row, 32 * row + 32)).toEqual(commitment);
    expect(cellFromBigInt(input.hotspots.cell_public[row])).toEqual(publicCell(cell.hi, cell.lo));
    const digits = [9, 10, 11, 12].map((resolution) => cellDigit(cell.hi, cell.lo, resolution));
    expect(verifyOpening(commitment, { digits, behind: new Uint8Array(32) })).toBe(false);
    expect(commitLocation(digits, new Uint8Array(32))).not.toEqual(commitment);
    await scoreFolder(folder);
    expect((await auditFolder(folder)).findings).toEqual([]);
  });

  test("refuses a share that is none", async () => {
    for (const share of [-0.1, 1.1, Number.NaN])
      expect(await messageOf(() => play(share))).toMatch(/^ORC_BAD_OPTION: private: /);
  });
});
