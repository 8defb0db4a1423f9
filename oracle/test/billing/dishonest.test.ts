/** Payers and hotspots that do not keep their word, through the log, the pipeline and billing. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contestedPackets } from "../../src/billing/contest-book.ts";
import { deliveriesOfEpoch, uptimesOfEpoch } from "../../src/billing/delivery-of-epoch.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { frameOf, PacketPlay, ROUTE, SESSION_KEY, TWO_OWNERS } from "./packet-play.ts";

const folders = new TemporaryFolders("dishonest");
const PACKETS = 50;
const [FIRST, SECOND] = TWO_OWNERS;
const heard = Array.from({ length: PACKETS }, (_, fCnt) => ({ frame: frameOf(fCnt), by: TWO_OWNERS }));
/** All but every tenth. */
const honest = heard.filter((_, at) => at % 10 !== 5);
const proof = (fCnt: number) => ({ phyPayload: frameOf(fCnt), fCntHigh: 0 });

let play: PacketPlay;
beforeEach(async () => {
  play = await PacketPlay.open(folders.next());
});
afterEach(() => play.close());

const reasons = () => play.suspended.reasonsOf(ROUTE);

describe("a payer that says nothing of every tenth packet", () => {
  test("is told which, has its route suspended when it lets the time pass, and hurts no hotspot", async () => {
    const epoch = await play.play({ heard, confirmed: honest });
    expect(await play.contest(epoch)).toMatchObject([{ paid: 45, contested: 5, contestedUnits: 1000 }]);
    expect(reasons()).toEqual([]);
    const { store } = play.pipeline;
    const page = { epoch, routeId: ROUTE, after: new Uint8Array(0), limit: 3 };
    const first = await contestedPackets(store, page);
    const rest = await contestedPackets(store, { ...page, after: first[2]!, limit: 10 });
    expect([first.length, rest.length]).toEqual([3, 2]);
    const next = await play.play({});
    expect(reasons()).toEqual(["contested"]);
    expect((await play.conduct(next)).size).toBe(0);
  }, 120_000);

  test("keeps its route when it pays in time", async () => {
    const epoch = await play.play({ heard, confirmed: honest });
    await play.play({ confirmed: heard.filter((one) => !honest.includes(one)) });
    expect(await play.contest(epoch)).toMatchObject([{ paid: PACKETS, contested: 0 }]);
    expect(reasons()).toEqual([]);
    const [early] = await deliveriesOfEpoch(play.archive, epoch, epoch, "route");
    expect(early).toMatchObject({ routeId: ROUTE, copies: 2 * PACKETS, confirmed: 90, deliveredE4: 9000 });
    const byHotspot = await deliveriesOfEpoch(play.archive, epoch, epoch + 1, "hotspot");
    expect(byHotspot.map(({ hotspot, deliveredE4 }) => [hotspot, deliveredE4])).toEqual([
      [FIRST, 10_000],
      [SECOND, 10_000],
    ]);
    expect((await uptimesOfEpoch(play.archive, epoch))[FIRST]).toMatchObject({ answered: 0, activeSpans: 1 });
  }, 120_000);

  test("cannot refute what a device did send", async () => {
    const epoch = await play.play({ heard, confirmed: honest });
    const disputed = heard.filter((one) => !honest.includes(one)).map(({ frame }) => frame);
    const next = await play.play({ refuted: [{ nwkSKey: SESSION_KEY, before: proof(0), after: proof(49), disputed }] });
    expect(await play.contest(epoch)).toMatchObject([{ contested: 5, refuted: 0 }]);
    expect(reasons()).toEqual(["contested"]);
    expect((await play.conduct(next)).size).toBe(0);
  }, 120_000);
});

describe("a hotspot that invents every tenth packet", () => {
  test("alone earns nothing by it, and suspends nobody", async () => {
    const invented = Array.from({ length: 5 }, (_, at) => ({ frame: frameOf(1000 + at, false), by: [FIRST] }));
    const epoch = await play.play({ heard: [...heard, ...invented], confirmed: heard });
    await play.play({});
    expect(await play.contest(epoch)).toMatchObject([{ paid: PACKETS, unanswered: 5, contested: 0 }]);
    expect(reasons()).toEqual([]);
  }, 120_000);
});

describe("two hotspots of two owners that invent the same packets", () => {
  const invented = Array.from({ length: 5 }, (_, at) => ({ frame: frameOf(20 + at, false), by: TWO_OWNERS }));
  const mixed = [...heard.slice(0, 25), ...invented, ...heard.slice(25)];
  const disputed = invented.map(({ frame }) => frame);

  test("contest the route until its payer refutes them, which counts against both and is done once", async () => {
    const epoch = await play.play({ heard: mixed, confirmed: heard });
    expect(await play.contest(epoch)).toMatchObject([{ paid: PACKETS, contested: 5 }]);
    const refutation = { nwkSKey: SESSION_KEY, before: proof(0), after: proof(49), disputed };
    const next = await play.play({ refuted: [refutation, refutation] });
    expect(await play.contest(epoch)).toMatchObject([{ contested: 0, refuted: 5, contestedUnits: 0 }]);
    expect(reasons()).toEqual([]);
    const conduct = await play.conduct(next);
    expect([...conduct].sort(([a], [b]) => a - b)).toEqual([
      [FIRST, { refuted: 5, paid: 0 }],
      [SECOND, { refuted: 5, paid: 0 }],
    ]);
    const later = await play.play({ refuted: [refutation] });
    expect((await play.conduct(later)).size).toBe(0);
  }, 120_000);

  test("stay contested when the proofs were never paid, or were received on the wrong side", async () => {
    const unpaid = { nwkSKey: SESSION_KEY, before: proof(100), after: proof(101), disputed };
    const late = { nwkSKey: SESSION_KEY, before: proof(30), after: proof(40), disputed };
    const epoch = await play.play({ heard: mixed, confirmed: heard, refuted: [unpaid, late] });
    expect(await play.contest(epoch)).toMatchObject([{ contested: 5, refuted: 0 }]);
    await play.play({});
    expect(reasons()).toEqual(["contested"]);
  }, 120_000);

  test("are refuted in the very epoch when the payer is quick, and then wait for no bill", async () => {
    const refutation = { nwkSKey: SESSION_KEY, before: proof(0), after: proof(49), disputed };
    const epoch = await play.play({ heard: mixed, confirmed: heard, refuted: [refutation] });
    expect(await play.contest(epoch)).toMatchObject([{ contested: 0, refuted: 5 }]);
    expect((await play.conduct(epoch)).get(FIRST)).toEqual({ refuted: 5, paid: PACKETS });
    // Whoever confirms what it refuted pays nothing for it.
    await play.play({ confirmed: invented });
    const bills = await new StoredJournal(play.pipeline.store).openBills();
    expect(bills.map((bill) => bill.epoch)).toEqual([epoch]);
  }, 120_000);
});
