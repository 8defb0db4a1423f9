import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { regionRules } from "@earshot/poc/radio";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAirTimeBook } from "../../src/air-time/air-time-book.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { TEST_EUI } from "../doubles/gwmp-bytes.ts";
import { StepClock } from "../doubles/step-clock.ts";

const otherEui = "0016c001f1500002";
const hourMs = 3_600_000;
const full = { frequencyHz: 868_100_000, airTimeUs: 36_000_000 };
const rowBytes = 36;

let folder: string;
let path: string;
let clock: StepClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "earshot-air-time-"));
  path = join(folder, "deeper", "air-time");
  clock = new StepClock(1_764_000_000_000);
});

afterEach(() => rm(folder, { recursive: true }));

const open = (telemetry = new Telemetry(), at: string | null = path) =>
  openAirTimeBook({ path: at, clock, telemetry, rulesOf: () => regionRules("EU868") });
const now = (change: object = {}) => ({ ...full, atMs: clock.nowMs(), ...change });

describe("the air-time book", () => {
  test("remembers over a restart what was sent in the last hour, per concentrator", async () => {
    const book = await open();
    book.charge(TEST_EUI, now());
    await book.flushed();
    await clock.advance(hourMs / 2);
    const again = await open();
    expect(again.check(TEST_EUI, now({ airTimeUs: 1 }), false).isAllowed).toBe(false);
    expect(again.check(otherEui, now(), false).isAllowed).toBe(true);
    await clock.advance(hourMs / 2);
    const later = await open();
    expect(later.check(TEST_EUI, now(), false).isAllowed).toBe(true);
    expect((await stat(path)).size).toBe(0);
  });

  test("remembers what was taken back", async () => {
    const book = await open();
    book.release(book.charge(TEST_EUI, now()));
    book.charge(TEST_EUI, now({ frequencyHz: 869_525_000 }));
    await book.flushed();
    const again = await open();
    expect(again.check(TEST_EUI, now(), false).isAllowed).toBe(true);
    expect((await stat(path)).size).toBe(rowBytes);
  });

  test("passes over a torn row and rows that are none", async () => {
    const book = await open();
    book.charge(TEST_EUI, now());
    await book.flushed();
    await appendFile(path, new Uint8Array(rowBytes));
    await appendFile(path, (await readFile(path)).subarray(0, 20));
    const again = await open();
    expect(again.use(TEST_EUI).find(({ subBand }) => subBand.fromHz === 868_000_000)?.usedUs).toBe(36_000_000);
    expect((await stat(path)).size).toBe(rowBytes);
  });

  test("goes on in memory and counts when the file cannot be written", async () => {
    await writeFile(join(folder, "deeper"), "a file where a folder should be");
    const telemetry = new Telemetry();
    const book = await open(telemetry);
    book.charge(TEST_EUI, now());
    await book.flushed();
    expect(book.check(TEST_EUI, now({ airTimeUs: 1 }), false).isAllowed).toBe(false);
    expect(telemetry.counter("agent_air_time_write_failures_total", "").value()).toBe(1);
  });

  test("stays small however long it runs, and remembers the same after a restart", async () => {
    const book = await open();
    const short = () => now({ airTimeUs: 50_000 });
    for (let minute = 0; minute < 60 * 24; minute++) {
      for (let frame = 0; frame < 20; frame++) {
        const booking = book.charge(frame % 2 === 0 ? TEST_EUI : otherEui, short());
        if (frame % 5 === 0) book.release(booking);
      }
      await clock.advance(60_000);
    }
    await book.flushed();
    // 1,200 frames an hour count, of 28,800; rows that were taken back stand in the file until the next look.
    expect((await stat(path)).size).toBeLessThan(12_000 * rowBytes);
    const again = await open();
    for (const eui of [TEST_EUI, otherEui]) expect(again.use(eui)).toEqual(book.use(eui));
    expect((await stat(path)).size).toBeLessThan(1_200 * rowBytes);
  });

  test("has every row again once the disk takes them, behind one that it took in part or not at all", async () => {
    const book = await open();
    book.charge(TEST_EUI, now({ airTimeUs: 1000 }));
    await book.flushed();
    await rm(join(folder, "deeper"), { recursive: true });
    book.charge(TEST_EUI, now({ airTimeUs: 2000 }));
    await book.flushed();
    await mkdir(join(folder, "deeper"));
    // What a full disk leaves of a row.
    await writeFile(path, new Uint8Array(20));
    book.charge(TEST_EUI, now({ airTimeUs: 3000 }));
    book.charge(TEST_EUI, now({ airTimeUs: 4000 }));
    await book.flushed();
    const again = await open();
    expect(again.use(TEST_EUI)).toEqual(book.use(TEST_EUI));
  });

  test("writes nothing without a path", async () => {
    const book = await open(new Telemetry(), null);
    book.charge(TEST_EUI, now());
    await book.flushed();
    expect(book.check(TEST_EUI, now({ airTimeUs: 1 }), false).isAllowed).toBe(false);
  });
});
