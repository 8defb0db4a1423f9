/** Deliveries of an epoch whose packets may still be paid: what later epochs confirm changes the answer, and its ETag; what asking may cost. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { DeliveriesBusy, DeliveryBook } from "../../src/api/delivery-book.ts";
import { ArchivedEpochs } from "../../src/api/epoch-source.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { frameOf, PacketPlay, ROUTE, TWO_OWNERS } from "../billing/packet-play.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("deliveries");
const closed: number[] = [];
let play: PacketPlay;
let app: HttpApp;

beforeAll(async () => {
  play = await PacketPlay.open(folders.next());
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  // Whatever is computed takes a second, so that one is refused however busy this machine is.
  let steadyMs = 0;
  const clocks = { nowMs: () => 0, steadyMs: () => (steadyMs += 1000) };
  await apiPart({ source: new ArchivedEpochs(play.archive, async () => closed), ...clocks }).routes?.(app);
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await play.close();
});

test("are counted anew when an epoch is closed in which packets are confirmed, and stay when the time for bills is over", async () => {
  const heard = Array.from({ length: 10 }, (_, fCnt) => ({ frame: frameOf(fCnt), by: TWO_OWNERS }));
  const epoch = await play.play({ heard, confirmed: heard.slice(0, 8) });
  closed.push(epoch);
  const url = `/v1/deliveries?epoch=${epoch}`;
  const ask = (etag = "") => app.inject({ method: "GET", url, headers: { "if-none-match": etag } });
  const early = await ask();
  expect(early.json()).toMatchObject({
    until: epoch,
    isSettled: false,
    deliveries: [{ routeId: ROUTE, copies: 20, confirmed: 16, deliveredE4: 8000 }],
  });
  expect((await ask(String(early.headers.etag))).statusCode).toBe(304);
  closed.push(await play.play({ confirmed: heard.slice(8) }));
  const late = await ask(String(early.headers.etag));
  expect(late.json()).toMatchObject({ until: epoch + 1, isSettled: true, deliveries: [{ confirmed: 20 }] });
  expect([early, late].map(({ headers }) => headers["cache-control"])).toEqual([
    "public, max-age=30",
    "public, max-age=86400",
  ]);
  closed.push(await play.play({}));
  expect((await ask(String(late.headers.etag))).statusCode).toBe(304);
}, 120_000);

describe("deliveries of old epochs", () => {
  /** A book whose epochs take a second each to compute, and what it computed. */
  function slowBook() {
    let nowMs = 0;
    const computed: number[] = [];
    const pending: (() => void)[] = [];
    const book = new DeliveryBook({
      most: 2,
      steadyMs: () => nowMs,
      async compute({ epoch }) {
        computed.push(epoch);
        await new Promise<void>((resolve) => pending.push(resolve));
        return { hotspot: [], route: [], "hotspot and route": [] };
      },
    });
    const ask = (epoch: number, isSettled = true) => book.of({ epoch, until: epoch + 1, isSettled });
    /** Asks, and lets the second pass. */
    const take = async (epoch: number, isSettled = true) => {
      const asked = ask(epoch, isSettled);
      await vi.waitUntil(() => pending.length > 0, { interval: 1, timeout: 30_000 });
      nowMs += 1000;
      pending.shift()!();
      return asked;
    };
    return { ask, take, computed, pass: (ms: number) => (nowMs += ms) };
  }

  test("take a tenth of the process however many are asked for, and are told when to ask again", async () => {
    const { ask, take, computed, pass } = slowBook();
    await take(1);
    await expect(ask(2)).rejects.toMatchObject({ retryAfterMs: 9000 });
    await Promise.all([ask(1), ask(1)]);
    pass(8999);
    await expect(ask(2)).rejects.toBeInstanceOf(DeliveriesBusy);
    pass(1);
    await take(2);
    expect(computed).toEqual([1, 2]);
  });

  test("are computed one at a time, once for all who ask at once", async () => {
    const { ask, take, computed } = slowBook();
    const [first, second] = [take(1), ask(1)];
    await expect(ask(2)).rejects.toBeInstanceOf(DeliveriesBusy);
    expect(await first).toBe(await second);
    expect(computed).toEqual([1]);
  });

  test("keep nobody from epochs that may still be billed, and push none of them out", async () => {
    const { ask, take, computed, pass } = slowBook();
    await take(1);
    await take(100, false);
    for (const epoch of [2, 3, 4]) {
      pass(9000);
      await take(epoch);
    }
    await ask(100, false);
    expect(computed).toEqual([1, 100, 2, 3, 4]);
  });

  test("are refused over HTTP with the time to wait, and not kept by caches", async () => {
    const old = closed[0]!;
    // Billed for long: each is computed from raw uploads.
    while (closed.length < 5) closed.push(await play.play({}));
    const answers = [];
    for (const epoch of [old, old + 1, old + 2]) {
      answers.push(await app.inject({ method: "GET", url: `/v1/deliveries?epoch=${epoch}` }));
    }
    const refused = answers.filter(({ statusCode }) => statusCode !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers, json } of refused) {
      expect(json()).toMatchObject({ code: "overloaded", retryAfterMs: expect.any(Number) });
      expect(headers).toMatchObject({ "cache-control": "no-store", "retry-after": expect.stringMatching(/^\d+$/) });
      expect(headers.etag).toBeUndefined();
    }
  });
});
