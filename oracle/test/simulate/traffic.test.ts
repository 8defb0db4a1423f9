import { readFileSync } from "node:fs";
import { realFilePath } from "@earshot/fixtures";
import { earshot } from "@earshot/poc";
import { packDataRate } from "@earshot/poc/protocol";
import { timeOnAirUs } from "@earshot/poc/radio";
import { describe, expect, test } from "vitest";
import { parseHotspotsCsv } from "../../src/simulate/hotspots-csv.ts";
import { RadioModel } from "../../src/simulate/radio-model.ts";
import { randomStream } from "../../src/simulate/random.ts";
import { DEVICE_SPREADING_FACTOR, devicesOf, packetsOf, payerColumns, payersOf } from "../../src/simulate/traffic.ts";
import { buildWorld } from "../../src/simulate/world.ts";

const { epochMs } = earshot.time;
const path = realFilePath("hotspots/us-2020.csv");
const world = buildWorld({
  path,
  listed: parseHotspotsCsv(path, readFileSync(path, "utf8")),
  near: { latDeg: 37.77, lngDeg: -122.42 },
  seed: "1",
  firstEpoch: 20_759,
});
const model = new RadioModel(
  world.hotspots.map(({ site }) => site),
  randomStream("radio"),
);
const devices = devicesOf(world, model, epochMs);

describe("traffic", () => {
  test("puts a device near about every second hotspot, within reach of some", () => {
    expect(devices.length / world.hotspots.length).toBeGreaterThan(0.4);
    expect(devices.length / world.hotspots.length).toBeLessThan(0.6);
    expect(devices.filter(({ links }) => links.length > 0).length / devices.length).toBeGreaterThan(0.5);
  });

  test("uses addresses of NetID 000000 and frames that US915 lets on the air at SF9", () => {
    for (const { devAddr, phyBytes } of devices) {
      expect(devAddr).toBeLessThan(2 ** 25);
      expect(timeOnAirUs(phyBytes, packDataRate(DEVICE_SPREADING_FACTOR, 125_000))).toBeLessThanOrEqual(400_000);
    }
  });

  test("sends one packet an hour, counted up over the epochs, each with a hash of its own", () => {
    const first = [...packetsOf(devices, world, world.firstEpoch, epochMs)];
    const second = [...packetsOf(devices, world, world.firstEpoch + 1, epochMs)];
    expect(first).toHaveLength(24 * devices.length);
    expect(new Set([...first, ...second].map(({ packetHash }) => packetHash.toHex())).size).toBe(48 * devices.length);
    const hours = first.filter(({ device }) => device === devices[0]);
    hours.forEach(({ atMs, fCnt }, hour) => {
      expect(Math.floor(atMs / 3_600_000)).toBe(hour);
      expect(fCnt).toBe((devices[0].firstFCnt + hour) % 65_536);
    });
    expect(second[0].fCnt).toBe((devices[0].firstFCnt + 24) % 65_536);
  });

  test("names payers by key in order, one of them the largest owner", () => {
    const payers = payersOf(world);
    const columns = payerColumns(payers);
    const keys = payers.map((_, row) => columns.key.slice(row * 33, row * 33 + 33).toHex());
    expect(keys).toEqual([...keys].sort());
    const owners = new Set(world.hotspots.map(({ owner }) => owner.toHex()));
    expect(payers.filter(({ wallet }) => owners.has(wallet.toHex()))).toHaveLength(1);
    expect(new Set(payers.map(({ routeId }) => routeId)).size).toBe(payers.length);
    expect(new Set(devices.map(({ payer }) => payer)).size).toBe(payers.length);
  });
});
