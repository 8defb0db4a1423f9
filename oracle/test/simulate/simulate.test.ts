import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measuredLinks, realFilePath } from "@earshot/fixtures";
import { demo, type EpochOutput, earshot, helium, REASON, reasonByNumber, scoreEpoch } from "@earshot/poc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FolderInput, readEpochInput, verifyUploadFiles } from "../../src/epoch-folder/folder.ts";
import { FreeSpace } from "../../src/explain/free-space.ts";
import { deriveChallenges } from "../../src/load/derive-challenges.ts";
import { loadUploads } from "../../src/load/load-uploads.ts";
import { readLog } from "../../src/log/segment-reader.ts";
import { DEFAULT_START_MS, type SimulateOptions, simulate } from "../../src/simulate/index.ts";
import { censusOfEpochs, censusOfLogs } from "./report-census.ts";

const hotspotsCsv = realFilePath("hotspots/us-2020.csv");
const sanFrancisco = { latDeg: 37.77, lngDeg: -122.42 };
const scratch = mkdtempSync(join(tmpdir(), "earshot-simulate-"));
let nextFolder = 0;

function run(changes: Partial<SimulateOptions> = {}) {
  const outDir = join(scratch, String(nextFolder++));
  const options = { hotspotsCsv, near: sanFrancisco, radiusKm: 1.5, days: 1, seed: 1, outDir, ...changes };
  return { outDir, result: simulate(options) };
}

/** Every file below a folder by its path there. */
function filesOf(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );
}

