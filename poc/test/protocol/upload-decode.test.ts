import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BeaconTable,
  beaconPayload,
  decodeUpload,
  importKey,
  payloadKey,
  ReportColumns,
  sealUpload,
  type UploadContent,
  type VerifiedUpload,
  verifyUpload,
} from "../../src/protocol/index.ts";
import { codeOf, edDevice, seed, soak, someBeacon, someConfirmation, someReceipt, someWitness } from "./support.ts";

const key = importKey(edDevice.publicKey);

function verified(content: Omit<UploadContent, "network" | "sequence" | "previousId">): VerifiedUpload {
  const sealed = sealUpload({ network: 1, sequence: 1, previousId: new Uint8Array(32), ...content }, edDevice);
  const verdict = verifyUpload(sealed.bytes, key, 1);
  if (verdict.status === "refused") throw new Error(verdict.code);
  return verdict;
}

/** Counts of the four kinds, not all zero. */
const counts = fc
  .tuple(fc.nat(6), fc.nat(40), fc.nat(6), fc.nat(6))
  .filter((kinds) => kinds.some((count) => count > 0));

function reports(kinds: readonly number[]) {
  const rows = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  return {
    beacons: rows(kinds[0]!, (i) => ({
      ...someBeacon,
      challengeId: seed(`challenge ${i}`),
      transmitMs: 2 ** 40 + i,
      txPowerDdbm: -1 - i,
      tmst: 0xffff_fff0 + i,
    })),
    witnesses: rows(kinds[1]!, (i) => ({
      ...someWitness,
      payload: seed(`payload ${i}`).slice(0, 24),
      rssiDdbm: -1000 - i,
      snrDdb: i - 20,
      receivedMs: 2 ** 52 + i,
    })),
    receipts: rows(kinds[2]!, (i) => ({
      ...someReceipt,
      packetHash: seed(`packet ${i}`),
      fCnt: 65_530 + i,
      devAddr: 0xffff_fff0 + i,
      routeId: 2 ** 50 + i,
    })),
    confirmations: rows(kinds[3]!, (i) => ({
      ...someConfirmation,
      packetHash: seed(`packet ${i}`),
      phyBytes: 250 + (i % 6),
    })),
  };
}

