/** One epoch, many ways to cut and order it: the same manifest bytes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  beaconsTable,
  buildManifest,
  closeEpoch,
  type EpochInput,
  manifestBytes,
  partitionOf,
  permuteColumns,
  prepareEpoch,
  scoreEpoch,
  verifyPartition,
  witnessesTable,
} from "../../src/index.ts";
import { runs } from "../helium/soak.ts";
import { earshotEpochs, toEpochInput } from "../reference/earshot-world.ts";

function bytesOf(input: EpochInput, partitions: number, order: readonly number[]): string {
  const context = prepareEpoch(input);
  const { witnesses } = input;
  const cut = order.map((partition) => {
    const rows: number[] = [];
    for (let row = 0; row < witnesses.log_index.length; row++) {
      if (partitionOf(witnesses.payload_key_hi[row], witnesses.payload_key_lo[row], partitions) === partition)
        rows.push(row);
    }
    const own = permuteColumns(witnessesTable, witnesses, Uint32Array.from(rows));
    return verifyPartition(context, own, { partition, partitions });
  });
  return new TextDecoder().decode(manifestBytes(buildManifest(input, closeEpoch(context, cut))));
}

const cuts = fc.record({
  world: earshotEpochs,
  seeds: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
});

function shuffled(length: number, draws: Iterator<number>): Uint32Array {
  const order = Uint32Array.from({ length }, (_, row) => row);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor((draws.next().value as number) * (at + 1)) % (at + 1);
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}

describe("properties", () => {
  test("1, 2 and 7 partitions in any order of partitions give the same manifest", () => {
    fc.assert(
      fc.property(earshotEpochs, (world) => {
        const input = toEpochInput(world);
        const whole = bytesOf(input, 1, [0]);
        expect(bytesOf(input, 2, [1, 0])).toBe(whole);
        expect(bytesOf(input, 7, [3, 0, 6, 1, 5, 2, 4])).toBe(whole);
      }),
      { numRuns: runs(60) },
    );
  });

  test("shuffled beacon and witness rows give the same manifest", () => {
    fc.assert(
      fc.property(cuts, ({ world, seeds }) => {
        const input = toEpochInput(world);
        const draws = seeds[Symbol.iterator]();
        const mixed: EpochInput = {
          ...input,
          beacons: permuteColumns(beaconsTable, input.beacons, shuffled(input.beacons.log_index.length, draws)),
          witnesses: permuteColumns(witnessesTable, input.witnesses, shuffled(input.witnesses.log_index.length, draws)),
        };
        expect(bytesOf(mixed, 3, [2, 1, 0])).toBe(bytesOf(input, 1, [0]));
      }),
      { numRuns: runs(60) },
    );
  });

  test("every report has exactly one verdict, and amounts sum to the budget to the last base unit", () => {
    fc.assert(
      fc.property(earshotEpochs, (world) => {
        const { verdicts, rewards, summary, ledgerOut } = scoreEpoch(toEpochInput(world));
        expect([...verdicts.log_index]).toEqual(world.reports.map((_, index) => index));
        let paid = 0n;
        for (const column of [rewards.beacon_atoms, rewards.witness_atoms, rewards.data_atoms])
          for (const atoms of column) paid += atoms;
        expect(paid).toBe(summary.budgetAtoms);
        expect(ledgerOut.epoch_atoms.reduce((sum, atoms) => sum + atoms, 0n)).toBe(summary.budgetAtoms);
        expect(summary.budgetAtoms).toBeGreaterThan(0n);
      }),
      { numRuns: runs(60) },
    );
  });
});
