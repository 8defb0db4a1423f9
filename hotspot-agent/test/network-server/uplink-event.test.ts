import { describe, expect, test } from "vitest";
import { uplinkEvent } from "../../src/network-server/uplink-event.ts";
import { testDelivery, testPacket } from "../doubles/packets.ts";

const frame = Uint8Array.of(0x40, 1, 2, 3);
const known = (isTrusted: boolean, aheadMs = 0) => ({
  gatewayId: "0102030405060708",
  utc: { ofSteady: (steadyMs: number) => steadyMs + aheadMs, isTrusted: () => isTrusted },
  hasTimeFallback: true,
});
const trusted = known(true);
/** 2023-11-14T22:13:20Z and the same instant in GPS seconds: ⌊1700000000 − 315964800 + 18⌋. */
const unixMs = 1_700_000_000_000;
const gpsSeconds = 1_384_035_218;

describe("a live packet", () => {
  test("has the gateway's time, else the agent's", () => {
    const own = uplinkEvent(testDelivery(testPacket(frame, { receivedMs: unixMs })), trusted).rxInfo;
    expect(own.gwTime).toEqual({ seconds: 1_700_000_000, nanos: 0 });
    expect(own.timeSinceGpsEpoch).toBeNull();
    const gateway = testPacket(frame, { receivedMs: unixMs, gatewayTimeUs: unixMs * 1000 + 123_456 });
    expect(uplinkEvent(testDelivery(gateway), trusted).rxInfo.gwTime).toEqual({
      seconds: 1_700_000_000,
      nanos: 123_456_000,
    });
  });

  test("has UTC as it is known now, not the error that the clock had at the start", () => {
    const packet = testPacket(frame, { receivedMs: unixMs - 3_600_000 });
    const { gwTime } = uplinkEvent(testDelivery(packet), known(true, 3_600_000)).rxInfo;
    expect(gwTime).toEqual({ seconds: 1_700_000_000, nanos: 0 });
  });

  test("has no time where the gateway gives none and the agent shall not", () => {
    const event = uplinkEvent(testDelivery(testPacket(frame)), { ...trusted, hasTimeFallback: false });
    expect(event.rxInfo.gwTime).toBeNull();
  });

  test("carries GPS time and the fine timestamp when the radio has them", () => {
    const packet = testPacket(frame, { gpsTimeMs: gpsSeconds * 1000 + 250, fineTimeNs: 250_000_017 });
    const { timeSinceGpsEpoch, fineTimeSinceGpsEpoch } = uplinkEvent(testDelivery(packet), trusted).rxInfo;
    expect(timeSinceGpsEpoch).toEqual({ seconds: gpsSeconds, nanos: 250_000_000 });
    expect(fineTimeSinceGpsEpoch).toEqual({ seconds: gpsSeconds, nanos: 250_000_017 });
  });

  test("keeps the context verbatim and the forwarder's metadata as it is", () => {
    const packet = testPacket(frame, { metadata: { site: "roof" }, snrDdb: -75, rssiDbm: -119.6 });
    const { rxInfo } = uplinkEvent(testDelivery(packet), trusted);
    expect(rxInfo).toMatchObject({ context: packet.context, metadata: { site: "roof" }, snrDb: -7.5, rssiDbm: -120 });
  });
});

describe("a packet that waited", () => {
  const delivery = testDelivery(testPacket(frame, { receivedMs: unixMs }), { isReplay: true, holdMs: 3_600_000 });

  test("says so and keeps its true time by GPS where the clock is right", () => {
    const { rxInfo } = uplinkEvent(delivery, trusted);
    expect(rxInfo.metadata).toEqual({ hold_ms: "3600000", replayed: "true" });
    expect(rxInfo.timeSinceGpsEpoch).toEqual({ seconds: gpsSeconds, nanos: 0 });
  });

  test("keeps its true time over a correction of the clock, and over a restart", () => {
    const behind = { packet: testPacket(frame, { receivedMs: unixMs - 7_200_000 }) };
    const gps = { seconds: gpsSeconds, nanos: 0 };
    expect(uplinkEvent({ ...delivery, ...behind }, known(true, 7_200_000)).rxInfo.timeSinceGpsEpoch).toEqual(gps);
    const earlier = { packet: testPacket(frame, { receivedMs: 5, earlierUtcMs: unixMs }) };
    const { timeSinceGpsEpoch, gwTime } = uplinkEvent({ ...delivery, ...earlier }, known(true, 7_200_000)).rxInfo;
    expect([timeSinceGpsEpoch, gwTime]).toEqual([gps, { seconds: unixMs / 1000, nanos: 0 }]);
  });

  test("gets no GPS time from a clock that nobody vouches for", () => {
    expect(uplinkEvent(delivery, known(false)).rxInfo.timeSinceGpsEpoch).toBeNull();
  });

  test("gets none while ChirpStack still believes the ordinary time", () => {
    expect(uplinkEvent({ ...delivery, holdMs: 19_999 }, trusted).rxInfo.timeSinceGpsEpoch).toBeNull();
  });
});
