import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeviceLanes, type Dispatch } from "../../src/spool/device-lanes.ts";
import type { LaneRules } from "../../src/spool/lane-rules.ts";
import { PacketTable } from "../../src/spool/packet-table.ts";

const rules: LaneRules = {
  spacingMs: 100,
  maxInFlight: 8,
  liveMs: 1000,
  replayPerSecond: 1000,
  joinMaxAgeMs: 5000,
  maxAgeMs: 3_600_000,
  replay: "data-only",
};

interface Frame {
  readonly device: number;
  readonly counter: number;
}

/** Lanes under a script of arrivals, outages and answers; keeps what was sent and what was taken. */
class Script {
  readonly table = new PacketTable();
  readonly lanes: DeviceLanes;
  readonly frames = new Map<number, Frame>();
  readonly sent: { readonly frame: Frame; readonly atMs: number }[] = [];
  readonly taken: Frame[] = [];
  readonly dropped: Frame[] = [];
  #underWay: Dispatch[] = [];
  #counters = new Map<number, number>();
  nowMs = 1_000_000;

  constructor(change: Partial<LaneRules> = {}) {
    this.lanes = new DeviceLanes(this.table, { ...rules, ...change });
  }

  /** A new frame of a device, heard by `copies` gateways. */
  arrive(device: number, copies = 1): void {
    const counter = (this.#counters.get(device) ?? 0) + 1;
    this.#counters.set(device, counter);
    for (let copy = 0; copy < copies; copy++) {
      const packet = { segment: 1, offset: 8, index: 0, receivedMs: this.nowMs, phyHash: device * 10_000 + counter };
      const row = this.table.add(packet, 1);
      this.frames.set(row, { device, counter });
      this.lanes.add(row, device, false, this.nowMs);
    }
  }

  /** Does what is due. */
  run(): number | null {
    for (;;) {
      const step = this.lanes.step(this.nowMs);
      if (step.kind === "wait") return step.atMs;
      const row = step.kind === "send" ? step.dispatch.row : step.row;
      const frame = this.frames.get(row)!;
      if (step.kind === "drop") {
        this.dropped.push(frame);
        this.table.release(row);
      } else {
        this.sent.push({ frame, atMs: this.nowMs });
        this.#underWay.push(step.dispatch);
      }
    }
  }

  /** Answers what is under way: all of it taken, or none. */
  answer(isTaken: boolean): void {
    for (const dispatch of this.#underWay.splice(0)) {
      this.lanes.settle(dispatch, isTaken, this.nowMs);
      if (!isTaken) continue;
      this.taken.push(this.frames.get(dispatch.row)!);
      this.table.release(dispatch.row);
    }
  }

  /** Lets time pass, with everything taken as soon as it is sent. */
  drain(untilMs: number): void {
    while (this.nowMs < untilMs) {
      this.run();
      this.answer(true);
      this.run();
      this.answer(true);
      this.nowMs += 10;
    }
  }
}

describe("order and pace", () => {
  test("asks to be woken when the next frame of a device is due", () => {
    const script = new Script();
    script.lanes.setReady(true);
    script.arrive(1);
    script.arrive(1);
    script.run();
    script.answer(true);
    expect(script.run()).toBe(1_000_100);
  });

  test("sends no more at once than allowed, and goes on when one is answered", () => {
    const script = new Script({ maxInFlight: 3 });
    script.lanes.setReady(true);
    for (let device = 1; device <= 5; device++) script.arrive(device);
    expect([script.run(), script.sent.length]).toEqual([null, 3]);
    script.answer(true);
    script.run();
    expect(script.sent.length).toBe(5);
  });

  test("pauses longer after each failure, and starts short again after a success", () => {
    const script = new Script();
    script.lanes.setReady(true);
    script.arrive(1);
    const pauses: number[] = [];
    for (let failure = 0; failure < 7; failure++) {
      script.run();
      script.answer(false);
      const nextMs = script.run()!;
      pauses.push(nextMs - script.nowMs);
      script.nowMs = nextMs;
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    script.run();
    script.answer(true);
    script.arrive(2);
    script.run();
    script.answer(false);
    expect(script.run()! - script.nowMs).toBe(250);
  });

  test("is not held up by one device whose answer does not come", () => {
    const script = new Script();
    script.lanes.setReady(true);
    script.arrive(1);
    script.run();
    script.arrive(1);
    script.arrive(2);
    script.nowMs += 60_000;
    script.run();
    expect(script.sent.map(({ frame }) => frame.device)).toEqual([1, 2]);
  });

  test("spaces a backlog from when a frame was settled: one that was handed out may have waited for its connection", () => {
    const script = new Script();
    script.lanes.setReady(true);
    script.arrive(1);
    script.run();
    script.arrive(1);
    script.nowMs += 1700;
    script.answer(true);
    expect([script.run(), script.sent.length]).toEqual([script.nowMs + rules.spacingMs, 1]);
    script.nowMs += rules.spacingMs;
    script.run();
    expect(script.sent).toHaveLength(2);
  });

  test("spaces a live frame from a settlement that came late too: who stood still may hand both on at once", () => {
    const script = new Script();
    script.lanes.setReady(true);
    script.arrive(1);
    script.run();
    script.arrive(1);
    script.nowMs += 300;
    script.answer(true);
    expect([script.run(), script.sent.length]).toEqual([script.nowMs + rules.spacingMs / 2, 1]);
    script.nowMs += rules.spacingMs / 2;
    script.run();
    expect(script.sent).toHaveLength(2);
  });

  test("keeps per device the order and the spacing, loses nothing and sends nothing twice, whatever happens", () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant("arrive" as const),
          device: fc.integer({ min: 1, max: 4 }),
          copies: fc.integer({ min: 1, max: 3 }),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(1500) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer" as const), isTaken: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("ready" as const), isReady: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const script = new Script();
        script.lanes.setReady(true);
        for (const one of actions) {
          if (one.kind === "arrive") script.arrive(one.device, one.copies);
          else if (one.kind === "pass") script.nowMs += one.ms;
          else if (one.kind === "answer") script.answer(one.isTaken);
          else script.lanes.setReady(one.isReady);
          script.run();
        }
        script.answer(true);
        script.lanes.setReady(true);
        script.drain(script.nowMs + 60_000);
        expect([script.lanes.pending, script.table.size, script.dropped]).toEqual([0, 0, []]);
        const last = new Map<number, { counter: number; atMs: number }>();
        for (const { frame, atMs } of script.sent) {
          const before = last.get(frame.device);
          if (before !== undefined && frame.counter !== before.counter) {
            expect(frame.counter).toBe(before.counter + 1);
            expect(atMs - before.atMs).toBeGreaterThanOrEqual(rules.spacingMs);
          }
          if (before?.counter !== frame.counter) last.set(frame.device, { counter: frame.counter, atMs });
        }
      }),
      { numRuns: 300 * Number(process.env.EARSHOT_SOAK ?? 1) },
    );
  });
});

describe("the sweep", () => {
  test("takes out what is unwanted at the front of lanes, and forgets idle devices", () => {
    const script = new Script();
    for (let device = 1; device <= 3; device++) script.arrive(device);
    const unwanted = new Set([0, 1]);
    const swept = [...script.lanes.sweep(script.nowMs, (row) => unwanted.has(row))].map(({ row }) => row);
    expect([swept, script.lanes.pending]).toEqual([[0, 1], 1]);
    expect([...script.lanes.waiting()]).toEqual([2]);
  });

  test("leaves what is under way", () => {
    const script = new Script();
    script.lanes.setReady(true);
    script.arrive(1);
    script.run();
    expect([...script.lanes.sweep(script.nowMs + 1e9, () => true)]).toEqual([]);
  });
});
