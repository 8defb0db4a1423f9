/** Many of everything: gateways at one agent, malformed messages at each of its doors, hours of its clock. */
import { connect } from "node:net";
import mqtt from "mqtt";
import { afterEach, expect, test } from "vitest";
import type { PacketForwarder } from "../doubles/packet-forwarder.ts";
import { received, Scenario, STEPPED_CLOCK } from "./scenario.ts";

const SOAK = Math.max(1, Number(process.env.EARSHOT_SOAK ?? 1));
const MIB = 1024 ** 2;

let scenario: Scenario;
afterEach(() => scenario.end());

test("fifty gateways share one agent, each a hotspot of its own", async () => {
  scenario = await Scenario.start({ gatewayId: "key" });
  const { agent, server } = scenario;
  const gateways = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      scenario.forwarder({ eui: `aa555a00000002${i.toString(16).padStart(2, "0")}` }),
    ),
  );
  await scenario.connected();
  const devices = gateways.map((_, i) => scenario.device(`010203${(i + 1).toString(16).padStart(2, "0")}`));
  for (let round = 0; round < 5; round++) {
    for (const [i, gateway] of gateways.entries()) gateway.push(gateway.rxpk(devices[i]!.uplink(String(round))));
    await agent.until(() => devices.every((device) => received(server, device).length === round + 1), `round ${round}`);
  }
  for (const device of devices) expect(received(server, device)).toEqual(["0", "1", "2", "3", "4"]);
  for (const gateway of gateways) await gateway.until(() => gateway.unacked === 0, "every PUSH_ACK");
  const status = await agent.status();
  const ids = new Map(status.gateways.map(({ gatewayEui, gatewayId }) => [gatewayEui, gatewayId]));
  expect(new Set(ids.values()).size).toBe(50);
  for (const [i, { eui }] of gateways.entries()) {
    const [event] = server.referee.uplinksOf(devices[i]!.keys.devEui);
    expect(event!.rxInfo.map(({ gatewayId }) => gatewayId)).toEqual([ids.get(eui)!]);
  }
});

test("survives ten thousand mutated messages at each of its doors: UDP, commands, gateways by MQTT, its page", async () => {
  scenario = await Scenario.start({ isPrepared: true });
  const { agent, server } = scenario;
  agent.append(`[[gateway_mqtt]]\nurl = "${server.broker.url}"\ntopic_prefix = "inside"\n`);
  await agent.start();
  const forwarder = await scenario.forwarder();
  await scenario.connected();
  const device = scenario.device();
  const count = 10_000 * SOAK;
  const random = generator(7);

  const eui = Buffer.from(forwarder.eui, "hex");
  const rxpk = Buffer.from(
    JSON.stringify({
      rxpk: [forwarder.rxpk(device.uplink("lost"))],
      stat: { time: "2026-01-01 00:00:00 GMT", rxnb: 1 },
    }),
  );
  const datagrams = [0, 2, 5, 1, 9].map((type) =>
    Buffer.concat([Buffer.from([2, 1, 2, type]), eui, type === 0 ? rxpk : Buffer.alloc(0)]),
  );
  for (let i = 0; i < count; i++) {
    forwarder.sendRaw(mutated(datagrams[i % datagrams.length]!, random));
    if (i % 50 === 49) await answered(forwarder);
  }

  // What it obeys comes from a broker, and so do the packets of some gateways: real messages, mutated.
  const { uplink, downlink } = await captureMessages(forwarder);
  const client = await mqtt.connectAsync(server.broker.url, { protocolVersion: 5 });
  for (let i = 0; i < count; i++) {
    const command = ["down", "config", "exec", "down/x", ""][i % 5]!;
    const event = ["up", "stats", "ack", "up", "exec"][i % 5]!;
    client.publish(`eu868/gateway/${forwarder.eui}/command/${command}`, mutated(downlink, random));
    client.publish(`inside/gateway/${forwarder.eui}/event/${event}`, mutated(uplink, random));
    if (i % 100 === 99) await client.publishAsync("flush", "", { qos: 1 });
  }
  await client.endAsync();

  const request = Buffer.from("GET /status.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  for (let i = 0; i < count; i += 50) {
    await Promise.all(Array.from({ length: 50 }, () => ask(agent.pagePort, mutated(request, random))));
  }

  const last = scenario.device("0a0b0c0d");
  await answered(forwarder);
  forwarder.push(forwarder.rxpk(last.uplink("alive")));
  await agent.until(() => received(server, last).length === 1, "a packet after all that");
  expect(await agent.health()).toBe(200);
  expect(await agent.residentBytes()).toBeLessThan(160 * MIB);
  expect((await agent.status()).malformed).toBeGreaterThan(1000);
  expect(await agent.metric('agent_gateway_messages_refused_total{reason="unreadable"}')).toBeGreaterThan(1000);
  // Each complaint once a minute, and not one for each message.
  expect(agent.log.split("\n").filter((line) => line.includes(" WARN ")).length).toBeLessThan(200);

  /** An uplink of the agent's and the downlink that answers it, caught on their way. */
  async function captureMessages(gateway: PacketForwarder): Promise<{ uplink: Buffer; downlink: Buffer }> {
    const { promise, resolve } = Promise.withResolvers<{ uplink: Buffer; downlink: Buffer }>();
    const listener = await mqtt.connectAsync(server.broker.url, { protocolVersion: 5 });
    let uplink: Buffer = Buffer.alloc(0);
    listener.on("message", (topic, payload) => {
      if (topic.endsWith("/event/up")) uplink = payload;
      else resolve({ uplink, downlink: payload });
    });
    await listener.subscribeAsync([
      `eu868/gateway/${gateway.eui}/command/down`,
      `eu868/gateway/${gateway.eui}/event/up`,
    ]);
    const asked = scenario.device("0a0b0c0e");
    server.referee.enqueue(asked.keys.devEui, "down");
    gateway.push(gateway.rxpk(asked.uplink("up")));
    const messages = await promise;
    await listener.endAsync();
    return messages;
  }
}, 180_000);

