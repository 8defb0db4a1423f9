import { regionRules } from "@earshot/poc/radio";
import { beforeEach, describe, expect, test } from "vitest";
import { AirTimeBook } from "../../src/air-time/air-time-book.ts";
import { DownlinkScheduler, type ForeignGateway, type GatewayLink } from "../../src/forwarder/downlink-scheduler.ts";
import { packetContext, tmstContext } from "../../src/forwarder/packet-context.ts";
import type { TxAck } from "../../src/forwarder/txpk.ts";
import type { DownlinkAck, DownlinkCommand, DownlinkItem, TxStatus } from "../../src/messages.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { TEST_EUI } from "../doubles/gwmp-bytes.ts";
import { StepClock } from "../doubles/step-clock.ts";

const startMs = 1_764_000_000_000;

interface Sent {
  readonly gatewayEui: string;
  readonly token: number;
  readonly txpk: Record<string, unknown>;
  readonly atMs: number;
}

let clock: StepClock;
let airTime: AirTimeBook;
let sent: Sent[];
let settled: TxStatus[];
let outcome: ReturnType<GatewayLink["sendPullResp"]>;
let scheduler: DownlinkScheduler;
let foreign: ForeignGateway | null;

beforeEach(() => {
  clock = new StepClock(startMs);
  const telemetry = new Telemetry();
  airTime = new AirTimeBook({ path: null, clock, telemetry, rulesOf: () => regionRules("EU868") });
  sent = [];
  settled = [];
  outcome = "sent";
  foreign = null;
  scheduler = new DownlinkScheduler({
    link: {
      sendPullResp: (gatewayEui, token, json) => {
        if (outcome !== "unreachable")
          sent.push({ gatewayEui, token, txpk: JSON.parse(json).txpk, atMs: clock.nowMs() });
        return outcome;
      },
      settled: (_eui, _item, status) => settled.push(status),
    },
    airTime,
    clock,
    telemetry,
    foreignGateway: () => foreign,
  });
});

function item(delayUs: number | null, change: Partial<DownlinkItem> = {}): DownlinkItem {
  return {
    phyPayload: new Uint8Array(20),
    frequencyHz: 868_100_000,
    eirpDbm: 14,
    modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/5" },
    polarizationInversion: true,
    preambleSymbols: null,
    hasCrc: true,
    frequencyDeviationHz: null,
    board: 0,
    antenna: 0,
    timing: delayUs === null ? { kind: "immediately" } : { kind: "delay", delayUs },
    context: packetContext(tmstContext(4_294_000_000), startMs),
    ...change,
  };
}

const rx1 = () => item(1_000_000);
const rx2 = () => item(2_000_000, { frequencyHz: 869_525_000 });
const command = (...items: readonly DownlinkItem[]): DownlinkCommand => ({
  downlinkId: 99,
  gatewayEui: TEST_EUI,
  origin: "server",
  items,
});
const answer = (status: TxStatus, token = sent.at(-1)!.token) =>
  scheduler.txAck(TEST_EUI, token, { status, usedPowerDbm: null, tmst: null } satisfies TxAck);

/** Submits and remembers the ack when there is one. */
function submit(...items: readonly DownlinkItem[]): { ack: DownlinkAck | null; acks: number } {
  const state: { ack: DownlinkAck | null; acks: number } = { ack: null, acks: 0 };
  void scheduler.submit(command(...items)).then((ack) => {
    state.ack = ack;
    state.acks++;
  });
  return state;
}

