/** Epochs at the edges: empty, alone, crowded, without pay. */
import { latLngToCell, parentHi, parentLo } from "@earshot/geo";
import { describe, expect, test } from "vitest";
import {
  allocateColumns,
  beaconsTable,
  challengesTable,
  demo,
  type EpochInput,
  earshot,
  entropyTable,
  hotspotsTable,
  ledgerInTable,
  NO_ROW,
  packetsTable,
  REASON,
  scoreEpoch,
  servedInTable,
  stateInTable,
  witnessesTable,
} from "../../src/index.ts";

const EPOCH = 20_600;
const FREQUENCY_HZ = 904_300_000;
const SF10 = 10;
const CROWD = Number(process.env.EARSHOT_SOAK ?? "1") > 1 ? 1_000_000 : 20_000;

function emptyInput(hotspots: number): EpochInput {
  const table = allocateColumns(hotspotsTable, hotspots);
  for (let row = 0; row < hotspots; row++) {
    table.key[33 * row] = 0xed;
    new DataView(table.key.buffer).setUint32(33 * row + 1, row);
    table.owner[32 * row] = 1 + (row % 200);
    table.beneficiary[32 * row] = 1 + (row % 200);
    table.capability[row] = 1;
    table.first_epoch[row] = EPOCH;
  }
  return {
    parameters: earshot,
    header: { epoch: EPOCH, previousManifestHash: "0".repeat(64), tokenPriceUsdE8: 50_000_000 },
    hotspots: table,
    entropy: allocateColumns(entropyTable, 0),
    challenges: allocateColumns(challengesTable, 0),
    stateIn: allocateColumns(stateInTable, 0),
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    beacons: allocateColumns(beaconsTable, 0),
    witnesses: allocateColumns(witnessesTable, 0),
    packets: allocateColumns(packetsTable, 0),
  };
}

function place(input: EpochInput, hotspot: number, cell: { readonly hi: number; readonly lo: number }): void {
  input.hotspots.cell[hotspot] = (BigInt(cell.hi) << 32n) | BigInt(cell.lo);
  input.hotspots.cell_public[hotspot] =
    (BigInt(parentHi(cell.hi, cell.lo, 8)) << 32n) | BigInt(parentLo(cell.hi, cell.lo, 8));
}

/** One challenge of hotspot 0, its beacon, and a witness report of each of `witnesses`. */
function withProof(input: EpochInput, witnesses: readonly number[]): EpochInput {
  const challenges = allocateColumns(challengesTable, 1);
  challenges.transmit_offset_ms[0] = 100_000;
  challenges.frequency_hz[0] = FREQUENCY_HZ;
  challenges.data_rate[0] = SF10;
  const beacons = allocateColumns(beaconsTable, 1);
  beacons.receive_offset_ms[0] = 101_000;
  beacons.frequency_hz[0] = FREQUENCY_HZ;
  beacons.data_rate[0] = SF10;
  beacons.payload_key_lo[0] = 7;
  beacons.tx_power_ddbm[0] = 140;
  const reports = allocateColumns(witnessesTable, witnesses.length);
  witnesses.forEach((hotspot, row) => {
    reports.log_index[row] = row + 1;
    reports.hotspot[row] = hotspot;
    reports.receive_offset_ms[row] = 101_500;
    reports.payload_key_lo[row] = 7;
    reports.frequency_hz[row] = FREQUENCY_HZ;
    reports.rssi_ddbm[row] = -1100;
    reports.data_rate[row] = SF10;
  });
  return { ...input, challenges, beacons, witnesses: reports };
}

const near = latLngToCell(37.77, -122.42, 12);
const far = latLngToCell(37.79, -122.44, 12);

