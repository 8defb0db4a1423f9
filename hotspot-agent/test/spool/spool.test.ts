import { afterEach, describe, expect, test } from "vitest";
import type { DestinationHandle } from "../../src/messages.ts";
import { dataFrame, joinRequest, pushData, rxpk } from "../doubles/gwmp-bytes.ts";
import { RecordingDestination } from "../doubles/recording-destination.ts";
import { SpoolBench } from "../doubles/spool-bench.ts";
import { StepClock } from "../doubles/step-clock.ts";

const deviceA = 0x2600_0001;
const deviceB = 0x2600_0002;

let bench: SpoolBench;

async function attached(destination: RecordingDestination, isReady = true): Promise<DestinationHandle> {
  const handle = bench.spool.attach(destination);
  await bench.spool.scanned();
  handle.setReady(isReady);
  return handle;
}

const destinationOn = (options: ConstructorParameters<typeof RecordingDestination>[1] = {}) =>
  new RecordingDestination(() => bench.clock.nowMs(), options);

afterEach(async () => {
  bench.disk.release();
  bench.disk.failure = null;
  await bench.clock.advance(2000);
  await bench.spool.close();
});

describe("delivery", () => {
  test("delivers a packet after it was accepted, without a hold", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    await attached(server);
    const pushed = bench.pushFrame(deviceA, 1);
    expect(pushed.record).toBeNull();
    await bench.clock.advance(1);
    expect(pushed.record?.place).toEqual({ segment: 1, offset: 8 });
    expect(server.fCnts()).toEqual([1]);
    const { holdMs, isReplay, attempt } = server.delivered[0].delivery;
    expect({ holdMs, isReplay, attempt }).toEqual({ holdMs: 0, isReplay: false, attempt: 1 });
  });

  test("delivers every packet of a datagram to every destination that wants it", async () => {
    bench = await SpoolBench.open();
    const [first, second] = [destinationOn({ name: "first" }), destinationOn({ name: "second" })];
    second.wants = ({ phyPayload }) => Buffer.from(phyPayload).readUInt32LE(1) === deviceB;
    await attached(first);
    await attached(second);
    bench.push(pushData([rxpk(dataFrame(deviceA, 1)), rxpk(dataFrame(deviceB, 9))]));
    await bench.clock.advance(200);
    expect([first.fCnts(), second.fCnts()]).toEqual([[1, 9], [9]]);
  });

  test("counts what no network server gets, by reason", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    server.wants = ({ phyPayload }) => Buffer.from(phyPayload).readUInt32LE(1) === deviceA;
    await attached(server);
    bench.push(
      pushData([
        rxpk(dataFrame(deviceA, 1), { stat: -1 }),
        rxpk(dataFrame(deviceA, 1), { stat: 0 }),
        rxpk(Uint8Array.of(0x60, 1, 2, 3, 4, 0, 1, 0, 9, 9, 9, 9)),
        rxpk(Uint8Array.of(0xe0, 0xe5, 1, 2)),
        rxpk(Uint8Array.of(0x40, 1, 2)),
        rxpk(dataFrame(deviceB, 1)),
      ]),
    );
    await bench.clock.advance(1000);
    expect(server.attempts).toEqual([]);
    const reasons = ["crc_bad", "crc_none", "not_an_uplink", "malformed_frame", "no_server_wants_it", "proprietary"];
    expect(reasons.map((reason) => bench.dropped(reason))).toEqual([1, 1, 1, 1, 1, 0]);
  });

  test.each(["while it waits", "by the sweep"])(
    "tells nothing of a packet that was given up %s to the next one in its place",
    async (how) => {
      bench = await SpoolBench.open();
      const server = destinationOn();
      server.answer = () => "retry";
      const handle = await attached(server);
      bench.push(pushData([rxpk(joinRequest(1n, 2))]));
      await bench.clock.advance(1500);
      expect(server.attempts.length).toBeGreaterThan(1);
      if (how === "by the sweep") handle.setReady(false);
      await bench.clock.advance(20_000);
      expect(bench.dropped("join_too_old", "server")).toBe(1);

      server.answer = () => "delivered";
      handle.setReady(false);
      bench.pushFrame(deviceA, 1);
      await bench.clock.advance(2000);
      handle.setReady(true);
      await bench.clock.advance(1);
      const { holdMs, isReplay, attempt } = server.delivered[0]!.delivery;
      expect({ isReplay, attempt, isHeld: holdMs >= 2000 }).toEqual({ isReplay: true, attempt: 1, isHeld: true });
    },
  );

  test("sends one frame of a device at a time, 100 ms apart, and other devices at once", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    await attached(server);
    for (const fCnt of [1, 2, 3]) bench.pushFrame(deviceA, fCnt);
    bench.pushFrame(deviceB, 7);
    await bench.clock.advance(500);
    const times = server.attempts.map(({ delivery, atMs }) => [
      Buffer.from(delivery.packet.phyPayload).readUInt16LE(6),
      atMs - server.attempts[0].atMs,
    ]);
    expect(times).toEqual([
      [1, 0],
      [7, 0],
      [2, 100],
      [3, 200],
    ]);
  });

  test("sends the copies of one frame together", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    await attached(server);
    const frame = rxpk(dataFrame(deviceA, 1));
    bench.push(pushData([frame]));
    await bench.clock.advance(30);
    bench.push(pushData([frame], { eui: "0016c001f1500002" }));
    await bench.clock.advance(1);
    const gateways = server.delivered.map(({ delivery }) => delivery.packet.gatewayEui);
    expect(gateways).toEqual(["0016c001f1500001", "0016c001f1500002"]);
  });

  test("sends a packet that failed again, the same as before, until it is taken", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    server.answer = ({ attempt }) => (attempt < 4 ? "retry" : "delivered");
    await attached(server);
    bench.pushFrame(deviceA, 1);
    bench.pushFrame(deviceA, 2);
    await bench.clock.advance(10_000);
    expect(server.fCnts()).toEqual([1, 2]);
    const first = server.attempts.slice(0, 4).map(({ delivery }) => ({ ...delivery, attempt: 0 }));
    for (const again of first) expect(again).toEqual(first[0]);
  });

  test("takes a destination that throws as one that says retry", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    let calls = 0;
    server.deliver = () => {
      calls++;
      if (calls === 1) throw new Error("no");
      return calls === 2 ? Promise.reject(new Error("no")) : Promise.resolve("delivered");
    };
    const handle = await attached(server);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(5000);
    expect([calls, handle.pendingCount()]).toEqual([3, 0]);
  });

  test("does not ask again what was refused", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    server.answer = () => "refused";
    const handle = await attached(server);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(5000);
    expect([server.attempts.length, handle.pendingCount(), bench.dropped("refused", "server")]).toEqual([1, 0, 1]);
  });
});