describe("one downlink", () => {
  test("is sent with the counter of its uplink plus the delay, over the wrap at 2^32", async () => {
    const state = submit(rx1(), rx2());
    expect(sent[0].txpk.tmst).toBe((4_294_000_000 + 1_000_000) % 2 ** 32);
    answer("OK");
    await clock.advance(10);
    expect(state.ack).toEqual({
      downlinkId: 99,
      gatewayEui: TEST_EUI,
      origin: "server",
      statuses: ["OK", "IGNORED"],
      accepted: { itemIndex: 0, usedPowerDbm: null, tmst: null, sentMs: startMs },
    });
    expect(settled).toEqual(["OK"]);
  });

  test("reports the power and the counter that the gateway names", async () => {
    const state = submit(rx1());
    scheduler.txAck(TEST_EUI, sent[0].token, { status: "OK", usedPowerDbm: 12, tmst: 5 });
    await clock.advance(1);
    expect(state.ack?.accepted).toMatchObject({ usedPowerDbm: 12, tmst: 5 });
  });

  test.each(["TOO_LATE", "TOO_EARLY", "COLLISION_PACKET", "TX_FREQ", "INTERNAL_ERROR"] as const)(
    "falls back to RX2 when RX1 is answered with %s",
    async (status) => {
      const state = submit(rx1(), rx2());
      answer(status);
      expect(sent[1].txpk).toMatchObject({ freq: 869.525, tmst: (4_294_000_000 + 2_000_000) % 2 ** 32 });
      answer("OK");
      await clock.advance(1);
      expect(state.ack?.statuses).toEqual([status, "OK"]);
    },
  );

  test("falls back in time for RX2 when the gateway says nothing about RX1", async () => {
    const state = submit(rx1(), rx2());
    await clock.advance(1900);
    expect(sent.length).toBe(2);
    expect(sent[1].atMs - startMs).toBeLessThanOrEqual(1700);
    answer("OK");
    await clock.advance(1);
    expect(state.ack?.statuses).toEqual(["INTERNAL_ERROR", "OK"]);
  });

  test("is acknowledged with an error when the gateway says nothing at all", async () => {
    const state = submit(rx1(), rx2());
    await clock.advance(10_000);
    expect([state.acks, state.ack?.statuses, state.ack?.accepted]).toEqual([
      1,
      ["INTERNAL_ERROR", "INTERNAL_ERROR"],
      null,
    ]);
  });

  test("takes a late OK for RX1 while RX2 is not answered, and no second ack after that", async () => {
    const state = submit(rx1(), rx2());
    await clock.advance(1900);
    answer("OK", sent[0].token);
    await clock.advance(1);
    expect(state.ack?.statuses).toEqual(["OK", "IGNORED"]);
    answer("OK", sent[1].token);
    answer("TOO_LATE", sent[1].token);
    await clock.advance(10_000);
    expect(state.acks).toBe(1);
  });

  test("does not care for TX_ACKs that answer nothing", async () => {
    const state = submit(rx1());
    answer("OK", sent[0].token ^ 1);
    expect(state.ack).toBeNull();
    answer("OK");
    answer("COLLISION_PACKET");
    await clock.advance(1);
    expect([state.acks, state.ack?.statuses]).toEqual([1, ["OK"]]);
  });

  test("is acknowledged as sent at once by a version 1 gateway, which never answers", async () => {
    outcome = "sent_to_version_1";
    const state = submit(rx1(), rx2());
    await clock.advance(1);
    expect([state.ack?.statuses, sent.length]).toEqual([["OK", "IGNORED"], 1]);
  });

  test("is acknowledged with an error at once when no gateway is there", async () => {
    outcome = "unreachable";
    const state = submit(rx1(), rx2());
    await clock.advance(1);
    expect(state.ack?.statuses).toEqual(["INTERNAL_ERROR", "INTERNAL_ERROR"]);
    expect(airTime.use(TEST_EUI).every(({ usedUs }) => usedUs === 0)).toBe(true);
  });

  test("goes out at once when it is for class C, and by GPS time when it is for class B", async () => {
    submit(item(null, { context: new Uint8Array(0) }));
    submit(item(0, { timing: { kind: "gps", gpsTimeMs: 1_400_000_000_000 }, context: new Uint8Array(0) }));
    expect(sent.map(({ txpk }) => [txpk.imme, txpk.tmms])).toEqual([
      [true, undefined],
      [undefined, 1_400_000_000_000],
    ]);
  });

  test("is refused at once when a thousand wait for their answers, until some have them", async () => {
    // Where no sub-band has a duty cycle.
    const now = () => item(null, { context: new Uint8Array(0), frequencyHz: 915_000_000 });
    const waiting = Array.from({ length: 1024 }, () => submit(now()));
    const refused = submit(rx1(), rx2());
    await clock.advance(1);
    expect(refused.ack?.statuses).toEqual(["QUEUE_FULL", "QUEUE_FULL"]);
    expect(sent).toHaveLength(1024);
    await clock.advance(10_000);
    expect(waiting.every(({ acks }) => acks === 1)).toBe(true);
    submit(now());
    expect(sent).toHaveLength(1025);
  });

  test("is given up with INTERNAL_ERROR when the agent stops", async () => {
    const state = submit(rx1(), rx2());
    scheduler.close();
    await clock.advance(1);
    expect(state.ack?.statuses).toEqual(["INTERNAL_ERROR", "INTERNAL_ERROR"]);
  });
});

