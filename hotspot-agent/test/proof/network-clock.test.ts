import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetworkClock } from "../../src/proof/network-clock.ts";
import { StepClock } from "../doubles/step-clock.ts";
import { soak } from "./support.ts";

const START_MS = 1_700_000_000_000;

function clocks() {
  const clock = new StepClock(START_MS);
  return { clock, network: new NetworkClock(clock) };
}

/** A signed time of an oracle that is `offsetMs` ahead, on the way for `upMs` and back for `downMs`. */
async function ask(
  { clock, network }: ReturnType<typeof clocks>,
  source: string,
  offsetMs: number,
  { upMs = 20, downMs = 20, staleMs = 0 } = {},
): Promise<boolean> {
  const sentMs = clock.nowMs();
  await clock.advance(upMs);
  const issuedMs = clock.nowMs() + offsetMs - staleMs;
  await clock.advance(downMs);
  return network.observe({ source, issuedMs, sentMs, receivedMs: clock.nowMs() });
}

describe("the network's time", () => {
  test("is the system clock's until an oracle was heard", async () => {
    const { clock, network } = clocks();
    clock.stepWall(5000);
    expect(network.nowMs()).toBe(START_MS + 5000);
    expect(network.status()).toMatchObject({ sources: 0, uncertaintyMs: null, isWallOff: false });
  });

  test("is an oracle's, to half the round trip, and no step of the system clock moves it", async () => {
    const both = clocks();
    await ask(both, "a", 90_000);
    expect(both.network.nowMs() - both.clock.nowMs()).toBe(90_000);
    both.clock.stepWall(-3_600_000);
    expect(both.network.nowMs() - both.clock.nowMs()).toBe(90_000);
    expect(both.network.status()).toMatchObject({ isWallOff: true, wallErrorMs: -3_690_000, uncertaintyMs: 20 });
  });

  test("is the majority's of three, and of two the one nearer to the system clock", async () => {
    const three = clocks();
    await ask(three, "a", 1000);
    await ask(three, "b", 500_000);
    await ask(three, "c", 1010);
    expect(Math.abs(three.network.status().offsetMs - 1010)).toBeLessThan(5);
    const two = clocks();
    await ask(two, "a", 5);
    await ask(two, "b", -500_000);
    expect(Math.abs(two.network.status().offsetMs)).toBeLessThan(6);
  });

  test("is moved neither by old statements nor by slow answers", async () => {
    const both = clocks();
    await ask(both, "a", 100);
    await ask(both, "a", 100, { staleMs: 60_000 });
    await ask(both, "a", 100, { upMs: 10, downMs: 4000 });
    expect(Math.abs(both.network.status().offsetMs - 100)).toBeLessThan(2);
    expect(await ask(both, "a", 100, { downMs: 20_000 })).toBe(false);
  });

  test("follows an oracle whose clock was set back, after an hour", async () => {
    const both = clocks();
    await ask(both, "a", 10_000);
    await both.clock.advance(1_800_000);
    await ask(both, "a", 0);
    expect(Math.abs(both.network.status().offsetMs - 10_000)).toBeLessThan(200);
    await both.clock.advance(1_900_000);
    await ask(both, "a", 0);
    expect(Math.abs(both.network.status().offsetMs)).toBeLessThan(200);
  });

  test("is off by no more than it says, whatever the network's delays", async () => {
    const delay = fc.integer({ min: 0, max: 3000 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(fc.tuple(delay, delay), { minLength: 1, maxLength: 20 }),
        async (offsetMs, delays) => {
          const both = clocks();
          for (const [upMs, downMs] of delays) await ask(both, "a", offsetMs, { upMs, downMs });
          const status = both.network.status();
          expect(Math.abs(status.offsetMs - offsetMs)).toBeLessThanOrEqual(status.uncertaintyMs! + 1);
        },
      ),
      soak(50),
    );
  });

  test("refuses an answer from before its question", () => {
    const { network } = clocks();
    expect(network.observe({ source: "a", issuedMs: 1, sentMs: 2, receivedMs: 1 })).toBe(false);
    expect(network.observe({ source: "a", issuedMs: 1, sentMs: Number.NaN, receivedMs: 1 })).toBe(false);
    expect(network.status().sources).toBe(0);
  });
});
