import mqtt, { type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AirTimeBook } from "../../src/air-time/air-time-book.ts";
import { systemClock } from "../../src/clock.ts";
import { DownlinkScheduler } from "../../src/forwarder/downlink-scheduler.ts";
import { MqttInput, type MqttInputOptions } from "../../src/forwarder/mqtt-input.ts";
import { mqttRecordPayload, readMqttRecord } from "../../src/forwarder/mqtt-record.ts";
import { openContext, packetContext, tmstContext } from "../../src/forwarder/packet-context.ts";
import { silentLog } from "../../src/log.ts";
import type { DownlinkAck, DownlinkItem, GatewayStats, UplinkPacket } from "../../src/messages.ts";
import { gatewayEncoding, readDownlink } from "../../src/network-server/gateway-encoding.ts";
import type { RawDownlink, UplinkEvent } from "../../src/network-server/gateway-message.ts";
import type { LiveRecord } from "../../src/spool/live-record.ts";
import { encodeRecord } from "../../src/spool/record.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { dataFrame, TEST_EUI } from "../doubles/gwmp-bytes.ts";
import { type Broker, startBroker } from "../doubles/mosquitto.ts";

const noCredentials: MqttInputOptions["credentials"] = () => ({
  username: undefined,
  password: undefined,
  certificateAuthority: undefined,
  certificate: undefined,
  privateKey: undefined,
});

const receivedMs = 1_764_000_000_123;
const foreignContext = tmstContext(0xdead_beef);

const uplink: UplinkEvent = {
  phyPayload: dataFrame(0x2600_0001, 5),
  frequencyHz: 868_300_000,
  modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 9, codeRate: "4/5" },
  rxInfo: {
    gatewayId: TEST_EUI,
    uplinkId: 77,
    gwTime: { seconds: 1_764_000_000, nanos: 5000 },
    timeSinceGpsEpoch: { seconds: 1_448_000_000, nanos: 250_000_000 },
    fineTimeSinceGpsEpoch: null,
    rssiDbm: -107,
    snrDb: -3.5,
    channel: 1,
    rfChain: 0,
    board: 0,
    antenna: 0,
    location: null,
    context: foreignContext,
    metadata: { region: "eu868" },
    crcStatus: 2,
  },
};

const recordOf = (payload: Uint8Array) => ({ kind: 1, receivedMs, earlierUtcMs: null, payload, recordId: 1 }) as const;

describe("an event/up in the spool", () => {
  test.each(["protobuf", "json"] as const)("is the packet that the message holds, in %s", (encoding) => {
    const message = gatewayEncoding(encoding).uplink(uplink);
    const [packet] = readMqttRecord(recordOf(mqttRecordPayload(TEST_EUI, message)));
    expect(packet).toMatchObject({
      uplinkId: 77,
      gatewayEui: TEST_EUI,
      source: "mqtt",
      frequencyHz: 868_300_000,
      modulation: uplink.modulation,
      crcStatus: "ok",
      tmst: 0xdead_beef,
      receivedMs,
      gatewayTimeUs: 1_764_000_000_000_005,
      gpsTimeMs: 1_448_000_000_250,
      rssiDbm: -107,
      snrDdb: -35,
      metadata: { region: "eu868" },
    });
    expect(Buffer.from(packet.phyPayload)).toEqual(Buffer.from(uplink.phyPayload));
    const context = openContext(packet.context);
    expect([context?.receivedMs, Buffer.from(context!.own)]).toEqual([receivedMs, Buffer.from(foreignContext)]);
  });

  test("is nothing when the message names another gateway than its topic, or is none", () => {
    const message = gatewayEncoding("protobuf").uplink(uplink);
    for (const payload of [
      mqttRecordPayload("0016c001f15000ff", message),
      mqttRecordPayload(TEST_EUI, message.subarray(0, 20)),
      mqttRecordPayload(TEST_EUI, new Uint8Array(0)),
      mqttRecordPayload(TEST_EUI, Buffer.from("{")),
      mqttRecordPayload(TEST_EUI, gatewayEncoding("protobuf").uplink({ ...uplink, phyPayload: new Uint8Array(0) })),
      new Uint8Array(3),
    ]) {
      expect(readMqttRecord(recordOf(payload))).toEqual([]);
    }
  });
});

