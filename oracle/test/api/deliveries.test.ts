/** Deliveries of an epoch whose packets may still be paid: what later epochs confirm changes the answer, and its ETag. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
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
  app = createHttpApp({ trustProxy: false, maxConnections: 10, log: SILENT_LOG });
  await apiPart({ source: new ArchivedEpochs(play.archive, async () => closed), nowMs: () => 0 }).routes?.(app);
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