describe("decodeUpload", () => {
  test("gives a beacon the join key of a witness that heard its payload", () => {
    const payload = beaconPayload(someBeacon.challengeId, someBeacon.signature);
    const columns = new ReportColumns();
    const upload = verified({ beacons: [someBeacon], witnesses: [{ ...someWitness, payload }] });
    decodeUpload(upload, { hotspot: 1, receiveOffsetMs: 2, uploadRank: 3 }, columns);
    const { hi, lo } = payloadKey(payload);
    expect([columns.beacons.payloadKeyHi[0], columns.beacons.payloadKeyLo[0]]).toEqual([hi, lo]);
    expect([columns.witnesses.payloadKeyHi[0], columns.witnesses.payloadKeyLo[0]]).toEqual([hi, lo]);
  });

  test("appends every field of every upload, whatever the tables held and however they grew", () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 4 }), (uploads) => {
        const columns = new ReportColumns(1);
        const expected = { beacons: [], witnesses: [], receipts: [], confirmations: [] } as Record<string, unknown[]>;
        uploads.forEach((kinds, uploadRank) => {
          const place = { hotspot: 0xffff_ffff - uploadRank, receiveOffsetMs: 86_399_999 + uploadRank, uploadRank };
          const content = reports(kinds);
          decodeUpload(verified(content), place, columns);
          let indexInUpload = 0;
          for (const [kind, rows] of Object.entries(content)) {
            for (const row of rows) expected[kind]!.push({ ...place, indexInUpload: indexInUpload++, ...row });
          }
        });
        const { beacons, witnesses, receipts, confirmations } = columns;
        const place = (
          table: typeof beacons | typeof witnesses | typeof receipts | typeof confirmations,
          row: number,
        ) => ({
          hotspot: table.hotspot[row],
          receiveOffsetMs: table.receiveOffsetMs[row],
          uploadRank: table.uploadRank[row],
          indexInUpload: table.indexInUpload[row],
        });
        const rowsOf = <T>(length: number, read: (row: number) => T) => Array.from({ length }, (_, row) => read(row));
        const slice = (array: Uint8Array, row: number, width: number) => array.slice(row * width, (row + 1) * width);
        expect(
          rowsOf(beacons.length, (row) => ({
            ...place(beacons, row),
            challengeId: slice(beacons.challengeId, row, 32),
            signature: slice(beacons.signature, row, 64),
            transmitMs: beacons.transmitMs[row],
            frequencyHz: beacons.frequencyHz[row],
            dataRate: beacons.dataRate[row],
            txPowerDdbm: beacons.txPowerDdbm[row],
            tmst: beacons.tmst[row],
          })),
        ).toEqual(expected.beacons);
        expect(
          rowsOf(witnesses.length, (row) => ({
            ...place(witnesses, row),
            key: { hi: witnesses.payloadKeyHi[row], lo: witnesses.payloadKeyLo[row] },
            receivedMs: witnesses.receivedMs[row],
            tmst: witnesses.tmst[row],
            rssiDdbm: witnesses.rssiDdbm[row],
            snrDdb: witnesses.snrDdb[row],
            frequencyHz: witnesses.frequencyHz[row],
            dataRate: witnesses.dataRate[row],
          })),
        ).toEqual(
          expected.witnesses!.map((row) => {
            const { payload, ...rest } = row as typeof someWitness;
            return { ...rest, key: payloadKey(payload) };
          }),
        );
        expect(
          rowsOf(receipts.length, (row) => ({
            ...place(receipts, row),
            packetHash: slice(receipts.packetHash, row, 32),
            phyBytes: receipts.phyBytes[row],
            devAddr: receipts.devAddr[row],
            fCnt: receipts.fCnt[row],
            receivedMs: receipts.receivedMs[row],
            routeId: receipts.routeId[row],
          })),
        ).toEqual(expected.receipts);
        expect(
          rowsOf(confirmations.length, (row) => ({
            ...place(confirmations, row),
            packetHash: slice(confirmations.packetHash, row, 32),
            hotspotKey: slice(confirmations.hotspotKey, row, 33),
            phyBytes: confirmations.phyBytes[row],
          })),
        ).toEqual(expected.confirmations);
      }),
      soak(40),
    );
  });

  test("reads an upload that lies anywhere in its buffer", () => {
    const content = reports([2, 3, 1, 1]);
    const upload = verified(content);
    const shifted = new Uint8Array(upload.bytes.length + 3);
    shifted.set(upload.bytes, 3);
    const verdict = verifyUpload(shifted.subarray(3), key, 1);
    if (verdict.status === "refused") throw new Error(verdict.code);
    const [left, right] = [new ReportColumns(8), new ReportColumns(8)];
    decodeUpload(upload, { hotspot: 1, receiveOffsetMs: 1, uploadRank: 1 }, left);
    decodeUpload(verdict, { hotspot: 1, receiveOffsetMs: 1, uploadRank: 1 }, right);
    expect(right).toEqual(left);
  });

  test("refuses a place that is not three u32, and leaves the tables as they were", () => {
    const columns = new ReportColumns();
    const upload = verified({ witnesses: [someWitness] });
    for (const bad of [-1, 2 ** 32, 0.5, Number.NaN]) {
      for (const name of ["hotspot", "receiveOffsetMs", "uploadRank"]) {
        const place = { hotspot: 0, receiveOffsetMs: 0, uploadRank: 0, [name]: bad };
        expect(codeOf(() => decodeUpload(upload, place, columns))).toBe("POC_BAD_ENCODING");
      }
    }
    expect(columns.witnesses.length).toBe(0);
  });
});

describe("a table of reports", () => {
  test("at least doubles when it must grow, and keeps its rows", () => {
    const table = new BeaconTable(2);
    table.hotspot.set([7, 8]);
    table.signature.fill(9);
    table.length = 2;
    table.reserve(0);
    expect(table.capacity).toBe(2);
    table.reserve(1);
    expect(table.capacity).toBe(4);
    table.reserve(100);
    expect(table.capacity).toBe(102);
    expect([...table.hotspot.subarray(0, 3)]).toEqual([7, 8, 0]);
    expect(table.signature.subarray(0, 129)).toEqual(Uint8Array.of(...new Uint8Array(128).fill(9), 0));
    expect(codeOf(() => new BeaconTable(0))).toBe("POC_BAD_ENCODING");
  });
});