describe("backlog", () => {
  test("replays oldest first per device, paced, with live frames behind it", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    const handle = await attached(server, false);
    for (let fCnt = 1; fCnt <= 5; fCnt++) {
      bench.pushFrame(deviceA, fCnt);
      await bench.clock.advance(2000);
    }
    handle.setReady(true);
    await bench.clock.advance(50);
    bench.pushFrame(deviceA, 6);
    bench.pushFrame(deviceB, 1);
    await bench.clock.advance(2000);
    expect(server.fCnts(deviceA)).toEqual([1, 2, 3, 4, 5, 6]);
    const times = server.delivered
      .filter(({ delivery }) => delivery.packet.phyPayload[1] === 1)
      .map(({ atMs }) => atMs);
    for (let i = 1; i < times.length; i++) expect(times[i] - times[i - 1]).toBeGreaterThanOrEqual(100);
    const holds = server.delivered.map(({ delivery: { holdMs, isReplay } }) => ({ holdMs, isReplay }));
    expect(holds[0]).toEqual({ holdMs: 10_000, isReplay: true });
    expect(server.fCnts(deviceB)).toEqual([1]);
    const live = server.delivered.find(({ delivery }) => delivery.packet.phyPayload[1] === 2);
    expect(live?.delivery.isReplay).toBe(false);
  });

  test("replays no faster than the replay rate and what arrives", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    const handle = await attached(server, false);
    for (let device = 0; device < 100; device++) bench.pushFrame(deviceA + device, 1);
    await bench.clock.advance(20_000);
    handle.setReady(true);
    await bench.clock.advance(1000);
    expect(server.delivered.length).toBeGreaterThanOrEqual(45);
    expect(server.delivered.length).toBeLessThanOrEqual(62);
    await bench.clock.advance(1000);
    expect(server.delivered.length).toBe(100);
  });

  test("gives up joins after five seconds, and keeps them when the destination wants all", async () => {
    bench = await SpoolBench.open();
    const [server, all] = [destinationOn(), destinationOn({ name: "all", replay: "all" })];
    const handles = [await attached(server, false), await attached(all, false)];
    bench.push(pushData([rxpk(joinRequest(5n, 1))]));
    await bench.clock.advance(5100);
    for (const handle of handles) handle.setReady(true);
    await bench.clock.advance(1000);
    expect([server.attempts.length, all.delivered.length]).toEqual([0, 1]);
    expect(bench.dropped("join_too_old", "server")).toBe(1);
  });

  test("replays nothing to a destination that wants no replay", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn({ replay: "off" });
    const handle = await attached(server, false);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(6000);
    handle.setReady(true);
    bench.pushFrame(deviceA, 2);
    await bench.clock.advance(1000);
    expect([server.fCnts(), bench.dropped("replay_off", "server")]).toEqual([[2], 1]);
  });

  test("a packet that nobody can take any more is dropped by age while nothing is ready", async () => {
    bench = await SpoolBench.open({ maxAgeMs: 60_000 });
    const handle = await attached(destinationOn(), false);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(70_000);
    expect([handle.pendingCount(), bench.dropped("too_old", "server")]).toEqual([0, 1]);
  });

  test("stays inside its bytes: the oldest go, each of them counted", async () => {
    bench = await SpoolBench.open({ maxBytes: 512 * 1024 });
    const server = destinationOn();
    const handle = await attached(server, false);
    const packets = 4000;
    for (let fCnt = 0; fCnt < packets; fCnt++) {
      bench.pushFrame(deviceA + (fCnt % 50), fCnt);
      if (fCnt % 100 === 0) await bench.clock.advance(50);
    }
    await bench.clock.advance(6000);
    const onDisk = [...bench.disk.files.values()].reduce((sum, { length }) => sum + length, 0);
    expect(onDisk).toBeLessThanOrEqual(512 * 1024 + 64 * 1024);
    const dropped = bench.dropped("spool_full", "server");
    expect(dropped).toBeGreaterThan(1000);
    expect(handle.pendingCount()).toBe(packets - dropped);
    handle.setReady(true);
    await bench.clock.advance(120_000);
    expect(server.delivered.length).toBe(packets - dropped);
    expect(Math.min(...server.fCnts())).toBe(dropped);
  });

  test("removes a segment once everything in it is delivered", async () => {
    bench = await SpoolBench.open({ maxBytes: 1024 * 1024 });
    await attached(destinationOn());
    for (let fCnt = 0; fCnt < 2000; fCnt++) {
      bench.pushFrame(deviceA + fCnt, fCnt);
      if (fCnt % 100 === 0) await bench.clock.advance(50);
    }
    await bench.clock.advance(3000);
    expect([...bench.disk.files.keys()].filter((name) => name.endsWith(".seg")).length).toBe(1);
  });
});

