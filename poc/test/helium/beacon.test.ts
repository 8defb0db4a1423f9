import { readFileSync } from "node:fs";
import {
  generateHeliumVectors,
  heliumBeaconVectors,
  heliumPublishedVectors,
  heliumVectorsPath,
} from "@earshot/fixtures";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  deriveHeliumBeacon,
  type HeliumEntropy,
  heliumPayload,
  regeneratesHeliumBeacon,
} from "../../src/helium/beacon.ts";
import { heliumDataRate, loraDataRate } from "../../src/radio/data-rate.ts";
import { beaconDataRate, type PublishedPlan, regionByName, regionPlans } from "../../src/radio/region.ts";
import { runs } from "./soak.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const eu868 = regionByName("EU868", "upstream");
const planOf = (fileName: string) => {
  const plan = regionPlans("upstream").find(({ planName }) => planName === fileName);
  if (plan === undefined) throw new Error(`no region uses ${fileName}`);
  return plan;
};

const sent = heliumPublishedVectors.hotspotBeacon;
const sentEntropy: HeliumEntropy = {
  data: hex(sent.remoteEntropy),
  timestampS: sent.remoteTimestampS,
  version: sent.version,
};
const sentReport = {
  payload: hex(sent.payload),
  frequencyHz: sent.frequencyHz,
  dataRate: sent.dataRate,
  localEntropy: hex(sent.localEntropy),
};

describe("vectors", () => {
  test("makes the beacon a real hotspot sent", () => {
    const made = deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, eu868, 60);
    expect(Buffer.from(made.payload).toString("hex")).toBe(sent.payload);
    expect(made).toMatchObject({
      frequencyHz: 867_900_000,
      dataRate: loraDataRate(12, 125_000),
      conductedPowerDbm: 10,
    });
    expect(regeneratesHeliumBeacon(sentReport, sentEntropy, eu868, 60)).toBe(true);
  });

  test.each(heliumBeaconVectors)("makes the derived beacon of $region at $remoteTimestampS", (vector) => {
    const entropy = { data: hex(vector.remoteEntropy), timestampS: vector.remoteTimestampS, version: vector.version };
    const made = deriveHeliumBeacon(entropy, hex(vector.localEntropy), planOf(vector.region), vector.gainDdbi);
    expect({
      ...made,
      payload: Buffer.from(made.payload).toString("hex"),
      dataRate: heliumDataRate(made.dataRate),
    }).toEqual({
      payload: vector.payload,
      frequencyHz: vector.frequencyHz,
      dataRate: vector.dataRate,
      conductedPowerDbm: vector.conductedPowerDbm,
    });
  });

  test("the committed vectors are the ones their generator writes", () => {
    expect(readFileSync(heliumVectorsPath, "utf8")).toBe(generateHeliumVectors());
  });

  test.each(heliumPublishedVectors.beaconSpreadingFactor)(
    "sends at SF$spreadingFactor in $region",
    ({ region, spreadingFactor }) => {
      const { dataRate } = deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, planOf(region), 0);
      expect(dataRate).toBe(loraDataRate(spreadingFactor, 125_000));
    },
  );

  test.each(heliumPublishedVectors.dataRateBySize)("$region carries $bytes bytes at SF$spreadingFactor", (vector) => {
    const choose = () => beaconDataRate(planOf(vector.region), vector.bytes);
    if (vector.spreadingFactor === null) expect(choose).toThrow("POC_BAD_REGION");
    else expect(choose()).toBe(loraDataRate(vector.spreadingFactor, 125_000));
  });
});

