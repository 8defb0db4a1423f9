/** The kernel's fast path and its written-out list, held to the checks themselves, row by row. */
import { cellDistanceM, GRID_UNCOMPUTABLE, gridDistance11, latLngToCell } from "@earshot/geo";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupBeaconLines } from "../../src/epoch/match-witnesses.ts";
import { type EpochInput, prepareEpoch, verifyPartition } from "../../src/index.ts";
import { REASON } from "../../src/verify/reason.ts";
import { failsCheck, figuresOf } from "../../src/verify/witness-checks.ts";
import type { RowVerdicts } from "../../src/verify/witness-facts.ts";
import { BEACON_LINE, BEACON_STRIDE, hotspotOfRow, type WitnessJob } from "../../src/verify/witness-job.ts";
import { GRID_DECIDES_BELOW_M, judgeWitnesses } from "../../src/verify/witness-kernel.ts";
import { OPEN_ROWS } from "../../src/verify/witness-list.ts";
import { WitnessRow } from "../../src/verify/witness-row.ts";
import { toHeliumInput } from "../helium/judge.ts";
import { runs } from "../helium/soak.ts";
import { earshotEpochs, toEpochInput } from "../reference/earshot-world.ts";
import { heliumEpochs } from "../reference/helium-world.ts";

function emptyVerdicts(rows: number): RowVerdicts {
  return {
    reason: new Uint8Array(rows),
    measured: new Int32Array(rows),
    limit: new Int32Array(rows),
    linkRatio: new Float32Array(rows),
  };
}

function jobOf(input: EpochInput): WitnessJob {
  const context = prepareEpoch(input);
  const { beaconOfGroup, rows, starts } = verifyPartition(context);
  return {
    lines: context.hotspots.lines,
    beacons: groupBeaconLines(context.beacons, beaconOfGroup.slice(0, -1)),
    starts,
    rows,
    rules: context.rules,
    lag: input.parameters.lag,
    geometry: context.geometry,
    deniedEdges: input.deniedEdges ?? null,
  };
}

/** Every row through every check in order, nothing else. */
function judgeByChecks(job: WitnessJob, out: RowVerdicts): void {
  const facts = new WitnessRow(job);
  const { order, limits } = job.rules;
  for (let group = 0; group < job.starts.length - 1; group++) {
    const line = job.beacons.subarray(group * BEACON_STRIDE, (group + 1) * BEACON_STRIDE);
    const seen = new Set<number>();
    for (let row = job.starts[group]; row < job.starts[group + 1]; row++) {
      if (line[BEACON_LINE.reason] !== REASON.valid) {
        out.reason[row] = line[BEACON_LINE.reason];
        out.measured[row] = line[BEACON_LINE.measured];
        out.limit[row] = line[BEACON_LINE.limit];
        continue;
      }
      const hotspot = hotspotOfRow(job.rows, row);
      facts.select(group, row, seen.has(hotspot));
      seen.add(hotspot);
      const failed = order.find((code) => failsCheck(code, facts, limits));
      if (failed !== undefined) figuresOf(failed, facts, limits, row, out);
      else out.linkRatio[row] = facts.linkRatio;
    }
  }
}

/** The job with every row said `times` times over, in the group it is in. */
function repeatRows(job: WitnessJob, times: number): WitnessJob {
  const rows = new Int32Array(job.rows.length * times);
  for (let group = 0; group < job.starts.length - 1; group++) {
    const own = job.rows.subarray(4 * job.starts[group], 4 * job.starts[group + 1]);
    for (let time = 0; time < times; time++) rows.set(own, 4 * job.starts[group] * times + own.length * time);
  }
  return { ...job, rows, starts: job.starts.map((start) => start * times) };
}

