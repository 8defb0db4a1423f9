/** The proof side in a process of its own, killed without warning again and again, against an oracle over HTTP. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { earshotOracle, type OracleDouble } from "../doubles/oracle.ts";
import { soak } from "./support.ts";

const CHILD = join(import.meta.dirname, "kill-child.ts");
const folder = mkdtempSync(join(tmpdir(), "earshot-kill-"));
let oracle: OracleDouble | null = null;

afterEach(() => {
  oracle?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the child, which receipts packets from `first` on; kills it when it has said `lines` lines. The packets it receipted. */
async function runAndKill(url: string, keyText: string, first: number, lines: number): Promise<number> {
  const child = Bun.spawn(["bun", CHILD, folder, url, keyText, String(first)], { stdout: "pipe", stderr: "inherit" });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split("\n").length > lines) break;
  }
  child.kill("SIGKILL");
  await child.exited;
  const said = text.split("\n").slice(0, -1);
  return Number(said.at(-1) ?? first);
}

describe("kill -9", () => {
  test("at any moment loses no receipt that was on disk, forks no chain and needs no resumption", async () => {
    oracle = earshotOracle("a", () => Date.now());
    const url = oracle.serve();
    let next = 0;
    for (let round = 0; round < soak(5).numRuns; round++) {
      next = await runAndKill(url, oracle.keyText, next, 3 + ((round * 7) % 11));
    }
    expect(oracle.forks).toHaveLength(0);
    expect(oracle.log.some(({ resumed }) => resumed)).toBe(false);
    expect(oracle.log.map(({ sequence }) => sequence)).toEqual(oracle.log.map((_, i) => i + 1));
    const logged = new Set(oracle.reports().receipts.map(({ devAddr }) => devAddr));
    // What the last run had on disk and not sealed is for the run after it: all before that must be there.
    await runAndKill(url, oracle.keyText, next, 30);
    for (const { devAddr } of oracle.reports().receipts) logged.add(devAddr);
    expect(next).toBeGreaterThan(0);
    for (let devAddr = 0; devAddr < next; devAddr++) expect(logged.has(devAddr), `packet ${devAddr}`).toBe(true);
  }, 120_000);
});
