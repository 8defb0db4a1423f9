import { afterEach, describe, expect, test } from "vitest";
import { earshotOracle, type OracleDouble } from "../doubles/oracle.ts";
import { StepClock } from "../doubles/step-clock.ts";
import { dataFrame, EUI, foreignBeacon, packetOf, Rig, START_MS } from "./support.ts";

let rig: Rig;
let a: OracleDouble;
let b: OracleDouble;

/** An agent without a radio to transmit with, half an hour into an interval. */
async function start(): Promise<void> {
  const clock = new StepClock(START_MS + 1_800_000);
  a = earshotOracle("a", () => clock.nowMs());
  b = earshotOracle("b", () => clock.nowMs());
  rig = new Rig(clock, [a, b], { region: null });
  await rig.start();
  await rig.clock.advance(100);
}

async function witness(name: string): Promise<void> {
  rig.hear(foreignBeacon(name));
  await rig.clock.advance(2000);
}

afterEach(() => rig.close());

const witnesses = (oracle: OracleDouble) => oracle.reports().witnesses.length;
const sequences = (oracle: OracleDouble) => oracle.log.map(({ sequence }) => sequence);

describe("the chain of uploads", () => {
  test("has each report logged within two seconds, one upload after the other, with receipts kept", async () => {
    await start();
    for (const name of ["one", "two", "three"]) {
      const heardMs = rig.clock.nowMs();
      await witness(name);
      expect(a.log.at(-1)!.receiveMs - heardMs).toBeLessThanOrEqual(2000);
    }
    expect(sequences(a)).toEqual([1, 2, 3]);
    expect(a.log.map(({ resumed }) => resumed)).toEqual([false, false, false]);
    expect(witnesses(a)).toBe(3);
    expect(b.log).toHaveLength(0);
    const kept = (await rig.files.read("uploads-00000000"))!;
    for (const { receipt } of a.log) expect(Buffer.from(kept).includes(Buffer.from(receipt))).toBe(true);
  });

  test("is on disk before it is sent", async () => {
    await start();
    let onDisk: Uint8Array | null = null;
    const send = a.send;
    Object.assign(a, {
      send: async (request: Parameters<typeof send>[0]) => {
        if (request.method === "POST") onDisk = await rig.files.read("last-upload");
        return send(request);
      },
    });
    await witness("one");
    expect(Buffer.from(onDisk!).subarray(8)).toEqual(Buffer.from(a.log[0]!.bytes));
  });

  test("sends the same bytes again when an answer was lost, and is not logged twice", async () => {
    await start();
    a.losesAnswers = true;
    b.isDown = true;
    rig.hear(foreignBeacon("one"));
    await rig.clock.advance(20_000);
    expect(a.receivedUploads.length).toBeGreaterThan(1);
    expect(new Set(a.receivedUploads.map((bytes) => bytes.toHex())).size).toBe(1);
    a.losesAnswers = false;
    await rig.clock.advance(20_000);
    await witness("two");
    expect(sequences(a)).toEqual([1, 2]);
    expect(a.forks).toHaveLength(0);
  });

  test("fails over to the next ingest, which gets what it lacks first, and comes back", async () => {
    await start();
    await witness("one");
    await witness("two");
    a.isDown = true;
    rig.hear(foreignBeacon("three"));
    await rig.clock.advance(8000);
    expect(sequences(b)).toEqual([1, 2, 3]);
    expect(b.log[1]!.bytes).toEqual(a.log[1]!.bytes);
    a.isDown = false;
    await rig.clock.advance(660_000);
    await witness("four");
    expect(sequences(a)).toEqual([1, 2, 3, 4]);
    expect([...a.forks, ...b.forks]).toHaveLength(0);
    expect([...a.log, ...b.log].some(({ resumed }) => resumed)).toBe(false);
  });

  test("goes on without a fork after any number of restarts", async () => {
    await start();
    for (let i = 0; i < 4; i++) {
      await witness(`report ${i}`);
      await rig.restart();
      await rig.clock.advance(100);
    }
    await witness("last");
    expect(sequences(a)).toEqual([1, 2, 3, 4, 5]);
    expect(a.forks).toHaveLength(0);
  });

  test("keeps an upload over a crash before it was acknowledged", async () => {
    await start();
    a.isDown = true;
    b.isDown = true;
    await witness("one");
    a.isDown = false;
    b.isDown = false;
    await rig.restart(rig.files.powerCut());
    await rig.clock.advance(10_000);
    expect(witnesses(a)).toBe(1);
    expect(a.log[0]!.resumed).toBe(false);
  });

  test("goes on from the ingest's head, resumed, after the disk was lost", async () => {
    await start();
    await witness("one");
    await witness("two");
    const { MemoryFiles } = await import("../doubles/memory-files.ts");
    await rig.restart(new MemoryFiles());
    await witness("three");
    await witness("four");
    expect(sequences(a)).toEqual([1, 2, 3, 4]);
    expect(a.log.map(({ resumed }) => resumed)).toEqual([false, false, true, false]);
    expect(a.forks).toHaveLength(0);
    expect(rig.counter("agent_chain_resumed_total")).toBe(1);
  });

  test("seals nothing after a lost disk until an ingest tells the head", async () => {
    await start();
    await witness("one");
    const { MemoryFiles } = await import("../doubles/memory-files.ts");
    a.isDown = true;
    b.isDown = true;
    await rig.restart(new MemoryFiles());
    await rig.clock.advance(60_000);
    expect(rig.files.names()).not.toContain("last-upload");
    b.isDown = false;
    await rig.clock.advance(120_000);
    // b has an empty chain for this device, but a, which is silent, may know more.
    expect(rig.files.names()).not.toContain("last-upload");
    a.isDown = false;
    await rig.clock.advance(130_000);
    await witness("two");
    expect(sequences(a)).toEqual([1, 2]);
  });

  test("goes on from the ingest's head, resumed, after an old backup was restored, and forks nothing", async () => {
    await start();
    await witness("one");
    const backup = rig.files.copy();
    await witness("two");
    await witness("three");
    await rig.restart(backup);
    await rig.clock.advance(100);
    await witness("four");
    expect(sequences(a)).toEqual([1, 2, 3, 4]);
    expect(a.log[3]!.resumed).toBe(true);
    expect(a.forks).toHaveLength(0);
  });

  test("loses no report to a 409 that shows only when the upload is sent", async () => {
    await start();
    await witness("one");
    const backup = rig.files.copy();
    await witness("two");
    // Nobody answers at the start, so the old chain is believed and an upload sealed on it.
    a.isDown = true;
    b.isDown = true;
    await rig.restart(backup);
    await rig.clock.advance(20_000);
    rig.hear(foreignBeacon("three"));
    await rig.clock.advance(3000);
    a.isDown = false;
    await rig.clock.advance(90_000);
    expect(sequences(a)).toEqual([1, 2, 3]);
    expect(a.log[2]!.resumed).toBe(true);
    expect(witnesses(a)).toBe(3);
  });

  test("goes on from an ingest of another past only when nobody else answers for long", async () => {
    await start();
    await witness("one");
    await witness("two");
    a.isDown = true;
    await rig.restart(await withoutArchive());
    await rig.clock.advance(300_000);
    expect(b.log).toHaveLength(0);
    await rig.clock.advance(700_000);
    expect(sequences(b)).toEqual([1]);
    expect(b.log[0]!.resumed).toBe(true);
  });
});

