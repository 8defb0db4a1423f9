import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  allocateColumns,
  earshot,
  helium,
  judgedInTable,
  permuteColumns,
  stateInTable,
  stateOutTable,
  witnessesTable,
} from "@earshot/poc";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeTable } from "../../src/epoch-folder/arrow.ts";
import {
  type FolderInput,
  isScored,
  readEpochInput,
  readEpochOutput,
  verifyUploadFiles,
} from "../../src/epoch-folder/folder.ts";
import { jsonFile, parseHeader, parseParameters } from "../../src/epoch-folder/parameters-file.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { smallEpoch } from "../small-epoch.ts";
import { messageOf, TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const folders = new TemporaryFolders("folder");
const { input, records } = smallEpoch();
const whole = folders.next();

beforeAll(async () => {
  await writeFolder(whole, input, records);
  await scoreFolder(whole);
});

/** Everything a reader of a folder looks at. */
function readAll(folder: string): void {
  const read = readEpochInput(folder);
  verifyUploadFiles(folder);
  readEpochOutput(folder, read);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Writes a folder whose input was changed and whose list knows it: what a faulty writer would leave. */
async function writeChanged(change: Partial<FolderInput>): Promise<string> {
  const folder = folders.next();
  await writeFolder(folder, { ...input, ...change }, records);
  return folder;
}

describe("an epoch folder", () => {
  test("has the files the format names and no temporary ones", () => {
    expect(filesOf(whole)).toEqual([
      "appeals.arrow",
      "beacons.arrow",
      "cell-reasons.arrow",
      "cells.arrow",
      "chains-in.arrow",
      "chains-out.arrow",
      "challenges.arrow",
      "conduct.arrow",
      "entropy.arrow",
      "epoch.json",
      "evidence.arrow",
      "hotspots.arrow",
      "input.sha256",
      "intake.json",
      "judged-in.arrow",
      "judged-out.arrow",
      "ledger-in.arrow",
      "ledger-out.arrow",
      "manifest.json",
      "output.sha256",
      "packets.arrow",
      "parameters.json",
      "payers.arrow",
      "pending-in.arrow",
      "pending-out.arrow",
      "rewards.arrow",
      "served-in.arrow",
      "served-out.arrow",
      "shares.arrow",
      "split-rewards.arrow",
      "splits.arrow",
      "state-in.arrow",
      "state-out.arrow",
      "suspicion-in.arrow",
      "suspicion-out.arrow",
      "uploads/000000.seg",
      "uploads/000001.seg",
      "verdicts.arrow",
      "witnesses.arrow",
    ]);
  });

  test("loses what a killed process left beside its files, and keeps what one that runs is writing", async () => {
    const folder = folders.copy(whole);
    const gone = Bun.spawnSync([process.execPath, "--version"]).pid;
    const running = `.another.arrow.${process.pid}.tmp`;
    for (const name of [`.cells.arrow.${gone}.tmp`, running, ".notes"]) writeFileSync(join(folder, name), "half");
    await scoreFolder(folder);
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith("."))
        .sort(),
    ).toEqual([running, ".notes"].sort());
  });

  test("gives back its input", () => {
    expect(readEpochInput(whole)).toEqual(input);
  });

  test("loses its manifest when its input is written again, so that no old result seems to belong to it", async () => {
    const folder = folders.copy(whole);
    expect(isScored(folder)).toBe(true);
    rmSync(join(folder, "uploads"), { recursive: true });
    await writeFolder(folder, input, records);
    expect(isScored(folder)).toBe(false);
    expect(existsSync(join(folder, "output.sha256"))).toBe(false);
  });
});