describe("restart", () => {
  test("delivers after kill -9 what was accepted and not delivered, in order, each once", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    let isUp = true;
    server.answer = () => (isUp ? "delivered" : "retry");
    await attached(server);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(200);
    isUp = false;
    for (let fCnt = 2; fCnt <= 6; fCnt++) {
      bench.pushFrame(deviceA, fCnt);
      await bench.clock.advance(300);
    }
    const survivor = bench.disk.kill();
    const ids = server.attempts.map(({ delivery }) => delivery.packet.uplinkId);
    bench = await SpoolBench.open({}, survivor, bench.clock);
    const again = destinationOn();
    const handle = await attached(again, false);
    bench.pushFrame(deviceA, 7);
    await bench.clock.advance(10);
    handle.setReady(true);
    await bench.clock.advance(2000);
    expect(again.fCnts()).toEqual([2, 3, 4, 5, 6, 7]);
    expect(ids).toContain(again.delivered[0].delivery.packet.uplinkId);
  });

  test.each([
    ["behind", -5 * 3_600_000],
    ["ahead", 5 * 3_600_000],
  ])("replays in order and spaced when the machine comes up with a clock %s, and keeps UTC", async (_, errorMs) => {
    bench = await SpoolBench.open();
    await attached(destinationOn(), false);
    for (let fCnt = 1; fCnt <= 4; fCnt++) bench.pushFrame(deviceA, fCnt);
    const receivedMs = bench.clock.nowMs();
    await bench.clock.advance(60_000);
    const clock = new StepClock(bench.clock.nowMs() + errorMs);
    bench = await SpoolBench.open({}, bench.disk.kill(), clock);
    const server = destinationOn();
    await attached(server);
    bench.pushFrame(deviceA, 5);
    await clock.advance(2000);
    expect(server.fCnts()).toEqual([1, 2, 3, 4, 5]);
    const atMs = server.delivered.map(({ atMs }) => atMs);
    for (let i = 1; i < 4; i++) expect(atMs[i] - atMs[i - 1]).toBeGreaterThanOrEqual(100);
    const packets = server.delivered.map(({ delivery }) => delivery);
    expect(packets.map(({ isReplay }) => isReplay)).toEqual([true, true, true, true, false]);
    expect(packets.map(({ packet }) => packet.earlierUtcMs)).toEqual([...new Array(4).fill(receivedMs), null]);
    for (const { packet } of packets) expect(packet.receivedMs).toBeLessThanOrEqual(clock.nowMs());
  });

  test("writes UTC as it is known when a record comes, whatever the clock was at the start", async () => {
    bench = await SpoolBench.open();
    await attached(destinationOn(), false);
    bench.clock.stepWall(7_200_000);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(10);
    const utcMs = bench.clock.wallMs() - 10;
    bench = await SpoolBench.open({}, bench.disk.kill(), new StepClock(utcMs + 60_000));
    const server = destinationOn();
    await attached(server);
    await bench.clock.advance(1000);
    expect(server.delivered.map(({ delivery }) => [delivery.packet.earlierUtcMs, delivery.holdMs])).toEqual([
      [utcMs, 60_000],
    ]);
  });

  test("takes packets that arrive while the backlog is still being read behind it", async () => {
    bench = await SpoolBench.open();
    await attached(destinationOn(), false);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(2000);
    bench = await SpoolBench.open({}, bench.disk.kill(), bench.clock);
    const server = destinationOn();
    const handle = bench.spool.attach(server);
    handle.setReady(true);
    bench.pushFrame(deviceA, 2);
    await bench.spool.scanned();
    await bench.clock.advance(1000);
    expect(server.fCnts()).toEqual([1, 2]);
  });

  test("skips a torn record at the end and damage in the middle, and delivers the rest", async () => {
    bench = await SpoolBench.open();
    await attached(destinationOn(), false);
    const pushed = [1, 2, 3, 4].map((fCnt) => bench.pushFrame(deviceA, fCnt));
    await bench.clock.advance(100);
    const [, second, third, fourth] = pushed.map(({ record }) => record!.place!.offset);
    const survivor = bench.disk.kill();
    const bytes = survivor.files.get("0000000001.seg")!;
    bytes[second + 30] ^= 0xff;
    survivor.files.set("0000000001.seg", bytes.slice(0, fourth + (fourth - third) - 5));
    bench = await SpoolBench.open({}, survivor, bench.clock);
    const server = destinationOn();
    await attached(server);
    await bench.clock.advance(3000);
    expect(server.fCnts()).toEqual([1, 3]);
    expect(bench.telemetry.counter("agent_spool_gaps_total", "").value()).toBe(2);
  });

  test("gives a new destination nothing of the time before it", async () => {
    bench = await SpoolBench.open();
    await attached(destinationOn({ name: "old" }));
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(200);
    const server = destinationOn({ name: "new" });
    await attached(server);
    bench.pushFrame(deviceA, 2);
    await bench.clock.advance(200);
    expect(server.fCnts()).toEqual([2]);
    bench = await SpoolBench.open({}, bench.disk.kill(), bench.clock);
    const again = destinationOn({ name: "new" });
    await attached(again);
    await bench.clock.advance(1000);
    expect(again.attempts).toEqual([]);
  });

  test("keeps for a destination that is detached, and gives to it when it is back", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    const handle = await attached(server, false);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(100);
    handle.detach();
    bench.pushFrame(deviceA, 2);
    await bench.clock.advance(2000);
    await attached(server);
    bench.pushFrame(deviceA, 3);
    await bench.clock.advance(2000);
    expect(server.fCnts()).toEqual([1, 2, 3]);
  });

  test("gives a destination that comes back nothing again that it had while the disk took nothing", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    const handle = await attached(server);
    bench.disk.hang();
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(100);
    expect(server.fCnts()).toEqual([1]);
    handle.detach();
    bench.pushFrame(deviceA, 2);
    await bench.clock.advance(100);
    const back = bench.spool.attach(server);
    bench.disk.release();
    back.setReady(true);
    await bench.clock.advance(2000);
    expect(server.fCnts()).toEqual([1, 2]);
  });

  test("gives a destination that comes back nothing again that was under way when it left and was taken", async () => {
    for (const outcome of ["delivered", "retry"] as const) {
      bench = await SpoolBench.open();
      const before = destinationOn();
      const { promise, resolve } = Promise.withResolvers<typeof outcome>();
      before.answer = () => promise;
      const handle = await attached(before);
      bench.pushFrame(deviceA, 1);
      await bench.clock.advance(100);
      handle.detach();
      const after = destinationOn();
      const back = bench.spool.attach(after);
      back.setReady(true);
      bench.pushFrame(deviceA, 2);
      await bench.clock.advance(100);
      expect(after.attempts).toEqual([]);
      resolve(outcome);
      await bench.clock.advance(2000);
      expect(after.fCnts()).toEqual(outcome === "delivered" ? [2] : [1, 2]);
      expect(back.pendingCount()).toBe(0);
      expect(bench.dropped("no_server")).toBe(0);
    }
  });

  test("forgets what waits for a destination that is retired", async () => {
    bench = await SpoolBench.open();
    const handle = await attached(destinationOn(), false);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(100);
    handle.retire("route_withdrawn");
    expect(bench.dropped("route_withdrawn", "server")).toBe(1);
    expect(bench.spool.knownDestinations).toEqual([]);
    await bench.clock.advance(100);
    bench = await SpoolBench.open({}, bench.disk.kill(), bench.clock);
    const again = destinationOn();
    await attached(again);
    await bench.clock.advance(2000);
    expect(again.attempts).toEqual([]);
  });
});

