import { keyToText, type RouteList, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { silentLog } from "../../src/log.ts";
import { TrustedSigners } from "../../src/proof/trusted-signers.ts";
import type { HotspotRoutes } from "../../src/routes/route-plan.ts";
import { RouteWatcher, type RouteWatcherOptions } from "../../src/routes/route-watcher.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { MemoryFiles } from "../doubles/memory-files.ts";
import { routesAnswer, testRoute } from "../doubles/routes.ts";
import { StepClock } from "../doubles/step-clock.ts";

const oracle = signerFromEd25519Seed(new Uint8Array(32).fill(1));
const stranger = signerFromEd25519Seed(new Uint8Array(32).fill(2));
const signer = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const keyText = keyToText(signer.publicKey);
const gatewayEui = "aa00000000000001";
const startMs = 1_700_000_000_000;
const hotspot = { gatewayEui, gatewayId: "e0e0e0e0e0e0e0e0", keyText, signer };

type Answer = Awaited<ReturnType<RouteWatcherOptions["oracles"][number]["routes"]>>;

const down: Answer = { status: "unreachable", reason: "no route to host" };

function list(change: Partial<RouteList> = {}): RouteList {
  return {
    hotspot: keyText,
    network: 1,
    issuedMs: startMs,
    validUntilMs: startMs + 3_600_000,
    routes: [testRoute(1)],
    ...change,
  };
}

function answer(of: RouteList, signer = oracle): Answer {
  return { status: "ok", object: JSON.parse(JSON.stringify(routesAnswer(of, signer))) };
}

interface Bench {
  readonly clock: StepClock;
  readonly files: MemoryFiles;
  readonly telemetry: Telemetry;
  /** Ids of the routes in force, after every change. */
  readonly changes: (readonly number[])[];
  readonly watcher: RouteWatcher;
  /** What the oracles answer, in order; may be changed at any time. */
  answers: Answer[];
  asked: number;
  stop(): Promise<void>;
}

function bench(answers: Answer[], files = new MemoryFiles()): Bench {
  const clock = new StepClock(startMs);
  const telemetry = new Telemetry();
  const changes: (readonly number[])[] = [];
  const stop = new AbortController();
  const state = { answers, asked: 0 };
  const watcher = new RouteWatcher({
    oracles: answers.map((_, i) => ({
      name: `oracle ${i}`,
      routes: async () => {
        state.asked++;
        return state.answers[i]!;
      },
    })),
    signers: new TrustedSigners(1, [keyToText(oracle.publicKey)]),
    network: 1,
    files,
    clock,
    networkNowMs: () => clock.nowMs(),
    log: silentLog,
    telemetry,
    onRoutes: (hotspots: readonly HotspotRoutes[]) =>
      changes.push(hotspots.flatMap(({ list: { routes } }) => routes.map(({ routeId }) => routeId))),
  });
  const running = watcher.run(stop.signal);
  return Object.assign(state, {
    clock,
    files,
    telemetry,
    changes,
    watcher,
    stop: async () => {
      stop.abort();
      await running;
    },
  });
}

describe("a hotspot's routes", () => {
  test("are fetched, kept on disk and refreshed, and only news are passed on", async () => {
    const b = bench([answer(list())]);
    await b.watcher.addHotspot(hotspot);
    await b.clock.advance(1000);
    expect(b.changes).toEqual([[1]]);
    await b.clock.advance(700_000);
    expect(b.asked).toBe(2);
    expect(b.changes).toEqual([[1]]);
    b.answers = [answer(list({ issuedMs: startMs + 1, routes: [testRoute(1), testRoute(2)] }))];
    await b.clock.advance(700_000);
    expect(b.changes).toEqual([[1], [1, 2]]);
    expect((await b.files.list()).map(({ name }) => name)).toEqual([`${gatewayEui}.json`]);
    await b.stop();
  });

  test("come from the disk at a start without an oracle, and end with their list", async () => {
    const first = bench([answer(list())]);
    await first.watcher.addHotspot(hotspot);
    await first.clock.advance(1000);
    await first.stop();
    const second = bench([down], first.files);
    await second.watcher.addHotspot(hotspot);
    await second.clock.advance(1000);
    expect(second.changes).toEqual([[1]]);
    await second.clock.advance(3_598_000);
    expect(second.changes).toEqual([[1]]);
    await second.clock.advance(2000);
    expect(second.changes).toEqual([[1], []]);
    await second.stop();
  });

  test("come from the second oracle when the first is down or not believed", async () => {
    for (const bad of [down, answer(list(), stranger), answer(list({ network: 2 }))]) {
      const b = bench([bad, answer(list())]);
      await b.watcher.addHotspot(hotspot);
      await b.clock.advance(1000);
      expect(b.changes).toEqual([[1]]);
      await b.stop();
    }
  });

  test("do not come back by an old list", async () => {
    const b = bench([answer(list({ issuedMs: startMs + 10, routes: [] }))]);
    await b.watcher.addHotspot(hotspot);
    await b.clock.advance(1000);
    b.answers = [answer(list())];
    await b.clock.advance(700_000);
    expect(b.changes).toEqual([[]]);
    expect(b.telemetry.counter("agent_route_lists_total", "").value({ outcome: "older" })).toBeGreaterThan(0);
    await b.stop();
  });
});

test("asks again after 2, 4, 8 … and at most 30 s while no oracle answers", async () => {
  const b = bench([down]);
  await b.watcher.addHotspot(hotspot);
  await b.clock.advance(1000);
  const times: number[] = [];
  for (let s = 0; s < 120; s++) {
    const before = b.asked;
    await b.clock.advance(1000);
    if (b.asked > before) times.push(s + 2);
  }
  expect(times).toEqual([2, 6, 14, 30, 60, 90, 120]);
  await b.stop();
});

test.each(["", "{", '{"list":null}', '{"list":{},"signer":"x","signature":""}'])(
  "is not stopped by a damaged file: %s",
  async (text) => {
    const files = new MemoryFiles();
    await files.replace(`${gatewayEui}.json`, Buffer.from(text));
    const b = bench([answer(list())], files);
    await b.watcher.addHotspot(hotspot);
    await b.clock.advance(1000);
    expect(b.changes).toEqual([[1]]);
    await b.stop();
  },
);