describe("writing the output half", () => {
  test("leaves no manifest when any of its files cannot be written, and names the file", async () => {
    const files = ["verdicts.arrow", "rewards.arrow", "ledger-out.arrow", "output.sha256", "manifest.json"];
    for (const name of files) {
      const folder = folders.copy(whole);
      rmSync(join(folder, name));
      // A folder that is not empty in the file's place: neither rename nor removal can do away with it.
      mkdirSync(join(folder, name, "in-the-way"), { recursive: true });
      const message = await messageOf(() => scoreFolder(folder));
      expect(message).toMatch(new RegExp(`^ORC_WRITE_FAILED: .*${name.replace(".", "\\.")}: `));
      rmSync(join(folder, name), { recursive: true });
      expect(isScored(folder)).toBe(false);
      expect(await messageOf(() => readAll(folder))).toMatch(/^ORC_MISSING_FILE: /);
      expect(readdirSync(folder).filter((file) => file.endsWith(".tmp"))).toEqual([]);
      await scoreFolder(folder);
      expect(await messageOf(() => readAll(folder))).toBe("no error");
    }
  });
});

describe("reading an epoch folder", () => {
  test("refuses each file when it is missing, cut off, grown or changed in one bit, by its name", async () => {
    for (const name of filesOf(whole)) {
      const folder = folders.copy(whole);
      const path = join(folder, name);
      const bytes = readFileSync(path);
      const refusal = new RegExp(`^ORC_[A-Z_]+: .*${name.replaceAll(".", "\\.")}`);
      renameSync(path, `${path}.away`);
      expect(await messageOf(() => readAll(folder)), `${name} missing`).toMatch(refusal);
      rmSync(`${path}.away`);
      writeFileSync(path, bytes);
      for (const length of [0, 1, bytes.length >> 1, bytes.length - 1]) {
        truncateSync(path, length);
        expect(await messageOf(() => readAll(folder)), `${name} cut to ${length}`).toMatch(refusal);
        writeFileSync(path, bytes);
      }
      appendFileSync(path, "\n");
      expect(await messageOf(() => readAll(folder)), `${name} grown`).toMatch(refusal);
      for (const at of [0, bytes.length >> 2, bytes.length >> 1, bytes.length - 1]) {
        const flipped = Uint8Array.from(bytes);
        flipped[at] ^= 0x10;
        writeFileSync(path, flipped);
        // A flip inside a list names the file whose sum it changed, or the list itself.
        const expected = name.endsWith(".sha256") ? /^ORC_[A-Z_]+: .*\.(sha256|arrow|json|seg)/ : refusal;
        expect(await messageOf(() => readAll(folder)), `${name} flipped at ${at}`).toMatch(expected);
      }
      rmSync(folder, { recursive: true });
    }
  });

  test("refuses a folder that is not there, one that is empty, and one whose writing stopped at any file", async () => {
    expect(await messageOf(() => readAll(join(whole, "nowhere")))).toMatch(
      /^ORC_MISSING_FILE: .*nowhere: no such folder/,
    );
    const order = ["input.sha256", "packets.arrow", "hotspots.arrow", "intake.json", "epoch.json"];
    const folder = folders.copy(whole);
    for (const name of order) {
      rmSync(join(folder, name));
      expect(await messageOf(() => readAll(folder))).toMatch(new RegExp(`^ORC_MISSING_FILE: .*${name}: no such file`));
    }
    const unscored = folders.copy(whole);
    rmSync(join(unscored, "manifest.json"));
    expect(await messageOf(() => readAll(unscored))).toMatch(/^ORC_MISSING_FILE: .*manifest\.json: no such file/);
  });

  test("refuses a table under another's name and a segment that the list does not know", async () => {
    const swapped = folders.copy(whole);
    writeFileSync(
      join(swapped, "state-in.arrow"),
      Buffer.concat(await encodeTable(stateOutTable, readEpochOutput(whole, input).tables.stateOut)),
    );
    expect(await messageOf(() => readEpochInput(swapped, () => undefined))).toMatch(
      /^ORC_FOREIGN_FILE: .*state-in\.arrow: expected the table state-in, got state-out/,
    );
    const added = folders.copy(whole);
    writeFileSync(join(added, "uploads", "000002.seg"), readFileSync(join(whole, "uploads", "000001.seg")));
    expect(await messageOf(() => readAll(added))).toMatch(/000002\.seg: input\.sha256 does not name it/);
  });

  test("refuses the first row that contradicts its table, naming file, column and row", async () => {
    const { hotspots, witnesses, beacons, entropy, challenges, chainsOut, pendingOut } = input;
    const splits = input.splits!;
    const twice = hotspots.key.slice();
    twice.copyWithin(99, 0, 33);
    const twin = hotspots.gateway_id.slice();
    twin.copyWithin(24, 0, 8);
    const state = allocateColumns(stateInTable, 1);
    const judged = allocateColumns(judgedInTable, 2);
    const changed = <T extends ArrayLike<number> | BigUint64Array>(
      column: T,
      row: number,
      value: number | bigint,
    ): T => {
      const copy = (column as Uint8Array).slice();
      (copy as unknown as (number | bigint)[])[row] = value;
      return copy as unknown as T;
    };
    const cases: [Partial<FolderInput>, string][] = [
      [
        { witnesses: { ...witnesses, hotspot: changed(witnesses.hotspot, 3, 5) } },
        "witnesses.arrow: hotspot: row 3: 5 of 5 rows",
      ],
      [
        { beacons: { ...beacons, challenge: changed(beacons.challenge, 2, 20) } },
        "beacons.arrow: challenge: row 2: 20 of 20 rows",
      ],
      [
        { beacons: { ...beacons, proof_status: changed(beacons.proof_status, 1, 3) } },
        "beacons.arrow: proof_status: row 1: 3 is more than 2",
      ],
      [
        { witnesses: { ...witnesses, log_index: changed(witnesses.log_index, 7, witnesses.log_index[6]) } },
        `witnesses.arrow: log_index: row 7: ${witnesses.log_index[6]} is taken by another report`,
      ],
      [
        { witnesses: { ...witnesses, log_index: changed(witnesses.log_index, 0, 110) } },
        "witnesses.arrow: log_index: row 0: 110 in a log of 110 reports",
      ],
      [
        { witnesses: { ...witnesses, receive_offset_ms: changed(witnesses.receive_offset_ms, 4, 2 ** 31) } },
        "witnesses.arrow: receive_offset_ms: row 4: 2147483648 is more than 260000",
      ],
      [
        { hotspots: { ...hotspots, cell: changed(hotspots.cell, 1, 12345n) } },
        "hotspots.arrow: cell: row 1: 3039 is no cell of resolution 12",
      ],
      [
        { hotspots: { ...hotspots, cell_public: changed(hotspots.cell_public, 2, 0n) } },
        "hotspots.arrow: cell_public: row 2: not the parent of the asserted cell",
      ],
      [
        { hotspots: { ...hotspots, cell: changed(hotspots.cell, 0, 0n) } },
        "hotspots.arrow: location_commitment: row 0: a private location commits to its finer digits",
      ],
      [
        {
          hotspots: {
            ...hotspots,
            cell: changed(hotspots.cell, 0, 0n),
            cell_public: changed(hotspots.cell_public, 0, hotspots.cell[0]),
          },
        },
        `hotspots.arrow: cell_public: row 0: ${hotspots.cell[0].toString(16)} is no cell of resolution 8`,
      ],
      [
        {
          hotspots: {
            ...hotspots,
            cell: changed(hotspots.cell, 0, 0n),
            cell_public: changed(hotspots.cell_public, 0, 0n),
            location_commitment: changed(hotspots.location_commitment, 31, 1),
          },
        },
        "hotspots.arrow: cell_public: row 0: 0 is no cell of resolution 8",
      ],
      [
        { hotspots: { ...hotspots, gateway_id: changed(hotspots.gateway_id, 8, 0) } },
        "hotspots.arrow: gateway_id: row 1: not the hash of the key",
      ],
      [{ hotspots: { ...hotspots, key: changed(hotspots.key, 33, 1) } }, "hotspots.arrow: key: row 1: unknown tag 1"],
      [
        { hotspots: { ...hotspots, key: twice, gateway_id: twin } },
        "hotspots.arrow: key: row 3: is the key of a row before",
      ],
      [
        { hotspots: { ...hotspots, beneficiary: changed(hotspots.beneficiary, 32 * splits.hotspot[0]!, 1) } },
        `hotspots.arrow: beneficiary: row ${splits.hotspot[0]}: has a wallet and a split`,
      ],
      [
        { splits: { ...splits, share_e4: changed(splits.share_e4, 1, 4_000) } },
        "splits.arrow: share_e4: row 0: shares sum to 10001, not to 10000",
      ],
      [
        { splits: { ...splits, share_e4: changed(splits.share_e4, 1, 0) } },
        "splits.arrow: share_e4: row 1: a share of nothing",
      ],
      [{ splits: { ...splits, hotspot: splits.hotspot.map(() => 5) } }, "splits.arrow: hotspot: row 0: 5 of 5 rows"],
      [
        { splits: { ...splits, hotspot: changed(splits.hotspot, 0, 0) } },
        "splits.arrow: hotspot: row 0: 1 wallets, 2 to 6 expected",
      ],
      [
        { splits: { ...splits, wallet: splits.wallet.map((byte, at) => (at >= 32 ? 0 : byte)) } },
        "splits.arrow: wallet: row 1: out of order, or the same as the row before",
      ],
      [
        { stateIn: { ...state, last_witness_ms: BigUint64Array.of(1n << 53n) } },
        "state-in.arrow: last_witness_ms: row 0: 9007199254740992 is no time in ms",
      ],
      [
        { chainsOut: { ...chainsOut, sequence: changed(chainsOut.sequence, 1, 0n) } },
        "chains-out.arrow: sequence: row 1: 0 is no number of an upload",
      ],
      [
        { chainsIn: { ...chainsOut, key: changed(chainsOut.key, 33, 0) } },
        "chains-in.arrow: key: row 1: out of order, or the same as the row before",
      ],
      [
        { pendingOut: { ...pendingOut, kind: changed(pendingOut.kind, 2, 4) } },
        "pending-out.arrow: kind: row 2: 4 is more than 3",
      ],
      [
        { pendingIn: pendingOut },
        `pending-in.arrow: epoch: row 0: ${input.header.epoch} is not from ${input.header.epoch - 30} to ${input.header.epoch - 1}`,
      ],
      [{ judgedIn: judged }, "judged-in.arrow: upload_id: row 1: out of order, or the same as the row before"],
      [
        { hotspots: { ...hotspots, capability: changed(hotspots.capability, 0, 2) } },
        "hotspots.arrow: capability: row 0: 2 is more than 1",
      ],
      [
        { entropy: { ...entropy, minute: changed(entropy.minute, 5, entropy.minute[4]) } },
        "entropy.arrow: minute: row 5: out of order, or the same as the row before",
      ],
      [
        { entropy: { ...entropy, block_time_s: changed(entropy.block_time_s, 0, 1n) } },
        `entropy.arrow: block_time_s: row 0: the block is older than minute ${entropy.minute[0]}`,
      ],
      [
        { challenges: { ...challenges, hotspot: changed(challenges.hotspot, 9, 77) } },
        "challenges.arrow: hotspot: row 9: 77 of 5 rows",
      ],
    ];
    for (const [change, message] of cases) {
      const folder = await writeChanged(change);
      expect(await messageOf(() => readEpochInput(folder))).toBe(`ORC_BAD_ROW: ${folder}/${message}`);
    }
  });

  test("takes rows in any file order", async () => {
    const order = Uint32Array.from({ length: 80 }, (_, row) => (row * 37) % 80);
    const witnesses = permuteColumns(witnessesTable, input.witnesses, order);
    expect(readEpochInput(await writeChanged({ witnesses })).witnesses).toEqual(witnesses);
  });
});

