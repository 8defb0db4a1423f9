import { afterEach, describe, expect, test } from "vitest";
import { SemtechUdp, type SemtechUdpOptions } from "../../src/forwarder/semtech-udp.ts";
import { silentLog } from "../../src/log.ts";
import type { GatewayStats, UplinkPacket } from "../../src/messages.ts";
import type { LiveRecord } from "../../src/spool/live-record.ts";
import { encodeRecord } from "../../src/spool/record.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { dataFrame, datagram, pushData, rxpk, TEST_EUI } from "../doubles/gwmp-bytes.ts";
import { PacketForwarder } from "../doubles/packet-forwarder.ts";
import { StepClock, settle } from "../doubles/step-clock.ts";

const clock = new StepClock(1_764_000_000_000);
const frame = dataFrame(0x2600_0001, 1);

/** A spool that accepts when the test says so, or at once. */
class HeldSpool {
  isHeld = false;
  readonly appended: Uint8Array[] = [];
  #held: (() => void)[] = [];

  append(kind: 0 | 1, receivedMs: number, payload: Uint8Array, onAccepted: (record: LiveRecord) => void): void {
    this.appended.push(payload);
    const { recordId } = encodeRecord(kind, receivedMs, payload);
    const record = { kind, receivedMs, payload, recordId, appendedMs: receivedMs } as LiveRecord;
    this.#held.push(() => onAccepted(record));
    if (!this.isHeld) this.release();
  }

