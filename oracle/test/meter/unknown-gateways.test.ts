import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnknownGateways } from "../../src/meter/unknown-gateways.ts";

const copyOf = (gatewayId: string, number: number) => ({
  gatewayId,
  packetHash: Uint8Array.of(number & 0xff, number >> 8),
  phyBytes: number,
});

describe("copies of gateways that nobody knows", () => {
  test("are given once the gateway is known, in their order, and not again", () => {
    const unknown = new UnknownGateways({ keepMs: 100, most: 10 });
    unknown.add(copyOf("a", 1), 0);
    unknown.add(copyOf("b", 2), 1);
    unknown.add(copyOf("a", 3), 2);
    expect(unknown.take(() => false, 3)).toEqual([]);
    expect(unknown.take((id) => id === "a", 3).map(({ phyBytes }) => phyBytes)).toEqual([1, 3]);
    expect([unknown.take((id) => id === "a", 3), unknown.size]).toEqual([[], 1]);
  });

  test("are forgotten after their time", () => {
    const unknown = new UnknownGateways({ keepMs: 100, most: 10 });
    unknown.add(copyOf("a", 1), 0);
    unknown.add(copyOf("a", 2), 50);
    expect(unknown.take(() => true, 100).map(({ phyBytes }) => phyBytes)).toEqual([2]);
  });

  test("are never more than the most, the latest of them, and none is made up or given twice", () => {
    const step = fc.record({ gateway: fc.constantFrom("a", "b", "c"), afterMs: fc.nat(30), asks: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const unknown = new UnknownGateways({ keepMs: 100, most: 5 });
        let nowMs = 0;
        let kept: { gateway: string; number: number; sinceMs: number }[] = [];
        for (const [number, { gateway, afterMs, asks }] of steps.entries()) {
          nowMs += afterMs;
          kept = kept.filter(({ sinceMs }) => nowMs - sinceMs < 100);
          if (asks) {
            const given = unknown.take((id) => id === gateway, nowMs).map(({ phyBytes }) => phyBytes);
            expect(given).toEqual(kept.filter((one) => one.gateway === gateway).map((one) => one.number));
            kept = kept.filter((one) => one.gateway !== gateway);
          } else {
            unknown.add(copyOf(gateway, number), nowMs);
            // Those of the oldest moment go together.
            if (kept.length >= 5) kept = kept.filter(({ sinceMs }) => sinceMs > kept[0]!.sinceMs);
            kept.push({ gateway, number, sinceMs: nowMs });
          }
          expect(unknown.size).toBe(kept.length);
          expect(unknown.size).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});
