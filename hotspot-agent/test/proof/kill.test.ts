/** The proof side in a process of its own, killed without warning again and again, against an oracle over HTTP. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../../src/log.ts";
import { ReceiptJournal } from "../../src/proof/receipt-journal.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { MemoryFiles } from "../doubles/memory-files.ts";
import { earshotOracle, type OracleDouble } from "../doubles/oracle.ts";
import { StepClock } from "../doubles/step-clock.ts";
import { soak } from "./support.ts";

const CHILD = join(import.meta.dirname, "kill-child.ts");
const folder = mkdtempSync(join(tmpdir(), "earshot-kill-"));
let oracle: OracleDouble | null = null;
let running: Bun.Subprocess | null = null;

afterEach(() => {
  running?.kill("SIGKILL");
  oracle?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the child, which receipts packets from `first` on; kills it when `isDone`. The last number that it said. */
async function runAndKill(
  url: string,
  keyText: string,
  first: number,
  isDone: (lines: number) => boolean,
): Promise<number> {
  const child = Bun.spawn([process.execPath, CHILD, folder, url, keyText, String(first)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  running = child;
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (isDone(text.split("\n").length)) break;
  }
  child.kill("SIGKILL");
  await child.exited;
  const said = text.split("\n").slice(0, -1);
  return Number(said.at(-1) ?? first);
}

/** Numbers of the packets whose receipts the killed process left in its journal. */
async function onDisk(): Promise<readonly number[]> {
  const files = new MemoryFiles();
  for (const name of readdirSync(join(folder, "proof"), { recursive: true, encoding: "utf8" })) {
    const bytes = basename(name).startsWith("receipts-") ? readFileSync(join(folder, "proof", name)) : null;
    if (bytes !== null) await files.append(basename(name), bytes);
  }
  const dropped = new Telemetry().counter("dropped", "");
  const journal = new ReceiptJournal({ files, clock: new StepClock(0), log: silentLog, dropped, maxBytes: 1 << 26 });
  await journal.load(0);
  return (await journal.peek(1 << 20)).receipts.map(({ devAddr }) => devAddr);
}

describe("kill -9", () => {
  test(
    "at any moment loses no receipt that was on disk, forks no chain and needs no resumption",
    async () => {
      const log = earshotOracle("a", () => Date.now());
      oracle = log;
      const url = log.serve();
      const promised = new Set<number>();
      let next = 0;
      for (let round = 0; round < soak(5).numRuns; round++) {
        next = await runAndKill(url, log.keyText, next, (lines) => lines > 3 + ((round * 7) % 11));
        for (const number of await onDisk()) promised.add(number);
      }
      expect(log.forks).toHaveLength(0);
      expect(log.log.some(({ resumed }) => resumed)).toBe(false);
      expect(log.log.map(({ sequence }) => sequence)).toEqual(log.log.map((_, i) => i + 1));
      // What the last run had on disk and not sealed is for the run after it.
      const missing = () => promised.difference(new Set(log.reports().receipts.map(({ devAddr }) => devAddr)));
      await runAndKill(url, log.keyText, next, () => missing().size === 0);
      expect(promised.size).toBeGreaterThan(100);
    },
    120_000 * soak(1).numRuns,
  );
});
