/** Receive times of a log never go back, and nothing becomes durable behind a time that was said to be settled. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { ReceiveOrder, type Ticket } from "../../src/ingest/receive-order.ts";
import type { ReportLog } from "../../src/ports/report-log.ts";
import { ManualClock } from "../service/manual-clock.ts";
import { hotspotAccount, TestDevice } from "../service/test-device.ts";
import { NOW_MS, TestService, type TestServiceOptions } from "../service/test-service.ts";

const HOUR_MS = 3_600_000;

describe("the order of receive times", () => {
  test("keeps the time of arrival of what waited shortly, and not of what waited long", () => {
    let nowMs = 100_000;
    const order = new ReceiveOrder(() => nowMs, 0);
    expect(order.take(99_500).receiveMs).toBe(99_500);
    nowMs = 110_000;
    expect(order.take(100_000).receiveMs).toBe(109_000);
    expect(order.take(108_000).receiveMs).toBe(109_000);
  });

  test("is settled up to the oldest append under way, and for a while up to one that failed", () => {
    let nowMs = 100_000;
    const order = new ReceiveOrder(() => nowMs, 0);
    const [slow, lost, quick] = [100_000, 100_001, 100_002].map((arrivedMs) => order.take(arrivedMs)) as [
      Ticket,
      Ticket,
      Ticket,
    ];
    nowMs = 105_000;
    order.settle(quick);
    order.unsure(lost);
    expect(order.settledMs()).toBe(100_000);
    order.settle(slow);
    expect(order.settledMs()).toBe(100_001);
    nowMs = 115_001;
    expect(order.settledMs()).toBe(114_001);
  });

  test("holds for any arrivals, waits, failures and steps of the clock", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: -5000, max: 5000 }) }),
      fc.record({ kind: fc.constant("take" as const), waitedMs: fc.nat(8000) }),
      fc.record({ kind: fc.constantFrom("settle" as const, "unsure" as const), which: fc.nat(9) }),
      fc.record({ kind: fc.constant("ask" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let nowMs = 1_000_000;
        const order = new ReceiveOrder(() => nowMs, 0);
        const open: Ticket[] = [];
        let lastMs = 0;
        let settledMs = 0;
        for (const one of steps) {
          if (one.kind === "pass") nowMs += one.ms;
          else if (one.kind === "take") {
            const ticket = order.take(nowMs - one.waitedMs);
            expect(ticket.receiveMs).toBeGreaterThanOrEqual(lastMs);
            expect(ticket.receiveMs).toBeGreaterThanOrEqual(settledMs);
            lastMs = ticket.receiveMs;
            open.push(ticket);
          } else if (one.kind === "ask") {
            settledMs = Math.max(settledMs, order.settledMs());
            for (const { receiveMs } of open) expect(order.settledMs()).toBeLessThanOrEqual(receiveMs);
          } else if (open.length > 0) {
            const [ticket] = open.splice(one.which % open.length, 1);
            order[one.kind](ticket!);
          }
        }
      }),
    );
  });
});

let service: TestService;

async function start(options: TestServiceOptions): Promise<void> {
  service = await TestService.start(options);
  for (let device = 1; device <= 4; device++)
    service.registry.putHotspot(hotspotAccount(new TestDevice(device).key), 1);
}

async function receiveTimes(): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < (await service.log.tip()).length; at++) times.push((await service.log.get(at))!.receiveMs);
  return times;
}

const order = () => service.ingest.order;

const ascending = (times: readonly number[]) => times.toSorted((a, b) => a - b);

describe("the log of an ingest", () => {
  afterEach(() => service.dispose());

  test("goes on from its last receive time after a restart with a clock an hour back, and says that it is ahead", async () => {
    await start({});
    const device = new TestDevice(1);
    await service.submit(device.next().bytes);
    await service.stop();
    await start({ folder: service.folder, clock: new ManualClock(NOW_MS - HOUR_MS) });
    expect((await service.submit(device.next().bytes)).json.status).toBe("accepted");
    const times = await receiveTimes();
    expect(times).toEqual([NOW_MS, NOW_MS]);
    expect(service.ingest.fault?.()).toContain("3600 s ahead of the clock");
    await service.advance(HOUR_MS);
    expect((await service.submit(device.next().bytes)).json.status).toBe("accepted");
    expect(service.ingest.fault?.()).toBeUndefined();
    expect(await receiveTimes()).toEqual(ascending(await receiveTimes()));
  });

  test("has ascending times while uploads overtake each other and the wall clock is set back and forth", async () => {
    await start({});
    const devices = [1, 2, 3, 4].map((number) => new TestDevice(number));
    for (const [round, stepMs] of [0, -HOUR_MS, 2000, HOUR_MS, -1500, 500].entries()) {
      service.clock.stepWall(stepMs);
      service.networkClock.check();
      const answers = await Promise.all(devices.map((device) => service.submit(device.next().bytes)));
      expect(answers.map(({ json }) => json.status)).toEqual(devices.map(() => "accepted"));
      await service.advance(100 * round);
    }
    expect(await receiveTimes()).toEqual(ascending(await receiveTimes()));
  });

  test("is not settled beyond an upload whose disk hangs", async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const append = (log: ReportLog) => async (upload: Parameters<ReportLog["append"]>[0]) => {
      entered.resolve();
      await gate.promise;
      return log.append(upload);
    };
    const wrapLog = (log: ReportLog) =>
      new Proxy(log, {
        get(target, name) {
          if (name === "append") return append(target);
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    await start({ wrapLog });
    const arrivedMs = service.networkClock.nowMs();
    const answer = service.submit(new TestDevice(1).next().bytes);
    await entered.promise;
    await service.advance(60_000);
    expect(order().settledMs()).toBe(arrivedMs);
    gate.resolve();
    expect((await answer).json.status).toBe("accepted");
    expect(await receiveTimes()).toEqual([arrivedMs]);
    expect(order().settledMs()).toBe(service.networkClock.nowMs() - 1000);
  });
});
