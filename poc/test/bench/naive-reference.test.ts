import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Dump } from "../../bench/dump.ts";
import { type IdOrder, type PresetName, readEpochInput } from "../../bench/engine-input.ts";
import { logRows } from "../../bench/engine-stages.ts";
import { epochDump } from "../../bench/epoch-dump.ts";
import { readEpochObjects } from "../../bench/peers/naive-h3js/epoch-objects.ts";
import { judgeEpoch } from "../../bench/peers/naive-h3js/judge-epoch.ts";
import { prepareEpoch, REASON, verifyPartition } from "../../src/index.ts";

const ROWS = 20_000;
const folder = mkdtempSync(join(tmpdir(), "earshot-naive-"));
const path = join(folder, "epoch");
epochDump(path, ROWS);
afterAll(() => rmSync(folder, { recursive: true }));

/** Reasons the witness kernel has under each preset and the synthetic epoch must hold. */
const SHARED = [
  REASON.valid,
  REASON.duplicate,
  REASON.gateway_not_found,
  REASON.not_asserted,
  REASON.denied,
  REASON.self_witness,
  REASON.invalid_capability,
  REASON.invalid_region,
  REASON.invalid_frequency,
  REASON.below_min_distance,
  REASON.max_distance_exceeded,
  REASON.bad_rssi,
  REASON.invalid_packet,
  REASON.stale,
];
const OWN: Readonly<Record<PresetName, readonly number[]>> = {
  earshot: [REASON.late, REASON.invalid_data_rate, REASON.bad_snr],
  helium: [REASON.entropy_expired, REASON.too_late],
};

describe("the engine against a naive verifier that asks h3-js for every row", () => {
  test.each([
    ["earshot", "cell"],
    ["earshot", "arrival"],
    ["helium", "cell"],
    ["helium", "arrival"],
  ] as const)("gives every row of the synthetic epoch the same verdict: %s, ids in %s order", (preset, ids) => {
    const dump = new Dump(path);
    const input = readEpochInput(dump, preset, ids as IdOrder);
    const own = verifyPartition(prepareEpoch(input));
    const places = logRows(own);
    const ownVerdicts = new Map<number, readonly number[]>();
    places.forEach((row, place) => {
      ownVerdicts.set(row, [own.reason[place], own.measured[place], own.limit[place]]);
    });
    const epoch = readEpochObjects(dump, ids === "arrival");
    const reasons = new Set<number>();
    judgeEpoch(epoch, preset === "helium").forEach(({ reason, measured, limit }, at) => {
      expect(ownVerdicts.get(epoch.logRow[at])).toEqual([reason, measured, limit]);
      reasons.add(reason);
    });
    expect(ownVerdicts.size).toBe(ROWS);
    expect([...reasons].sort()).toEqual([...SHARED, ...OWN[preset]].sort());
    dump.close();
  });
});