/** `leastRows`: rows are repeated until there are as many. */
function expectOneAnswer(input: EpochInput, leastRows = 1): void {
  const once = jobOf(input);
  const job = repeatRows(once, Math.ceil((4 * leastRows) / Math.max(once.rows.length, 4)));
  const rows = job.rows.length / 4;
  const fast = emptyVerdicts(rows);
  const plain = emptyVerdicts(rows);
  judgeWitnesses(job, fast);
  judgeByChecks(job, plain);
  expect({ ...fast, linkRatio: null }).toEqual({ ...plain, linkRatio: null });
  // The fast path does not round the distance to whole metres: up to half a metre in 300.
  fast.linkRatio.forEach((ratio, row) => {
    if (ratio > 0) expect(Math.abs(ratio / plain.linkRatio[row] - 1)).toBeLessThan(0.0036);
  });
}

/** Everywhere, and the face centres' neighbourhoods, where resolution-11 cells are largest. */
const places = fc.oneof(
  fc.record({
    latDeg: fc.double({ min: -89, max: 89, noNaN: true }),
    lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
  fc.record({
    latDeg: fc.double({ min: 2.2, max: 2.4, noNaN: true }),
    lngDeg: fc.double({ min: -5.4, max: -5.1, noNaN: true }),
  }),
);

describe("properties", () => {
  test("takes places for far enough on the grid only where they are", () => {
    const metresApart = fc.double({ min: GRID_DECIDES_BELOW_M, max: 2 * GRID_DECIDES_BELOW_M, noNaN: true });
    const bearing = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    const resolution = fc.integer({ min: 11, max: 15 });
    fc.assert(
      fc.property(places, metresApart, bearing, resolution, ({ latDeg, lngDeg }, metres, towards, res) => {
        const a = latLngToCell(latDeg, lngDeg, res);
        const stepDeg = (metres + 40) / 111_195;
        const lngStepDeg = (stepDeg * Math.sin(towards)) / Math.cos((latDeg * Math.PI) / 180);
        const b = latLngToCell(latDeg + stepDeg * Math.cos(towards), ((lngDeg + lngStepDeg + 540) % 360) - 180, res);
        fc.pre(cellDistanceM(a.hi, a.lo, b.hi, b.lo) >= GRID_DECIDES_BELOW_M);
        const cells = gridDistance11(a.hi, a.lo, b.hi, b.lo);
        expect(cells === GRID_UNCOMPUTABLE || cells >= 8).toBe(true);
      }),
      { numRuns: runs(2000) },
    );
  });

  test("gives every row of our rules the verdict the checks give it", () => {
    fc.assert(
      fc.property(earshotEpochs, (world) => expectOneAnswer(toEpochInput(world))),
      { numRuns: runs(200) },
    );
  });

  test("gives every row of Helium's rules the verdict the checks give it", () => {
    fc.assert(
      fc.property(heliumEpochs, (epoch) => expectOneAnswer(toHeliumInput(epoch).input)),
      { numRuns: runs(200) },
    );
  });

  test("gives every row of a group larger than all rows that may wait the verdict the checks give it", () => {
    const leastRows = fc.integer({ min: OPEN_ROWS, max: 4 * OPEN_ROWS });
    fc.assert(
      fc.property(earshotEpochs, leastRows, (world, count) => expectOneAnswer(toEpochInput(world), count)),
      { numRuns: runs(10) },
    );
  });

  test("gives any words in any row the verdict the checks give them", () => {
    const word = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31)));
    const damage = fc.array(fc.tuple(fc.nat(), word), { maxLength: 40 });
    fc.assert(
      fc.property(earshotEpochs, damage, (world, words) => {
        const job = jobOf(toEpochInput(world));
        const hotspots = job.lines.length / 8;
        for (const [at, value] of words) {
          if (job.rows.length === 0) return;
          const place = at % job.rows.length;
          // A sender is always one of the lines; everything else may be anything.
          job.rows[place] = place % 4 === 0 ? ((value & 0xffffff) % hotspots) | (value & 0xff000000) : value;
        }
        const fast = emptyVerdicts(job.rows.length / 4);
        const plain = emptyVerdicts(job.rows.length / 4);
        judgeWitnesses(job, fast);
        judgeByChecks(job, plain);
        expect({ ...fast, linkRatio: null }).toEqual({ ...plain, linkRatio: null });
      }),
      { numRuns: runs(200) },
    );
  });
});
