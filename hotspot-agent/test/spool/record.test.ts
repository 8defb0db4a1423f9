import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeRecord,
  MAX_RECORD_PAYLOAD_BYTES,
  RECORD_HEADER_BYTES,
  readRecord,
  readSegment,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
} from "../../src/spool/record.ts";

const utcMs = 1_764_000_000_123;
const payload = Uint8Array.of(1, 2, 3);

function segmentOf(...payloads: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([segmentHeader(), ...payloads.map((one) => encodeRecord(0, utcMs, one).bytes)]);
}

describe("a record", () => {
  test("has the bytes that the header comment says", () => {
    const { bytes, recordId } = encodeRecord(1, utcMs, payload);
    const hex = Buffer.from(bytes).toString("hex");
    expect(hex.slice(0, 16)).toBe("e543455203000000");
    const time = Buffer.alloc(8);
    time.writeBigUInt64LE(BigInt(utcMs));
    expect(hex.slice(24)).toBe(`01000000${time.toString("hex")}010203`);
    expect(Buffer.from(bytes).readUInt32LE(8)).toBe(recordId);
  });

  test("comes back as it was", () => {
    const { bytes, recordId } = encodeRecord(1, utcMs, payload);
    expect(readRecord(bytes, 0)).toEqual({ kind: 1, utcMs, payload, recordId, offset: 0 });
  });

  test.each([
    ["one byte short", (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ["a header alone", (bytes: Uint8Array) => bytes.subarray(0, RECORD_HEADER_BYTES - 1)],
    ["another magic", (bytes: Uint8Array) => changed(bytes, 0)],
    ["another length", (bytes: Uint8Array) => changed(bytes, 4)],
    ["another CRC", (bytes: Uint8Array) => changed(bytes, 8)],
    ["another kind", (bytes: Uint8Array) => changed(bytes, 12)],
    ["another time", (bytes: Uint8Array) => changed(bytes, 17)],
    ["another payload", (bytes: Uint8Array) => changed(bytes, RECORD_HEADER_BYTES)],
  ])("is none with %s", (_what, change) => {
    expect(readRecord(change(encodeRecord(0, utcMs, payload).bytes), 0)).toBeNull();
  });

  test("is none beyond the longest payload", () => {
    const { bytes } = encodeRecord(0, utcMs, new Uint8Array(MAX_RECORD_PAYLOAD_BYTES + 1));
    expect(readRecord(bytes, 0)).toBeNull();
    expect(readRecord(encodeRecord(0, utcMs, new Uint8Array(MAX_RECORD_PAYLOAD_BYTES)).bytes, 0)).not.toBeNull();
  });
});

describe("a segment", () => {
  test("gives its records in order with their offsets", () => {
    const { records, gaps } = readSegment(segmentOf(payload, new Uint8Array(0), Uint8Array.of(9)));
    expect([records.map(({ payload: { length } }) => length), gaps]).toEqual([[3, 0, 1], 0]);
    expect(records[1].offset).toBe(SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES + 3);
  });

  test("is empty when the file is, and has a gap when it is another's", () => {
    expect(readSegment(new Uint8Array(0))).toEqual({ records: [], gaps: 0 });
    for (const foreign of [Buffer.from("ESP"), Buffer.from("not a segment"), changed(segmentHeader(), 4)]) {
      expect(readSegment(foreign)).toEqual({ records: [], gaps: 1 });
    }
  });

  test("finds a record whose payload looks like one again, once", () => {
    const inner = encodeRecord(0, utcMs, payload).bytes;
    expect(readSegment(segmentOf(inner, payload)).records.length).toBe(2);
  });

  test("gives every record that no change touches", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, where, xor) => {
        const bytes = segmentOf(...all);
        const at = SEGMENT_HEADER_BYTES + (where % (bytes.length - SEGMENT_HEADER_BYTES));
        const whole = readSegment(bytes).records;
        const hit = whole.findIndex(({ offset }) => offset > at);
        const hitIndex = hit < 0 ? whole.length - 1 : hit - 1;
        bytes[at] ^= xor;
        const left = readSegment(bytes).records.map(({ offset }) => offset);
        expect(left).toEqual(whole.filter((_, i) => i !== hitIndex).map(({ offset }) => offset));
      }),
    );
  });

  test("never throws on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { records } = readSegment(Buffer.concat([segmentHeader(), bytes]));
        expect(records.length).toBeLessThanOrEqual(bytes.length / RECORD_HEADER_BYTES);
      }),
    );
  });
});

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] ^= 0x55;
  return copy;
}

test("zeros at the end are room for records that never came, and no damage; anything among them is", () => {
  const record = encodeRecord(0, 5, Uint8Array.of(1, 2, 3)).bytes;
  const segment = Buffer.concat([segmentHeader(), record, new Uint8Array(500)]);
  expect(readSegment(segment)).toMatchObject({ records: [{ offset: 8 }], gaps: 0 });
  segment[300] = 1;
  expect(readSegment(segment)).toMatchObject({ records: [{ offset: 8 }], gaps: 1 });
});