describe("a bad disk", () => {
  test("accepts at once and keeps in memory when the disk is full, and writes when it is not", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    const handle = await attached(server, false);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(50);
    bench.disk.failure = "ENOSPC";
    bench.disk.tornBytes = 40;
    const pushed = bench.pushFrame(deviceA, 2);
    await bench.clock.advance(1);
    expect([pushed.record?.place, bench.unspooled("disk_full"), bench.spool.isFailing]).toEqual([null, 1, true]);
    const second = bench.pushFrame(deviceA, 3);
    expect(second.record).not.toBeNull();
    bench.disk.failure = null;
    await bench.clock.advance(1100);
    expect([pushed.record?.place?.segment, bench.spool.isFailing]).toEqual([1, false]);
    bench = await SpoolBench.open({}, bench.disk.kill(), bench.clock);
    const again = destinationOn();
    await attached(again);
    await bench.clock.advance(3000);
    expect(again.fCnts()).toEqual([1, 2, 3]);
    expect(handle.pendingCount()).toBe(3);
  });

  test("delivers from memory while the disk is full, and notes nothing twice afterwards", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    await attached(server);
    bench.pushFrame(deviceA, 1);
    await bench.clock.advance(200);
    bench.disk.failure = "ENOSPC";
    bench.pushFrame(deviceA, 2);
    await bench.clock.advance(200);
    expect(server.fCnts()).toEqual([1, 2]);
    bench.disk.failure = null;
    await bench.clock.advance(2000);
    bench = await SpoolBench.open({}, bench.disk.kill(), bench.clock);
    const again = destinationOn();
    await attached(again);
    await bench.clock.advance(2000);
    expect(again.attempts).toEqual([]);
  });

  test("gives up the oldest in memory beyond the bound and counts them", async () => {
    bench = await SpoolBench.open({ memoryBytes: 20_000 });
    const server = destinationOn();
    const handle = await attached(server, false);
    bench.disk.failure = "EIO";
    for (let fCnt = 0; fCnt < 3000; fCnt++) bench.pushFrame(deviceA, fCnt % 65_536);
    await bench.clock.advance(100);
    handle.setReady(true);
    await bench.clock.advance(3000 * 150);
    const lost = bench.dropped("lost_in_memory", "server");
    // Those that were still in memory as they were read are delivered although their record is gone.
    expect(lost + server.delivered.length).toBe(3000);
    expect(lost).toBeGreaterThan(500);
    expect(bench.unspooled("write_failed") + bench.unspooled("stalled")).toBe(3000);
  });

  test("accepts after 20 ms when a write hangs, and not before", async () => {
    bench = await SpoolBench.open();
    const server = destinationOn();
    await attached(server);
    bench.pushFrame(deviceB, 1);
    await bench.clock.advance(50);
    bench.disk.hang();
    const pushed = bench.pushFrame(deviceA, 1);
    await bench.clock.advance(19);
    expect(pushed.record).toBeNull();
    await bench.clock.advance(2);
    expect([pushed.record?.place, bench.unspooled("stalled")]).toEqual([null, 1]);
    expect(server.fCnts(deviceA)).toEqual([1]);
    bench.disk.release();
    await bench.clock.advance(50);
    expect(pushed.record?.place).not.toBeNull();
  });
});

