/** Several endpoints of which some lie, hang or fail, and what is believed of what they say. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreed, agreedHistory } from "../../src/registry/agreement.ts";
import { AgreedRewards } from "../../src/settlement/agreed-rewards.ts";
import type { EpochOnChain, IngestOnChain } from "../../src/settlement/rewards-chain.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const hangs = <T>() => new Promise<T>(() => {});
const fails = <T>() => Promise.reject<T>(new Error("503"));

describe("agreed", () => {
  test("is the answer of enough endpoints, whatever the others say, and waits for none of those", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }).chain((count) =>
          fc.record({
            quorum: fc.constant(Math.floor(count / 2) + 1),
            answers: fc.array(fc.constantFrom("true", "lie", "another lie", "failed", "hangs"), {
              minLength: count,
              maxLength: count,
            }),
          }),
        ),
        async ({ quorum, answers }) => {
          const say = (answer: string) =>
            answer === "failed" ? fails<string>() : answer === "hangs" ? hangs<string>() : Promise.resolve(answer);
          const counts = new Map<string, number>();
          for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
          const right = [...counts].find(([said, count]) => count >= quorum && said !== "failed" && said !== "hangs");
          if (right === undefined && answers.includes("hangs")) return;
          const outcome = agreed("it", answers.map(say), quorum, String);
          if (right !== undefined) expect(await outcome).toBe(right[0]);
          else await expect(outcome).rejects.toMatchObject({ code: "ORC_RPC_FAILED", retryable: true });
        },
      ),
      { numRuns: 200 * soak },
    );
  });

  test("says how many answered where they do not agree", async () => {
    const asked = [Promise.resolve(1), Promise.resolve(2), fails<number>()];
    await expect(agreed("the price", asked, 2, String)).rejects.toThrow(
      "ORC_RPC_FAILED: the price: 2 of 3 endpoints answered, no 2 of them alike",
    );
  });
});

test("a hotspot's history is what most endpoints know of it, also while the first of them is gone", async () => {
  const knowing = (answer: () => Promise<boolean>) => ({ wasUsed: answer });
  const [yes, no] = [true, false].map((answer) => knowing(async () => answer)) as [
    ReturnType<typeof knowing>,
    ReturnType<typeof knowing>,
  ];
  const address = new Uint8Array(32);
  expect(await agreedHistory([no, yes, yes], 2).wasUsed(address, 0, 1)).toBe(true);
  expect(await agreedHistory([knowing(hangs), no, no], 2).wasUsed(address, 0, 1)).toBe(false);
  expect(await agreedHistory([knowing(fails), yes, yes], 2).wasUsed(address, 0, 1)).toBe(true);
});

describe("what an epoch is closed with and voted on", () => {
  const bytes = (fill: number) => new Uint8Array(32).fill(fill);
  const honest: EpochOnChain = {
    pool: 10n ** 12n,
    priceE8: 50_000_000n,
    parameterHash: bytes(1),
    isFinal: false,
    rootHash: bytes(0),
    rootTotal: 0n,
    reportHash: bytes(0),
  };
  const heads: readonly IngestOnChain[] = [
    { oracle: "one", ingestKey: bytes(2), heads: [{ interval: 7n, length: 12, head: bytes(3) }] },
  ];
  const forged: readonly IngestOnChain[] = [
    { oracle: "one", ingestKey: bytes(2), heads: [{ interval: 7n, length: 12, head: bytes(4) }] },
  ];
  const saying = (
    epoch: () => Promise<EpochOnChain | undefined>,
    ingests: () => Promise<readonly IngestOnChain[]>,
  ) => ({
    epoch,
    ingests,
  });
  const one = saying(
    async () => honest,
    async () => heads,
  );
  // As another decoder gives it: the same values, plain arrays, fields of its own.
  const other = saying(
    async () => ({ ...honest, parameterHash: [...honest.parameterHash] as never, attempts: 3 }),
    async () => heads,
  );

  test.each([
    ["another budget", { ...honest, pool: 1n }],
    ["another price", { ...honest, priceE8: 1n }],
    ["other rules", { ...honest, parameterHash: bytes(9) }],
    ["that it is final", { ...honest, isFinal: true }],
    ["that it is not issued", undefined],
  ])("is not changed by an endpoint that says %s, nor by a head that it makes up", async (_, lie) => {
    const liar = saying(
      async () => lie,
      async () => forged,
    );
    const readings = new AgreedRewards([liar, one, other], 2);
    expect(await readings.epoch(5)).toMatchObject({ pool: honest.pool, priceE8: honest.priceE8, isFinal: false });
    expect(await readings.ingests()).toEqual(heads);
    await expect(new AgreedRewards([liar, one], 2).ingests()).rejects.toMatchObject({ code: "ORC_RPC_FAILED" });
  });

  test("is read while one endpoint hangs and another one is gone", async () => {
    const readings = new AgreedRewards([saying(hangs, hangs), one, saying(fails, fails), other, one], 3);
    expect(await readings.epoch(5)).toMatchObject({ pool: honest.pool });
    expect(await readings.ingests()).toEqual(heads);
  });
});
