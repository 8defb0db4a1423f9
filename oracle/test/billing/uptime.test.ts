import { NO_ROW } from "@earshot/poc";
import { describe, expect, test } from "vitest";
import { uptimes } from "../../src/billing/uptime.ts";

const received = (rows: readonly [hotspot: number, receiveMs: number][]) => ({
  hotspot: Uint32Array.from(rows, ([hotspot]) => hotspot),
  receive_offset_ms: Uint32Array.from(rows, ([, receiveMs]) => receiveMs),
});
const nothing = received([]);
const beaconsOf = (rows: readonly [hotspot: number, receiveMs: number, challenge: number, proof: number][]) => ({
  ...received(rows.map(([hotspot, receiveMs]) => [hotspot, receiveMs])),
  challenge: Uint32Array.from(rows, ([, , challenge]) => challenge),
  proof_status: Uint8Array.from(rows, ([, , , proof]) => proof),
});
const EPOCH = { hotspotCount: 3, epochMs: 24_000, spans: 24 };

describe("uptime", () => {
  test("is the share of challenges that were answered with a proof, each once, by whom it was for", () => {
    const [first, second, third] = uptimes({
      ...EPOCH,
      challenges: { hotspot: Uint32Array.of(0, 0, 0, 1) },
      beacons: beaconsOf([
        [0, 1000, 0, 0],
        [0, 1001, 0, 0],
        [0, 5000, 1, 1],
        [1, 9000, 2, 0],
        [2, 9500, NO_ROW, 2],
      ]),
      witnesses: nothing,
      receipts: nothing,
    });
    expect(first).toMatchObject({ challenged: 3, answered: 1, uptimeE4: 3333 });
    expect(second).toMatchObject({ challenged: 1, answered: 0, uptimeE4: 0 });
    expect(third).toMatchObject({ challenged: 0, answered: 0, uptimeE4: null });
  });

  test("counts the spans with any report, grace time with the last one, and knows the last report", () => {
    const [first, second] = uptimes({
      ...EPOCH,
      challenges: { hotspot: new Uint32Array(0) },
      beacons: beaconsOf([[0, 0, NO_ROW, 2]]),
      witnesses: received([
        [0, 999],
        [0, 1000],
      ]),
      receipts: received([
        [0, 23_999],
        [0, 26_000],
      ]),
    });
    expect(first).toMatchObject({ activeSpans: 3, spans: 24, lastReportMs: 26_000 });
    expect(second).toMatchObject({ activeSpans: 0, lastReportMs: null });
  });
});
