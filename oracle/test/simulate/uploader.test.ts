import { importKey, signerFromEd25519Seed, type VerifiedUpload, verifyUpload } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStream } from "../../src/simulate/random.ts";
import { type ChainState, playUploads as playAll, type Report, type Sender } from "../../src/simulate/uploader.ts";

const signer = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const key = importKey(signer.publicKey);

function sender(changes: Partial<Sender> = {}, seed = "s"): Sender {
  return { signer, network: 3, fault: undefined, outage: undefined, stream: randomStream(seed), ...changes };
}

function playUploads(from: Sender, reports: readonly Report[], chain: ChainState) {
  return playAll(from, reports, chain).logged;
}

function newChain(): ChainState {
  return { sequence: 0, previousId: new Uint8Array(32), freeMs: 0, isResumed: false };
}

function witness(atMs: number): Report {
  const report = { receivedMs: atMs, tmst: atMs, rssiDdbm: -1000, snrDdb: 0, frequencyHz: 903_900_000, dataRate: 10 };
  return { atMs, kind: "witness", report: { ...report, payload: new Uint8Array(24) } };
}

function receipt(atMs: number): Report {
  const report = { packetHash: new Uint8Array(32), phyBytes: 20, devAddr: 1, fCnt: atMs & 0xffff, routeId: 1 };
  return { atMs, kind: "receipt", report: { ...report, receivedMs: atMs } };
}

function opened(bytes: Uint8Array): VerifiedUpload {
  const upload = verifyUpload(bytes, key, 3);
  if (upload.status !== "ok") throw new Error(upload.code);
  return upload;
}

describe("uploader", () => {
  test("sends a proof within 2 s and the connection's delay, with the receipts that wait", () => {
    const [upload, ...rest] = playUploads(sender(), [receipt(1000), receipt(30_000), witness(40_000)], newChain());
    expect(rest).toEqual([]);
    expect(upload.receiveOffsetMs).toBeGreaterThan(40_000);
    expect(upload.receiveOffsetMs).toBeLessThanOrEqual(42_400);
    expect(opened(upload.bytes).header.counts).toMatchObject({ witnesses: 1, receipts: 2 });
  });

  test("lets receipts alone wait 60 s from the first one", () => {
    const uploads = playUploads(sender(), [receipt(1000), receipt(61_000), receipt(61_001)], newChain());
    expect(uploads.map(({ bytes }) => opened(bytes).header.counts.receipts)).toEqual([2, 1]);
    expect(uploads[0].receiveOffsetMs).toBeGreaterThanOrEqual(61_000);
  });

  test("has one upload under way: after an outage the first is small and the second holds the rest", () => {
    const outage = { fromMs: 0, toMs: 600_000, isUplink: true };
    const reports = Array.from({ length: 50 }, (_, i) => witness(10_000 * (i + 1)));
    const uploads = playUploads(sender({ outage }), reports, newChain());
    expect(uploads.map(({ bytes }) => opened(bytes).header.counts.witnesses)).toEqual([1, 49]);
    expect(uploads[0].receiveOffsetMs).toBeGreaterThanOrEqual(600_000);
    expect(uploads[1].receiveOffsetMs).toBeGreaterThan(uploads[0].receiveOffsetMs);
  });

  test("chains every upload to the one before, loses no report and keeps their order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(600_000), fc.boolean()), { minLength: 1, maxLength: 80 }), (times) => {
        const reports = times
          .map(([atMs, isProof]) => (isProof ? witness(atMs) : receipt(atMs)))
          .sort((a, b) => a.atMs - b.atMs);
        const chain = newChain();
        const uploads = playUploads(sender(), reports, chain);
        const distinct = [...new Map(uploads.map(({ bytes }) => [opened(bytes).id.toHex(), opened(bytes)])).values()];
        let previous = new Uint8Array(32);
        distinct.forEach(({ header, id }, index) => {
          expect(header.sequence).toBe(index + 1);
          expect(header.previousId).toEqual(previous);
          expect(header.resumed).toBe(false);
          previous = id.slice();
        });
        expect(chain).toMatchObject({ sequence: distinct.length, previousId: previous });
        expect(distinct.reduce((sum, { header }) => sum + header.reports, 0)).toBe(reports.length);
        const received = uploads.map(({ receiveOffsetMs }) => receiveOffsetMs);
        for (let i = 1; i < received.length; i++) expect(received[i]).toBeGreaterThan(received[i - 1] - 5001);
      }),
      { numRuns: 50 },
    );
  });

  test("goes on from the ingest's head under the resumed flag after it lost an upload", () => {
    const reports = Array.from({ length: 200 }, (_, i) => witness(10_000 * (i + 1)));
    const uploads = playUploads(sender({ fault: "forgetful" }), reports, newChain());
    const headers = uploads.map(({ bytes }) => opened(bytes).header);
    const sequences = [...new Set(headers.map(({ sequence }) => sequence))];
    expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, i) => i + 1));
    expect(sequences.length).toBeLessThan(200);
    expect(headers.filter(({ resumed }) => resumed).length).toBeGreaterThan(0);
  });

  test("a forked key signs two bodies under one number", () => {
    const reports = Array.from({ length: 50 }, (_, i) => witness(10_000 * (i + 1)));
    const uploads = playUploads(sender({ fault: "forked" }), reports, newChain()).map(({ bytes }) => opened(bytes));
    const ids = new Map<number, Set<string>>();
    for (const { header, id } of uploads) {
      ids.set(header.sequence, (ids.get(header.sequence) ?? new Set()).add(id.toHex()));
    }
    expect([...ids.values()].some(({ size }) => size === 2)).toBe(true);
  });

  test("damaged copies are refused with a code, each kind of damage among them", () => {
    const reports = Array.from({ length: 300 }, (_, i) => witness(10_000 * (i + 1)));
    const codes = playUploads(sender({ fault: "junk" }), reports, newChain()).map(({ bytes }) => {
      const upload = verifyUpload(bytes, key, 3);
      return upload.status === "ok" ? "ok" : upload.code;
    });
    for (const code of ["truncated", "trailing_bytes", "bad_magic", "bad_signature"]) expect(codes).toContain(code);
    expect(codes.filter((code) => code === "ok").length).toBeGreaterThanOrEqual(300);
  });
});
