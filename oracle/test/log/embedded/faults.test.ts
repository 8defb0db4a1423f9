import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type LogDisk, realDisk } from "../../../src/log/embedded/disk.ts";
import { EmbeddedReportLog } from "../../../src/log/embedded/embedded-report-log.ts";
import type { Appended } from "../../../src/ports/report-log.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { facts, rawUpload, START_MS } from "../../ports/raw-uploads.ts";
import { messageOf, TemporaryFolders } from "../../temporary-folder.ts";
import { checkLog } from "../check-log.ts";

const folders = new TemporaryFolders("log-faults");
const soak = Number(process.env.EARSHOT_SOAK ?? 1);

function open(folder: string, more: { disk?: LogDisk; segmentBytes?: number } = {}) {
  return EmbeddedReportLog.open({ ...IDENTITY, folder, ...more });
}

/** A folder with a log of `count` uploads in segments, the last of which is open. */
async function smallLog(count: number): Promise<{ folder: string; places: Appended[] }> {
  const folder = folders.next();
  const log = await open(folder, { segmentBytes: 1000 });
  const places: Appended[] = [];
  for (let at = 0; at < count; at++) places.push(await log.append(rawUpload(at, 1, START_MS + at, 2)));
  await log.close();
  return { folder, places };
}

function lastSegment(folder: string): string {
  return join(folder, "uploads", readdirSync(join(folder, "uploads")).sort().at(-1)!);
}

/** The real disk, with writes and syncs that fail when they are told to; what fits of a write is written. */
class FailingDisk implements LogDisk {
  bytesLeft = Number.POSITIVE_INFINITY;
  syncFails = false;
  truncateFails = false;

  open(path: string) {
    const file = realDisk.open(path);
    return {
      write: (bytes: Uint8Array, position: number) => {
        const fits = Math.min(bytes.length, this.bytesLeft);
        file.write(bytes.subarray(0, fits), position);
        this.bytesLeft -= fits;
        if (fits < bytes.length)
          throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      },
      sync: async () => {
        if (this.syncFails) throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
        await file.sync();
      },
      truncate: (bytes: number) => {
        if (this.truncateFails) throw Object.assign(new Error("EIO: i/o error, ftruncate"), { code: "EIO" });
        file.truncate(bytes);
      },
      close: () => file.close(),
    };
  }

  syncFolder(path: string): void {
    realDisk.syncFolder(path);
  }
}

