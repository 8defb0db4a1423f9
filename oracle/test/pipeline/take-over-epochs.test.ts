import { expect, test } from "vitest";
import { oracleError } from "../../src/errors.ts";
import { takeOverEpochs } from "../../src/pipeline/take-over-epochs.ts";
import type { ClosedEpoch } from "../../src/pipeline/work-table.ts";

function taker() {
  const closed = new Map<number, ClosedEpoch>();
  const asked: number[] = [];
  let broken: number | undefined;
  return {
    asked,
    break: (epoch: number | undefined) => {
      broken = epoch;
    },
    closed: async (epoch: number) => closed.get(epoch),
    takeOver: async (epoch: number) => {
      asked.push(epoch);
      if (epoch === broken) throw oracleError("ORC_DOWNLOAD_FAILED", "the other oracle is away", { retryable: true });
      const sha256 = new Uint8Array(32).fill(epoch);
      const one = {
        epoch,
        manifestSha256: sha256,
        rootHash: sha256,
        totalAtoms: 0n,
        leafCount: 0,
        parameterHash: sha256,
      };
      closed.set(epoch, one);
      return one;
    },
  };
}

test("says which epochs were taken over before one could not be, and goes on from there when it is asked again", async () => {
  const other = taker();
  other.break(7);
  const { taken, failure } = await takeOverEpochs([5, 6, 7, 8], other);
  expect(taken).toEqual([
    { epoch: 5, manifest: "05".repeat(32), isNew: true },
    { epoch: 6, manifest: "06".repeat(32), isNew: true },
  ]);
  expect(failure).toMatchObject({ epoch: 7, error: { code: "ORC_DOWNLOAD_FAILED" } });
  other.break(undefined);
  const again = await takeOverEpochs([5, 6, 7, 8], other);
  expect(again.failure).toBeUndefined();
  expect(again.taken.map(({ epoch, isNew }) => [epoch, isNew])).toEqual([
    [5, false],
    [6, false],
    [7, true],
    [8, true],
  ]);
  expect(other.asked).toEqual([5, 6, 7, 7, 8]);
});
