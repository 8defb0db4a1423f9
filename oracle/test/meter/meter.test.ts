import { sha256, signerFromEd25519Seed } from "@earshot/poc/protocol";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Meter } from "../../src/meter/meter.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { Mosquitto } from "../servers/mosquitto.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { acceptedMessage, deliveredMessage, uplink } from "./frames.ts";
import { SmallIngest } from "./small-ingest.ts";

const folders = new TemporaryFolders("meter");
const hotspot = signerFromEd25519Seed(new Uint8Array(32).fill(5)).publicKey;
const gatewayId = Buffer.from(sha256(hotspot).subarray(0, 8)).toString("hex");
const ownGateway = "aa555a0000000001";

let broker: Mosquitto;
let server: MqttClient;
let ingest: SmallIngest;
let stop: AbortController;
let running: Promise<void>;
let meter: Meter;
/** Whether the registry has the hotspot by now. */
let isHotspotKnown: boolean;

beforeEach(async () => {
  broker = await Mosquitto.start();
  server = await mqtt.connectAsync(broker.url);
  ingest = new SmallIngest("meter");
  isHotspotKnown = true;
  startMeter(folders.next());
  await until(() => meter.status.isConnected);
});
afterEach(async () => {
  stop.abort();
  await running;
  server.end(true);
  ingest.close();
  await broker.stop();
});

function startMeter(stateFolder: string): void {
  stop = new AbortController();
  meter = new Meter({
    broker: { url: broker.url, clientId: "meter", topicPrefix: "eu868" },
    ingests: [ingest.ingest],
    network: 3,
    signer: signerFromEd25519Seed(new Uint8Array(32).fill(4)),
    stateFolder,
    maxCopies: () => 2,
    hotspotKey: (id) => (id === gatewayId && isHotspotKnown ? hotspot : undefined),
    log: SILENT_LOG,
    steadyMs: () => performance.now(),
    flushMs: 20,
  });
  running = meter.run(stop.signal);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await Bun.sleep(5);
}

async function publish(id: string, uplinkId: number, fCnt: number): Promise<void> {
  const message = deliveredMessage(id, uplinkId, uplink(0x26_01_02_03, fCnt, 12));
  await server.publishAsync(`eu868/gateway/${id}/event/up`, Buffer.from(message), { qos: 1 });
}

async function accept(fCnt: number, copies: readonly { gatewayId: string; uplinkId: number }[]): Promise<void> {
  const topic = "application/5f9c/device/0102030405060708/event/up";
  await server.publishAsync(topic, Buffer.from(acceptedMessage("26010203", fCnt, copies)), { qos: 1 });
}

describe("a payer's meter on its broker", () => {
  test("confirms what a hotspot delivered and the network server accepted, and nothing else", async () => {
    await publish(gatewayId, 1, 10);
    await publish(gatewayId, 2, 11);
    await publish(ownGateway, 3, 10);
    await accept(10, [
      { gatewayId, uplinkId: 1 },
      { gatewayId: ownGateway, uplinkId: 3 },
    ]);
    await server.publishAsync(`eu868/gateway/${gatewayId}/event/up`, "no message", { qos: 1 });
    await until(() => ingest.logged.length > 0 && meter.status.unreadable > 0);
    expect(ingest.logged).toHaveLength(1);
    expect(ingest.logged[0]!.packetHash).toEqual(sha256(uplink(0x26_01_02_03, 10, 12)));
    expect(ingest.logged[0]!.hotspotKey).toEqual(hotspot);
    expect(meter.status).toMatchObject({ delivered: 3, accepted: 1, confirmed: 1, foreignGateways: 1, unreadable: 1 });
  });

  test("confirms what came of a hotspot before the registry told of it", async () => {
    isHotspotKnown = false;
    await publish(gatewayId, 1, 10);
    await publish(ownGateway, 2, 10);
    await accept(10, [
      { gatewayId, uplinkId: 1 },
      { gatewayId: ownGateway, uplinkId: 2 },
    ]);
    await until(() => meter.status.foreignGateways === 2);
    isHotspotKnown = true;
    await until(() => ingest.logged.length === 1);
    expect(meter.status).toMatchObject({ confirmed: 1, foreignGateways: 1 });
  });

  test("keeps what it confirmed over an outage of every ingest and its own restart", async () => {
    const stateFolder = folders.next();
    stop.abort();
    await running;
    startMeter(stateFolder);
    await until(() => meter.status.isConnected);
    ingest.refuseWith = "overloaded";
    await publish(gatewayId, 1, 10);
    await accept(10, [{ gatewayId, uplinkId: 1 }]);
    await until(() => meter.status.confirmed === 1);
    stop.abort();
    await running;
    expect(ingest.logged).toHaveLength(0);
    ingest.refuseWith = null;
    startMeter(stateFolder);
    await until(() => ingest.logged.length === 1);
  });
});
