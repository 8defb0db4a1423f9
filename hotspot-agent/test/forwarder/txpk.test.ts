import { describe, expect, test } from "vitest";
import { readTxAck, txpkJson } from "../../src/forwarder/txpk.ts";
import type { DownlinkItem } from "../../src/messages.ts";

const item: DownlinkItem = {
  phyPayload: Uint8Array.of(0x60, 1, 2),
  frequencyHz: 869_525_000,
  eirpDbm: 27,
  modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 12, codeRate: "4/5" },
  polarizationInversion: true,
  preambleSymbols: null,
  hasCrc: true,
  frequencyDeviationHz: null,
  board: 0,
  antenna: 0,
  timing: { kind: "immediately" },
  context: new Uint8Array(0),
};
const txpkOf = (change: Partial<DownlinkItem>, time: Parameters<typeof txpkJson>[1] = { kind: "immediately" }) =>
  JSON.parse(txpkJson({ ...item, ...change }, time) ?? "null")?.txpk;

describe("PULL_RESP", () => {
  test("writes every field that the HAL asks for", () => {
    expect(txpkOf({})).toEqual({
      imme: true,
      freq: 869.525,
      rfch: 0,
      powe: 27,
      modu: "LORA",
      datr: "SF12BW125",
      codr: "4/5",
      ipol: true,
      size: 3,
      data: "YAEC",
    });
  });

  test("writes the time as counter or GPS time", () => {
    expect(txpkOf({}, { kind: "tmst", tmst: 4_294_967_295 })).toMatchObject({ tmst: 4_294_967_295 });
    expect(txpkOf({}, { kind: "gps", gpsTimeMs: 1_400_000_000_000 })).toMatchObject({ tmms: 1_400_000_000_000 });
    expect(txpkOf({}, { kind: "tmst", tmst: 1 })).not.toHaveProperty("imme");
  });

  test("writes a beacon in uplink polarity", () => {
    expect(txpkOf({ polarizationInversion: false })).toMatchObject({ ipol: false });
  });

  test("writes FSK with its deviation, half the bit rate by default", () => {
    const fsk = { modulation: { kind: "fsk", bitrateBps: 50_000 } } as const;
    expect(txpkOf(fsk)).toMatchObject({ modu: "FSK", datr: 50_000, fdev: 25_000 });
    expect(txpkOf({ ...fsk, frequencyDeviationHz: 3000 })).toMatchObject({ fdev: 3000 });
  });

  test("writes what differs from the forwarder's defaults, and only that", () => {
    const changed = txpkOf({ hasCrc: false, preambleSymbols: 10, board: 1, antenna: 2 });
    expect(changed).toMatchObject({ ncrc: true, prea: 10, brd: 1, ant: 2 });
    for (const field of ["ncrc", "prea", "brd", "ant"]) expect(txpkOf({})).not.toHaveProperty(field);
  });

  test("has no text for LR-FHSS, which no gateway transmits", () => {
    expect(
      txpkOf({ modulation: { kind: "lr-fhss", bandwidthHz: 137_000, codeRate: "4/6", gridSteps: 8 } }),
    ).toBeUndefined();
  });
});

describe("TX_ACK", () => {
  const statusOf = (json: string) => readTxAck(json).status;

  test.each(["", "{}", "\0", '{"txpk_ack":{}}', '{"txpk_ack":{"error":"NONE"}}', '{"txpk_ack":{"error":""}}'])(
    "reads %j as accepted",
    (json) => {
      expect(statusOf(json)).toBe("OK");
    },
  );

  test.each(["TOO_LATE", "TOO_EARLY", "COLLISION_PACKET", "COLLISION_BEACON", "TX_FREQ", "TX_POWER", "GPS_UNLOCKED"])(
    "reads %s by its name",
    (error) => {
      expect(statusOf(JSON.stringify({ txpk_ack: { error } }))).toBe(error);
    },
  );

  test("reads a reduced power and the counter of the transmission", () => {
    const json = '{"txpk_ack":{"warn":"TX_POWER","value":20,"tmst":123}}';
    expect(readTxAck(json)).toEqual({ status: "OK", usedPowerDbm: 20, tmst: 123 });
  });

  test.each([
    '{"txpk_ack":{"error":"MARTIAN"}}',
    '{"txpk_ack":{"error":7}}',
    '{"txpk_ack":3}',
    "[]",
    "{",
    '{"txpk_ack":{"error":"IGNORED"}}',
  ])("reads %j as an internal error, so that there is an ack", (json) => {
    expect(statusOf(json)).toBe("INTERNAL_ERROR");
  });
});