test("remembers a thousand gateways, of whatever number sends, and those that were heard last", () => {
  let heard = 0;
  const input = new MqttInput({
    allow: [],
    clock: systemClock(),
    log: silentLog,
    telemetry: new Telemetry(),
    spool: { append: () => {} },
    onPackets: () => {},
    onStats: () => {},
    onGateway: () => heard++,
    url: "mqtt://127.0.0.1:1",
    topicPrefix: "eu868",
    clientId: "test",
    protocol: "auto",
    keepAliveMs: 30_000,
    credentials: noCredentials,
  });
  const none = { location: null, configVersion: "", rxPerModulation: [], txPerModulation: [], metadata: {} };
  const counts = { timeMs: 0, rxPackets: 0, rxPacketsOk: 0, txPackets: 0, txPacketsEmitted: 0 };
  const maps = { rxPerFrequencyHz: new Map(), txPerFrequencyHz: new Map(), txPerStatus: new Map() };
  for (let i = 0; i < 3000; i++) {
    const eui = i.toString(16).padStart(16, "0");
    const stats = gatewayEncoding("protobuf").stats({ ...none, ...counts, ...maps, gatewayId: eui });
    input.receive(`eu868/gateway/${eui}/event/stats`, stats);
  }
  expect(heard).toBe(3000);
  expect(input.gateways.size).toBe(1000);
  expect(input.gateway((2999).toString(16).padStart(16, "0"))).not.toBeNull();
  expect(input.gateway("0".repeat(16))).toBeNull();
});

