/** The kernel's fast path and its written-out list, held to the checks themselves, row by row. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupBeaconLines } from "../../src/epoch/match-witnesses.ts";
import { type EpochInput, prepareEpoch, verifyPartition } from "../../src/index.ts";
import { REASON } from "../../src/verify/reason.ts";
import { failsCheck, figuresOf } from "../../src/verify/witness-checks.ts";
import type { RowVerdicts } from "../../src/verify/witness-facts.ts";
import { BEACON_LINE, BEACON_STRIDE, hotspotOfRow, type WitnessJob } from "../../src/verify/witness-job.ts";
import { judgeWitnesses } from "../../src/verify/witness-kernel.ts";
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

function expectOneAnswer(input: EpochInput): void {
  const job = jobOf(input);
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

describe("properties", () => {
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