async function withoutArchive() {
  await rig.clock.advance(100);
  const files = rig.files.copy();
  await files.remove("uploads-00000000");
  return files;
}

describe("an upload that is not taken", () => {
  test("waits as long as the oracle asks", async () => {
    await start();
    b.isDown = true;
    a.refuseWith = "overloaded";
    a.retryAfterMs = 30_000;
    rig.hear(foreignBeacon("one"));
    await rig.clock.advance(28_000);
    expect(a.receivedUploads).toHaveLength(1);
    a.refuseWith = null;
    await rig.clock.advance(20_000);
    expect(witnesses(a)).toBe(1);
  });

  test("is kept while the hotspot is not registered, and sent when it is", async () => {
    await start();
    a.registered = new Set();
    b.registered = new Set();
    rig.hear(foreignBeacon("one"));
    await rig.clock.advance(60_000);
    expect(rig.proof.status()).toMatchObject({ isRegistered: false, unregistered: [{ reason: "this" }] });
    a.registered = null;
    await rig.clock.advance(120_000);
    expect(a.log).toHaveLength(1);
    expect(rig.proof.status()).toMatchObject({ isRegistered: true, unregistered: [] });
  });

  test("is given up, counted, only when every ingest refuses it for good; its number is used again", async () => {
    await start();
    a.refuseWith = "wrong_network";
    rig.hear(foreignBeacon("one"));
    await rig.clock.advance(5000);
    expect(witnesses(b)).toBe(1);
    b.refuseWith = "non_canonical";
    rig.hear(foreignBeacon("two"));
    await rig.clock.advance(5000);
    expect(rig.counter("agent_uploads_refused_total", { code: "non_canonical" })).toBe(1);
    b.refuseWith = null;
    await witness("three");
    expect(sequences(b)).toEqual([1, 2]);
    expect(b.forks).toHaveLength(0);
  });

  test("is not taken for taken when the receipt is of a signer nobody trusts", async () => {
    const clock = new StepClock(START_MS);
    a = earshotOracle("a", () => clock.nowMs());
    b = earshotOracle("b", () => clock.nowMs());
    rig = new Rig(clock, [a, b], { region: null, signers: [b.keyText] });
    await rig.start();
    // Nothing is known of the chain, and a, which cannot be believed, counts as silent.
    await rig.clock.advance(400_000);
    rig.hear(foreignBeacon("one"));
    await rig.clock.advance(5000);
    expect(witnesses(b)).toBe(1);
    expect(rig.counter("agent_upload_failures_total", { oracle: a.url, reason: "unreachable" })).toBeGreaterThan(0);
  });

  test("is not sealed on a full disk: reports wait while they count, and the agent goes on", async () => {
    await start();
    rig.files.isFull = true;
    rig.hear(foreignBeacon("one"));
    await rig.clock.advance(10_000);
    expect(a.receivedUploads).toHaveLength(0);
    rig.files.isFull = false;
    await rig.clock.advance(6000);
    expect(witnesses(a)).toBe(1);
    rig.files.isFull = true;
    rig.hear(foreignBeacon("two"));
    await rig.clock.advance(40_000);
    rig.files.isFull = false;
    await witness("three");
    expect(witnesses(a)).toBe(2);
    expect(rig.counter("agent_reports_dropped_total", { reason: "expired" })).toBe(1);
  });
});

