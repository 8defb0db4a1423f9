import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bandwidthHzOf,
  isCanonicalDataRate,
  packDataRate,
  RECORD_BYTES,
  readBeacon,
  readPacketConfirmation,
  readPacketReceipt,
  readWitness,
  spreadingFactorOf,
  writeBeacon,
  writePacketConfirmation,
  writePacketReceipt,
  writeWitness,
} from "../../src/protocol/index.ts";
import { codeOf, soak, someBeacon, someConfirmation, someReceipt, someWitness } from "./support.ts";

const array = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const i16 = fc.integer({ min: -0x8000, max: 0x7fff });
const u64 = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER));
const dataRate = fc
  .tuple(fc.integer({ min: 5, max: 12 }), fc.constantFrom(125_000, 250_000, 500_000))
  .map(([spreadingFactor, bandwidthHz]) => packDataRate(spreadingFactor, bandwidthHz));

describe("the dataRate byte", () => {
  test("holds 24 rates and nothing else", () => {
    const canonical = Array.from({ length: 256 }, (_, byte) => byte).filter(isCanonicalDataRate);
    expect(canonical).toHaveLength(24);
    for (const byte of canonical) expect(packDataRate(spreadingFactorOf(byte), bandwidthHzOf(byte))).toBe(byte);
    expect(packDataRate(10, 125_000)).toBe(0x0a);
    expect(packDataRate(7, 500_000)).toBe(0x27);
  });

  test("is refused for other factors and bandwidths", () => {
    for (const factor of [4, 13, 7.5, Number.NaN, -1]) {
      expect(codeOf(() => packDataRate(factor, 125_000))).toBe("POC_BAD_ENCODING");
    }
    for (const bandwidth of [0, 125, 200_000, 1_000_000]) {
      expect(codeOf(() => packDataRate(7, bandwidth))).toBe("POC_BAD_ENCODING");
    }
  });
});

describe("records", () => {
  test("come back as they were written, anywhere in an array", () => {
    const record = fc.record({
      beacon: fc.record({
        challengeId: array(32),
        signature: array(64),
        transmitMs: u64,
        frequencyHz: u32,
        dataRate,
        txPowerDdbm: i16,
        tmst: u32,
      }),
      witness: fc.record({
        payload: array(24),
        receivedMs: u64,
        tmst: u32,
        rssiDdbm: i16,
        snrDdb: i16,
        frequencyHz: u32,
        dataRate,
      }),
      receipt: fc.record({
        packetHash: array(32),
        phyBytes: fc.nat(255),
        devAddr: u32,
        fCnt: fc.nat(65_535),
        receivedMs: u64,
        routeId: u64,
      }),
      confirmation: fc.record({
        packetHash: array(32),
        hotspotKey: array(32).map((x) => Uint8Array.of(0x03, ...x)),
        phyBytes: fc.nat(255),
      }),
      at: fc.nat(9),
    });
    fc.assert(
      fc.property(record, ({ beacon, witness, receipt, confirmation, at }) => {
        const target = new Uint8Array(at + RECORD_BYTES.beacon);
        writeBeacon(target, at, beacon);
        expect(readBeacon(target, at)).toEqual(beacon);
        writeWitness(target, at, witness);
        expect(readWitness(target, at)).toEqual(witness);
        writePacketReceipt(target, at, receipt);
        expect(readPacketReceipt(target, at)).toEqual(receipt);
        writePacketConfirmation(target, at, confirmation);
        expect(readPacketConfirmation(target, at)).toEqual(confirmation);
      }),
      soak(100),
    );
  });

  test("fill exactly the bytes of their kind", () => {
    const writers = [
      [RECORD_BYTES.beacon, (target: Uint8Array) => writeBeacon(target, 0, { ...someBeacon, tmst: 0xffff_ffff })],
      [RECORD_BYTES.witness, (target: Uint8Array) => writeWitness(target, 0, someWitness)],
      [RECORD_BYTES.receipt, (target: Uint8Array) => writePacketReceipt(target, 0, someReceipt)],
      [RECORD_BYTES.confirmation, (target: Uint8Array) => writePacketConfirmation(target, 0, someConfirmation)],
    ] as const;
    for (const [size, write] of writers) {
      const [clear, set] = [new Uint8Array(size + 8), new Uint8Array(size + 8).fill(0xff)];
      write(clear);
      write(set);
      // Every byte of the record is written, and none after it.
      expect(clear.subarray(0, size)).toEqual(set.subarray(0, size));
      expect(clear.subarray(size)).toEqual(new Uint8Array(8));
      expect(set.subarray(size)).toEqual(new Uint8Array(8).fill(0xff));
    }
  });

  test("are refused for values their fields cannot hold", () => {
    const target = new Uint8Array(256);
    const bad = [
      () => writeBeacon(target, 0, { ...someBeacon, challengeId: new Uint8Array(31) }),
      () => writeBeacon(target, 0, { ...someBeacon, signature: new Uint8Array(65) }),
      () => writeBeacon(target, 0, { ...someBeacon, transmitMs: -1 }),
      () => writeBeacon(target, 0, { ...someBeacon, transmitMs: 1.5 }),
      () => writeBeacon(target, 0, { ...someBeacon, frequencyHz: 2 ** 32 }),
      () => writeBeacon(target, 0, { ...someBeacon, dataRate: 0x3a }),
      () => writeBeacon(target, 0, { ...someBeacon, txPowerDdbm: 32_768 }),
      () => writeBeacon(target, 0, { ...someBeacon, tmst: Number.NaN }),
      () => writeWitness(target, 0, { ...someWitness, payload: new Uint8Array(25) }),
      () => writeWitness(target, 0, { ...someWitness, receivedMs: 2 ** 53 }),
      () => writeWitness(target, 0, { ...someWitness, rssiDdbm: -32_769 }),
      () => writeWitness(target, 0, { ...someWitness, snrDdb: 0.5 }),
      () => writeWitness(target, 0, { ...someWitness, dataRate: 0x0d }),
      () => writePacketReceipt(target, 0, { ...someReceipt, phyBytes: 256 }),
      () => writePacketReceipt(target, 0, { ...someReceipt, fCnt: 65_536 }),
      () => writePacketReceipt(target, 0, { ...someReceipt, routeId: Number.POSITIVE_INFINITY }),
      () => writePacketConfirmation(target, 0, { ...someConfirmation, hotspotKey: new Uint8Array(33) }),
      () => writePacketConfirmation(target, 0, { ...someConfirmation, hotspotKey: new Uint8Array(32) }),
    ];
    for (const call of bad) expect(codeOf(call), String(call)).toMatch(/^POC_BAD_(ENCODING|LENGTH)$/);
  });
});
