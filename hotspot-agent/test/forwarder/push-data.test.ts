import { readFileSync } from "node:fs";
import { realFilePath } from "@earshot/fixtures";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { datagramText, parseDatagram } from "../../src/forwarder/gwmp-datagram.ts";
import { mayHoldPackets, type PushData, readPushData } from "../../src/forwarder/push-data.ts";
import { dataFrame, rxpk, TEST_EUI } from "../doubles/gwmp-bytes.ts";

const receivedMs = 1_764_000_000_123;
const origin = { gatewayEui: TEST_EUI, receivedMs, earlierUtcMs: null, recordId: 7 };
const readText = (text: string): PushData => readPushData(text, origin);
const readElements = (...elements: readonly unknown[]) => readText(JSON.stringify({ rxpk: elements }));
const frame = dataFrame(0x2600_0001, 1);
const goodElement = rxpk(frame);

describe("captured datagrams", () => {
  const captured: readonly { hex: string; type: number; json: { rxpk?: readonly Record<string, unknown>[] } }[] =
    JSON.parse(readFileSync(realFilePath("gwmp/captured.json"), "utf8"));
  const pushes = captured.filter(({ type, json }) => type === 0 && json.rxpk !== undefined);

  test.each(pushes)("gives every packet of $hex", ({ hex, json }) => {
    const datagram = parseDatagram(Buffer.from(hex, "hex"));
    if (datagram.kind !== "push-data") throw new Error("no PUSH_DATA");
    const { packets, faults, sizeMismatches } = readPushData(datagramText(datagram), origin);
    expect([faults, sizeMismatches, packets.length]).toEqual([[], 0, json.rxpk?.length]);
    for (const [i, packet] of packets.entries()) {
      const element = json.rxpk![i];
      expect(packet.tmst).toBe(element.tmst);
      expect(Buffer.from(packet.phyPayload).toString("base64")).toBe(element.data);
      expect(packet.frequencyHz / 1e6).toBe(element.freq);
      expect(packet.snrDdb).toBe(Math.round(10 * (element.lsnr as number)));
      expect(`${packet.rssiDbm}`).toBe(`${element.rssi}`);
    }
  });

  test("reads the statistics of a captured datagram", () => {
    const stat = captured.find(({ json }) => "stat" in (json ?? {}));
    const datagram = parseDatagram(Buffer.from(stat!.hex, "hex"));
    if (datagram.kind !== "push-data") throw new Error("no PUSH_DATA");
    expect(readPushData(datagramText(datagram), origin)).toMatchObject({
      packets: [],
      faults: [],
      stat: {
        gatewayTimeMs: Date.UTC(2021, 1, 25, 1, 1, 43),
        location: { latitudeDeg: 62.02774, longitudeDeg: 129.72883, altitudeM: 348 },
        rxPackets: 1,
        rxPacketsOk: 0,
        ackedPermille: 0,
        temperatureDc: null,
      },
    });
  });
});

describe("the protocol document's examples", () => {
  const examples: readonly unknown[] = JSON.parse(readFileSync(realFilePath("gwmp/protocol_examples.json"), "utf8"));

  test("reads LoRa with GPS time, FSK, and data in the URL-safe alphabet without padding", () => {
    const { packets, faults } = readText(JSON.stringify(examples[0]));
    expect(faults).toEqual([]);
    const [lora, fsk, slow] = packets;
    expect(lora).toMatchObject({
      frequencyHz: 866_349_812,
      modulation: { kind: "lora", spreadingFactor: 7, bandwidthHz: 125_000, codeRate: "4/6" },
      gatewayTimeUs: Date.UTC(2020, 9, 1, 9, 30, 52) * 1000 + 592_567,
      gpsTimeMs: 1_285_579_871_592,
      fineTimeNs: 85_224_290,
      rssiDbm: -35,
      snrDdb: 51,
    });
    // The document gives size 32 for text that decodes to 32 bytes.
    expect(lora.phyPayload.length).toBe(32);
    expect(fsk).toMatchObject({ modulation: { kind: "fsk", bitrateBps: 50_000 }, snrDdb: null });
    expect(Buffer.from(fsk.phyPayload).toString()).toBe("TEST_PACKET_1234");
    expect(slow.modulation).toMatchObject({ spreadingFactor: 10, codeRate: "4/7" });
  });

  test("reads its statistics", () => {
    const { stat } = readText(JSON.stringify(examples[1]));
    expect(stat).toMatchObject({ rxPackets: 2, ackedPermille: 1000, temperatureDc: 232, txPacketsEmitted: 2 });
  });
});

