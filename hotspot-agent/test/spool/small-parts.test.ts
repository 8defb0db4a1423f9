import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fifo } from "../../src/fifo.ts";
import { DestinationNumbers } from "../../src/spool/destination-numbers.ts";
import { openDisk } from "../../src/spool/disk.ts";
import { DueHeap } from "../../src/spool/due-heap.ts";
import { lockFolder } from "../../src/spool/folder-lock.ts";
import { PacketTable } from "../../src/spool/packet-table.ts";
import { MemoryDisk } from "../doubles/memory-disk.ts";

async function inFolder(task: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "earshot-spool-"));
  try {
    await task(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("the heap of dues", () => {
  test("gives things in the order of their times, and none before", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), (times) => {
        const heap = new DueHeap<number>();
        for (const atMs of times) heap.push(atMs, atMs);
        const sorted = [...times].sort((a, b) => a - b);
        for (const atMs of sorted) {
          expect(heap.firstMs).toBe(atMs);
          expect(heap.take(atMs - 1)).toBeNull();
          expect(heap.take(atMs)).toBe(atMs);
        }
        expect(heap.firstMs).toBeNull();
      }),
    );
  });
});

describe("the queue", () => {
  test("is a queue, over any mix of pushes and takes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 200 }), (steps) => {
        const [fifo, model] = [new Fifo<number>(), [] as number[]];
        let next = 0;
        for (const step of steps) {
          for (let i = 0; i < step; i++) {
            fifo.push(next);
            model.push(next++);
          }
          for (let i = 0; i > step; i--) expect(fifo.shift()).toBe(model.shift());
          expect([fifo.length, fifo.first, [...fifo]]).toEqual([model.length, model[0], model]);
        }
      }),
    );
  });
});

describe("the packet table", () => {
  test("keeps its columns when it grows, and gives freed rows again", () => {
    const table = new PacketTable();
    const packet = (i: number) => ({ segment: i, offset: i, index: i % 60_000, receivedMs: i, phyHash: i });
    const rows = Array.from({ length: 5000 }, (_, i) => table.add(packet(i), 2));
    expect([table.size, table.segment[4321], table.receivedMs[1]]).toEqual([5000, 4321, 1]);
    expect([table.release(rows[7]), table.release(rows[7]), table.size]).toEqual([false, true, 4999]);
    expect(table.add(packet(9), 1)).toBe(rows[7]);
  });
});

describe("destination numbers", () => {
  test("are the same after a restart, and not given again while a segment of their time is left", async () => {
    const disk = new MemoryDisk();
    const numbers = await DestinationNumbers.open(disk);
    expect([numbers.numberFor("a", 1), numbers.numberFor("b", 1), numbers.numberFor("a", 1)]).toEqual([0, 1, 0]);
    numbers.retire("a", 5);
    await numbers.saved();
    const again = await DestinationNumbers.open(disk);
    expect([again.names, again.nameOf(1), again.nameOf(0)]).toEqual([["b"], "b", null]);
    expect([again.numberFor("c", 4), again.numberFor("d", 5)]).toEqual([2, 0]);
  });

  test("start anew when the file is damaged", async () => {
    const disk = new MemoryDisk();
    for (const text of ["{", "7", '[{"name":1}]', '[{"name":"a","number":255,"retiredAt":null}]', "[null]"]) {
      disk.files.set("destinations.json", Buffer.from(text));
      expect((await DestinationNumbers.open(disk)).names).toEqual([]);
    }
  });

  test("say who of some fits in beside the others, in their order", async () => {
    const numbers = await DestinationNumbers.open(new MemoryDisk());
    for (let i = 0; i < 253; i++) numbers.numberFor(`s${i}`, 1);
    expect(numbers.fitting(["a", "s7", "b", "c", "s9"], 1)).toEqual(["a", "s7", "b", "s9"]);
    numbers.retire("s7", 2);
    expect(numbers.fitting(["a", "b", "c"], 1)).toEqual(["a", "b"]);
    expect(numbers.fitting(["a", "b", "c"], 2)).toEqual(["a", "b", "c"]);
  });

  test("are at most 255", async () => {
    const numbers = await DestinationNumbers.open(new MemoryDisk());
    for (let i = 0; i < 255; i++) numbers.numberFor(`s${i}`, 1);
    expect(() => numbers.numberFor("one-more", 1)).toThrow("AGT_BAD_DESTINATION");
  });
});

describe("the real disk", () => {
  test("writes at positions, reads back, replaces and removes", () =>
    inFolder(async (folder) => {
      const disk = await openDisk(join(folder, "new"));
      const file = await disk.open("x");
      await file.write(Uint8Array.of(1, 2, 3, 4), 0);
      await file.write(Uint8Array.of(9), 1);
      await file.sync();
      expect([...(await file.read(0, 10))]).toEqual([1, 9, 3, 4]);
      await file.close();
      const again = await disk.open("x");
      expect(again.sizeAtOpen).toBe(4);
      await again.close();
      await disk.replace("x", Uint8Array.of(7));
      expect([...(await disk.readAll("x")), (await disk.describe("x")).bytes]).toEqual([7, 1]);
      expect([...(await disk.list())].sort()).toEqual(["lock", "x"]);
      await disk.remove("x");
      await disk.remove("x");
      await disk.syncFolder();
      expect(await disk.list()).toEqual(["lock"]);
      await disk.unlock();
      expect(await disk.list()).toEqual([]);
    }));

  test("says that a folder cannot be one", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      await expect(openDisk(join(folder, "file"))).rejects.toThrow("AGT_SPOOL_UNUSABLE");
    }));

  test("rejects with the system's code", () =>
    inFolder(async (folder) => {
      const disk = await openDisk(folder);
      await expect(disk.readAll("none")).rejects.toMatchObject({ code: "ENOENT" });
      const file = await disk.open("x");
      await file.close();
      await expect(file.write(Uint8Array.of(1), 0)).rejects.toMatchObject({ code: "EBADF" });
    }));
});

describe("the folder lock", () => {
  test("is taken over when its process is gone or its id was given to another", () =>
    inFolder(async (folder) => {
      for (const left of ["999999999 5", `${process.ppid} 1`, "nonsense", ""]) {
        await writeFile(join(folder, "lock"), left);
        const unlock = await lockFolder(folder);
        await unlock();
      }
    }));
});
