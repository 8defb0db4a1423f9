/** The oracle's time as a page knows it: what it signs requests with. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { ask, oracleNowMs } from "../../explorer/src/api.ts";

const NOW_MS = Date.parse("2027-03-28T01:30:00Z");
const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** An answer that left the oracle at `sentMs` and a cache on the way after `ageS`, on a computer whose clock says `clockMs`. */
async function heard(clockMs: number, sentMs: number, ageS?: number): Promise<void> {
  vi.spyOn(Date, "now").mockReturnValue(clockMs);
  const headers = {
    date: new Date(sentMs).toUTCString(),
    ...(ageS === undefined ? {} : { age: String(ageS) }),
  };
  vi.stubGlobal("fetch", async () => new Response("{}", { headers }));
  await ask("/v1/epochs");
}

describe("the oracle's time", () => {
  test("is what its answer says where the computer's clock is wrong", async () => {
    await heard(NOW_MS - HOUR_MS, NOW_MS);
    expect(oracleNowMs()).toBe(NOW_MS);
  });

  test("is the computer's own again once that was set right", async () => {
    await heard(NOW_MS - HOUR_MS, NOW_MS);
    await heard(NOW_MS, NOW_MS);
    expect(oracleNowMs()).toBe(NOW_MS);
  });

  test("is not that of an answer which a cache on the way has kept", async () => {
    await heard(NOW_MS, NOW_MS - 20 * HOUR_MS, 20 * 3600);
    expect(oracleNowMs()).toBe(NOW_MS);
  });

  test("stays what it was where an answer says none", async () => {
    await heard(NOW_MS - HOUR_MS, NOW_MS);
    vi.stubGlobal("fetch", async () => new Response("{}"));
    await ask("/v1/epochs");
    expect(oracleNowMs()).toBe(NOW_MS);
  });
});
