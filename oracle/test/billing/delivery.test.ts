import { sealUpload, sha256, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { confirmationTimes, deliveries } from "../../src/billing/delivery.ts";

const [first, second, meter, stranger] = [1, 2, 3, 4].map((byte) =>
  signerFromEd25519Seed(new Uint8Array(32).fill(byte)),
);
const hashOf = (packet: number) => sha256(Uint8Array.of(packet));
const concat = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** Receipts of `[packet, hotspot, route, receivedMs]`. */
function receiptsOf(rows: readonly [number, number, number, number][]) {
  return {
    packetHash: concat(...rows.map(([packet]) => hashOf(packet))),
    hotspot: Uint32Array.from(rows, ([, hotspot]) => hotspot),
    routeId: Float64Array.from(rows, ([, , route]) => route),
    receivedMs: Float64Array.from(rows, ([, , , receivedMs]) => receivedMs),
  };
}

function confirmation(receiveMs: number, packets: readonly [packet: number, hotspot: 0 | 1][], by = meter!) {
  const confirmations = packets.map(([packet, hotspot]) => ({
    packetHash: hashOf(packet),
    hotspotKey: [first!, second!][hotspot]!.publicKey,
    phyBytes: 20,
  }));
  const content = { network: 3, sequence: 1, previousId: new Uint8Array(32), confirmations };
  return { receiveMs, bytes: sealUpload(content, by).bytes };
}

const context = { hotspots: { key: concat(first!.publicKey, second!.publicKey) }, payers: { key: meter!.publicKey } };

describe("deliveries", () => {
  const receipts = receiptsOf([
    [1, 0, 7, 1000],
    [1, 0, 7, 1000],
    [1, 1, 7, 1010],
    [2, 0, 7, 2000],
    [3, 0, 8, 9000],
  ]);
  const times = confirmationTimes(
    [
      confirmation(6000, [[1, 0]]),
      confirmation(5000, [
        [1, 0],
        [3, 0],
      ]),
      confirmation(1, [[2, 0]], stranger!),
      { receiveMs: 1, bytes: Uint8Array.of(1, 2, 3) },
    ],
    receipts,
    context,
  );

  test("are confirmed when a payer first said so, and by nobody else", () => {
    expect([...times]).toEqual([5000, 5000, Number.NaN, Number.NaN, 5000]);
  });

  test("are counted by hotspot, by route, and by both, a repeated receipt once", () => {
    expect(deliveries(receipts, times, "hotspot and route")).toEqual([
      {
        hotspot: 0,
        routeId: 7,
        copies: 2,
        confirmed: 1,
        deliveredE4: 5000,
        latencyMs: { median: 4000, p95: 4000, most: 4000 },
      },
      {
        hotspot: 0,
        routeId: 8,
        copies: 1,
        confirmed: 1,
        deliveredE4: 10_000,
        latencyMs: { median: 0, p95: 0, most: 0 },
      },
      { hotspot: 1, routeId: 7, copies: 1, confirmed: 0, deliveredE4: 0, latencyMs: null },
    ]);
    expect(
      deliveries(receipts, times, "route").map(({ routeId, copies, confirmed }) => [routeId, copies, confirmed]),
    ).toEqual([
      [7, 3, 1],
      [8, 1, 1],
    ]);
    expect(deliveries(receipts, times, "hotspot").map(({ hotspot, copies }) => [hotspot, copies])).toEqual([
      [0, 3],
      [1, 1],
    ]);
    expect(deliveries(receiptsOf([]), new Float64Array(0), "route")).toEqual([]);
  });
});