describe("boundaries", () => {
  test("an empty epoch pays the whole budget to the treasury", () => {
    const output = scoreEpoch(emptyInput(0));
    expect(output.summary.treasuryAtoms).toBe(output.summary.budgetAtoms);
    expect(output.ledgerOut.cumulative_atoms[0]).toBe(output.summary.budgetAtoms);
    expect(output.verdicts.log_index.length).toBe(0);
  });

  test("an epoch after the last emission period pays nothing and still closes", () => {
    const input = emptyInput(1);
    const output = scoreEpoch({ ...input, header: { ...input.header, epoch: 2_000_000 } });
    expect(output.summary.budgetAtoms).toBe(0n);
    expect(output.tree.root.totalAtoms).toBe(0n);
  });

  test("one hotspot that nobody hears is judged valid and earns nothing", () => {
    const input = emptyInput(1);
    place(input, 0, near);
    const output = scoreEpoch(withProof(input, []));
    expect(output.verdicts.reason[0]).toBe(REASON.valid);
    expect(output.verdicts.selected[0]).toBe(0);
    expect(output.summary.treasuryAtoms).toBe(output.summary.budgetAtoms);
  });

  test("two hotspots of two owners share the coverage pool", () => {
    const input = emptyInput(2);
    place(input, 0, near);
    place(input, 1, far);
    const output = scoreEpoch(withProof(input, [1]));
    expect(output.verdicts.reason[1]).toBe(REASON.valid);
    expect(output.summary.coverageAtoms).toBe(output.summary.budgetAtoms);
    // A quarter unit for the beaconer, one for its only witness: a fifth and four fifths, rounded by largest remainder.
    const fifth = output.summary.budgetAtoms / 5n;
    expect(output.rewards.beacon_atoms[0] - fifth).toBeLessThanOrEqual(1n);
    expect(output.rewards.beacon_atoms[0]).toBeGreaterThanOrEqual(fifth);
    expect(output.rewards.beacon_atoms[0] + output.rewards.witness_atoms[1]).toBe(output.summary.budgetAtoms);
  });

  test("a cell whose only valid witnesses belong to the beaconer's owner earns nothing", () => {
    const input = emptyInput(2);
    place(input, 0, near);
    place(input, 1, far);
    input.hotspots.owner.copyWithin(32, 0, 32);
    const output = scoreEpoch(withProof(input, [1]));
    expect(output.verdicts.reason[1]).toBe(REASON.valid);
    expect(output.verdicts.selected[1]).toBe(0);
    expect(output.summary.activeHotspots).toBe(0);
    expect(output.summary.treasuryAtoms).toBe(output.summary.budgetAtoms);
  });

  test("one valid witness of another owner is enough for a cell to earn, sampled or not", () => {
    const own = 20;
    // Detectors have a rule of their own for links within one owner (poc/test/anomaly).
    const { anomaly: _anomaly, ...withoutDetectors } = earshot;
    const input = { ...emptyInput(own + 2), parameters: withoutDetectors };
    place(input, 0, near);
    for (let hotspot = 1; hotspot < own + 2; hotspot++) place(input, hotspot, far);
    for (let hotspot = 1; hotspot <= own; hotspot++) input.hotspots.owner.copyWithin(32 * hotspot, 0, 32);
    const output = scoreEpoch(
      withProof(
        input,
        Array.from({ length: own + 1 }, (_, row) => row + 1),
      ),
    );
    expect(output.summary.witnessesSelected).toBe(14);
    expect(output.summary.treasuryAtoms).toBe(0n);
  });

  test("the excess loss of a cell is what its receptions lost beyond free space", () => {
    const input = emptyInput(2);
    place(input, 0, near);
    place(input, 1, far);
    const { cells } = scoreEpoch(withProof(input, [1]));
    const row = cells.median_excess_loss_ddb.findIndex((median) => median !== -0x80000000);
    // 14 dBm + 0 dBi + 0 dBi over 2.8 km at 904.3 MHz: free space loses 100.6 dB, so −86.6 dBm; heard at −110 dBm.
    expect(cells.median_excess_loss_ddb[row]).toBeGreaterThan(228);
    expect(cells.median_excess_loss_ddb[row]).toBeLessThan(240);
  });

  test("a hotspot without a location or with a cell that is no cell is not asserted", () => {
    const input = emptyInput(3);
    place(input, 0, near);
    input.hotspots.cell[2] = 0xffff_ffff_ffff_ffffn;
    const output = scoreEpoch(withProof(input, [1, 2]));
    expect([...output.verdicts.reason]).toEqual([REASON.valid, REASON.not_asserted, REASON.not_asserted]);
  });

  test("senders the registry does not hold each get their own verdict and are no duplicates of one another", () => {
    const input = emptyInput(1);
    place(input, 0, near);
    const output = scoreEpoch(withProof(input, [NO_ROW, NO_ROW]));
    expect([...output.verdicts.reason]).toEqual([REASON.valid, REASON.gateway_not_found, REASON.gateway_not_found]);
    expect([...output.verdicts.hotspot]).toEqual([0, NO_ROW, NO_ROW]);
  });

  test("a crowd in one cell is judged, sampled to fourteen and paid to the last base unit", () => {
    const input = emptyInput(CROWD);
    place(input, 0, near);
    for (let hotspot = 1; hotspot < CROWD; hotspot++) place(input, hotspot, far);
    const output = scoreEpoch(
      withProof(
        input,
        Array.from({ length: CROWD - 1 }, (_, row) => row + 1),
      ),
    );
    expect(output.summary.witnessesValid).toBe(CROWD - 1);
    expect(output.summary.witnessesSelected).toBe(14);
    expect(output.summary.coverageAtoms + output.summary.treasuryAtoms).toBe(output.summary.budgetAtoms);
  });

  test("two hotspots in one cell of resolution 10 halve its scale there and nowhere above", () => {
    const input = emptyInput(3);
    place(input, 0, near);
    place(input, 1, near);
    place(input, 2, far);
    const { cells } = scoreEpoch(withProof(input, [2]));
    const scales = [...cells.resolution].map((resolution, row) => [
      resolution,
      cells.active_hotspots[row],
      cells.scale_e4[row],
    ]);
    // Hotspot 1 has no proof, so the beaconer is alone in its cell.
    expect(scales.every(([, active, scale]) => scale === (active === 0 ? 0 : 10_000))).toBe(true);
    const crowd = emptyInput(4);
    for (const hotspot of [0, 3]) place(crowd, hotspot, near);
    for (const hotspot of [1, 2]) place(crowd, hotspot, far);
    const crowded = scoreEpoch(withProof(crowd, [1, 2])).cells;
    const at = crowded.resolution.findIndex(
      (resolution, row) => resolution === 10 && crowded.active_hotspots[row] === 2,
    );
    expect([crowded.unclipped[at], crowded.clipped[at], crowded.limit[at], crowded.scale_e4[at]]).toEqual([
      2, 1, 1, 5000,
    ]);
  });

  test("a payload nobody beaconed is stale", () => {
    const input = withProof(emptyInput(2), [1]);
    input.witnesses.payload_key_hi[0] = 99;
    const output = scoreEpoch(input);
    expect(output.verdicts.reason[1]).toBe(REASON.stale);
    expect(output.verdicts.challenge[1]).toBe(NO_ROW);
  });

  test("offsets, frequencies and levels at the ends of their types get a verdict", () => {
    const input = emptyInput(3);
    place(input, 0, near);
    place(input, 1, far);
    place(input, 2, far);
    const proof = withProof(input, [1, 2]);
    proof.witnesses.receive_offset_ms.set([0xffffffff, 0]);
    proof.witnesses.frequency_hz.set([0xffffffff, 0]);
    proof.witnesses.rssi_ddbm.set([-32768, 32767]);
    const output = scoreEpoch(proof);
    expect([...output.verdicts.reason.slice(1)]).toEqual([REASON.late, REASON.invalid_frequency]);
  });
});