  release(): void {
    for (const accept of this.#held.splice(0)) accept();
  }
}

interface Side {
  readonly udp: SemtechUdp;
  readonly port: number;
  readonly spool: HeldSpool;
  readonly packets: UplinkPacket[];
  readonly stats: GatewayStats[];
  readonly txAcks: { readonly token: number; readonly status: string }[];
  readonly telemetry: Telemetry;
}

const open: SemtechUdp[] = [];
const forwarders: PacketForwarder[] = [];

afterEach(() => {
  for (const udp of open.splice(0)) udp.close();
  for (const forwarder of forwarders.splice(0)) forwarder.close();
});

async function listen(change: Partial<SemtechUdpOptions> = {}): Promise<Side> {
  const spool = new HeldSpool();
  const telemetry = new Telemetry();
  const packets: UplinkPacket[] = [];
  const stats: GatewayStats[] = [];
  const txAcks: { token: number; status: string }[] = [];
  const udp = new SemtechUdp({
    host: "127.0.0.1",
    port: 0,
    allow: [],
    clock,
    log: silentLog,
    telemetry,
    spool,
    onPackets: (_record, heard) => packets.push(...heard),
    onStats: (one) => stats.push(one),
    onTxAck: (_eui, token, { status }) => txAcks.push({ token, status }),
    ...change,
  });
  open.push(udp);
  return { udp, port: await udp.open(), spool, packets, stats, txAcks, telemetry };
}

async function forwarderOf(port: number, eui = TEST_EUI): Promise<PacketForwarder> {
  const forwarder = await PacketForwarder.open({ eui, port, keepAliveMs: 0 });
  forwarders.push(forwarder);
  return forwarder;
}

describe("with a two-socket forwarder", () => {
  test("acknowledges PUSH_DATA and PULL_DATA each at its own port, and reads the packets", async () => {
    const side = await listen();
    const forwarder = await forwarderOf(side.port);
    forwarder.push(forwarder.rxpk(frame), forwarder.rxpk(dataFrame(0x2600_0001, 2)));
    await forwarder.until(() => forwarder.unacked === 0 && forwarder.pullAcks === 1, "its acks");
    expect(side.packets.map(({ phyPayload }) => phyPayload[6])).toEqual([1, 2]);
    expect(side.packets[0].gatewayEui).toBe(TEST_EUI);
  });

  test("sends downlinks to where PULL_DATA came from, never to where packets come from", async () => {
    const side = await listen();
    const forwarder = await forwarderOf(side.port);
    expect(side.udp.sendPullResp("0016c001f15000ff", 7, "{}")).toBe("unreachable");
    await forwarder.until(() => forwarder.pullAcks === 1, "its PULL_ACK");
    forwarder.push(forwarder.rxpk(frame));
    await forwarder.until(() => forwarder.unacked === 0, "its PUSH_ACK");
    const txpk = {
      imme: true,
      freq: 868.1,
      powe: 14,
      modu: "LORA",
      datr: "SF7BW125",
      codr: "4/5",
      size: 3,
      data: "AQID",
    };
    expect(side.udp.sendPullResp(TEST_EUI, 0xbeef, JSON.stringify({ txpk }))).toBe("sent");
    await expect.poll(() => side.txAcks).toEqual([{ token: 0xbeef, status: "OK" }]);
    expect(Buffer.from(forwarder.transmissions[0].phyPayload).toString("hex")).toBe("010203");
  });

  test("follows a forwarder to its new ports after the next PULL_DATA", async () => {
    const side = await listen();
    const forwarder = await forwarderOf(side.port);
    await forwarder.until(() => forwarder.pullAcks === 1, "its PULL_ACK");
    await forwarder.rebind();
    await forwarder.until(() => forwarder.pullAcks === 2, "its PULL_ACK");
    const txpk = {
      imme: true,
      freq: 868.1,
      powe: 14,
      modu: "LORA",
      datr: "SF7BW125",
      codr: "4/5",
      size: 1,
      data: "AQ==",
    };
    side.udp.sendPullResp(TEST_EUI, 1, JSON.stringify({ txpk }));
    await forwarder.until(() => forwarder.transmissions.length === 1, "the downlink");
  });

  test("serves fifty gateways, each with its own address and statistics", async () => {
    const side = await listen();
    const euis = Array.from({ length: 50 }, (_, i) => `0016c001f15001${i.toString(16).padStart(2, "0")}`);
    const all = await Promise.all(euis.map((eui) => forwarderOf(side.port, eui)));
    for (const [i, forwarder] of all.entries()) {
      for (let n = 0; n <= i % 3; n++) forwarder.push(forwarder.rxpk(frame));
      forwarder.pushJson({ stat: { time: "2026-11-20 10:00:00 GMT", rxnb: i, rxok: i, rxfw: i } });
    }
    await Promise.all(all.map((one) => one.until(() => one.unacked === 0 && one.pullAcks > 0, "its acks")));
    expect(side.udp.sessions.length).toBe(50);
    expect(new Set(side.udp.sessions.map(({ downlinkAddress }) => downlinkAddress?.port)).size).toBe(50);
    for (const [i, eui] of euis.entries()) {
      const stats = side.stats.find(({ gatewayEui }) => gatewayEui === eui);
      expect(stats).toMatchObject({ rxPackets: i, gatewayTimeMs: Date.UTC(2026, 10, 20, 10) });
      expect(stats?.rxPerFrequencyHz.get(868_100_000)).toBe((i % 3) + 1);
      expect(stats?.rxPerModulation).toEqual([
        { modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/5" }, count: (i % 3) + 1 },
      ]);
    }
  });
});

/** Hands datagrams in without a socket and keeps the answers. */
function direct(side: Side): { readonly sent: string[]; receive(bytes: Uint8Array): Promise<void> } {
  return {
    sent: [],
    async receive(bytes) {
      side.udp.receive(bytes, { address: "127.0.0.1", port: 9 });
      await settle();
    },
  };
}

describe("the order of things", () => {
  test("acknowledges when the spool has the raw datagram, before and whatever it reads in it", async () => {
    const side = await listen();
    const forwarder = await forwarderOf(side.port);
    side.spool.isHeld = true;
    const bad = Buffer.from('{"rxpk":[{"nonsense"');
    forwarder.pushText(bad.toString());
    await expect.poll(() => [forwarder.pullAcks, side.spool.appended.length]).toEqual([1, 1]);
    expect(forwarder.unacked).toBe(1);
    expect(Buffer.from(side.spool.appended[0]).subarray(12)).toEqual(bad);
    side.spool.release();
    await forwarder.until(() => forwarder.unacked === 0, "its PUSH_ACK");
    expect(side.telemetry.counter("agent_rxpk_refused_total", "").value({ reason: "unreadable_rxpk" })).toBe(1);
  });

  test("does not put statistics alone into the spool", async () => {
    const side = await listen();
    await direct(side).receive(datagram(0, '{"stat":{"rxnb":1}}'));
    expect([side.spool.appended.length, side.stats.length]).toEqual([0, 1]);
  });

  test("begins the counts of a gateway anew with each statistics", async () => {
    const side = await listen();
    const { receive } = direct(side);
    await receive(pushData([rxpk(frame), rxpk(frame, { freq: 868.3 }), rxpk(frame, { stat: -1 })]));
    await receive(datagram(0, '{"stat":{}}'));
    await receive(datagram(0, '{"stat":{}}'));
    const counts = side.stats.map(({ rxPerFrequencyHz }) => [...rxPerFrequencyHz]);
    expect(counts).toEqual([
      [
        [868_100_000, 1],
        [868_300_000, 1],
      ],
      [],
    ]);
  });
});

describe("who is served", () => {
  test("answers only the EUIs that are listed", async () => {
    const side = await listen({ allow: [TEST_EUI] });
    const [known, unknown] = [await forwarderOf(side.port), await forwarderOf(side.port, "0016c001f15000ff")];
    for (const forwarder of [unknown, known]) {
      forwarder.push(forwarder.rxpk(frame));
    }
    await known.until(() => known.unacked === 0 && known.pullAcks > 0, "its acks");
    expect([unknown.unacked, unknown.pullAcks, side.packets.length]).toEqual([1, 0, 1]);
    expect(
      side.telemetry.counter("agent_datagrams_refused_total", "").value({ reason: "eui_not_listed" }),
    ).toBeGreaterThan(0);
  });

  test("does not open beyond loopback without a list", async () => {
    await expect(listen({ host: "0.0.0.0" })).rejects.toThrow("AGT_OPEN_LISTENER");
  });

  test("says when the port is taken", async () => {
    const { port } = await listen();
    await expect(listen({ port })).rejects.toThrow("AGT_LISTEN_FAILED");
  });

  test("forgets the longest silent gateway when there are too many", async () => {
    const side = await listen();
    const { receive } = direct(side);
    for (let i = 0; i < 1001; i++) {
      await receive(datagram(2, "", { eui: i.toString(16).padStart(16, "0") }));
      if (i % 100 === 0) await clock.advance(1);
    }
    expect(side.udp.sessions.length).toBe(1000);
    expect(side.udp.sessions.some(({ gatewayEui }) => gatewayEui === "0".repeat(16))).toBe(false);
  });
});

describe("any datagram", () => {
  /** A small generator with a seed (Numerical Recipes' constants), so that a failure can be repeated. */
  function* numbers(seed: number): Generator<number> {
    for (let state = seed >>> 0; ; state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) yield state >>> 8;
  }

  const total = 10_000 * Number(process.env.EARSHOT_SOAK ?? 1);

  test("ten thousand mutated ones leave the socket working and every one is counted", async () => {
    const side = await listen();
    const stranger = await Bun.udpSocket({ connect: { hostname: "127.0.0.1", port: side.port } });
    const seeds = [
      pushData([rxpk(frame), rxpk(frame)]),
      datagram(0, '{"stat":{"time":"2026-11-20 10:00:00 GMT","rxnb":1}}'),
      datagram(2, ""),
      datagram(5, '{"txpk_ack":{"error":"TOO_LATE"}}'),
    ];
    const random = numbers(20_261_120);
    const next = (below: number) => (random.next().value as number) % below;
    for (let i = 0; i < total; i++) {
      const bytes = Uint8Array.from(seeds[next(seeds.length)]);
      for (let change = next(8); change > 0; change--) bytes[next(bytes.length)] = next(256);
      const length = next(4) === 0 ? next(bytes.length + 1) : bytes.length;
      if (i % 10 === 0) stranger.send(bytes.subarray(0, length));
      else side.udp.receive(bytes.subarray(0, length), { address: "127.0.0.1", port: 9 });
      if (i % 100 === 0) await settle();
    }
    stranger.close();
    const forwarder = await forwarderOf(side.port);
    const before = side.packets.length;
    const pushed = forwarder.push(forwarder.rxpk(frame));
    await forwarder.until(() => pushed.ackedMs !== undefined, "its PUSH_ACK after all that");
    expect(side.packets.length).toBeGreaterThan(before);
    const rendered = side.telemetry.render();
    const sum = (name: string) =>
      rendered
        .split("\n")
        .filter((line) => line.startsWith(`${name}{`))
        .reduce((count, line) => count + Number(line.split(" ").at(-1)), 0);
    // UDP may drop some of those that went over the socket when the test is slower than the kernel's buffer.
    const counted = sum("agent_datagrams_total") + sum("agent_datagrams_refused_total");
    expect(counted).toBeGreaterThan(0.9 * total);
    expect(counted).toBeLessThanOrEqual(total + 2);
  });
});
