import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAccepted, readDelivered, topicKind } from "../../src/meter/server-messages.ts";
import { acceptedMessage, deliveredMessage, uplink } from "./frames.ts";

const GATEWAY = "aa555a0000000101";
const COPIES = [
  { gatewayId: GATEWAY, uplinkId: 4_000_000_000 },
  { gatewayId: "aa555a0000000102", uplinkId: 0 },
];
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe("what a hotspot delivered", () => {
  const phyPayload = uplink(0x26_01_02_03, 9, 12);

  test("is read from protobuf as ChirpStack's own classes write it", () => {
    expect(readDelivered(deliveredMessage(GATEWAY, 4_000_000_000, phyPayload))).toEqual({
      gatewayId: GATEWAY,
      uplinkId: 4_000_000_000,
      phyPayload,
    });
    expect(readDelivered(deliveredMessage(GATEWAY, 0, phyPayload))).toMatchObject({ uplinkId: 0 });
  });

  test("is read from JSON, where a zero is left out", () => {
    const message = { phyPayload: phyPayload.toBase64(), txInfo: {}, rxInfo: { gatewayId: GATEWAY } };
    expect(readDelivered(json(message))).toEqual({ gatewayId: GATEWAY, uplinkId: 0, phyPayload });
  });
});

describe("what ChirpStack accepted", () => {
  test("is read from protobuf as ChirpStack's own classes write it", () => {
    expect(readAccepted(acceptedMessage("26010203", 70_000, COPIES))).toEqual({
      devAddr: 0x26_01_02_03,
      fCnt: 70_000,
      copies: COPIES,
    });
  });

  test("is read from JSON, with the first counter there or left out", () => {
    const event = { devAddr: "26010203", fCnt: 70_000, data: "AQI=", rxInfo: COPIES };
    expect(readAccepted(json(event))).toEqual({ devAddr: 0x26_01_02_03, fCnt: 70_000, copies: COPIES });
    expect(readAccepted(json({ devAddr: "26010203", rxInfo: [] }))).toMatchObject({ fCnt: 0, copies: [] });
  });

  test("is nothing when one value is not what it must be", () => {
    const good = { devAddr: "26010203", fCnt: 1, rxInfo: COPIES };
    const many = Array.from({ length: 257 }, (_, uplinkId) => ({ gatewayId: GATEWAY, uplinkId }));
    for (const change of [
      { devAddr: "2601020" },
      { devAddr: 1 },
      { fCnt: -1 },
      { fCnt: 2 ** 32 },
      { fCnt: "1" },
      { rxInfo: {} },
      { rxInfo: [{ gatewayId: GATEWAY.toUpperCase(), uplinkId: 1 }] },
      { rxInfo: [{ gatewayId: GATEWAY, uplinkId: 1.5 }] },
      { rxInfo: [null] },
      { rxInfo: many },
    ]) {
      expect(readAccepted(json({ ...good, ...change })), JSON.stringify(change).slice(0, 80)).toBeNull();
    }
  });
});

test("topics are told apart, with and without a region before them", () => {
  expect(topicKind(`eu868/gateway/${GATEWAY}/event/up`)).toBe("delivered");
  expect(topicKind(`gateway/${GATEWAY}/event/up`)).toBe("delivered");
  expect(topicKind("application/5f9c/device/0102030405060708/event/up")).toBe("accepted");
  expect(topicKind("application/5f9c/device/0102030405060708/event/join")).toBeNull();
  expect(topicKind(`eu868/gateway/${GATEWAY}/event/stats`)).toBeNull();
});

test("any bytes, and any change of good ones, are read or are null, and never outlast their length", () => {
  const good = [deliveredMessage(GATEWAY, 7, uplink(1, 2, 30)), acceptedMessage("26010203", 1, COPIES)];
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      fc.nat(),
      (bytes, edits, cut) => {
        const damaged = bytes.slice(0, bytes.length - (cut % 8));
        for (const [at, value] of edits) damaged[at % damaged.length] = value;
        for (const read of [readDelivered, readAccepted]) expect(() => read(damaged)).not.toThrow();
      },
    ),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const read of [readDelivered, readAccepted]) expect(() => read(bytes)).not.toThrow();
    }),
  );
});