describe("packet receipts", () => {
  const deliver = (fCnt: number) => rig.proof.delivered(packetOf(dataFrame(fCnt), rig.clock.nowMs()), 7);

  test("are logged within a minute, once for each copy, and not for joins", async () => {
    await start();
    deliver(1);
    deliver(1);
    deliver(2);
    rig.proof.delivered(packetOf(new Uint8Array(23), rig.clock.nowMs()), 7);
    for (const route of [-1, 0.5, 2 ** 60]) rig.proof.delivered(packetOf(dataFrame(3), rig.clock.nowMs()), route);
    await rig.clock.advance(59_000);
    expect(a.log).toHaveLength(0);
    await rig.clock.advance(2000);
    expect(a.reports().receipts).toMatchObject([
      { devAddr: 0x26_01_02_03, fCnt: 1, phyBytes: 20, routeId: 7 },
      { fCnt: 2 },
    ]);
  });

  test("survive an outage of every oracle, a crash and a restart, each once and in order", async () => {
    await start();
    a.isDown = true;
    b.isDown = true;
    for (let fCnt = 0; fCnt < 5000; fCnt++) {
      deliver(fCnt);
      if (fCnt % 100 === 0) await rig.clock.advance(1000);
    }
    await rig.clock.advance(5000);
    await rig.restart(rig.files.powerCut());
    for (let fCnt = 5000; fCnt < 10_000; fCnt++) deliver(fCnt);
    a.isDown = false;
    await rig.clock.advance(300_000);
    expect(a.reports().receipts.map(({ fCnt }) => fCnt)).toEqual(Array.from({ length: 10_000 }, (_, fCnt) => fCnt));
    expect(rig.files.names().filter((name) => name.startsWith("receipts-"))).toHaveLength(1);
  });

  test("of an agent that is killed again and again within a minute are logged all the same", async () => {
    await start();
    for (let fCnt = 0; fCnt < 10; fCnt++) {
      deliver(fCnt);
      await rig.clock.advance(20_000);
      await rig.restart(rig.files.powerCut());
    }
    await rig.clock.advance(5000);
    expect(a.reports().receipts.map(({ fCnt }) => fCnt)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("wait no longer than a minute of the network's, where networks run faster", async () => {
    const clock = new StepClock(START_MS);
    const times = { entropyMs: 5000, intervalMs: 30_000, transmitDelayMs: 2500, transmitSpreadMs: 2500 };
    a = earshotOracle("a", () => clock.nowMs(), { times, windowMs: 10_000, entropyDelayMs: 500 });
    rig = new Rig(clock, [a], { region: null });
    await rig.start();
    await rig.clock.advance(1000);
    deliver(1);
    await rig.clock.advance(4000);
    expect(a.log).toHaveLength(0);
    await rig.clock.advance(2000);
    expect(a.reports().receipts).toMatchObject([{ fCnt: 1 }]);
  });

  test("wait in memory while the disk is full, and are not lost", async () => {
    await start();
    deliver(1);
    await rig.clock.advance(100);
    rig.files.isFull = true;
    for (let fCnt = 2; fCnt < 10; fCnt++) deliver(fCnt);
    await rig.clock.advance(90_000);
    rig.files.isFull = false;
    deliver(10);
    await rig.clock.advance(90_000);
    expect(a.reports().receipts.map(({ fCnt }) => fCnt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("of another gateway go into that gateway's own chain", async () => {
    await start();
    const other = "aa555a0000000002";
    rig.proof.gatewaySeen(other);
    rig.proof.delivered(packetOf(dataFrame(3), rig.clock.nowMs(), { gatewayEui: other }), 7);
    deliver(1);
    expect(rig.proof.status().pendingReports).toBe(2);
    expect(EUI).not.toBe(other);
  });
});
