import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { AirTimeBook } from "../../src/air-time/air-time-book.ts";
import { systemClock } from "../../src/clock.ts";
import { DownlinkScheduler } from "../../src/forwarder/downlink-scheduler.ts";
import { SemtechUdp } from "../../src/forwarder/semtech-udp.ts";
import { silentLog } from "../../src/log.ts";
import type { UplinkPacket } from "../../src/messages.ts";
import type { LiveRecord } from "../../src/spool/live-record.ts";
import { encodeRecord } from "../../src/spool/record.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { BUILD_TIMEOUT_MS, FOREIGN_EUI, foreignForwarder } from "../doubles/foreign-forwarder.ts";
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

async function helium(port: number): Promise<Forwarder> {
  const child = Bun.spawn([foreignForwarder(), "-h", `127.0.0.1:${port}`], { stdout: "pipe", stderr: "pipe" });
  let output = "";
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    for await (const bytes of stream) output += Buffer.from(bytes).toString();
  };
  void collect(child.stdout);
  void collect(child.stderr);
  return {
    eui: FOREIGN_EUI,
    complaints: () =>
      output
        .split("\n")
        .filter((line) => /error|lost|panick/i.test(line))
        .join("\n"),
    stop: () => child.kill("SIGKILL"),
  };
}

const forwarders: readonly (readonly [string, (port: number) => Promise<Forwarder>])[] = [
  ["the two-socket forwarder of these tests", ownForwarder],
  ["the client of the crate semtech-udp", helium],
];

beforeAll(() => void foreignForwarder(), BUILD_TIMEOUT_MS);

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