/** Names of the columns whose bytes differ; a deep comparison of a million numbers takes seconds. */
function differing(a: object, b: object): string[] {
  const columns = Object.entries(a) as [string, Uint8Array][];
  return columns.flatMap(([name, column]) => {
    const other = (b as Record<string, Uint8Array>)[name];
    const [left, right] = [column, other].map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    );
    return left.equals(right) ? [] : [name];
  });
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(part * (sorted.length - 1) + 0.5)];
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("two days around San Francisco", () => {
  const folders: string[] = [];
  const inputs: FolderInput[] = [];
  const outputs: EpochOutput[] = [];
  const seen: [number, number][] = [];

  beforeAll(async () => {
    const { result } = run({ radiusKm: 20, days: 2, onProgress: (done, total) => seen.push([done, total]) });
    for (const { folder } of (await result).epochs) {
      folders.push(folder);
      inputs.push(readEpochInput(folder));
    }
    outputs.push(...inputs.map(scoreEpoch));
  });

  test("make folders that the reader takes, for consecutive epochs from the given start", () => {
    for (const folder of folders) verifyUploadFiles(folder);
    const first = DEFAULT_START_MS / earshot.time.epochMs;
    expect(inputs.map(({ header }) => header.epoch)).toEqual([first, first + 1]);
    expect(new Date(DEFAULT_START_MS).toISOString()).toBe("2026-11-02T00:00:00.000Z");
  });

  test("hold tables that follow from entropy and raw uploads", () => {
    for (const [day, input] of inputs.entries()) {
      expect(differing(input.challenges, deriveChallenges(input)!)).toEqual([]);
      const context = { ...input, network: input.header.network };
      const { intake, ...tables } = loadUploads(readLog(join(folders[day], "uploads")), context);
      for (const [name, table] of Object.entries(tables)) {
        expect(differing(input[name as keyof typeof tables]!, table!), name).toEqual([]);
      }
      expect(intake).toEqual(input.intake);
    }
  });

  test("challenge every hotspot that may prove coverage four times, once an interval", () => {
    for (const { challenges, hotspots, parameters } of inputs) {
      const times = new Map<number, number[]>();
      challenges.hotspot.forEach((hotspot, row) => {
        const interval = Math.floor((challenges.minute[row] * parameters.time.entropyMs) / parameters.time.intervalMs);
        times.set(hotspot, [...(times.get(hotspot) ?? []), interval]);
      });
      for (let row = 0; row < hotspots.region.length; row++) {
        const mayProve =
          hotspots.cell_public[row] !== 0n && hotspots.capability[row] === 1 && hotspots.suspended[row] === 0;
        const intervals = [...new Set(times.get(row) ?? [])];
        expect(intervals).toHaveLength(mayProve ? 4 : 0);
        expect(times.get(row) ?? []).toHaveLength(intervals.length);
      }
    }
  });

  test("begin with the state the day before ended with, chained by manifest", () => {
    const [, second] = inputs;
    const { stateOut, servedOut, ledgerOut } = outputs[0];
    expect(differing(stateOut, second.stateIn)).toEqual([]);
    expect(differing(servedOut, second.servedIn)).toEqual([]);
    expect(differing(ledgerOut, second.ledgerIn)).toEqual([]);
    expect(differing(inputs[0].chainsOut, second.chainsIn)).toEqual([]);
    expect(differing(inputs[0].pendingOut, second.pendingIn)).toEqual([]);
    expect(differing(inputs[0].judgedOut, second.judgedIn)).toEqual([]);
    expect(inputs[0].header.previousManifestHash).toBe("0".repeat(64));
    expect(second.header.previousManifestHash).toMatch(/^(?!0{64})[0-9a-f]{64}$/);
    expect(second.hotspots.region.length).toBeGreaterThan(inputs[0].hotspots.region.length);
  });

  test("hold no upload out of its chain, and each kind of refused one", () => {
    for (const { intake } of inputs) {
      expect(intake.refused).not.toHaveProperty("wrong_predecessor");
      expect(intake.refused).not.toHaveProperty("outside_epoch");
      for (const code of ["duplicate", "chain_fork", "unknown_key"]) expect(intake.refused).toHaveProperty(code);
      expect(intake.accepted / intake.uploads).toBeGreaterThan(0.98);
    }
  });

  test("give every verdict that an honest ingest lets through", () => {
    const verdicts = new Set(
      outputs.flatMap(({ verdicts: { reason } }) => [...reason].map((number) => reasonByNumber(number)!.name)),
    );
    expect([...verdicts].sort()).toEqual(
      [
        "bad_rssi",
        "bad_snr",
        "below_min_distance",
        "denied",
        "duplicate",
        "gateway_no_valid_beacons",
        "gateway_no_valid_witnesses",
        "invalid_capability",
        "invalid_data_rate",
        "invalid_frequency",
        "invalid_packet",
        "invalid_power",
        "invalid_region",
        "irregular_interval",
        "late",
        "not_asserted",
        "self_witness",
        "stale",
        "valid",
      ].sort(),
    );
  });

  test("judge every report in one of the days exactly once, and bill every confirmed copy once", () => {
    const logged = censusOfLogs(folders, inputs);
    expect(logged.proofs.length).toBeGreaterThan(10_000);
    expect(logged.bills.length).toBeGreaterThan(10_000);
    const judged = censusOfEpochs(inputs, outputs);
    expect(judged.proofs).toEqual(logged.proofs);
    expect(judged.bills).toEqual(logged.bills);
  });

  test("hold in the log what was received from the start of the day to the end of its grace time, nothing left out", () => {
    const { epochMs, graceMs } = earshot.time;
    const [first, second] = folders.map((folder) => [...readLog(join(folder, "uploads"))]);
    const endMs = DEFAULT_START_MS + epochMs;
    const inGrace = (records: typeof first) =>
      records
        .filter(({ receiveMs }) => receiveMs >= endMs && receiveMs < endMs + graceMs)
        .map(({ bytes }) => Buffer.from(bytes).toString("base64"));
    expect(inGrace(first).length).toBeGreaterThan(50);
    expect(inGrace(first).sort()).toEqual(inGrace(second).sort());
    for (const { receiveMs } of first) {
      expect(receiveMs).toBeGreaterThanOrEqual(DEFAULT_START_MS);
      expect(receiveMs).toBeLessThan(endMs + graceMs);
    }
  });

  test("are mostly honest: four in five reports are valid", () => {
    for (const { summary } of outputs) {
      expect(summary.witnessesValid / summary.witnesses).toBeGreaterThan(0.8);
      expect(summary.beaconsValid / summary.beacons).toBeGreaterThan(0.8);
    }
  });

  test("valid receptions have the excess loss of the measured street links within 1.5 dB at 10, 50 and 90 %", () => {
    const excess = inputs.flatMap((input, day) => {
      const { verdicts } = outputs[day];
      const freeSpace = new FreeSpace(input);
      const witnessOf = new Map(Array.from(input.witnesses.log_index, (index, row) => [index, row]));
      return [...verdicts.kind].flatMap((kind, row) => {
        if (kind !== 2) return [];
        const figures = () => freeSpace.of(witnessOf.get(verdicts.log_index[row])!, verdicts.challenge[row])!;
        // Where the verdict has figures they are these.
        if (verdicts.reason[row] === REASON.bad_rssi) {
          expect(figures().freeSpaceDdbm + earshot.radio.rssiToleranceDdb).toBe(verdicts.limit[row]);
        }
        return verdicts.reason[row] === REASON.valid ? [figures().excessLossDdb] : [];
      });
    });
    excess.sort((a, b) => a - b);
    const { quantilesDdb } = measuredLinks.find(({ set }) => set === "antwerp")!.byRssi.all;
    expect(excess.length).toBeGreaterThan(5000);
    for (const percent of [10, 50, 90]) {
      expect(Math.abs(quantile(excess, percent / 100) - quantilesDdb[percent])).toBeLessThanOrEqual(15);
    }
  });

  test("nobody hears a beacon while its own is on the air", () => {
    for (const { challenges, beacons, witnesses } of inputs) {
      const transmitted = new Map<string, number>();
      beacons.challenge.forEach((challenge, row) => {
        const key = `${beacons.payload_key_hi[row]} ${beacons.payload_key_lo[row]}`;
        if (challenge !== 0xffffffff && beacons.proof_status[row] === 0) transmitted.set(key, challenge);
      });
      const own = new Map<number, number[]>();
      for (const challenge of transmitted.values()) {
        const hotspot = challenges.hotspot[challenge];
        own.set(hotspot, [...(own.get(hotspot) ?? []), challenges.transmit_offset_ms[challenge]]);
      }
      let together = 0;
      witnesses.hotspot.forEach((witness, row) => {
        const challenge = transmitted.get(`${witnesses.payload_key_hi[row]} ${witnesses.payload_key_lo[row]}`);
        if (challenge === undefined || challenges.hotspot[challenge] === witness) return;
        const atMs = challenges.transmit_offset_ms[challenge];
        if ((own.get(witness) ?? []).some((ownMs) => Math.abs(ownMs - atMs) < 370)) together++;
      });
      // Hotspots with a fast clock are elsewhere on the air than their challenge says.
      expect(together).toBeLessThanOrEqual(2);
    }
  });

  test("packets are billed by all payers, most copies of most of them, and cells differ in weight", () => {
    for (const [day, { packets, payers, intake }] of inputs.entries()) {
      const credits = new Map<string, number>();
      packets.data_credits.forEach((dataCredits, row) => {
        const wallet = packets.payer.slice(row * 32, (row + 1) * 32).toHex();
        if (dataCredits > 0) credits.set(wallet, (credits.get(wallet) ?? 0) + dataCredits);
      });
      const wallets = Array.from({ length: payers.payer.length / 32 }, (_, i) =>
        payers.payer.slice(32 * i, 32 * i + 32),
      );
      expect([...credits.keys()].sort()).toEqual(wallets.map((bytes) => bytes.toHex()).sort());
      expect(intake.billed / intake.receipts).toBeGreaterThan(0.8);
      expect(intake.billed / intake.receipts).toBeLessThan(0.98);
      expect(new Set(outputs[day].cells.weight_e4).size).toBeGreaterThan(5);
    }
  });

  test("report their progress, ascending and to the end", () => {
    expect(seen.at(-1)).toEqual([200, 200]);
    for (let i = 1; i < seen.length; i++) expect(seen[i][0]).toBeGreaterThanOrEqual(seen[i - 1][0]);
  });
});