describe("misuse", () => {
  test("refuses a name that is no file name, and the same name twice", async () => {
    bench = await SpoolBench.open();
    expect(() => bench.spool.attach(destinationOn({ name: "../x" }))).toThrow("AGT_BAD_DESTINATION");
    bench.spool.attach(destinationOn());
    expect(() => bench.spool.attach(destinationOn())).toThrow("AGT_BAD_DESTINATION");
  });

  test("refuses a record that is too long", async () => {
    bench = await SpoolBench.open();
    expect(() => bench.push(new Uint8Array(128 * 1024 + 1))).toThrow("AGT_BAD_OPTION");
  });
});

test("writes records over zeros that are there already, so that a sync need not write the file's length", async () => {
  bench = await SpoolBench.open();
  await attached(destinationOn(), false);
  const first = bench.pushFrame(deviceA, 1);
  await bench.clock.advance(100);
  const length = () => bench.disk.files.get("0000000001.seg")!.length;
  const before = length();
  expect(before).toBeGreaterThan(60_000);
  for (let fCnt = 2; fCnt <= 100; fCnt++) bench.pushFrame(deviceA, fCnt);
  await bench.clock.advance(100);
  expect(length()).toBe(before);
  expect(bench.spool.fill.bytes).toBeLessThan(before);
  // They are no damage to who reads them.
  bench = await SpoolBench.open({}, bench.disk.kill(), bench.clock);
  await attached(destinationOn());
  await bench.clock.advance(20_000);
  expect(bench.telemetry.counter("agent_spool_gaps_total", "").value()).toBe(0);
  expect(first.record?.place?.offset).toBe(8);
});

test.each(["refuses", "hangs"])("leaves no timer behind when it is closed while the disk %s", async (how) => {
  bench = await SpoolBench.open();
  const server = destinationOn();
  const handle = await attached(server);
  bench.pushFrame(deviceA, 1);
  await bench.clock.advance(200);
  handle.setReady(false);
  if (how === "refuses") bench.disk.failure = "EROFS";
  else bench.disk.hang();
  for (const fCnt of [2, 3]) bench.pushFrame(deviceA, fCnt);
  await bench.clock.advance(1500);
  expect(server.fCnts()).toEqual([1]);
  const closed = bench.spool.close();
  if (how === "hangs") bench.disk.release();
  await bench.clock.advance(1500);
  await closed;
  expect(bench.clock.waiting).toBe(0);
});
