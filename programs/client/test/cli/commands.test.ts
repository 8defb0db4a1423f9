/** The commands against a local chain with its own network, as a new user gives them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { earshot } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-commands-"));
const keypair = (name: string) => join(folder, "keys", `${name}.json`);
let end: () => void;
let running: Promise<unknown>;
let chain: string[];

beforeAll(async () => {
  const args = ["localnet", "--port", "0", "--data", folder, "--slot-ms", "20", "--json"];
  await new Promise<void>((ready) => {
    running = earshot(args, (out) => {
      const { url, network } = JSON.parse(out);
      chain = ["--url", url, "--token-mint", network.tokenMint];
      ready();
      return new Promise((resolve) => {
        end = resolve;
      });
    });
  });
});

afterAll(async () => {
  end();
  await running;
  rmSync(folder, { recursive: true });
});

const run = (words: string, ...args: string[]) =>
  earshot([...words.split(" "), ...args, ...chain, "--keypair", keypair("owner"), "--json"]);

async function answer(words: string, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(words, ...args);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

test("makes data credits only with --commit, and says what it burnt", async () => {
  const mint = ["dc mint", "1000000", "--most", "2000000000"] as const;
  expect(await answer(...mint)).toEqual({ committed: false, unitsConsumed: expect.any(Number) });
  expect(await answer("dc balance")).toMatchObject({ tokenAtoms: "1000000000000", dataCredits: "0" });
  expect(await answer(...mint, "--commit")).toMatchObject({ committed: true });
  expect(await answer("dc balance")).toMatchObject({ tokenAtoms: "998000000000", dataCredits: "1000000" });
  expect(await answer("dc price")).toMatchObject({ priceE8: "50000000", quorum: 3 });
});

test("onboards a hotspot and shows it", async () => {
  expect(await answer("hotspot onboard", "--device", keypair("customer"), "--commit")).toMatchObject({
    committed: true,
  });
  const { code, out } = await earshot([
    "hotspot",
    "onboard",
    "--device",
    keypair("maker"),
    ...chain,
    "--keypair",
    keypair("owner"),
    "--commit",
  ]);
  expect(code).toBe(0);
  const key = /hotspot ([0-9a-f]{66}) of/.exec(out)![1]!;
  expect(await answer("hotspot info", key)).toMatchObject({ deviceKey: key, onboardFee: "50000" });
  expect(await answer("network params")).toMatchObject({ network: { hotspots: "2" } });
});

test("shows what a wallet claimed", async () => {
  expect(await answer("rewards status")).toMatchObject({ claimedAtoms: "0", finalTotalAtoms: "0" });
});

describe("refuses in one line, with a code", () => {
  test.each<[string, string[], string, number]>([
    ["dc mint", ["1000000", "--most", "1"], "PRG_REFUSED", 1],
    ["hotspot onboard", ["--device", keypair("nobody")], "PRG_BAD_OPTION", 2],
    ["hotspot info", ["ed".repeat(33)], "PRG_NOT_FOUND", 1],
    ["hotspot info", ["not-an-address"], "PRG_BAD_OPTION", 2],
    ["rewards claim", ["--proof", join(folder, "none.json")], "PRG_BAD_PROOF", 1],
  ])("%s %j: %s", async (words, args, code, exit) => {
    const refused = await run(words, ...args);
    expect(refused.code).toBe(exit);
    expect(refused.err).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`));
    expect(JSON.parse(refused.out).error.code).toBe(code);
  });

  test("a claim before any epoch is final, by the program's own error", async () => {
    const proof = join(folder, "proof.json");
    const { wallet } = await answer("dc balance");
    writeFileSync(proof, JSON.stringify({ beneficiary: wallet, cumulative: "5", leftSiblings: 0, siblings: [] }));
    expect((await run("rewards claim", "--proof", proof)).err).toMatch(/^PRG_REFUSED: rewards: .+ error \d+\)\n$/);
  });

  test("a chain that is not there", async () => {
    const [, , ...token] = chain;
    const { code, err } = await earshot(["dc", "price", "--url", "http://127.0.0.1:1", ...token]);
    expect([code, err]).toEqual([1, "PRG_NO_CHAIN: no chain answers at http://127.0.0.1:1\n"]);
  });
});