describe("old uplinks", () => {
  test("refuses a downlink for a replayed uplink as TOO_LATE, also when the counter has come round", async () => {
    const wrapMs = 2 ** 32 / 1000;
    for (const ageMs of [2100, 60_000, wrapMs - 500, wrapMs + 1500]) {
      await clock.advance(startMs + ageMs - clock.nowMs());
      const state = submit(rx1(), rx2());
      await clock.advance(1);
      expect(state.ack?.statuses).toEqual(["TOO_LATE", "TOO_LATE"]);
    }
    expect(sent).toEqual([]);
  });

  test("refuses one for an uplink of an earlier run whose clock was ahead", async () => {
    await clock.advance(startMs - 1 - clock.nowMs());
    const ofTheFuture = packetContext(tmstContext(5), clock.nowMs() + 3_600_000);
    const state = submit(item(1_000_000, { context: ofTheFuture }));
    await clock.advance(1);
    expect([state.ack?.statuses, sent]).toEqual([["TOO_LATE"], []]);
  });

  test("goes straight to RX2 when RX1 is past", () => {
    return clock.advance(1200).then(() => {
      submit(rx1(), rx2());
      expect(sent.map(({ txpk }) => txpk.freq)).toEqual([869.525]);
    });
  });

  test("refuses a context that is none of ours", async () => {
    const state = submit(
      item(1_000_000, { context: tmstContext(5) }),
      item(1_000_000, { context: new Uint8Array(30) }),
    );
    await clock.advance(1);
    expect(state.ack?.statuses).toEqual(["INTERNAL_ERROR", "INTERNAL_ERROR"]);
  });
});

describe("several servers", () => {
  test("keeps two commands with the same id apart, whatever the order of the answers", async () => {
    const [first, second] = [submit(rx1()), submit(rx1())];
    const [a, b] = sent.map(({ token }) => token);
    expect(a).not.toBe(b);
    answer("COLLISION_PACKET", b);
    answer("OK", a);
    await clock.advance(1);
    expect([first.ack?.statuses, second.ack?.statuses]).toEqual([["OK"], ["COLLISION_PACKET"]]);
  });
});

describe("air time", () => {
  /** SF12, 51 bytes, 869.525 MHz: 10 % of an hour is 360 s. */
  const slow = (frequencyHz: number) =>
    item(null, {
      frequencyHz,
      phyPayload: new Uint8Array(51),
      modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 12, codeRate: "4/5" },
    });

  test("falls back to RX2 when the sub-band of RX1 is used up, and says so when both are", async () => {
    let acks: readonly TxStatus[] = [];
    for (let i = 0; i < 400 && acks[0] !== "DUTY_CYCLE_OVERFLOW"; i++) {
      const state = submit(slow(868_100_000), slow(868_300_000));
      if (state.ack === null && sent.length > 0) answer("OK");
      await clock.advance(1);
      acks = state.ack!.statuses;
    }
    expect(acks).toEqual(["DUTY_CYCLE_OVERFLOW", "DUTY_CYCLE_OVERFLOW"]);
    const sentBefore = sent.length;
    expect(sentBefore).toBe(14);
    const state = submit(slow(868_100_000), slow(869_525_000));
    answer("OK");
    await clock.advance(1);
    expect(state.ack?.statuses).toEqual(["DUTY_CYCLE_OVERFLOW", "OK"]);
    await clock.advance(3_600_000);
    const later = submit(slow(868_100_000));
    answer("OK");
    await clock.advance(1);
    expect(later.ack?.statuses).toEqual(["OK"]);
  });

  test("is given back when the gateway refuses, and not when it is silent", async () => {
    const used = () => airTime.use(TEST_EUI).reduce((sum, { usedUs }) => sum + usedUs, 0);
    submit(slow(868_100_000));
    expect(used()).toBeGreaterThan(2_000_000);
    answer("TOO_LATE");
    expect(used()).toBe(0);
    submit(slow(868_100_000));
    await clock.advance(10_000);
    expect(used()).toBeGreaterThan(2_000_000);
  });
});

describe("a forwarder that schedules by itself", () => {
  test("gets the whole command, and its statuses come back in place", async () => {
    const asked: DownlinkCommand[] = [];
    foreign = {
      transmit: async (given) => {
        asked.push(given);
        const { downlinkId, gatewayEui, origin } = given;
        const accepted = { itemIndex: 1, usedPowerDbm: null, tmst: null, sentMs: startMs };
        return { downlinkId, gatewayEui, origin, statuses: ["TOO_LATE", "OK"], accepted };
      },
    };
    const state = submit(rx1(), rx2());
    await clock.advance(1);
    expect([asked.length, asked[0].items.length, sent.length]).toEqual([1, 2, 0]);
    expect(state.ack).toMatchObject({ statuses: ["TOO_LATE", "OK"], accepted: { itemIndex: 1 } });
    const used = airTime.use(TEST_EUI).filter(({ usedUs }) => usedUs > 0);
    expect(used.map(({ subBand }) => subBand.fromHz)).toEqual([869_400_000]);
  });
});
