import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ConfirmedCopy, CopyMatcher, type UnconfirmedReason } from "../../src/meter/copy-matcher.ts";
import { uplink } from "./frames.ts";

const DEVICE = 0x26_01_02_03;
const GATEWAYS = ["aa555a0000000101", "aa555a0000000102", "aa555a0000000103"];

function start(maxCopies = 2) {
  const confirmed: ConfirmedCopy[] = [];
  const refused: UnconfirmedReason[] = [];
  const matcher = new CopyMatcher({
    maxCopies: () => maxCopies,
    onConfirmed: (copy) => void confirmed.push(copy),
    onUnconfirmed: (reason) => void refused.push(reason),
    waitMs: 60_000,
    maxWaiting: 1000,
  });
  const deliver = (
    gateway: number,
    fCnt: number,
    change: { uplinkId?: number; payload?: number; atMs?: number } = {},
  ) => {
    const { uplinkId = fCnt, payload = 1, atMs = 0 } = change;
    matcher.delivered({ gatewayId: GATEWAYS[gateway]!, uplinkId, phyPayload: uplink(DEVICE, fCnt, payload) }, atMs);
  };
  const accept = (fCnt: number, gateways: readonly number[], atMs = 0) => {
    const copies = gateways.map((gateway) => ({ gatewayId: GATEWAYS[gateway]!, uplinkId: fCnt }));
    matcher.accepted({ devAddr: DEVICE, fCnt, copies }, atMs);
  };
  return { matcher, confirmed, refused, deliver, accept };
}

describe("a packet that was delivered and accepted", () => {
  test("is confirmed for each gateway of the event, up to the copies that are paid", () => {
    const { deliver, accept, confirmed, refused } = start();
    for (const gateway of [0, 1, 2]) deliver(gateway, 7);
    accept(7, [2, 0, 1]);
    expect(confirmed.map(({ gatewayId }) => gatewayId)).toEqual([GATEWAYS[2], GATEWAYS[0]]);
    expect(confirmed[0]!.phyBytes).toBe(uplink(DEVICE, 7, 1).length);
    expect(refused).toEqual(["over_max_copies"]);
  });

  test("is confirmed as well when the event comes before the frames", () => {
    const { deliver, accept, confirmed } = start();
    accept(7, [0, 1, 2]);
    for (const gateway of [0, 1, 2]) deliver(gateway, 7);
    expect(confirmed).toHaveLength(2);
  });

  test("is known by the low half of its counter, which is what the air carries", () => {
    const { deliver, matcher, confirmed } = start();
    deliver(0, 7);
    matcher.accepted({ devAddr: DEVICE, fCnt: 0x1_0007, copies: [{ gatewayId: GATEWAYS[0]!, uplinkId: 7 }] }, 0);
    expect(confirmed).toHaveLength(1);
  });

  test("is confirmed once, whatever is said again", () => {
    const { deliver, accept, confirmed, refused } = start();
    for (let i = 0; i < 3; i++) {
      deliver(0, 7);
      accept(7, [0]);
    }
    expect(confirmed).toHaveLength(1);
    expect(refused).toEqual(["confirmed_before", "confirmed_before"]);
  });
});

describe("a hotspot that cheats", () => {
  test("with a longer frame under the same uplink id is confirmed neither", () => {
    const { deliver, accept, confirmed, refused } = start();
    deliver(0, 7);
    deliver(0, 7, { payload: 200 });
    accept(7, [0]);
    expect(confirmed).toEqual([]);
    expect(refused).toEqual(["ambiguous_uplink_id", "confirmed_before"]);
  });

  test("with the uplink id of an accepted packet and another frame is not confirmed", () => {
    const { deliver, accept, confirmed, refused } = start();
    deliver(0, 8, { uplinkId: 7 });
    accept(7, [0]);
    expect([confirmed, refused]).toEqual([[], ["other_frame"]]);
  });
});

test("what waits for its other side too long is forgotten and counted by the side it lacks", () => {
  const { deliver, accept, confirmed, refused, matcher } = start();
  deliver(0, 1);
  accept(2, [1], 1);
  matcher.expire(60_002);
  expect(refused).toEqual(["never_accepted", "never_delivered"]);
  deliver(1, 2, { atMs: 60_003 });
  expect([confirmed.length, matcher.waiting]).toEqual([0, 1]);
});

test("whatever comes in whatever order, no packet is confirmed over its copies and no gateway twice", () => {
  const event = fc.oneof(
    fc.record({
      kind: fc.constant("deliver" as const),
      gateway: fc.nat(2),
      fCnt: fc.nat(3),
      payload: fc.integer({ min: 1, max: 2 }),
    }),
    fc.record({ kind: fc.constant("accept" as const), fCnt: fc.nat(3), gateways: fc.uniqueArray(fc.nat(2)) }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const { deliver, accept, confirmed } = start();
      const acceptances = new Map<number, number>();
      for (const one of events) {
        if (one.kind === "deliver") deliver(one.gateway, one.fCnt, { payload: one.payload });
        else {
          accept(one.fCnt, one.gateways);
          acceptances.set(one.fCnt, (acceptances.get(one.fCnt) ?? 0) + 1);
        }
      }
      const names = confirmed.map(({ gatewayId, packetHash }) => `${gatewayId} ${packetHash.toHex()}`);
      expect(new Set(names).size).toBe(names.length);
    }),
  );
});