describe("one packet", () => {
  test("has the context that a downlink brings back: tmst, then the receive time", () => {
    const [packet] = readElements({ ...goodElement, tmst: 0xfedc_ba98 }).packets;
    expect(Buffer.from(packet.context).toString("hex")).toBe(`fedcba98${receivedMs.toString(16).padStart(16, "0")}`);
  });

  test("has an uplink id that depends on its record and its place alone", () => {
    const ids = () => readElements(goodElement, goodElement).packets.map(({ uplinkId }) => uplinkId);
    expect(ids()).toEqual(ids());
    expect(ids()[0]).not.toBe(ids()[1]);
  });

  test("has no gateway time where the forwarder gives none", () => {
    expect(readText(JSON.stringify({ rxpk: [goodElement] })).packets[0].gatewayTimeUs).toBeNull();
  });

  test("is one for each antenna of rsig", () => {
    const rsig = [
      { ant: 0, chan: 7, rssic: -101, lsnr: 3.2 },
      { ant: 1, chan: 23, rssic: -104, lsnr: -1.5 },
      { ant: 2, chan: 39 },
    ];
    const { rssi: _rssi, lsnr: _lsnr, ...rest } = goodElement;
    const { packets, faults } = readElements({ ...rest, rsig });
    expect(faults).toEqual([]);
    const heard = packets.map(({ antenna, channel, rssiDbm, snrDdb }) => [antenna, channel, rssiDbm, snrDdb]);
    expect(heard).toEqual([
      [0, 7, -101, 32],
      [1, 23, -104, -15],
    ]);
    expect(new Set(packets.map(({ uplinkId }) => uplinkId)).size).toBe(2);
  });

  test("keeps the forwarder's metadata, and the place from a stat in the same datagram", () => {
    const text = JSON.stringify({
      rxpk: [{ ...goodElement, meta: { a: "b", n: 1 } }],
      stat: { lati: 45.2, long: 5.7, alti: 300 },
    });
    const [packet] = readText(text).packets;
    expect(packet.metadata).toEqual({ a: "b" });
    expect(packet.location).toEqual({ latitudeDeg: 45.2, longitudeDeg: 5.7, altitudeM: 300 });
  });

  test("rounds megahertz to the nearest hertz over the whole band", () => {
    for (let hz = 863_000_000; hz <= 870_000_000; hz += 33_337) {
      const [packet] = readElements({ ...goodElement, freq: Number((hz / 1e6).toFixed(6)) }).packets;
      expect(packet.frequencyHz).toBe(hz);
    }
  });
});

describe("odd values", () => {
  test.each([
    ["tmst above 32 bits", { tmst: 2 ** 32 }, { tmst: null }],
    ["no tmst", { tmst: undefined }, { tmst: null }],
    ["a time of no format", { time: "yesterday" }, { gatewayTimeUs: null }],
    ["a nonsense fine time", { ftime: 1_000_000_000 }, { fineTimeNs: null }],
    ["no channel", { chan: undefined, rfch: "x" }, { channel: 0, rfChain: 0 }],
    ["a CRC of 0", { stat: 0 }, { crcStatus: "none" }],
    ["a CRC of -1", { stat: -1 }, { crcStatus: "bad" }],
    ["no CRC status", { stat: undefined }, { crcStatus: "ok" }],
    ["no SNR", { lsnr: undefined }, { snrDdb: null }],
    ["the HAL's other name of 4/6", { codr: "2/3" }, { modulation: { codeRate: "4/6" } }],
    ["SF5", { datr: "SF5BW125" }, { modulation: { spreadingFactor: 5 } }],
    ["2.4 GHz", { datr: "SF7BW812", codr: "4/8LI" }, { modulation: { bandwidthHz: 812_000 } }],
    [
      "LR-FHSS",
      { modu: "LR-FHSS", datr: "M0CW137", codr: "4/6", hpw: 52 },
      { modulation: { kind: "lr-fhss", gridSteps: 52 } },
    ],
    ["a size that is wrong", { size: 3 }, { phyPayload: frame }],
  ])("keeps a packet with %s", (_what, change, expected) => {
    const { packets, faults } = readElements({ ...goodElement, ...change });
    expect(faults).toEqual([]);
    expect(packets[0]).toMatchObject(expected);
  });

  test("counts a size that is wrong", () => {
    expect(readElements({ ...goodElement, size: 3 }).sizeMismatches).toBe(1);
  });

  test.each([
    ["no object", 7, "not_an_object"],
    ["no data", { ...goodElement, data: undefined }, "bad_data"],
    ["empty data", { ...goodElement, data: "" }, "bad_data"],
    ["data that is no base64", { ...goodElement, data: "a b!" }, "bad_data"],
    ["data with one digit too few", { ...goodElement, data: "QDADR" }, "bad_data"],
    ["256 bytes", { ...goodElement, data: Buffer.alloc(256).toString("base64") }, "bad_data"],
    ["no frequency", { ...goodElement, freq: "868.1" }, "bad_frequency"],
    ["a negative frequency", { ...goodElement, freq: -868.1 }, "bad_frequency"],
    ["an unknown modulation", { ...goodElement, modu: "OOK" }, "bad_modulation"],
    ["SF13", { ...goodElement, datr: "SF13BW125" }, "bad_modulation"],
    ["a number as LoRa data rate", { ...goodElement, datr: 50_000 }, "bad_modulation"],
    ["text as FSK data rate", { ...goodElement, modu: "FSK" }, "bad_modulation"],
    ["the code rate of a false sync", { ...goodElement, codr: "OFF" }, "bad_code_rate"],
    ["no level", { ...goodElement, rssi: null }, "bad_level"],
    ["a level beyond physics", { ...goodElement, rssi: -1e9 }, "bad_level"],
  ])("refuses an element with %s and keeps its neighbours", (_what, element, fault) => {
    const { packets, faults } = readElements(goodElement, element, goodElement);
    expect([packets.length, faults]).toEqual([2, [fault]]);
  });
});