describe("with a broker", () => {
  let broker: Broker;
  let forwarder: MqttClient;
  let input: MqttInput;
  let packets: UplinkPacket[];
  let stats: GatewayStats[];
  let commands: RawDownlink[];
  let telemetry: Telemetry;
  const topic = (event: string, eui = TEST_EUI) => `eu868/gateway/${eui}/event/${event}`;

  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker.dispose());

  beforeEach(async () => {
    [packets, stats, commands] = [[], [], []];
    telemetry = new Telemetry();
    forwarder = await mqtt.connectAsync(broker.url);
    await forwarder.subscribeAsync("eu868/gateway/+/command/+");
    forwarder.on("message", (_topic, payload) => commands.push(readDownlink(payload)!));
  });
  afterEach(async () => {
    await input.close();
    await forwarder.endAsync();
  });

  async function open(change: Partial<MqttInputOptions> = {}): Promise<void> {
    input = new MqttInput({
      url: broker.url,
      topicPrefix: "eu868",
      clientId: "agent-input",
      protocol: "auto",
      keepAliveMs: 30_000,
      credentials: noCredentials,
      allow: [],
      clock: systemClock(),
      log: silentLog,
      telemetry,
      spool: {
        append: (kind, atMs, payload, onAccepted) => {
          const { recordId } = encodeRecord(kind, atMs, payload);
          onAccepted({ kind, receivedMs: atMs, payload, recordId, appendedMs: atMs } as LiveRecord);
        },
      },
      onPackets: (_record, heard) => packets.push(...heard),
      onStats: (one) => stats.push(one),
      ...change,
    });
    input.open();
    await expect.poll(() => input.isUp, { timeout: 10_000 }).toBe(true);
  }

  const item = (
    frequencyHz: number,
    delayUs: number,
    context = packetContext(foreignContext, Math.floor(systemClock().nowMs())),
  ): DownlinkItem => ({
    phyPayload: Uint8Array.of(0x60, 1, 2, 3),
    frequencyHz,
    eirpDbm: 14,
    modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/5" },
    polarizationInversion: true,
    preambleSymbols: null,
    hasCrc: true,
    frequencyDeviationHz: null,
    board: 0,
    antenna: 0,
    timing: { kind: "delay", delayUs },
    context,
  });

  function submit(...items: readonly DownlinkItem[]): Promise<DownlinkAck> {
    const clock = systemClock();
    const scheduler = new DownlinkScheduler({
      link: { sendPullResp: () => "unreachable", settled: () => {} },
      airTime: new AirTimeBook({ path: null, clock, telemetry, rulesOf: () => null }),
      clock,
      telemetry,
      foreignGateway: (eui) => input.gateway(eui),
    });
    return scheduler.submit({ downlinkId: 4242, gatewayEui: TEST_EUI, origin: "server", items });
  }

  test("takes packets and statistics of the gateways on it", async () => {
    await open();
    await forwarder.publishAsync(topic("up"), Buffer.from(gatewayEncoding("protobuf").uplink(uplink)));
    await forwarder.publishAsync(
      topic("stats"),
      Buffer.from(
        gatewayEncoding("protobuf").stats({
          gatewayId: TEST_EUI,
          timeMs: 1_764_000_000_000,
          location: null,
          configVersion: "",
          rxPackets: 5,
          rxPacketsOk: 4,
          txPackets: 2,
          txPacketsEmitted: 1,
          rxPerFrequencyHz: new Map([[868_300_000, 5]]),
          txPerFrequencyHz: new Map(),
          rxPerModulation: [{ modulation: uplink.modulation, count: 5 }],
          txPerModulation: [],
          txPerStatus: new Map([
            ["OK", 1],
            ["NONSENSE", 1],
          ]),
          metadata: {},
        }),
      ),
    );
    await expect.poll(() => [packets.length, stats.length]).toEqual([1, 1]);
    expect(stats[0]).toMatchObject({
      gatewayEui: TEST_EUI,
      rxPackets: 5,
      rxPacketsOk: 4,
      gatewayTimeMs: 1_764_000_000_000,
    });
    expect([...stats[0].txPerStatus]).toEqual([["OK", 1]]);
    expect([...input.gateways.keys()]).toEqual([TEST_EUI]);
  });

  test.each(["protobuf", "json"] as const)(
    "hands a downlink over whole and brings its ack back, in %s",
    async (encoding) => {
      await open();
      await forwarder.publishAsync(topic("up"), Buffer.from(gatewayEncoding(encoding).uplink(uplink)));
      await expect.poll(() => packets.length).toBe(1);
      const ack = submit(item(868_100_000, 5_000_000), item(869_525_000, 6_000_000));
      await expect.poll(() => commands.length).toBe(1);
      const { downlinkId, gatewayId, items } = commands[0];
      expect([gatewayId, items.map(({ frequencyHz }) => frequencyHz)]).toEqual([TEST_EUI, [868_100_000, 869_525_000]]);
      expect(items[0].timing).toEqual({ kind: "delay", span: { seconds: 5, nanos: 0 } });
      expect(items[0].modulation?.lora).toMatchObject({
        spreadingFactor: 7,
        polarizationInversion: true,
        noCrc: false,
      });
      expect(Buffer.from(items[0].context)).toEqual(Buffer.from(foreignContext));
      const answer = gatewayEncoding(encoding).txAck({ gatewayId: TEST_EUI, downlinkId, statuses: ["TOO_LATE", "OK"] });
      await forwarder.publishAsync(topic("ack"), Buffer.from(answer));
      expect(await ack).toMatchObject({
        downlinkId: 4242,
        origin: "server",
        statuses: ["TOO_LATE", "OK"],
        accepted: { itemIndex: 1 },
      });
    },
  );

  test("answers a downlink for an old uplink itself", async () => {
    await open();
    await forwarder.publishAsync(topic("up"), Buffer.from(gatewayEncoding("protobuf").uplink(uplink)));
    await expect.poll(() => packets.length).toBe(1);
    const ack = await submit(item(868_100_000, 1_000_000, packetContext(foreignContext, receivedMs)));
    expect([ack.statuses, commands.length]).toEqual([["TOO_LATE"], 0]);
  });

  test("answers INTERNAL_ERROR when the agent stops before the forwarder says anything", async () => {
    await open();
    await forwarder.publishAsync(topic("up"), Buffer.from(gatewayEncoding("protobuf").uplink(uplink)));
    await expect.poll(() => packets.length).toBe(1);
    const ack = submit(item(868_100_000, 5_000_000), item(869_525_000, 6_000_000));
    await expect.poll(() => commands.length).toBe(1);
    await input.close();
    expect((await ack).statuses).toEqual(["INTERNAL_ERROR", "INTERNAL_ERROR"]);
  });

  test("serves only listed EUIs, and counts what it cannot use", async () => {
    await open({ allow: [TEST_EUI] });
    const other = "0016c001f15000ff";
    const message = gatewayEncoding("protobuf").uplink({ ...uplink, rxInfo: { ...uplink.rxInfo, gatewayId: other } });
    await forwarder.publishAsync(topic("up", other), Buffer.from(message));
    await forwarder.publishAsync(topic("up"), Buffer.from(message));
    await forwarder.publishAsync(topic("stats"), "nonsense");
    await forwarder.publishAsync(topic("ack"), "nonsense");
    await forwarder.publishAsync(topic("up", "XYZ"), "nonsense");
    await forwarder.publishAsync(topic("up"), Buffer.alloc(130 * 1024));
    await forwarder.publishAsync(topic("up"), Buffer.from(gatewayEncoding("protobuf").uplink(uplink)));
    await expect.poll(() => packets.length).toBe(1);
    const refused = telemetry.counter("agent_gateway_messages_refused_total", "");
    const reasons = ["eui_not_listed", "unreadable", "unknown_topic", "too_long"];
    expect(reasons.map((reason) => refused.value({ reason }))).toEqual([1, 3, 1, 1]);
  });
});
