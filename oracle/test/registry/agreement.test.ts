/** Several endpoints of which some lie, hang or fail, and what is believed of what they say. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreed, agreedHistory, alike } from "../../src/registry/agreement.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const hangs = <T>() => new Promise<T>(() => {});
const fails = <T>() => Promise.reject<T>(new Error("503"));
const askedOf = <T>(answers: readonly Promise<T>[]) => answers.map((answer, at) => ({ endpoint: `rpc ${at}`, answer }));

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
          const outcome = agreed("it", askedOf(answers.map(say)), { count: quorum }, String);
          if (right !== undefined) expect(await outcome).toBe(right[0]);
          else await expect(outcome).rejects.toMatchObject({ code: "ORC_RPC_FAILED", retryable: true });
        },
      ),
      { numRuns: 200 * soak },
    );
  });

  test("names whoever says something else, whether it was first or is late, and nobody who says nothing", async () => {
    const named: string[] = [];
    const quorum = { count: 2, onDissent: (endpoint: string, what: string) => named.push(`${endpoint}: ${what}`) };
    const late = Promise.withResolvers<string>();
    const answers = [
      Promise.resolve("lie"),
      hangs<string>(),
      Promise.resolve("so"),
      fails<string>(),
      Promise.resolve("so"),
    ];
    const asked = [...askedOf(answers), { endpoint: "late", answer: late.promise }];
    expect(await agreed("the price", asked, quorum, String)).toBe("so");
    expect(named).toEqual(["rpc 0: the price"]);
    late.resolve("another lie");
    await late.promise;
    await Bun.sleep(0);
    expect(named).toEqual(["rpc 0: the price", "late: the price"]);
  });

  test("does not wait long for one that hangs when the others differ, where it is told not to", async () => {
    const question = { what: "it", isAlike: (one: number, other: number) => one === other, patienceMs: 5 };
    const asked = askedOf([Promise.resolve(1), Promise.resolve(2), hangs<number>()]);
    await expect(alike(question, asked, { count: 2 })).rejects.toMatchObject({ code: "ORC_RPC_FAILED" });
  });

  test("says how many answered where they do not agree", async () => {
    const asked = askedOf([Promise.resolve(1), Promise.resolve(2), fails<number>()]);
    await expect(agreed("the price", asked, { count: 2 }, String)).rejects.toThrow(
      "ORC_RPC_FAILED: the price: 2 of 3 endpoints answered, no 2 of them alike",
    );
  });
});

test("a hotspot's history is what most endpoints know of it, also while the first of them is gone", async () => {
  const knowing = (answer: () => Promise<boolean>) => ({ name: "rpc", wasUsed: answer });
  const [yes, no] = [true, false].map((answer) => knowing(async () => answer)) as [
    ReturnType<typeof knowing>,
    ReturnType<typeof knowing>,
  ];
  const address = new Uint8Array(32);
  expect(await agreedHistory([no, yes, yes], { count: 2 }).wasUsed(address, 0, 1)).toBe(true);
  expect(await agreedHistory([knowing(hangs), no, no], { count: 2 }).wasUsed(address, 0, 1)).toBe(false);
  expect(await agreedHistory([knowing(fails), yes, yes], { count: 2 }).wasUsed(address, 0, 1)).toBe(true);
});
