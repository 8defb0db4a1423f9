/** Bytes against the generated messages of ChirpStack's own package, and what both encodings make of foreign input. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import fc from "fast-check";
import { Duration } from "google-protobuf/google/protobuf/duration_pb.js";
import { Timestamp } from "google-protobuf/google/protobuf/timestamp_pb.js";
import { describe, expect, test } from "vitest";
import { CODE_RATES, type Modulation, TX_STATUSES } from "../../src/messages.ts";
import {
  gatewayEncoding,
  readConfiguration,
  readDownlink,
  readExecRequest,
  readStats,
  readTxAck,
  readUplink,
} from "../../src/network-server/gateway-encoding.ts";
import {
  checkDownlink,
  type RawDownlink,
  type RawDownlinkItem,
  type SecondsNanos,
  type StatsEvent,
  type UplinkEvent,
} from "../../src/network-server/gateway-message.ts";
import { txInfoBytes } from "../../src/network-server/protobuf/gateway-codec.ts";

const gatewayId = "0102030405060708";
const runs = 200 * Number(process.env.EARSHOT_SOAK ?? 1);
const protobuf = gatewayEncoding("protobuf");
const json = gatewayEncoding("json");

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const time: fc.Arbitrary<SecondsNanos | null> = fc.option(
  fc.record({ seconds: fc.integer({ min: 0, max: 4_000_000_000 }), nanos: fc.integer({ min: 0, max: 999_999_999 }) }),
);
const codeRate = fc.constantFrom(...CODE_RATES);
const modulation: fc.Arbitrary<Modulation> = fc.oneof(
  fc.record({
    kind: fc.constant("lora" as const),
    bandwidthHz: fc.constantFrom(125_000, 250_000, 500_000),
    spreadingFactor: fc.integer({ min: 5, max: 12 }),
    codeRate,
  }),
  fc.record({ kind: fc.constant("fsk" as const), bitrateBps: fc.integer({ min: 1, max: 300_000 }) }),
  fc.record({
    kind: fc.constant("lr-fhss" as const),
    bandwidthHz: fc.constantFrom(137_000, 1_523_000),
    codeRate,
    gridSteps: fc.integer({ min: 0, max: 60 }),
  }),
);
/** Without -0, which proto3 does not tell from 0. */
const double = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map((value) => value + 0);
const location = fc.option(
  fc.record({ latitudeDeg: double(-90, 90), longitudeDeg: double(-180, 180), altitudeM: double(-100, 9000) }),
);
const metadata = fc.dictionary(
  fc.string({ minLength: 1, unit: "grapheme", maxLength: 8 }).filter((key) => key !== "__proto__"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  { maxKeys: 4, noNullPrototype: true },
);
const uplink: fc.Arbitrary<UplinkEvent> = fc.record({
  phyPayload: bytes(1, 255),
  frequencyHz: u32,
  modulation,
  rxInfo: fc.record({
    gatewayId: fc.constant(gatewayId),
    uplinkId: u32,
    gwTime: time,
    timeSinceGpsEpoch: time,
    fineTimeSinceGpsEpoch: time,
    rssiDbm: fc.integer({ min: -200, max: 100 }),
    snrDb: fc.integer({ min: -300, max: 200 }).map((ddb) => Math.fround(ddb / 10)),
    channel: fc.integer({ min: 0, max: 300 }),
    rfChain: fc.integer({ min: 0, max: 3 }),
    board: fc.integer({ min: 0, max: 9 }),
    antenna: fc.integer({ min: 0, max: 9 }),
    location,
    context: bytes(0, 16),
    metadata,
    crcStatus: fc.integer({ min: 0, max: 2 }),
  }),
});

function generatedModulation(from: Modulation): gw.Modulation {
  const message = new gw.Modulation();
  const rate = (name: string) => (CODE_RATES.indexOf(name as (typeof CODE_RATES)[number]) + 1) as 1;
  if (from.kind === "lora") {
    const lora = new gw.LoraModulationInfo();
    lora.setBandwidth(from.bandwidthHz);
    lora.setSpreadingFactor(from.spreadingFactor);
    lora.setCodeRate(rate(from.codeRate));
    message.setLora(lora);
  } else if (from.kind === "fsk") {
    const fsk = new gw.FskModulationInfo();
    fsk.setDatarate(from.bitrateBps);
    message.setFsk(fsk);
  } else {
    const fhss = new gw.LrFhssModulationInfo();
    fhss.setOperatingChannelWidth(from.bandwidthHz);
    fhss.setCodeRate(rate(from.codeRate));
    fhss.setGridSteps(from.gridSteps);
    message.setLrFhss(fhss);
  }
  return message;
}

/** The same uplink through the generated setters, location left out: its class is not exported. */
function generated(event: UplinkEvent): Uint8Array {
  const span = (from: SecondsNanos) => new Duration().setSeconds(from.seconds).setNanos(from.nanos);
  const txInfo = new gw.UplinkTxInfo();
  txInfo.setFrequency(event.frequencyHz);
  txInfo.setModulation(generatedModulation(event.modulation));
  const info = event.rxInfo;
  const rxInfo = new gw.UplinkRxInfo();
  rxInfo.setGatewayId(info.gatewayId);
  rxInfo.setUplinkId(info.uplinkId);
  if (info.gwTime !== null) {
    rxInfo.setGwTime(new Timestamp().setSeconds(info.gwTime.seconds).setNanos(info.gwTime.nanos));
  }
  if (info.timeSinceGpsEpoch !== null) rxInfo.setTimeSinceGpsEpoch(span(info.timeSinceGpsEpoch));
  if (info.fineTimeSinceGpsEpoch !== null) rxInfo.setFineTimeSinceGpsEpoch(span(info.fineTimeSinceGpsEpoch));
  rxInfo.setRssi(info.rssiDbm);
  rxInfo.setSnr(info.snrDb);
  rxInfo.setChannel(info.channel);
  rxInfo.setRfChain(info.rfChain);
  rxInfo.setBoard(info.board);
  rxInfo.setAntenna(info.antenna);
  rxInfo.setContext(info.context);
  for (const [key, value] of Object.entries(info.metadata)) rxInfo.getMetadataMap().set(key, value);
  rxInfo.setCrcStatus(info.crcStatus as 0 | 1 | 2);
  const frame = new gw.UplinkFrame();
  frame.setPhyPayload(event.phyPayload);
  frame.setTxInfo(txInfo);
  frame.setRxInfo(rxInfo);
  return frame.serializeBinary();
}

const plainUplink: UplinkEvent = {
  phyPayload: Uint8Array.fromHex("40f17dbe4900020001954378762b11ff0d"),
  frequencyHz: 868_100_000,
  modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/5" },
  rxInfo: {
    gatewayId,
    uplinkId: 5,
    gwTime: null,
    timeSinceGpsEpoch: null,
    fineTimeSinceGpsEpoch: null,
    rssiDbm: -100,
    snrDb: 5.5,
    channel: 1,
    rfChain: 0,
    board: 0,
    antenna: 0,
    location: null,
    context: Uint8Array.of(1, 2, 3, 4),
    metadata: {},
    crcStatus: 2,
  },
};

describe("vectors", () => {
  test("writes tx_info with frequency, bandwidth, spreading factor and code rate alone", () => {
    // 08 frequency, 12 modulation, 1a lora, 08 bandwidth, 10 spreading factor, 28 code rate
    expect(txInfoBytes(868_100_000, plainUplink.modulation).toHex()).toBe("08a0cff89d03120a1a0808c8d00710072801");
  });

  test("writes an uplink as the generated code does", () => {
    expect(protobuf.uplink(plainUplink).toHex()).toBe(
      "0a1140f17dbe4900020001954378762b11ff0d221208a0cff89d03120a1a0808c8d00710072801" +
        "2a2f0a10303130323033303430353036303730381005309cffffffffffffffff013d0000b04040016a0401020304800102",
    );
  });

  test("spells code rates in JSON as ChirpStack does", () => {
    const names = CODE_RATES.map((rate) => {
      const modulation: Modulation = { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: rate };
      const text = Buffer.from(json.uplink({ ...plainUplink, modulation })).toString();
      return JSON.parse(text).txInfo.modulation.lora.codeRate;
    });
    expect(names).toEqual(Object.keys(gw.CodeRate).slice(1));
  });
});

describe("uplinks", () => {
  test("are the bytes of the generated code for any field values", () => {
    fc.assert(
      fc.property(uplink, (event) => {
        const without = { ...event, rxInfo: { ...event.rxInfo, location: null } };
        const written = protobuf.uplink(without);
        fc.pre(!Buffer.from(written).includes("gatewayId"));
        expect(Buffer.from(written).toString("hex")).toBe(Buffer.from(generated(without)).toString("hex"));
      }),
      { numRuns: runs },
    );
  });

  test.each(["protobuf", "json"] as const)("come back unchanged from %s, location included", (name) => {
    fc.assert(
      fc.property(uplink, (event) => {
        expect(readUplink(gatewayEncoding(name).uplink(event))).toEqual(event);
      }),
      { numRuns: runs },
    );
  });

  test("go out as JSON when their bytes would be mistaken for it", () => {
    const event = { ...plainUplink, phyPayload: Buffer.from("@AAAA\0\0\0gatewayIdMIC.") };
    const written = Buffer.from(protobuf.uplink(event));
    expect(JSON.parse(written.toString()).rxInfo.gatewayId).toBe(gatewayId);
    expect(readUplink(written)?.phyPayload).toEqual(new Uint8Array(event.phyPayload));
  });
});

const stats: fc.Arbitrary<StatsEvent> = fc.record({
  gatewayId: fc.constant(gatewayId),
  timeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  location,
  configVersion: fc.string({ maxLength: 8 }),
  rxPackets: u32,
  rxPacketsOk: u32,
  txPackets: u32,
  txPacketsEmitted: u32,
  rxPerFrequencyHz: fc.array(fc.tuple(u32, u32), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  txPerFrequencyHz: fc.array(fc.tuple(u32, u32), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  rxPerModulation: fc.array(fc.record({ modulation, count: u32 }), { maxLength: 3 }),
  txPerModulation: fc.array(fc.record({ modulation, count: u32 }), { maxLength: 3 }),
  txPerStatus: fc
    .array(fc.tuple(fc.constantFrom<string>(...TX_STATUSES), u32), { maxLength: 3 })
    .map((pairs) => new Map(pairs)),
  metadata,
});

const item: fc.Arbitrary<RawDownlinkItem> = fc.record({
  phyPayload: bytes(1, 255),
  frequencyHz: fc.integer({ min: 433_000_000, max: 2_480_000_000 }),
  eirpDbm: fc.integer({ min: -10, max: 36 }),
  modulation: fc.oneof(
    fc.record({
      lora: fc.record({
        bandwidthHz: fc.constantFrom(125_000, 500_000),
        spreadingFactor: fc.integer({ min: 5, max: 12 }),
        codeRate: fc.integer({ min: 1, max: 12 }),
        polarizationInversion: fc.boolean(),
        preamble: fc.integer({ min: 0, max: 30 }),
        noCrc: fc.boolean(),
      }),
      fsk: fc.constant(null),
      lrFhss: fc.constant(null),
    }),
    fc.record({
      lora: fc.constant(null),
      fsk: fc.record({ frequencyDeviationHz: fc.integer({ min: 0, max: 50_000 }), bitrateBps: fc.constant(50_000) }),
      lrFhss: fc.constant(null),
    }),
  ),
  board: fc.integer({ min: 0, max: 3 }),
  antenna: fc.integer({ min: 0, max: 3 }),
  timing: fc.oneof(
    fc.constant({ kind: "immediately" as const }),
    fc.record({
      kind: fc.constantFrom("delay" as const, "gps" as const),
      span: time.map((span) => span ?? { seconds: 1, nanos: 0 }),
    }),
  ),
  context: bytes(0, 12),
});
const downlink: fc.Arbitrary<RawDownlink> = fc.record({
  downlinkId: u32,
  gatewayId: fc.constant(gatewayId),
  items: fc.array(item, { minLength: 1, maxLength: 3 }),
});

describe.each(["protobuf", "json"] as const)("in %s", (name) => {
  const encoding = gatewayEncoding(name);

  test("statistics come back unchanged", () => {
    fc.assert(
      fc.property(stats, (event) => {
        expect(readStats(encoding.stats(event))).toEqual(event);
      }),
      { numRuns: runs },
    );
  });

  test("acks come back unchanged", () => {
    const statuses = fc.array(fc.constantFrom(...TX_STATUSES), { maxLength: 4 });
    fc.assert(
      fc.property(statuses, u32, (list, downlinkId) => {
        const event = { gatewayId, downlinkId, statuses: list };
        expect(readTxAck(encoding.txAck(event))).toEqual(event);
      }),
      { numRuns: runs },
    );
  });

  test("downlinks come back unchanged and pass the check", () => {
    fc.assert(
      fc.property(downlink, (frame) => {
        const read = readDownlink(encoding.downlink(frame));
        expect(read).toEqual(frame);
        expect(checkDownlink(read!, gatewayId).status).toBe("ok");
      }),
      { numRuns: runs },
    );
  });
});

describe("what ChirpStack reads", () => {
  test("sees the fields of our statistics, acks and states", () => {
    const event: StatsEvent = {
      gatewayId,
      timeMs: 1_700_000_000_250,
      location: { latitudeDeg: 45.5, longitudeDeg: 5.25, altitudeM: 200 },
      configVersion: "v1",
      rxPackets: 7,
      rxPacketsOk: 6,
      txPackets: 5,
      txPacketsEmitted: 4,
      rxPerFrequencyHz: new Map([[868_100_000, 3]]),
      txPerFrequencyHz: new Map([[869_525_000, 2]]),
      rxPerModulation: [{ modulation: plainUplink.modulation, count: 3 }],
      txPerModulation: [],
      txPerStatus: new Map([["OK", 4]]),
      metadata: { model: "x" },
    };
    const read = gw.GatewayStats.deserializeBinary(protobuf.stats(event)).toObject();
    expect(read).toMatchObject({
      gatewayId,
      time: { seconds: 1_700_000_000, nanos: 250_000_000 },
      location: { latitude: 45.5, longitude: 5.25, altitude: 200, source: 1 },
      rxPacketsReceived: 7,
      rxPacketsPerFrequencyMap: [[868_100_000, 3]],
      rxPacketsPerModulationList: [{ modulation: { lora: { spreadingFactor: 7, codeRate: 1 } }, count: 3 }],
      txPacketsPerStatusMap: [["OK", 4]],
    });
    const ack = gw.DownlinkTxAck.deserializeBinary(
      protobuf.txAck({ gatewayId, downlinkId: 9, statuses: ["TOO_LATE", "OK"] }),
    );
    expect(ack.getItemsList().map((one) => one.getStatus())).toEqual([gw.TxAckStatus.TOO_LATE, gw.TxAckStatus.OK]);
    const state = gw.ConnState.deserializeBinary(protobuf.connState(gatewayId, true));
    expect([state.getGatewayId(), state.getState()]).toEqual([gatewayId, gw.ConnState.State.ONLINE]);
  });

  test("is understood in its commands config and exec", () => {
    const configuration = new gw.GatewayConfiguration();
    configuration.setGatewayId(gatewayId);
    configuration.setVersion("abc");
    configuration.setStatsInterval(new Duration().setSeconds(30));
    expect(readConfiguration(configuration.serializeBinary())).toEqual({
      gatewayId,
      version: "abc",
      statsIntervalMs: 30_000,
    });
    const exec = new gw.GatewayCommandExecRequest();
    exec.setGatewayId(gatewayId);
    exec.setCommand("reboot");
    exec.setExecId(77);
    exec.setStdin(Uint8Array.of(1));
    exec.getEnvironmentMap().set("A", "b");
    const expected = { gatewayId, command: "reboot", execId: 77, stdin: Uint8Array.of(1), environment: { A: "b" } };
    expect(readExecRequest(exec.serializeBinary())).toEqual(expected);
    const text = JSON.stringify({
      gatewayId,
      command: "reboot",
      execId: 77,
      stdin: "AQ==",
      environment: { A: "b" },
    });
    expect(readExecRequest(Buffer.from(text))).toEqual(expected);
    expect(
      readConfiguration(Buffer.from(`{"gatewayId":"${gatewayId}","version":"abc","statsInterval":"30s"}`)),
    ).toEqual({ gatewayId, version: "abc", statsIntervalMs: 30_000 });
  });
});

describe("bad downlinks", () => {
  const good: RawDownlink = {
    downlinkId: 1,
    gatewayId,
    items: [
      {
        phyPayload: Uint8Array.of(0x60, 1, 2, 3),
        frequencyHz: 868_100_000,
        eirpDbm: 14,
        modulation: {
          lora: {
            bandwidthHz: 125_000,
            spreadingFactor: 7,
            codeRate: 0,
            polarizationInversion: true,
            preamble: 0,
            noCrc: false,
          },
          fsk: null,
          lrFhss: null,
        },
        board: 0,
        antenna: 0,
        timing: { kind: "delay", span: { seconds: 1, nanos: 500_000 } },
        context: Uint8Array.of(1, 2, 3, 4),
      },
    ],
  };
  const withItem = (change: Partial<RawDownlinkItem>): RawDownlink => ({
    ...good,
    items: [good.items[0]!, { ...good.items[0]!, ...change }],
  });

  test("are not these: a code rate left out is 4/5, the delay is exact", () => {
    const checked = checkDownlink(good, gatewayId);
    expect(checked).toMatchObject({
      status: "ok",
      value: {
        items: [
          {
            modulation: { codeRate: "4/5" },
            timing: { kind: "delay", delayUs: 1_000_500 },
            preambleSymbols: null,
            hasCrc: true,
          },
        ],
      },
    });
  });

  test.each([
    ["wrong_gateway_id", { ...good, gatewayId: "ffffffffffffffff" }],
    ["wrong_gateway_id", { ...good, gatewayId: "" }],
    ["no_items", { ...good, items: [] }],
    ["bad_payload", withItem({ phyPayload: new Uint8Array(0) })],
    ["bad_payload", withItem({ phyPayload: new Uint8Array(256) })],
    ["bad_frequency", withItem({ frequencyHz: 0 })],
    ["bad_power", withItem({ eirpDbm: 120 })],
    ["bad_modulation", withItem({ modulation: null })],
    ["bad_modulation", withItem({ modulation: { lora: null, fsk: null, lrFhss: null } })],
    ["bad_timing", withItem({ timing: null })],
    ["bad_timing", withItem({ timing: { kind: "delay", span: null } })],
    ["bad_timing", withItem({ timing: { kind: "delay", span: { seconds: -1, nanos: 0 } } })],
  ] as const)("are refused as %s (%#)", (reason, frame) => {
    expect(checkDownlink(frame, gatewayId)).toMatchObject({ status: "refused", reason });
  });
});

describe("foreign bytes", () => {
  const readers = [readDownlink, readConfiguration, readExecRequest, readUplink, readStats, readTxAck];

  test("never make a reader throw", () => {
    const arbitrary = fc.oneof(
      bytes(0, 300),
      fc.json().map((text) => new Uint8Array(Buffer.from(text))),
      fc.tuple(downlink, u32, fc.integer({ min: 0, max: 255 }), fc.boolean()).map(([frame, at, value, isJson]) => {
        const written = (isJson ? json : protobuf).downlink(frame).slice();
        written[at % written.length] = value;
        return written.subarray(0, 1 + (at % written.length));
      }),
    );
    fc.assert(
      fc.property(arbitrary, (payload) => {
        for (const read of readers) {
          const message = read(payload);
          expect(message === null || typeof message === "object").toBe(true);
        }
      }),
      { numRuns: 10 * runs },
    );
  });

  test.each([
    '{"gatewayId":5}',
    '{"gatewayId":"0102030405060708","items":{}}',
    '{"gatewayId":"0102030405060708","downlinkId":-1}',
    '{"gatewayId":"0102030405060708","downlinkId":4294967296}',
    '{"gatewayId":"0102030405060708","items":[{"phyPayload":"§"}]}',
    '{"gatewayId":"0102030405060708","items":[{"txInfo":{"timing":{"delay":{"delay":"one second"}}}}]}',
    '{"gatewayId":',
    "[]",
  ])("are null where a value has the wrong type: %s", (text) => {
    expect(readDownlink(Buffer.from(text))).toBeNull();
  });
});