describe("misuse", () => {
  test("a beacon that names a challenge beyond the table is refused with a code", () => {
    const input = withProof(emptyInput(1), []);
    input.beacons.challenge[0] = 5;
    expect(() => scoreEpoch(input)).toThrow("POC_BAD_COLUMNS");
  });

  test("two reports with one log index are refused with a code", () => {
    const input = withProof(emptyInput(2), [1]);
    input.witnesses.log_index[0] = 0;
    expect(() => scoreEpoch(input)).toThrow("POC_BAD_COLUMNS");
  });

  test("a log index far beyond the log is refused with a code", () => {
    const input = withProof(emptyInput(2), [1]);
    input.witnesses.log_index[0] = 2_000_000_000;
    expect(() => scoreEpoch(input)).toThrow("POC_BAD_COLUMNS");
  });

  test("rules the engine cannot apply are refused with a code", () => {
    const input = emptyInput(1);
    const { density, distance } = earshot;
    const cases: Partial<EpochInput["parameters"]>[] = [
      { distance: { ...distance, minimumKind: "grid", minimum: 9 } },
      { density: { ...density, limits: density.limits.slice(0, 2) } },
      { witnessChecks: ["late", "late"] },
      { radio: { ...earshot.radio, snrFloorDdb: [0] } },
    ];
    for (const change of cases) {
      expect(() => scoreEpoch({ ...input, parameters: { ...earshot, ...change } })).toThrow("POC_BAD_PARAMETERS");
    }
  });

  test("a column of another type or length is refused by name", () => {
    const input = emptyInput(2);
    const damaged = { ...input.hotspots, region: new Uint8Array(1) };
    expect(() => scoreEpoch({ ...input, hotspots: damaged })).toThrow("hotspots.region");
  });

  test("two hotspots with one key in the state are refused by name", () => {
    const input = emptyInput(0);
    expect(() => scoreEpoch({ ...input, stateIn: allocateColumns(stateInTable, 2) })).toThrow("state-in.key");
  });
});

describe("preset demo", () => {
  test("emits in an hour of two-minute epochs what earshot emits in an hour of its day, to within one base unit an epoch", () => {
    const parameters = demo(120_000);
    const first = Math.ceil((EPOCH * earshot.time.epochMs) / 120_000);
    let emitted = 0n;
    for (let epoch = first; epoch < first + 30; epoch++) {
      const input = emptyInput(0);
      emitted += scoreEpoch({ ...input, parameters, header: { ...input.header, epoch } }).summary.budgetAtoms;
    }
    const hour = scoreEpoch(emptyInput(0)).summary.budgetAtoms / 24n;
    expect(emitted - hour).toBeGreaterThanOrEqual(-31n);
    expect(emitted - hour).toBeLessThanOrEqual(31n);
  });

  test("refuses epochs whose times would not be whole", () => {
    for (const epochMs of [100_001, 120_024, 2400, 0, -24_000, Number.NaN, 20 * earshot.time.epochMs]) {
      expect(() => demo(epochMs)).toThrow("POC_BAD_PARAMETERS");
    }
    expect(demo(24_000).time.entropyMs).toBe(1000);
  });
});