describe("a disk that is full at any byte", () => {
  test("refuses uploads with a retryable code, acknowledges none of them, and goes on when there is room", async () => {
    for (let bytesLeft = 0; bytesLeft < 1400; bytesLeft += soak > 1 ? 7 : 61) {
      const folder = folders.next();
      const disk = new FailingDisk();
      const log = await open(folder, { disk, segmentBytes: 500 });
      const acknowledged: Appended[] = [];
      const refused: unknown[] = [];
      disk.bytesLeft = bytesLeft;
      for (let at = 0; at < 8; at++) {
        await log.append(rawUpload(at, 1, START_MS + at)).then(
          (place) => acknowledged.push(place),
          (error) => refused.push(error),
        );
      }
      expect(refused.length).toBeGreaterThan(0);
      for (const error of refused) expect(error).toMatchObject({ code: "ORC_LOG_UNAVAILABLE", retryable: true });
      expect(log.health().fault).toContain("ENOSPC");
      disk.bytesLeft = Number.POSITIVE_INFINITY;
      for (let at = 0; at < 8; at++)
        acknowledged.push(await log.append({ ...rawUpload(at, 1, START_MS + at), receiveMs: START_MS + 100 + at }));
      expect(log.health().fault).toBeUndefined();
      await checkLog(log, IDENTITY, acknowledged);
      await log.close();
      const again = await open(folder, { segmentBytes: 500 });
      expect(await checkLog(again, IDENTITY, acknowledged)).toBe(8);
      await again.close();
    }
  });

  test("a sync that fails acknowledges nothing, and what it covered is not taken for written", async () => {
    const folder = folders.next();
    const disk = new FailingDisk();
    const log = await open(folder, { disk });
    const first = await log.append(rawUpload(1, 1, START_MS));
    disk.syncFails = true;
    const size = statSync(lastSegment(folder)).size;
    expect(await messageOf(() => log.append(rawUpload(2, 1, START_MS + 1)))).toMatch(/^ORC_LOG_UNAVAILABLE: .*EIO/);
    disk.truncateFails = true;
    expect(await messageOf(() => log.append(rawUpload(3, 1, START_MS + 2)))).toMatch(/^ORC_LOG_UNAVAILABLE: .*EIO/);
    expect((await log.tip()).length).toBe(1);
    disk.syncFails = false;
    disk.truncateFails = false;
    const next = await log.append(rawUpload(4, 1, START_MS + 3));
    expect(next.logIndex).toBe(1);
    expect(await checkLog(log, IDENTITY, [first, next])).toBe(2);
    expect(statSync(lastSegment(folder)).size).toBeGreaterThan(size);
    await log.close();
  });

  const mounted = join(folders.root, "small-disk");
  mkdirSync(mounted);
  const mount = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mounted], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const canMount = mount.exitCode === 0;
  if (!canMount)
    process.stderr.write(`skipped: no small disk can be mounted here: ${mount.stderr.toString().trim()}\n`);
  afterAll(() => {
    if (canMount) Bun.spawnSync(["umount", "-l", mounted]);
  });

  test.skipIf(!canMount)("also when it is a real file system, index and all", async () => {
    const folder = join(mounted, "log");
    const log = await open(folder);
    const acknowledged: Appended[] = [];
    let refusals = 0;
    for (let at = 0; refusals < 5; at++) {
      await log.append(rawUpload(at, 1, START_MS + at, 600)).then(
        (place) => acknowledged.push(place),
        (error) => {
          expect(error).toMatchObject({ code: "ORC_LOG_UNAVAILABLE", retryable: true });
          refusals++;
        },
      );
    }
    expect(acknowledged.length).toBeGreaterThan(5);
    Bun.spawnSync(["mount", "-o", "remount,size=40m", mounted]);
    for (let at = 0; at < 50; at++) acknowledged.push(await log.append(rawUpload(10_000 + at, 1, START_MS + at, 600)));
    await checkLog(log, IDENTITY, acknowledged);
    await log.close();
    const again = await open(folder);
    await checkLog(again, IDENTITY, acknowledged);
    await again.close();
  });
});