describe("epoch.json and parameters.json", () => {
  test("take every preset", () => {
    for (const parameters of [earshot, helium, input.parameters]) {
      expect(parseParameters(jsonFile(parameters), "parameters.json")).toEqual(parameters);
    }
  });

  test("refuse fields that are missing, unknown, of another type or out of range, by path", async () => {
    const { time, radio, distance, density, challenge, rewards, ...rest } = earshot;
    const { beaconE4: _beaconE4, ...headless } = helium.rewards;
    const cases: [unknown, string][] = [
      [
        { ...earshot, time: { ...time, epochMs: "1 day" } },
        'time.epochMs: expected an integer from 1000 to 31622400000, got "1 day"',
      ],
      [
        { ...earshot, time: { ...time, epochMs: 0 } },
        "time.epochMs: expected an integer from 1000 to 31622400000, got 0",
      ],
      [{ ...rest, time, distance, density, challenge, rewards }, "radio: expected an object, got nothing"],
      [{ ...earshot, colour: 1 }, "colour: unknown field"],
      [{ ...earshot, radio: { ...radio, gains: "dbi" } }, 'radio.gains: expected "ddb" or "whole-dbi", got "dbi"'],
      [{ ...earshot, radio: { ...radio, snrFloorDdb: [1] } }, "radio.snrFloorDdb: expected a list of 8 to 8, got [1]"],
      [{ ...earshot, version: 2 }, "version: expected 1, got 2"],
      [
        { ...earshot, time: { ...time, intervalMs: 90_000 } },
        "time: intervals of 90000 ms are not whole steps of 60000 ms",
      ],
      [
        { ...earshot, time: { ...time, intervalMs: 25 * 3_600_000 } },
        "time: epochs of 86400000 ms are not whole intervals of 90000000 ms",
      ],
      [
        { ...earshot, time: { ...time, entropyMs: 10_000, intervalMs: 21_600_000, transmitDelayMs: 1 } },
        "time: more than 1440 steps of entropy in an interval",
      ],
      [
        { ...earshot, time: { ...time, transmitDelayMs: 30_001 } },
        "time: delay and spread are longer than a step of entropy",
      ],
      [{ ...earshot, time: { ...time, windowMs: 900_001 } }, "time: expected window ≤ grace time ≤ epoch"],
      [
        { ...earshot, time: { ...time, epochMs: 25 * 86_400_000 } },
        "time: epoch, grace time and window together take 2^31 ms or more",
      ],
      [
        { ...earshot, radio: { ...radio, frequencyToleranceHz: 100_000_001 } },
        "radio.frequencyToleranceHz: expected an integer from 0 to 100000000, got 100000001",
      ],
      [
        { ...earshot, distance: { ...distance, maximumM: 300_001 } },
        "distance.maximumM: expected an integer from 0 to 300000, got 300001",
      ],
      [
        { ...earshot, distance: { ...distance, minimumKind: "grid", minimum: 9 } },
        "distance: expected at most 8 grid cells, got 9",
      ],
      [
        { ...earshot, density: { ...density, limits: density.limits.slice(1) } },
        "density: expected limits for resolutions 10 9 8 7 6 5 4, got 9 8 7 6 5 4",
      ],
      [
        { ...earshot, challenge: { ...challenge, dataRate: 4 } },
        "challenge.dataRate: expected a data rate byte, got 4",
      ],
      [
        {
          ...earshot,
          challenge: { ...challenge, regionDataRates: [9, 10].map((dataRate) => ({ region: "EU868", dataRate })) },
        },
        'challenge.regionDataRates: "EU868" is named twice',
      ],
      [{ ...earshot, challenge: { kind: "reported-entropy", dataRate: 10 } }, "challenge.dataRate: unknown field"],
      [{ ...earshot, privateLocations: false }, "privateLocations: expected true, got false"],
      [
        { ...helium, privateLocations: true },
        "privateLocations: needs a least distance in metres and distances by positions",
      ],
      [
        { ...earshot, rewards: { ...rewards, coverageE4: 6001 } },
        "rewards: coverage and data must be parts that sum to 10000",
      ],
      [{ ...earshot, rewards: headless }, "rewards.beaconE4: expected an integer from 0 to 10000, got nothing"],
    ];
    for (const [value, message] of cases) {
      expect(await messageOf(() => parseParameters(jsonFile(value), "parameters.json"))).toBe(
        `ORC_BAD_HEADER: parameters.json: ${message}`,
      );
    }
    expect(await messageOf(() => parseHeader(jsonFile({ ...input.header, epoch: -1 }), "epoch.json"))).toMatch(
      /^ORC_BAD_HEADER: epoch\.json: epoch: expected an integer/,
    );
    expect(await messageOf(() => parseHeader(new TextEncoder().encode("[]"), "epoch.json"))).toMatch(
      /^ORC_DAMAGED_FILE: epoch\.json/,
    );
    expect(await messageOf(() => parseHeader(Uint8Array.of(0xff), "epoch.json"))).toMatch(
      /^ORC_DAMAGED_FILE: epoch\.json/,
    );
  });
});
