/**
 * The agent with a real ChirpStack. Its server is in no package registry, so CI has none: this runs where EARSHOT_CHIRPSTACK names a
 * binary built with the feature `sqlite` (docs/reference/agent-performance.md says what was seen). Needs redis-server.
 */
import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Chirpstack, chirpstackBinary } from "../doubles/chirpstack.ts";
import { LorawanDevice } from "../doubles/lorawan-device.ts";
import type { PacketForwarder } from "../doubles/packet-forwarder.ts";
import { Scenario } from "./scenario.ts";

const binary = chirpstackBinary();
const BACKLOG = 20;

interface ApplicationEvent {
  readonly deviceInfo: { readonly devEui: string };
  readonly data?: string;
  readonly rxInfo?: readonly { readonly gatewayId: string; readonly metadata?: Readonly<Record<string, string>> }[];
}

describe.skipIf(binary === undefined)("a real ChirpStack", () => {
  let scenario: Scenario;
  let chirpstack: Chirpstack;
  let application: mqtt.MqttClient;
  let forwarder: PacketForwarder;
  let other: PacketForwarder;
  let device: LorawanDevice;
  const uplinks: ApplicationEvent[] = [];
  const failures: string[] = [];
  const texts = () => uplinks.map(({ data }) => Buffer.from(data ?? "", "base64").toString());
  const push = (text: string) => forwarder.push(forwarder.rxpk(device.uplink(text)));
  const until = (done: () => boolean | Promise<boolean>, what: string) => scenario.agent.until(done, what, 30_000);

  beforeAll(async () => {
    scenario = await Scenario.start({
      gatewayId: "key",
      hotspot: 'region = "EU868"',
      // A build without optimisation on a busy machine takes over 100 ms for a frame and then drops the one before.
      toml: '[spool]\ndevice_spacing = "300 ms"\n',
    });
    const { server, agent } = scenario;
    await server.disconnect();
    chirpstack = await Chirpstack.start(binary!, server.broker.port);
    application = await mqtt.connectAsync(server.broker.url);
    application.on("message", (topic, payload) => {
      if (topic.endsWith("/up")) uplinks.push(JSON.parse(payload.toString()));
      else failures.push(payload.toString());
    });
    await application.subscribeAsync(["application/+/device/+/event/up", "application/+/device/+/event/log"]);
    forwarder = await scenario.forwarder();
    other = await scenario.forwarder({ eui: "aa555a0000000102" });
    await scenario.connected();
    for (const { gatewayId } of (await agent.status()).gateways) await chirpstack.addGateway(gatewayId);
    const keys = {
      devEui: "70b3d57ed0000001",
      joinEui: "70b3d57ed0000000",
      appKey: "000102030405060708090a0b0c0d0e0f",
    };
    await chirpstack.addDevice(keys);
    device = new LorawanDevice(keys);
  }, 120_000);

  afterAll(async () => {
    await application?.endAsync(true);
    await scenario?.end();
    await chirpstack?.end();
  });

  test("lets a device join", async () => {
    const request = forwarder.rxpk(device.joinRequest());
    forwarder.push(request);
    await forwarder.until(() => forwarder.transmissions.length === 1, "a join-accept");
    const { txpk, phyPayload } = forwarder.transmissions[0]!;
    expect(device.acceptJoin(phyPayload)).toBe(true);
    expect(txpk.tmst).toBe(((request.tmst as number) + 5_000_000) % 2 ** 32);
  });

  test("gets uplinks, has downlinks sent and learns that they were", async () => {
    await chirpstack.enqueue(device.keys.devEui, "down");
    const seen = forwarder.transmissions.length;
    push("up");
    await forwarder.until(() => forwarder.transmissions.length > seen, "a downlink");
    expect(device.downlink(forwarder.transmissions.at(-1)!.phyPayload)?.data.toString()).toBe("down");
    await until(async () => (await chirpstack.queueLength(device.keys.devEui)) === 0, "an empty queue");
    expect(texts()).toEqual(["up"]);
  });

  test("acknowledges a confirmed uplink", async () => {
    const seen = forwarder.transmissions.length;
    forwarder.push(forwarder.rxpk(device.uplink("confirmed", { confirmed: true })));
    await forwarder.until(() => forwarder.transmissions.length > seen, "an acknowledgement");
    expect(device.downlink(forwarder.transmissions.at(-1)!.phyPayload)?.isAck).toBe(true);
  });

  test("takes the copies of two gateways as one packet", async () => {
    const frame = device.uplink("twice heard");
    forwarder.push(forwarder.rxpk(frame));
    other.push(other.rxpk(frame, { rssi: -100, lsnr: -3 }));
    await until(() => texts().at(-1) === "twice heard", "the packet");
    expect(uplinks.at(-1)!.rxInfo).toHaveLength(2);
  });

  test("has its downlink sent in RX2 when RX1 is too late", async () => {
    await chirpstack.enqueue(device.keys.devEui, "second window");
    for (const gateway of [forwarder, other]) gateway.answer = ({ freq }) => (freq === 869.525 ? "NONE" : "TOO_LATE");
    push("asks");
    await until(async () => (await chirpstack.queueLength(device.keys.devEui)) === 0, "an empty queue");
    for (const gateway of [forwarder, other]) gateway.answer = () => "NONE";
    expect(forwarder.transmissions.at(-1)!.txpk.freq).toBe(869.525);
  });

  async function arrive(name: string, count: number): Promise<void> {
    const mine = () => texts().filter((text) => text.startsWith(`${name} `));
    await until(() => mine().length >= count, `${count} packets of ${name}`).catch((error) => {
      throw new Error(`${error.message}\ngot ${mine()}\n${failures}\n${chirpstack.log.slice(-4000)}`);
    });
    expect(mine()).toEqual(Array.from({ length: count }, (_, i) => `${name} ${i}`));
  }

  async function backlog(name: string): Promise<void> {
    for (let i = 0; i < BACKLOG; i++) push(`${name} ${i}`);
    await forwarder.until(() => forwarder.unacked === 0, "every PUSH_ACK");
  }

  test("gets everything once and in order after the link was cut", async () => {
    const { proxy } = scenario.server;
    await proxy.cut();
    await backlog("cut");
    await proxy.open();
    await arrive("cut", BACKLOG);
  });

  test("gets everything once and in order after it was stopped behind its broker", async () => {
    await chirpstack.stop();
    await backlog("stopped");
    await until(async () => (await scenario.agent.status()).servers[0]!.problem !== null, "a named problem");
    expect((await scenario.agent.status()).servers[0]!.problem).toContain("nobody is listening");
    await chirpstack.run();
    await arrive("stopped", BACKLOG);
    expect(uplinks.at(-1)!.rxInfo![0]!.metadata).toMatchObject({ replayed: "true" });
  });

  test("gets everything once and in order after the agent was killed with a backlog", async () => {
    const { agent, server } = scenario;
    await server.proxy.cut();
    await backlog("killed");
    await agent.kill();
    await agent.start();
    await server.proxy.open();
    push(`killed ${BACKLOG}`);
    await arrive("killed", BACKLOG + 1);
    expect(failures).toEqual([]);
  });
});