describe("opening an embedded log", () => {
  test("cuts off a torn tail of any length, of a record, a trailer or garbage, and goes on", async () => {
    const { folder, places } = await smallLog(4);
    const whole = readFileSync(lastSegment(folder));
    const next = rawUpload(50, 1, START_MS + 50, 2);
    const tails: Uint8Array[] = [
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 9),
      new Uint8Array(300),
    ];
    const log = await open(folders.copy(folder), { segmentBytes: 1_000_000 });
    await log.append(next);
    await log.close();
    const other = folders.copy(folder);
    const extended = await open(other, { segmentBytes: 1_000_000 });
    const whereNext = await extended.append(next);
    await extended.close();
    const record = readFileSync(lastSegment(other)).subarray(whole.length);
    for (let length = 1; length < record.length; length += 7) tails.push(record.subarray(0, length));
    for (const tail of tails) {
      const copy = folders.copy(folder);
      writeFileSync(lastSegment(copy), Buffer.concat([whole, tail]));
      const repaired = await open(copy, { segmentBytes: 1_000_000 });
      expect(repaired.tornBytes).toBe(tail.length);
      expect(facts(await repaired.append(next))).toEqual(facts(whereNext));
      expect(await checkLog(repaired, IDENTITY, [...places, whereNext])).toBe(5);
      await repaired.close();
      rmSync(copy, { recursive: true });
    }
  });

  test("takes up whole records that no index knows: they were durable, and may have been acknowledged", async () => {
    const { folder, places } = await smallLog(9);
    for (const lost of ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"])
      rmSync(join(folder, lost), { force: true });
    const log = await open(folder, { segmentBytes: 1000 });
    expect(await checkLog(log, IDENTITY, places)).toBe(9);
    expect((await log.segments()).length).toBeGreaterThan(1);
    expect((await log.append({ ...rawUpload(3, 1, START_MS + 3, 2), receiveMs: START_MS + 99 })).isDuplicate).toBe(
      true,
    );
    await log.close();
  });

  test("makes an index that is no database again", async () => {
    const { folder, places } = await smallLog(5);
    for (const lost of ["index.sqlite-wal", "index.sqlite-shm"]) rmSync(join(folder, lost), { force: true });
    writeFileSync(join(folder, "index.sqlite"), "this was an index before somebody wrote over it ".repeat(100));
    const log = await open(folder, { segmentBytes: 1000 });
    expect(await checkLog(log, IDENTITY, places)).toBe(5);
    await log.close();
  });

  test("keeps an index that it cannot open just now: only that knows what was acknowledged", async () => {
    const { folder, places } = await smallLog(5);
    const wal = join(folder, "index.sqlite-wal");
    const kept = readFileSync(join(folder, "index.sqlite"));
    mkdirSync(wal);
    await expect(open(folder)).rejects.toMatchObject({ code: "ORC_LOG_UNAVAILABLE", retryable: true });
    expect(readFileSync(join(folder, "index.sqlite"))).toEqual(kept);
    rmSync(wal, { recursive: true });
    const log = await open(folder, { segmentBytes: 1000 });
    expect(await checkLog(log, IDENTITY, places)).toBe(5);
    await log.close();
  });

  test("refuses a log that lacks what it acknowledged, naming the file", async () => {
    const { folder } = await smallLog(5);
    const copy = folders.copy(folder);
    truncateSync(lastSegment(copy), statSync(lastSegment(copy)).size - 1);
    expect(await messageOf(() => open(copy))).toMatch(
      /^ORC_BAD_LOG: .*000\d\d\d\.seg: offset \d+: upload 4 was acknowledged/,
    );
    const flipped = folders.copy(folder);
    const bytes = readFileSync(lastSegment(flipped));
    bytes[40] = bytes[40]! ^ 1;
    writeFileSync(lastSegment(flipped), bytes);
    expect(await messageOf(() => open(flipped))).toMatch(/^ORC_BAD_LOG: .*was acknowledged and is not there/);
    const missing = folders.copy(folder);
    rmSync(lastSegment(missing));
    expect(await messageOf(() => open(missing))).toMatch(/^ORC_(BAD_LOG|MISSING_FILE): /);
  });

  test("refuses to hand out an upload whose bytes have changed on disk", async () => {
    const { folder } = await smallLog(3);
    const log = await open(folder, { segmentBytes: 1000 });
    const path = join(folder, "uploads", "000000.seg");
    const bytes = readFileSync(path);
    bytes[60] = bytes[60]! ^ 1;
    writeFileSync(path, bytes);
    expect(await messageOf(() => log.get(0))).toMatch(/^ORC_BAD_LOG: .*000000\.seg: offset 16: upload 0 is damaged/);
    await log.close();
  });

  test("refuses a log of another ingest or cut otherwise", async () => {
    const { folder } = await smallLog(1);
    expect(existsSync(join(folder, "log.json"))).toBe(true);
    for (const other of [
      { network: 4 },
      { partitions: 4 },
      { segmentMs: 60_000 },
      { ingestKey: new Uint8Array(33).fill(3) },
    ]) {
      expect(await messageOf(() => EmbeddedReportLog.open({ ...IDENTITY, ...other, folder }))).toMatch(
        /^ORC_BAD_OPTION: .*log\.json/,
      );
    }
    expect(await messageOf(() => EmbeddedReportLog.open({ ...IDENTITY, partitions: 0, folder }))).toMatch(
      /^ORC_BAD_OPTION: partitions/,
    );
  });
});