test("runs for twenty-four hours of its clock, with an outage in each third hour", async () => {
  const hourMs = 3_600_000;
  const stepMs = SOAK > 1 ? hourMs / 6 : hourMs / 2;
  /** Slots of three hours; the second of them is the outage. */
  const cycle = (3 * hourMs) / stepMs;
  const slots = (24 * hourMs) / stepMs;
  scenario = await Scenario.start({
    command: STEPPED_CLOCK,
    environment: { AGENT_TEST_STEP_MS: String(stepMs) },
    toml: "[spool]\nreplay_rate = 1000\n",
  });
  const { agent, server } = scenario;
  const forwarder = await scenario.forwarder();
  await scenario.connected();
  const devices = ["01020301", "01020302", "01020303"].map((devAddr) => scenario.device(devAddr));
  const startMs = (await agent.status()).nowMs;
  let sent = 0;
  for (let slot = 0; slot < slots; slot++) {
    const beforeMs = (await agent.status()).nowMs;
    process.kill(agent.pid, "SIGUSR2");
    await agent.until(async () => (await agent.status()).nowMs >= beforeMs + stepMs, "the time of a slot");
    if (slot % cycle === cycle / 3) await server.proxy.cut();
    if (slot % cycle === (2 * cycle) / 3) await server.proxy.open();
    const pushed = devices.map((device) => forwarder.push(forwarder.rxpk(device.uplink(String(sent)))));
    sent++;
    await forwarder.until(() => pushed.every(({ ackedMs }) => ackedMs !== undefined), "every PUSH_ACK");
    const isUp = slot % cycle < cycle / 3 || slot % cycle >= (2 * cycle) / 3;
    if (isUp)
      await agent.until(
        () => devices.every((device) => received(server, device).length === sent),
        "the slot's packets",
      );
  }
  const wanted = Array.from({ length: slots }, (_, i) => String(i));
  for (const device of devices) expect(received(server, device)).toEqual(wanted);
  expect(server.referee.log).toEqual([]);
  const status = await agent.status();
  expect(status.nowMs - startMs).toBeGreaterThan(24 * hourMs);
  expect(status.spool.dropped).toEqual({});
  expect(await agent.residentBytes()).toBeLessThan(160 * MIB);
}, 180_000);

/** Sends bytes to a TCP port and says nothing more; resolves when the connection ended, whichever way. */
async function ask(port: number, bytes: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
  socket.on("close", () => resolve());
  socket.on("error", () => {});
  socket.resume();
  await promise;
}

/** Waits until the agent has taken everything before: a PULL_DATA is answered in its turn. */
async function answered(forwarder: PacketForwarder): Promise<void> {
  const before = forwarder.pullAcks;
  forwarder.pull();
  await forwarder.until(() => forwarder.pullAcks > before, "a PULL_ACK");
}

/** One to eight bytes changed, cut off, or added. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  let copy = Buffer.from(bytes);
  for (let i = 1 + Math.floor(8 * random()); i > 0; i--) {
    const at = Math.floor(copy.length * random());
    const kind = random();
    if (kind < 0.7 && copy.length > 0) copy[at] = Math.floor(256 * random());
    else if (kind < 0.85) copy = copy.subarray(0, at);
    else copy = Buffer.concat([copy.subarray(0, at), Buffer.from([Math.floor(256 * random())]), copy.subarray(at)]);
  }
  return copy;
}

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