describe("boundaries", () => {
  test.each([
    [0, 16],
    [1, 16],
    [2, 15],
    [11, 15],
    [12, 14],
    [160, 0],
    [161, 0],
    [-9, 17],
  ])("truncates the conducted power in EU868 at a gain of %i (0.1 dBi) to %i dBm", (gainDdbi, powerDbm) => {
    expect(deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, eu868, gainDdbi).conductedPowerDbm).toBe(powerDbm);
  });

  test("refuses a gain a tenth above the greatest EIRP, although the power would truncate to 0", () => {
    expect(() => deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, eu868, 162)).toThrow("POC_BAD_PARAMETERS");
    expect(regeneratesHeliumBeacon(sentReport, sentEntropy, eu868, 162)).toBe(false);
  });

  test("builds versions 0 and 1 alike and refuses 2", () => {
    const made = [0, 1].map((version) =>
      deriveHeliumBeacon({ ...sentEntropy, version }, sentReport.localEntropy, eu868, 60),
    );
    expect(made[1]).toEqual(made[0]);
    expect(() => deriveHeliumBeacon({ ...sentEntropy, version: 2 }, sentReport.localEntropy, eu868, 60)).toThrow(
      "POC_BAD_PARAMETERS",
    );
    expect(regeneratesHeliumBeacon(sentReport, { ...sentEntropy, version: 2 }, eu868, 60)).toBe(false);
  });

  test("uses a packet size of exactly 51 bytes and refuses one of 50", () => {
    const plan = (maxPacketBytes: number): PublishedPlan => ({
      ...eu868,
      spreading: [{ spreadingFactor: 7, maxPacketBytes }],
    });
    expect(deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, plan(51), 0).dataRate).toBe(
      loraDataRate(7, 125_000),
    );
    expect(() => deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, plan(50), 0)).toThrow("POC_BAD_REGION");
    expect(regeneratesHeliumBeacon(sentReport, sentEntropy, plan(50), 0)).toBe(false);
  });

  test("takes the first entry in listed order, not the fastest", () => {
    const spreading = [
      { spreadingFactor: 9, maxPacketBytes: 67 },
      { spreadingFactor: 12, maxPacketBytes: 51 },
      { spreadingFactor: 7, maxPacketBytes: 256 },
    ];
    expect(deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, { ...eu868, spreading }, 0).dataRate).toBe(
      loraDataRate(9, 125_000),
    );
  });
});

describe("properties", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const construction = fc.record({
    data: bytes(32),
    timestampS: fc.integer({ min: 0, max: 2 ** 33 }),
    local: bytes(4),
    plan: fc.constantFrom(...regionPlans("upstream")),
    gainDdbi: fc.integer({ min: 0, max: 120 }),
  });

  test("regenerates what it derived, and nothing that differs in one figure", () => {
    fc.assert(
      fc.property(construction, fc.integer({ min: 0, max: 50 }), (c, at) => {
        const entropy = { data: c.data, timestampS: c.timestampS, version: 0 };
        const made = deriveHeliumBeacon(entropy, c.local, c.plan, c.gainDdbi);
        const dataRate = heliumDataRate(made.dataRate);
        if (dataRate === null) throw new Error("a beacon has no data rate of Helium's");
        const report = { payload: made.payload, frequencyHz: made.frequencyHz, dataRate, localEntropy: c.local };
        const regenerates = (change: object, change2: object = {}) =>
          regeneratesHeliumBeacon({ ...report, ...change }, { ...entropy, ...change2 }, c.plan, c.gainDdbi);
        expect(regenerates({})).toBe(true);
        expect(regenerates({ frequencyHz: made.frequencyHz + 1 })).toBe(false);
        expect(regenerates({ dataRate: dataRate + 1 })).toBe(false);
        expect(regenerates({ payload: made.payload.map((byte, i) => (i === at ? byte ^ 1 : byte)) })).toBe(false);
        expect(regenerates({ payload: made.payload.subarray(0, 50) })).toBe(false);
        expect(regenerates({ localEntropy: c.local.map((byte) => byte ^ 0x80) })).toBe(false);
        expect(regenerates({}, { timestampS: c.timestampS + 1 })).toBe(false);
      }),
      { numRuns: runs(200) },
    );
  });

  test("binds no key: two hotspots of one region make the same payload from the same entropies (flaw 1)", () => {
    fc.assert(
      fc.property(construction, fc.integer({ min: 0, max: 120 }), (c, otherGainDdbi) => {
        const entropy = { data: c.data, timestampS: c.timestampS, version: 0 };
        const one = deriveHeliumBeacon(entropy, c.local, c.plan, c.gainDdbi);
        const other = deriveHeliumBeacon(entropy, c.local, c.plan, otherGainDdbi);
        expect(other).toEqual({ ...one, conductedPowerDbm: other.conductedPowerDbm });
      }),
      { numRuns: runs(50) },
    );
  });
});

describe("misuse", () => {
  test("refuses a region without channels", () => {
    const plan = { ...eu868, channelsHz: [] };
    expect(() => deriveHeliumBeacon(sentEntropy, sentReport.localEntropy, plan, 0)).toThrow("POC_BAD_REGION");
    expect(regeneratesHeliumBeacon(sentReport, sentEntropy, plan, 0)).toBe(false);
  });

  test("a gain that is no number builds nothing", () => {
    expect(regeneratesHeliumBeacon(sentReport, sentEntropy, eu868, Number.NaN)).toBe(false);
  });

  test("hashes entropies of any length, as upstream did", () => {
    const entropy = { data: new Uint8Array(0), timestampS: 0, version: 0 };
    expect(heliumPayload(entropy, new Uint8Array(0))).toHaveLength(51);
  });
});
