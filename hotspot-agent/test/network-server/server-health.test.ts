import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Health,
  type HealthEvent,
  initialHealth,
  isHealthy,
  isTrialDue,
  stepHealth,
} from "../../src/network-server/server-health.ts";

function after(events: readonly (readonly [HealthEvent, number])[]): Health {
  return events.reduce((health, [event, nowMs]) => stepHealth(health, event, nowMs), initialHealth);
}

const connected: HealthEvent = { kind: "connected" };
const noSubscribers: HealthEvent = { kind: "no_subscribers" };
const delivered: HealthEvent = { kind: "delivered" };
const disconnected: HealthEvent = { kind: "disconnected", reason: "broken pipe" };

describe("a server", () => {
  test("is healthy from its connection to its end", () => {
    expect(isHealthy(initialHealth)).toBe(false);
    expect(after([[connected, 10]])).toMatchObject({ state: "up", upSinceMs: 10, problem: null });
    const down = after([
      [connected, 10],
      [disconnected, 20],
    ]);
    expect(down).toMatchObject({ state: "down", upSinceMs: null, problem: "Not connected: broken pipe." });
  });

  test("that nobody listens behind gets trials after 1, 2, 4 … and at most 15 s", () => {
    let health = after([[connected, 0]]);
    const pauses: number[] = [];
    let now = 0;
    for (let i = 0; i < 7; i++) {
      health = stepHealth(health, noSubscribers, now);
      expect(isTrialDue(health, health.trialDueMs - 1)).toBe(false);
      expect(isTrialDue(health, health.trialDueMs)).toBe(true);
      pauses.push(health.trialDueMs - now);
      now = health.trialDueMs;
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(stepHealth(health, delivered, now)).toMatchObject({ state: "up", failedTrials: 0, upSinceMs: now });
  });

  test("counts a burst of failures before the next trial as one", () => {
    const health = after([
      [connected, 0],
      [noSubscribers, 0],
      [noSubscribers, 1],
      [noSubscribers, 2],
    ]);
    expect(health).toMatchObject({ failedTrials: 1, trialDueMs: 1000 });
  });

  test("does not become trusted by connecting again", () => {
    const health = after([
      [connected, 0],
      [{ kind: "rejected" }, 0],
      [disconnected, 100],
      [connected, 200],
    ]);
    expect(health).toMatchObject({ state: "rejected", trialDueMs: 1200 });
  });

  test("that is slow is not healthy until it delivers", () => {
    const slow = after([
      [connected, 0],
      [{ kind: "overdue", waitedMs: 5000 }, 5000],
    ]);
    expect(slow.state).toBe("slow");
    expect(isTrialDue(slow, 1e9)).toBe(false);
    expect(stepHealth(slow, delivered, 6000)).toMatchObject({ state: "up", upSinceMs: 6000 });
  });
});

test("has a problem exactly while it is not up, whatever happens", () => {
  const event = fc.constantFrom<HealthEvent>(
    connected,
    disconnected,
    delivered,
    noSubscribers,
    { kind: "rejected" },
    { kind: "overdue", waitedMs: 5000 },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 5000 })), { maxLength: 40 }), (steps) => {
      let now = 0;
      let health = initialHealth;
      for (const [one, pause] of steps) {
        now += pause;
        health = stepHealth(health, one, now);
        expect(health.problem === null).toBe(isHealthy(health));
        expect(health.upSinceMs === null).toBe(!isHealthy(health));
        expect(isTrialDue(health, now) && isHealthy(health)).toBe(false);
      }
    }),
  );
});
