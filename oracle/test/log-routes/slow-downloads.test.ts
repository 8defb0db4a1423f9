/** Clients that ask for segments and do not read them, beside one that does. */
import { connect, type Socket } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { DownloadSlots } from "../../src/log-routes/download-slots.ts";
import { segmentRoutes } from "../../src/log-routes/segment-routes.ts";
import type { SealedSegment } from "../../src/ports/report-log.ts";
import { createHttpApp } from "../../src/service/http.ts";
import { createLog } from "../../src/service/log.ts";

const MOST = 4;

describe("places for downloads", () => {
  test("are for all together, half of them for one address, and free when a download is over", () => {
    const slots = new DownloadSlots({ most: MOST, steadyMs: () => 0 });
    const none = () => expect.fail("broken off");
    const first = slots.take("a", 1000, none)!;
    expect(slots.take("a", 1000, none)).toBeDefined();
    expect(slots.take("a", 1000, none)).toBeUndefined();
    expect(slots.take("b", 1000, none)).toBeDefined();
    expect(slots.take("c", 1000, none)).toBeDefined();
    expect(slots.take("d", 1000, none)).toBeUndefined();
    first();
    first();
    expect(slots.take("d", 1000, none)).toBeDefined();
    expect(slots.take("e", 1000, none)).toBeUndefined();
  });

  test("go to who comes from the one that has had its fair time longest, and from no other", () => {
    let nowMs = 0;
    const ended: string[] = [];
    const slots = new DownloadSlots({ most: MOST, steadyMs: () => nowMs });
    const take = (address: string, bytes: number) => slots.take(address, bytes, () => ended.push(address));
    for (const address of ["small", "also small", "large", "also large"]) {
      const bytes = address.includes("large") ? 64 * 1024 * 1024 : 1000;
      expect(take(address, bytes)).toBeDefined();
      nowMs += 1;
    }
    nowMs = 4999;
    expect(take("late", 1000)).toBeUndefined();
    nowMs = 5100;
    expect(take("late", 1000)).toBeDefined();
    expect(take("later", 1000)).toBeDefined();
    expect(ended).toEqual(["small", "also small"]);
    expect(take("latest", 1000)).toBeUndefined();
    nowMs = 70_000;
    expect(take("latest", 1000)).toBeDefined();
    expect(ended).toEqual(["small", "also small", "large"]);
  });
});

const bytes = new Uint8Array(32 * 1024 * 1024).fill(7);
const zeros = new Uint8Array(32);
const segment: SealedSegment = {
  number: 0,
  firstIndex: 0,
  firstReceiveMs: 0,
  lastReceiveMs: 0,
  uploads: 1,
  bytes: bytes.length,
  sha256: zeros,
  headBefore: zeros,
  headAfter: zeros,
};
let steadyMs = 0;
const log = createLog({ level: "error", repeatIntervalMs: 0, steadyMs: () => 0, write: () => {} });
const app = createHttpApp({ maxConnections: 100, log: log.for("http") });
segmentRoutes(app, {
  published: { at: async () => [segment], bytes: async () => ({ segment, bytes }) },
  nowMs: () => 0,
  downloads: { most: MOST, steadyMs: () => steadyMs },
});
const stalled: Socket[] = [];
afterAll(async () => {
  for (const socket of stalled) socket.destroy();
  await app.close();
});

test("a peer gets its segment although others hold every place and do not read", async () => {
  const { port, hostname } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const url = `http://${hostname}:${port}/v1/log/segments/0`;
  /** From an address of its own; comes back when the answer has begun. */
  const stall = (localAddress: string) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port: Number(port), host: hostname, localAddress });
      stalled.push(socket);
      socket.once("error", reject);
      socket.once("readable", () => resolve());
      socket.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
    });
  for (const address of ["127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3"]) await stall(address);
  const refused = await fetch(url);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
  steadyMs = 60_000;
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  expect((await answer.bytes()).length).toBe(bytes.length);
});
