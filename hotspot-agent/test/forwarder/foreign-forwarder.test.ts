import { type ChildProcess, spawn } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import { AirTimeBook } from "../../src/air-time/air-time-book.ts";
import { systemClock } from "../../src/clock.ts";
import { DownlinkScheduler } from "../../src/forwarder/downlink-scheduler.ts";
import { SemtechUdp } from "../../src/forwarder/semtech-udp.ts";
import { silentLog } from "../../src/log.ts";
import type { UplinkPacket } from "../../src/messages.ts";
import type { LiveRecord } from "../../src/spool/live-record.ts";
import { encodeRecord } from "../../src/spool/record.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { dataFrame } from "../doubles/gwmp-bytes.ts";
import { PacketForwarder } from "../doubles/packet-forwarder.ts";

/** A packet forwarder that sends one packet by itself, pulls, and takes every downlink. */
interface Forwarder {
  readonly eui: string;
  /** What it has to complain about. */
  complaints(): string;
  stop(): void;
}

async function ownForwarder(port: number): Promise<Forwarder> {
  const forwarder = await PacketForwarder.open({ eui: "0016c001f1500001", port, keepAliveMs: 0 });
  forwarder.push(forwarder.rxpk(dataFrame(0x2600_0001, 1)));
  return { eui: forwarder.eui, complaints: () => "", stop: () => forwarder.close() };
}

/**
 * The client example of the crate semtech-udp 0.12.0 (Helium's GWMP library, which shares no code with us):
 * cargo install semtech-udp --version 0.12.0 --examples --features client,server --locked
 */
function foreignForwarder(path: string): (port: number) => Promise<Forwarder> {
  return async (port) => {
    const child: ChildProcess = spawn(path, ["-h", `127.0.0.1:${port}`], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout?.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
    child.stderr?.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
    return {
      eui: "0000000004030201",
      complaints: () =>
        output
          .split("\n")
          .filter((line) => /error|lost|panick/i.test(line))
          .join("\n"),
      stop: () => void child.kill("SIGKILL"),
    };
  };
}

const path = process.env.EARSHOT_SEMTECH_UDP_CLIENT;
const forwarders: readonly (readonly [string, (port: number) => Promise<Forwarder>])[] = [
  ["the two-socket forwarder of these tests", ownForwarder],
  ...(path === undefined ? [] : [["the client of the crate semtech-udp", foreignForwarder(path)] as const]),
];

let stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops) stop();
  stops = [];
});

describe.each(forwarders)("%s", (_name, start) => {
  test("is understood, is acknowledged, and takes a downlink", async () => {
    const clock = systemClock();
    const telemetry = new Telemetry();
    const packets: UplinkPacket[] = [];
    const udp = new SemtechUdp({
      host: "127.0.0.1",
      port: 0,
      allow: [],
      hasTimeFallback: true,
      clock,
      log: silentLog,
      telemetry,
      spool: {
        append: (kind, receivedMs, payload, onAccepted) => {
          const { recordId } = encodeRecord(kind, receivedMs, payload);
          onAccepted({ kind, receivedMs, payload, recordId, appendedMs: receivedMs } as LiveRecord);
        },
      },
      onPackets: (_record, heard) => packets.push(...heard),
      onStats: () => {},
      onTxAck: (eui, token, answer) => scheduler.txAck(eui, token, answer),
    });
    const airTime = new AirTimeBook({ path: null, clock, telemetry, rulesOf: () => null });
    const scheduler = new DownlinkScheduler({ link: udp, airTime, clock, telemetry });
    const forwarder = await start(await udp.open());
    stops = [() => forwarder.stop(), () => udp.close()];
    const session = () => udp.sessions.find(({ gatewayEui }) => gatewayEui === forwarder.eui);
    await expect
      .poll(() => [packets.length > 0, session()?.downlinkAddress != null], { timeout: 20_000 })
      .toEqual([true, true]);
    expect(packets[0]).toMatchObject({ gatewayEui: forwarder.eui, source: "gwmp" });
    const ack = await scheduler.submit({
      downlinkId: 1,
      gatewayEui: forwarder.eui,
      origin: "test",
      items: [
        {
          phyPayload: Uint8Array.of(0x60, 1, 2, 3),
          frequencyHz: 868_100_000,
          eirpDbm: 14,
          modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/5" },
          polarizationInversion: true,
          preambleSymbols: null,
          hasCrc: true,
          frequencyDeviationHz: null,
          board: 0,
          antenna: 0,
          timing: { kind: "immediately" },
          context: new Uint8Array(0),
        },
      ],
    });
    expect([ack.statuses, forwarder.complaints()]).toEqual([["OK"], ""]);
  });
});
