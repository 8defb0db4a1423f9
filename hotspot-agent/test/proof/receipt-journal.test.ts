import type { PacketReceipt } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { silentLog } from "../../src/log.ts";
import { FILE_ROWS, ReceiptJournal, ROW_BYTES } from "../../src/proof/receipt-journal.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { MemoryFiles } from "../doubles/memory-files.ts";
import { StepClock, settle } from "../doubles/step-clock.ts";
import { seed, soak } from "./support.ts";

function receipt(fCnt: number): PacketReceipt {
  return { packetHash: seed("packet"), phyBytes: 20, devAddr: fCnt, fCnt: fCnt & 0xffff, receivedMs: 1, routeId: 2 };
}

async function open(files: MemoryFiles, consumed = 0, maxBytes = 64 * 1024 * 1024) {
  const clock = new StepClock(0);
  const dropped = new Telemetry().counter("dropped", "");
  const journal = new ReceiptJournal({ files, clock, log: silentLog, dropped, maxBytes });
  await journal.load(consumed);
  return { journal, clock, dropped };
}

async function numbers(journal: ReceiptJournal, most = 100_000): Promise<number[]> {
  return (await journal.peek(most)).receipts.map(({ devAddr }) => devAddr);
}

describe("the journal of receipts", () => {
  test("gives them back in order, in parts, over a restart", async () => {
    const files = new MemoryFiles();
    const { journal } = await open(files);
    for (let i = 0; i < 10; i++) journal.add(receipt(i));
    const part = await journal.peek(4);
    expect(part.receipts.map(({ devAddr }) => devAddr)).toEqual([0, 1, 2, 3]);
    await journal.consume(part.end);
    expect(await numbers(journal)).toEqual([4, 5, 6, 7, 8, 9]);
    const again = await open(files, part.end);
    expect(await numbers(again.journal)).toEqual([4, 5, 6, 7, 8, 9]);
    again.journal.add(receipt(10));
    expect(await numbers(again.journal)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  });

  test("writes nothing before it knows what an earlier run left", async () => {
    const files = new MemoryFiles();
    const { journal } = await open(files);
    journal.add(receipt(0));
    await settle();
    const clock = new StepClock(0);
    const dropped = new Telemetry().counter("dropped", "");
    const hasty = new ReceiptJournal({ files, clock, log: silentLog, dropped, maxBytes: 1 });
    hasty.add(receipt(1));
    await settle();
    await hasty.load(0);
    expect(await numbers(hasty)).toEqual([0, 1]);
  });

  test("keeps what was synced over a power cut, and what was written over a kill", async () => {
    const files = new MemoryFiles();
    const { journal, clock } = await open(files);
    journal.add(receipt(0));
    await clock.advance(1500);
    journal.add(receipt(1));
    await settle();
    expect(await numbers((await open(files.powerCut())).journal)).toEqual([0]);
    expect(await numbers((await open(files.copy())).journal)).toEqual([0, 1]);
  });

  test("syncs the last rows of a file and the first of the next alike", async () => {
    const files = new MemoryFiles();
    const { journal, clock } = await open(files);
    for (let i = 0; i < FILE_ROWS + 2; i++) journal.add(receipt(i));
    await clock.advance(1500);
    expect((await open(files.powerCut())).journal.length).toBe(FILE_ROWS + 2);
  });

  test("writes, when it is told to stop, what a full disk did not take before", async () => {
    const files = new MemoryFiles();
    const { journal } = await open(files);
    journal.add(receipt(0));
    await settle();
    files.isFull = true;
    journal.add(receipt(1));
    files.isFull = false;
    await journal.flush();
    expect(await numbers((await open(files.powerCut())).journal)).toEqual([0, 1]);
  });

  test("forgets what an upload has and no more while others are on their way to the disk", async () => {
    const files = new MemoryFiles();
    const { journal } = await open(files);
    files.isFull = true;
    journal.add(receipt(0));
    const { end } = await journal.peek(10);
    files.isFull = false;
    files.beforeAppend = () => {
      files.beforeAppend = settle;
      return Promise.reject(new Error("no space left on device"));
    };
    journal.add(receipt(1));
    // The next write begins in the turn in which the failing one ends, before the receipts are forgotten.
    const flushed = journal.flush();
    await journal.consume(end);
    journal.add(receipt(2));
    await flushed;
    expect(await numbers(journal)).toEqual([1, 2]);
    expect(await numbers((await open(files.copy(), end)).journal)).toEqual([1, 2]);
  });

  test("ignores a torn or damaged end, and goes on in a new file", async () => {
    for (const bytes of [1, 30, ROW_BYTES - 1]) {
      const files = new MemoryFiles();
      const { journal } = await open(files);
      for (let i = 0; i < 3; i++) journal.add(receipt(i));
      await settle();
      files.tear(files.names()[0]!, bytes);
      const { journal: again } = await open(files);
      again.add(receipt(7));
      expect(await numbers(again)).toEqual([0, 1, 7]);
      expect(await numbers((await open(files.copy())).journal)).toEqual([0, 1, 7]);
    }
  });

  test("removes files that uploads have, and numbers on where everything was taken", async () => {
    const files = new MemoryFiles();
    const { journal } = await open(files);
    for (let i = 0; i < FILE_ROWS + 5; i++) journal.add(receipt(i));
    await settle();
    expect(files.names()).toHaveLength(2);
    await journal.consume(FILE_ROWS);
    expect(files.names()).toHaveLength(1);
    expect(await numbers(journal)).toEqual([0, 1, 2, 3, 4].map((i) => FILE_ROWS + i));
    await journal.consume(FILE_ROWS + 5);
    const { journal: again } = await open(files, FILE_ROWS + 5);
    expect(files.names()).toHaveLength(0);
    again.add(receipt(9));
    expect((await again.peek(5)).end).toBe(FILE_ROWS + 6);
  });

  test("drops the oldest file, counted, when it is over its bound", async () => {
    const files = new MemoryFiles();
    const { journal, dropped } = await open(files, 0, 2 * FILE_ROWS * ROW_BYTES);
    for (let file = 0; file < 4; file++) {
      for (let i = 0; i < FILE_ROWS; i++) journal.add(receipt(file * FILE_ROWS + i));
      await settle();
    }
    expect(files.names().length).toBeLessThanOrEqual(2);
    expect(dropped.value({ reason: "spool_full" })).toBe(2 * FILE_ROWS);
    expect((await numbers(journal, 1))[0]).toBe(2 * FILE_ROWS);
  });

  test("loses nothing and doubles nothing whatever the disk does, short of losing files", async () => {
    type Step = "add" | "seal" | "full" | "free" | "restart";
    const step = fc.constantFrom<Step>("add", "add", "add", "seal", "full", "free", "restart");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let files = new MemoryFiles();
        let { journal } = await open(files);
        let added = 0;
        let consumed = 0;
        const sealed: number[] = [];
        const seal = async () => {
          const { receipts, end } = await journal.peek(3);
          sealed.push(...receipts.map(({ devAddr }) => devAddr));
          consumed = end;
          await journal.consume(end);
        };
        for (const one of [...steps, "free"] as const) {
          if (one === "add") journal.add(receipt(added++));
          else if (one === "seal") await seal();
          else if (one === "full" || one === "free") files.isFull = one === "full";
          else if (!files.isFull) {
            await journal.flush();
            files = files.powerCut();
            ({ journal } = await open(files, consumed));
          }
        }
        while (journal.length > 0) await seal();
        expect(sealed).toEqual(Array.from({ length: added }, (_, i) => i));
      }),
      soak(150),
    );
  });
});