describe("texts that are no JSON", () => {
  const good = JSON.stringify(goodElement);

  test("loses only the element that is damaged", () => {
    const text = `{"rxpk":[${good},{"tmst":1,"freq":868.1,"data":},${good}],"stat":{"rxnb":3}}`;
    const { packets, faults, stat } = readText(text);
    expect([packets.length, faults, stat?.rxPackets]).toEqual([2, ["unreadable_rxpk"], 3]);
  });

  test.each(["nan", "-nan", "-inf", "NaN", "nan(0x8000)"])("reads a level printed as %s as missing", (printed) => {
    const odd = good.replace(/"lsnr":[^,]+/, `"lsnr":${printed}`);
    expect(odd).toContain(printed);
    const { packets, faults } = readText(`{"rxpk":[${odd}]}`);
    expect([packets[0]?.snrDdb, packets.length, faults]).toEqual([null, 1, []]);
  });

  test("keeps what stands before the end of a text that is cut off", () => {
    const text = `{"stat":{"rxnb":2},"rxpk":[${good},${good}`;
    const { packets, faults, stat } = readText(text.slice(0, -10));
    expect([packets.length, faults, stat?.rxPackets]).toEqual([1, ["unreadable_rxpk"], 2]);
  });

  test.each(["", "{", "null", "[]", "\u0000", "{'rxpk':[]}"])("says that %j cannot be read", (text) => {
    expect(readText(text)).toMatchObject({ packets: [], faults: ["bad_json"] });
  });

  test("says that rxpk is no list", () => {
    expect(readText('{"rxpk":{}}')).toMatchObject({ packets: [], faults: ["unreadable_rxpk"] });
  });
});

describe("any text", () => {
  test("never throws, and gives sound packets", () => {
    const json = JSON.stringify({ rxpk: [goodElement, goodElement], stat: { time: "x" } });
    const mutations = fc.array(fc.tuple(fc.nat(json.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(mutations, fc.nat(json.length), (changes, length) => {
        const bytes = Buffer.from(json);
        for (const [at, value] of changes) bytes[at] = value;
        for (const packet of readPushData(bytes.toString("utf8", 0, length), origin).packets) {
          expect(packet.phyPayload.length).toBeGreaterThanOrEqual(1);
          expect(packet.phyPayload.length).toBeLessThanOrEqual(255);
          expect(Number.isInteger(packet.frequencyHz) && Number.isInteger(packet.rssiDbm)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("may hold packets whenever packets are read from it", () => {
    const value = fc.constantFrom('{"rxpk":[%]}', '{"stat":{}}', '{"\\u0072xpk":[%]}', "%", '{"a":"rxpk"}');
    fc.assert(
      fc.property(value, (template) => {
        const text = template.replace("%", JSON.stringify(goodElement));
        if (readPushData(text, origin).packets.length > 0) expect(mayHoldPackets(text)).toBe(true);
      }),
    );
  });
});
