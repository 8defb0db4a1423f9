/** What anybody may ask of old epochs: it costs one at a time, keeps nobody from the latest, and answers the same whatever was asked before. */
import { join } from "node:path";
import { hotspotsTable } from "@earshot/poc";
import { beforeAll, describe, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { EpochFolders, type EpochSource } from "../../src/api/epoch-source.ts";
import type { LoadedEpoch } from "../../src/api/epoch-view.ts";
import { EpochViews } from "../../src/api/epoch-views.ts";
import { OldEpochsBusy } from "../../src/api/old-epochs.ts";
import { StreakBook } from "../../src/api/streak-book.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { createHttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { EPOCH, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const folders = new TemporaryFolders("old-epochs");
/** Closed epochs; the last three are the latest. */
const CLOSED = Array.from({ length: 50 }, (_, number) => number);
const LATEST = CLOSED.at(-1)!;
const MOST_AT_ONCE = 5;
let loaded: LoadedEpoch;

beforeAll(async () => {
  const root = folders.next();
  const { input, records } = smallEpoch();
  await writeFolder(join(root, `epoch-${EPOCH}`), input, records);
  await scoreFolder(join(root, `epoch-${EPOCH}`));
  loaded = await new EpochFolders(root).load(EPOCH);
});

/** Epochs that are loaded when `release` says so, and how many were at once. */
function slowSource() {
  const begun: number[] = [];
  const pending: (() => void)[] = [];
  let most = 0;
  let isOpen = false;
  const source: EpochSource = {
    epochs: async () => CLOSED,
    async load(epoch) {
      begun.push(epoch);
      if (!isOpen) {
        const wait = Promise.withResolvers<void>();
        most = Math.max(most, pending.push(wait.resolve));
        await wait.promise;
      }
      return loaded;
    },
    table: async () => undefined,
    files: async () => new Map(),
    file: async () => undefined,
    open: async () => undefined,
  };
  return {
    source,
    begun,
    most: () => most,
    release() {
      isOpen = true;
      for (const resolve of pending) resolve();
    },
  };
}

let nowMs = 0;
const steadyMs = () => nowMs++;

describe("epochs before the latest three", () => {
  test("are loaded one at a time, and who comes when many wait is told when to ask again", async () => {
    const { source, begun, most, release } = slowSource();
    const views = new EpochViews(source, steadyMs);
    const asked = CLOSED.slice(0, 20).map((epoch) => views.view(epoch));
    const settled = Promise.allSettled(asked);
    await Promise.race(asked.slice(MOST_AT_ONCE)).catch(() => undefined);
    expect(begun).toEqual([0]);
    release();
    const refused = (await settled).filter((one) => one.status === "rejected");
    expect(refused).toHaveLength(20 - MOST_AT_ONCE);
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(OldEpochsBusy);
      expect(reason.retryAfterMs).toBeGreaterThanOrEqual(2000);
    }
    expect(begun).toEqual(CLOSED.slice(0, MOST_AT_ONCE));
    expect(most()).toBe(1);
  });

  test("are loaded once for all who ask while they come, also when others were asked for in between", async () => {
    const { source, begun, release } = slowSource();
    const views = new EpochViews(source, steadyMs);
    const asked = [3, 4, 3, 4, 3].map((epoch) => views.view(epoch));
    release();
    await Promise.all(asked);
    expect(begun).toEqual([3, 4]);
  });

  test("keep nobody from the latest, and push none of them out", async () => {
    const { source, begun, release } = slowSource();
    const views = new EpochViews(source, steadyMs);
    const old = [1, 2, 3].map((epoch) => views.view(epoch));
    const newest = [LATEST, LATEST - 1, LATEST - 2];
    const latest = newest.map((epoch) => views.view(epoch));
    await expect.poll(() => begun.toSorted((a, b) => a - b)).toEqual([1, ...newest.toReversed()]);
    release();
    await Promise.all(old);
    const before = await Promise.all(latest);
    for (const epoch of [4, 5, 6]) await views.view(epoch);
    const after = await Promise.all(newest.map((epoch) => views.view(epoch)));
    expect(after.every((view, at) => view === before[at])).toBe(true);
    expect(begun.filter((epoch) => epoch >= LATEST - 2)).toHaveLength(3);
  });

  test("are refused over HTTP with the time to wait, and the refusal is kept by no cache", async () => {
    const { source, release } = slowSource();
    const app = createHttpApp({ maxConnections: 100, log: SILENT_LOG });
    await apiPart({ source, nowMs: () => 0 }).routes?.(app);
    const get = (epoch: number) => app.inject({ method: "GET", url: `/v1/leaderboard?epoch=${epoch}` });
    const asked = CLOSED.slice(0, 20).map(get);
    const first = await Promise.race(asked);
    release();
    expect(first.json()).toMatchObject({ code: "overloaded", retryAfterMs: expect.any(Number) });
    expect(first.headers).toMatchObject({ "cache-control": "no-store", "retry-after": expect.stringMatching(/^\d+$/) });
    expect(first.headers.etag).toBeUndefined();
    await Promise.all(asked);
    await app.close();
  });
});

describe("streaks", () => {
  const KEY = "07".repeat(33);
  const EPOCHS = Array.from({ length: 200 }, (_, number) => number);

  /** One hotspot, which earned in the epochs that `earned` names. */
  function bookOf(earned: (epoch: number) => boolean) {
    const read: number[] = [];
    const table = async (epoch: number, asked: unknown) => {
      if (asked === hotspotsTable) return { region: new Uint8Array(1), key: Uint8Array.fromHex(KEY) };
      read.push(epoch);
      const none = new BigUint64Array(1);
      return { beacon_atoms: BigUint64Array.of(earned(epoch) ? 5n : 0n), witness_atoms: none, data_atoms: none };
    };
    const source = { epochs: async () => EPOCHS, table } as unknown as EpochSource;
    const book = new StreakBook(source, (work) => work());
    return { read, streak: async (epoch: number) => (await book.until(epoch)).get(KEY) ?? 0 };
  }

  test("of an epoch are the same whatever was asked for before", async () => {
    // A break between what an old question read and what the latest one reads.
    const earned = (epoch: number) => epoch !== 60;
    const questions = [199, 50, 199, 120, 61, 60, 59, 0, 199];
    const told = [];
    const { streak } = bookOf(earned);
    for (const epoch of [50, ...questions]) told.push(await streak(epoch));
    const fresh = [];
    for (const epoch of [50, ...questions]) fresh.push(await bookOf(earned).streak(epoch));
    expect(told).toEqual(fresh);
    expect(fresh).toEqual([51, 92, 51, 92, 60, 1, 0, 60, 1, 92]);
  });

  test("are counted for at most 92 epochs, also by one that has run for longer", async () => {
    const { streak } = bookOf(() => true);
    for (const epoch of EPOCHS.slice(80)) await streak(epoch);
    expect(await streak(199)).toBe(92);
  });

  test("of an old epoch make nobody read the latest anew", async () => {
    const { read, streak } = bookOf(() => true);
    await streak(199);
    await streak(150);
    read.length = 0;
    await streak(199);
    expect(read).toEqual([]);
  });
});