describe("simulation", () => {
  test("writes the same bytes for the same seed, and others for another", async () => {
    const runs = [run({ days: 2 }), run({ days: 2 }), run({ days: 2, seed: "1" }), run({ days: 2, seed: 2 })];
    for (const { result } of runs) await result;
    const [first, again, text, other] = runs.map(({ outDir }) => filesOf(outDir));
    expect(first.size).toBeGreaterThan(20);
    expect(again).toEqual(first);
    expect(text).toEqual(first);
    for (const name of ["beacons.arrow", "witnesses.arrow", "entropy.arrow", "uploads/000000.seg"]) {
      const path = [...first.keys()].find((key) => key.endsWith(name))!;
      expect(other.get(path)).not.toBe(first.get(path));
    }
  });

  test("one more day leaves the days before as they were", async () => {
    const short = run();
    const long = run({ days: 2 });
    await short.result;
    await long.result;
    const longer = filesOf(long.outDir);
    for (const [name, bytes] of filesOf(short.outDir)) expect(longer.get(name)).toBe(bytes);
  });

  test("plays one lonely hotspot, and two that hear each other", async () => {
    const lonely = join(scratch, "lonely.csv");
    writeFileSync(lonely, "lat,lng\n60,10\n");
    const pair = join(scratch, "pair.csv");
    writeFileSync(pair, "lat,lng\n60,10\n60.004,10\n");
    const [one] = (await run({ hotspotsCsv: lonely, near: undefined, radiusKm: undefined }).result).epochs;
    const input = readEpochInput(one.folder);
    expect(input.hotspots.region[0]).toBe(1);
    expect(input.witnesses.hotspot).toHaveLength(0);
    expect(scoreEpoch(input).summary.beaconsValid).toBe(0);
    const seeds = await Promise.all(
      [1, 2, 3, 4].map((seed) => run({ hotspotsCsv: pair, near: undefined, radiusKm: undefined, seed }).result),
    );
    expect(Math.max(...seeds.map(({ epochs }) => epochs[0].intake.witnesses))).toBeGreaterThan(0);
  });

  test("plays the demo network, whose epochs are minutes", async () => {
    const parameters = demo(1_200_000);
    const startMs = DEFAULT_START_MS;
    const { epochs } = await run({ parameters, startMs, days: 4, radiusKm: 6 }).result;
    expect(epochs[1].epoch - epochs[0].epoch).toBe(1);
    expect(epochs[0].challenges).toBeGreaterThan(0);
    const inputs = epochs.map(({ folder }) => readEpochInput(folder));
    const outputs = inputs.map(scoreEpoch);
    expect(outputs[1].summary.beacons).toBeGreaterThan(0);
    // Epochs are short here, so that many proofs and bills straddle their ends.
    expect(inputs.reduce((sum, { intake }) => sum + intake.judgedInEpochBefore, 0)).toBeGreaterThan(0);
    const carriedBills = inputs.reduce((sum, { packets, intake }) => sum + packets.hotspot.length - intake.receipts, 0);
    expect(carriedBills).toBeGreaterThan(0);
    const folders = epochs.map(({ folder }) => folder);
    expect(censusOfEpochs(inputs, outputs)).toEqual(censusOfLogs(folders, inputs));
  });

  test.each([
    ["no day", { days: 0 }, "days"],
    ["half a day", { days: 1.5 }, "days"],
    ["a start inside an epoch", { startMs: DEFAULT_START_MS + 1 }, "start"],
    ["rules without sortition", { parameters: helium }, "sortition"],
  ] as const)("refuses %s as ORC_BAD_OPTION", async (_, changes, detail) => {
    await expect(run(changes).result).rejects.toMatchObject({
      code: "ORC_BAD_OPTION",
      message: expect.stringContaining(detail),
    });
  });

  test("refuses to write over a folder that is there", async () => {
    const { outDir, result } = run();
    await result;
    await expect(run({ outDir }).result).rejects.toMatchObject({ code: "ORC_BAD_OPTION" });
  });

  test("names a list that is not there, or the row that is bad", async () => {
    await expect(run({ hotspotsCsv: join(scratch, "none.csv") }).result).rejects.toMatchObject({
      message: expect.stringContaining("none.csv"),
    });
    const bad = join(scratch, "bad.csv");
    writeFileSync(bad, "lat,lng\n37.77,-122.42\n91,0\n");
    await expect(run({ hotspotsCsv: bad }).result).rejects.toMatchObject({
      code: "ORC_BAD_HOTSPOTS",
      message: expect.stringContaining("bad.csv:3: "),
    });
  });
});
