/** The referee shows the traits that were seen on a running ChirpStack; if these fail, what the other tests prove is worth less. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import { describe, expect, test } from "vitest";
import { LorawanDevice } from "../doubles/lorawan-device.ts";
import { NetworkServerReferee } from "../doubles/network-server-referee.ts";
import { VirtualScheduler } from "../doubles/scheduler.ts";
import { uplinkBytes } from "../doubles/uplink-bytes.ts";

const key = "00112233445566778899aabbccddeeff";
const gatewayA = "0101010101010101";
const gatewayB = "0202020202020202";

function bench() {
  const scheduler = new VirtualScheduler();
  const sent: { topic: string; payload: Buffer }[] = [];
  const referee = new NetworkServerReferee(scheduler, (topic, payload) => sent.push({ topic, payload }));
  const device = LorawanDevice.personalised("01020304", key, key);
  referee.addSession(device.keys.devEui, device.session!);
  const up = (gatewayId: string, phyPayload: Uint8Array, fields: object = {}) =>
    referee.receive(`eu868/gateway/${gatewayId}/event/up`, uplinkBytes({ gatewayId, phyPayload, ...fields }));
  return { scheduler, sent, referee, device, up };
}

describe("deduplication", () => {
  test("joins copies of two gateways with the same tx_info into one event", () => {
    const { scheduler, referee, device, up } = bench();
    const frame = device.uplink("hi");
    up(gatewayA, frame);
    scheduler.advance(100);
    up(gatewayB, frame);
    scheduler.advance(1000);
    expect(referee.uplinksOf(device.keys.devEui).map((event) => event.rxInfo.map((info) => info.gatewayId))).toEqual([
      [gatewayA, gatewayB],
    ]);
  });

  test("loses the copy whose tx_info has one field more", () => {
    const { scheduler, referee, device, up } = bench();
    const frame = device.uplink("hi");
    up(gatewayA, frame);
    up(gatewayB, frame, { preamble: 8 });
    scheduler.advance(1000);
    expect(referee.uplinksOf(device.keys.devEui)).toHaveLength(1);
    expect(referee.uplinksOf(device.keys.devEui)[0]!.rxInfo).toHaveLength(1);
    expect(referee.log.map((entry) => entry.code)).toEqual(["f_cnt_retransmission"]);
  });

  test("lists a gateway twice that sent twice inside the window, and only logs a copy after it", () => {
    const { scheduler, referee, device, up } = bench();
    const frame = device.uplink("hi");
    up(gatewayA, frame);
    up(gatewayA, frame);
    scheduler.advance(1000);
    up(gatewayA, frame);
    scheduler.advance(1000);
    expect(referee.events.map((event) => event.rxInfo.length)).toEqual([2]);
    expect(referee.log.map((entry) => entry.code)).toEqual(["f_cnt_retransmission"]);
  });
});

describe("frames of one device that follow closely", () => {
  test.each([
    { spacingMs: 0, least: 1, most: 15 },
    { spacingMs: 5, least: 20, most: 39 },
    { spacingMs: 50, least: 40, most: 40 },
  ])("arrive $least to $most of 40 at $spacingMs ms", ({ spacingMs, least, most }) => {
    const { scheduler, referee, device, up } = bench();
    for (let i = 0; i < 40; i++) {
      up(gatewayA, device.uplink(`${i}`));
      scheduler.advance(spacingMs);
    }
    scheduler.advance(1000);
    const arrived = referee.uplinksOf(device.keys.devEui).map((event) => event.fCnt);
    expect(arrived.length).toBeGreaterThanOrEqual(least);
    expect(arrived.length).toBeLessThanOrEqual(most);
    expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
    expect(referee.log.filter((entry) => entry.code === "f_cnt_reset")).toHaveLength(40 - arrived.length);
  });
});

describe("downlinks", () => {
  test("takes an item off the queue only when an ack says OK", () => {
    const { scheduler, sent, referee, device, up } = bench();
    referee.enqueue(device.keys.devEui, "down");
    const ack = (downlinkId: number, status: 1 | 10) => {
      const message = new gw.DownlinkTxAck();
      message.setGatewayId(gatewayA);
      message.setDownlinkId(downlinkId);
      const item = new gw.DownlinkTxAckItem();
      item.setStatus(status);
      message.addItems(item);
      referee.receive(`eu868/gateway/${gatewayA}/event/ack`, Buffer.from(message.serializeBinary()));
    };
    up(gatewayA, device.uplink("a"));
    scheduler.advance(1000);
    const first = gw.DownlinkFrame.deserializeBinary(sent[0]!.payload);
    ack(first.getDownlinkId(), 10);
    expect(referee.queueLength(device.keys.devEui)).toBe(1);
    up(gatewayA, device.uplink("b"));
    scheduler.advance(1000);
    const second = gw.DownlinkFrame.deserializeBinary(sent[1]!.payload);
    expect(second.getItemsList()[0]!.getPhyPayload_asB64()).toBe(first.getItemsList()[0]!.getPhyPayload_asB64());
    ack(second.getDownlinkId(), 1);
    ack(second.getDownlinkId(), 1);
    expect(referee.queueLength(device.keys.devEui)).toBe(0);
    expect(referee.log.map((entry) => entry.code)).toEqual(["downlink_failed", "downlink_ack_unknown"]);
    const heard = device.downlink(second.getItemsList()[0]!.getPhyPayload_asU8());
    expect(heard?.data.toString()).toBe("down");
  });
});

test("joins a device, and refuses its nonce the second time", () => {
  const { scheduler, sent, referee, up } = bench();
  const joining = new LorawanDevice({ devEui: "0a0b0c0d0e0f1011", joinEui: "0000000000000001", appKey: key });
  referee.addDevice(joining.keys);
  const request = joining.joinRequest();
  up(gatewayA, request);
  scheduler.advance(1000);
  const accept = gw.DownlinkFrame.deserializeBinary(sent[0]!.payload).getItemsList()[0]!.getPhyPayload_asU8();
  expect(joining.acceptJoin(accept)).toBe(true);
  up(gatewayA, joining.uplink("joined"));
  scheduler.advance(1000);
  up(gatewayA, request);
  scheduler.advance(1000);
  expect(referee.events.map((event) => [event.type, event.data.toString()])).toEqual([
    ["join", ""],
    ["up", "joined"],
  ]);
  expect(referee.log.map((entry) => entry.code)).toEqual(["dev_nonce_used"]);
});

test("reports a proprietary frame as an error", () => {
  const { scheduler, referee, up } = bench();
  up(gatewayA, Uint8Array.of(0xe0, 1, 2, 3));
  scheduler.advance(1000);
  expect(referee.log.map((entry) => entry.code)).toEqual(["unexpected_proprietary"]);
});

test("reads a protobuf message that holds the text gatewayId as JSON and loses it", () => {
  const { scheduler, referee, up } = bench();
  up(gatewayA, Buffer.from("@aaaagatewayId"));
  scheduler.advance(1000);
  expect(referee.log.map((entry) => entry.code)).toEqual(["unreadable"]);
});
