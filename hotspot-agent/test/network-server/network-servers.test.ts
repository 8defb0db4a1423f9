/** The servers side whole, against a real mosquitto and the referee: deliveries, downlinks, health, groups, commands. */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import type { Route } from "@earshot/poc/protocol";
import mqtt from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { ServerConfig } from "../../src/config/agent-config.ts";
import { silentLog } from "../../src/log.ts";
import type { DownlinkAck, DownlinkCommand, TxStatus } from "../../src/messages.ts";
import { NetworkServers } from "../../src/network-server/network-servers.ts";
import type { DeliveredCopy } from "../../src/network-server/server-group.ts";
import { type HotspotRoutes, planRoutes } from "../../src/routes/route-plan.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { LorawanDevice } from "../doubles/lorawan-device.ts";
import { LyingBroker } from "../doubles/lying-broker.ts";
import { type Broker, type BrokerOptions, startBroker } from "../doubles/mosquitto.ts";
import { testEui, testPacket, testStats } from "../doubles/packets.ts";
import { type RefereeClient, startReferee } from "../doubles/referee-client.ts";
import { testRoute } from "../doubles/routes.ts";
import { SmallSpool } from "../doubles/small-spool.ts";
import { TcpProxy } from "../doubles/tcp-proxy.ts";
import { uplinkBytes } from "../doubles/uplink-bytes.ts";

const key = "00112233445566778899aabbccddeeff";
const gatewayId = "e0e0e0e0e0e0e0e0";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function broker(options: BrokerOptions = {}): Promise<Broker> {
  const started = await startBroker(options);
  cleanups.push(() => started.dispose());
  return started;
}

async function referee(url: string, options: Parameters<typeof startReferee>[1] = {}): Promise<RefereeClient> {
  const client = await startReferee(url, options);
  cleanups.push(() => client.disconnect());
  return client;
}

async function proxy(port: number): Promise<TcpProxy & { readonly url: string }> {
  const opened = new TcpProxy(port);
  await opened.open();
  cleanups.push(() => opened.cut());
  return Object.assign(opened, { url: `mqtt://127.0.0.1:${opened.port}` });
}

function server(name: string, url: string, change: Partial<ServerConfig> = {}): ServerConfig {
  return {
    name,
    url,
    group: "main",
    mode: "failover",
    topicPrefix: "eu868",
    username: "",
    passwordFile: undefined,
    clientId: undefined,
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    keepAliveMs: 30_000,
    protocol: "auto",
    encoding: "protobuf",
    qos: 1,
    statsIntervalMs: 30_000,
    ackTimeoutMs: 5000,
    replay: "data-only",
    devAddrPrefixes: [],
    joinEuiPrefixes: [],
    netIds: [],
    commands: {},
    ...change,
  };
}

interface Agent {
  readonly servers: NetworkServers;
  readonly spool: SmallSpool;
  readonly telemetry: Telemetry;
  readonly downlinks: DownlinkCommand[];
  readonly delivered: DeliveredCopy[];
  /** Heard by a gateway: into the spool. */
  hear(device: LorawanDevice, phyPayload: Uint8Array): void;
}

/** The servers side of an agent; every downlink is transmitted as `status` says. */
function agent(
  configs: readonly ServerConfig[],
  status: (command: DownlinkCommand) => TxStatus | null = () => "OK",
): Agent {
  const spool = new SmallSpool();
  const telemetry = new Telemetry();
  const downlinks: DownlinkCommand[] = [];
  const delivered: DeliveredCopy[] = [];
  const servers = new NetworkServers({
    servers: configs,
    region: "EU868",
    gatewayIdOf: (eui) => (eui === testEui ? gatewayId : eui.replaceAll("a", "b")),
    utc: { ofSteady: (steadyMs) => steadyMs, isTrusted: () => true },
    hasTimeFallback: true,
    surroundings: { clock: systemClock(), log: silentLog, minPauseMs: 10, maxPauseMs: 40 },
    telemetry,
    attachAll: spool.attachAll,
    fitting: spool.fitting,
    onDownlink: (command) => {
      downlinks.push(command);
      const answer = status(command);
      if (answer !== null) servers.acknowledge(ackOf(command, answer));
    },
    onDelivered: (copy) => delivered.push(copy),
    failbackMs: 300,
  });
  cleanups.push(() => servers.close());
  servers.start();
  servers.addGateway(testEui);
  return {
    servers,
    spool,
    telemetry,
    downlinks,
    delivered,
    hear: (device, phyPayload) => spool.offer(device.keys.devEui, testPacket(phyPayload, { receivedMs: Date.now() })),
  };
}

function ackOf(command: DownlinkCommand, status: TxStatus): DownlinkAck {
  const { downlinkId, gatewayEui, origin, items } = command;
  const statuses = items.map((_, i): TxStatus => (i === 0 ? status : "IGNORED"));
  return { downlinkId, gatewayEui, origin, statuses, accepted: null };
}

function knownDevice(to: readonly RefereeClient[], devAddr: string): LorawanDevice {
  const device = LorawanDevice.personalised(devAddr, key, key);
  for (const { referee } of to) referee.addSession(device.keys.devEui, device.session!);
  return device;
}

/** Waits for something that has no event to wait for. */
async function eventually(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const texts = (client: RefereeClient, device: LorawanDevice) =>
  client.referee.uplinksOf(device.keys.devEui).map(({ data }) => String(data));

describe.each(["protobuf", "json"] as const)("in %s", (encoding) => {
  test("a device joins, sends and receives, and every downlink is acknowledged", async () => {
    const { url } = await broker();
    const client = await referee(url);
    const { hear, downlinks, spool } = agent([server("a", url, { encoding })]);
    const device = new LorawanDevice({ devEui: "0a0b0c0d0e0f1011", joinEui: "0000000000000001", appKey: key });
    client.referee.addDevice(device.keys);

    hear(device, device.joinRequest());
    await client.referee.until(() => client.referee.txAcks.length === 1);
    const accept = downlinks[0]!;
    expect(accept).toMatchObject({ gatewayEui: testEui, origin: "server:a" });
    expect(accept.items.map(({ timing }) => timing)).toEqual([
      { kind: "delay", delayUs: 5_000_000 },
      { kind: "delay", delayUs: 6_000_000 },
    ]);
    expect(accept.items[0]!.polarizationInversion).toBe(true);
    expect(device.acceptJoin(accept.items[0]!.phyPayload)).toBe(true);

    client.referee.enqueue(device.keys.devEui, "down");
    hear(device, device.uplink("up", { confirmed: true }));
    await client.referee.until(() => client.referee.txAcks.length === 2);
    expect(texts(client, device)).toEqual(["up"]);
    expect(client.referee.events.at(-1)?.type).toBe("txack");
    expect(client.referee.queueLength(device.keys.devEui)).toBe(0);
    const heard = device.downlink(downlinks[1]!.items[0]!.phyPayload);
    expect(heard).toMatchObject({ isAck: true });
    expect(String(heard?.data)).toBe("down");
    expect(client.referee.uplinksOf(device.keys.devEui)[0]!.rxInfo).toEqual([
      { gatewayId, rssi: -60, snr: 5.5, metadata: {} },
    ]);
    expect(client.referee.log).toEqual([]);
    expect(spool.pending).toBe(0);
  });

  test("a copy that another gateway's software sent is the same frame to ChirpStack", async () => {
    const { url } = await broker();
    const client = await referee(url);
    const { hear } = agent([server("a", url, { encoding })]);
    const device = knownDevice([client], "01020304");
    const frame = device.uplink("one");
    hear(device, frame);
    const other = "0000000000000001";
    await client.command(`eu868/gateway/${other}/event/up`, uplinkBytes({ gatewayId: other, phyPayload: frame }));
    await client.referee.until(() => client.referee.events.length === 1);
    expect(client.referee.events[0]!.rxInfo.map((info) => info.gatewayId).sort()).toEqual([other, gatewayId].sort());
  });
});

test("says ONLINE retained, OFFLINE at its end and by its will, and sends statistics", async () => {
  const { url, port } = await broker();
  const client = await referee(url);
  const link = await proxy(port);
  const states: string[] = [];
  const reader = await mqtt.connectAsync(url);
  cleanups.push(() => reader.endAsync());
  reader.on("message", (_, payload) =>
    states.push(gw.ConnState.deserializeBinary(payload).getState() === 1 ? "on" : "off"),
  );
  await reader.subscribeAsync(`eu868/gateway/${gatewayId}/state/conn`, { qos: 1 });
  const { servers } = agent([server("a", link.url)]);
  await eventually(() => states.length === 1);
  servers.publishStats(testStats());
  await client.referee.until(() => client.referee.stats.length === 1);
  expect(client.referee.stats[0]!.toObject()).toMatchObject({ gatewayId, rxPacketsReceived: 3, txPacketsEmitted: 1 });
  link.breakConnections();
  await eventually(() => states.length === 3);
  await servers.close();
  await eventually(() => states.length === 4);
  expect(states).toEqual(["on", "off", "on", "off"]);
});

describe("a broker that is up while no network server listens", () => {
  test("gets one packet as a trial and loses none; when the server is back all arrive in order", async () => {
    const { url } = await broker();
    const client = await referee(url);
    await client.vanish();
    const { hear, servers, spool, telemetry } = agent([server("a", url)]);
    const device = knownDevice([client], "01020304");
    for (const text of ["1", "2", "3"]) hear(device, device.uplink(text));
    await eventually(() => servers.status()[0]!.problem?.includes("nobody is listening") === true);
    expect(servers.status()[0]).toMatchObject({ isConnected: true, isHealthy: false, delivered: 0, backlog: 3 });
    expect(telemetry.counter("agent_publishes_total", "").value({ server: "a", outcome: "acked" })).toBe(0);
    await client.connect();
    await eventually(() => spool.pending === 0);
    await client.referee.until(() => client.referee.events.length > 0);
    expect(servers.status()[0]).toMatchObject({ isHealthy: true, problem: null, delivered: 3, backlog: 0 });
  });
});

describe("a failover group", () => {
  test("moves to the next server within the delivery when nobody listens at the first, and back later", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const { hear, delivered, servers } = agent([server("one", first.url), server("two", second.url)]);
    const device = knownDevice([one, two], "01020304");
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
    hear(device, device.uplink("1"));
    await one.referee.until(() => texts(one, device).length === 1);
    await one.vanish();
    hear(device, device.uplink("2"));
    await two.referee.until(() => texts(two, device).length === 1);
    expect(servers.status().map(({ isHealthy }) => isHealthy)).toEqual([false, true]);
    await one.connect();
    while (!delivered.slice(2).some(({ origin }) => origin === "server:one")) {
      hear(device, device.uplink("more"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(delivered.map(({ origin }) => origin).slice(0, 2)).toEqual(["server:one", "server:two"]);
    // A trial found the first server again; it is not left any more once it takes over.
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
  });

  test("moves on when the broker's machine dies, and delivers each packet to one server only", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const { hear, spool, servers } = agent([server("one", first.url), server("two", second.url)]);
    const device = knownDevice([one, two], "01020304");
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
    hear(device, device.uplink("1"));
    await one.referee.until(() => texts(one, device).length === 1);
    await first.stop();
    for (const text of ["2", "3"]) {
      hear(device, device.uplink(text));
      await eventually(() => spool.pending === 0);
      await two.referee.until(() => texts(two, device).includes(text));
    }
    expect([texts(one, device), texts(two, device)]).toEqual([["1"], ["2", "3"]]);
  });

  test("does not wait for a link that is frozen", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const link = await proxy(first.port);
    const quick = { ackTimeoutMs: 200 };
    const { hear, servers } = agent([server("one", link.url, quick), server("two", second.url, quick)]);
    const device = knownDevice([one, two], "01020304");
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
    link.freeze();
    hear(device, device.uplink("1"));
    await two.referee.until(() => texts(two, device).length === 1);
    expect(servers.status()[0]!.problem).toMatch(/not acknowledged|Not connected/);
    hear(device, device.uplink("2"));
    await two.referee.until(() => texts(two, device).length === 2);
  });

  test("uses its local server only while the others are gone", async () => {
    const [far, near] = [await broker(), await broker()];
    const [main, local] = [await referee(far.url), await referee(near.url)];
    const link = await proxy(far.port);
    const { hear, servers, spool, delivered } = agent([
      server("box", near.url, { mode: "local" }),
      server("main", link.url),
    ]);
    const device = knownDevice([main, local], "01020304");
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
    hear(device, device.uplink("1"));
    await main.referee.until(() => texts(main, device).length === 1);
    await link.cut();
    hear(device, device.uplink("2"));
    await local.referee.until(() => texts(local, device).length === 1);
    await link.open();
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
    while (delivered.at(-1)!.origin !== "server:main") {
      hear(device, device.uplink("3"));
      await eventually(() => spool.pending === 0);
    }
    await main.referee.until(() => texts(main, device).length > 1);
    expect(texts(main, device).slice(0, 2)).toEqual(["1", "3"]);
    expect(texts(local, device)[0]).toBe("2");
    // Once handed back, it stays: the origins change hands exactly twice.
    const origins = delivered.map(({ origin }) => origin);
    expect(origins.filter((origin, i) => i > 0 && origin !== origins[i - 1])).toEqual(["server:box", "server:main"]);
  });

  test("sends a packet only to a server whose filter admits it, first in the order or not", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const configured = [server("one", first.url, { devAddrPrefixes: ["26000000/7"] }), server("two", second.url)];
    const { hear, servers } = agent(configured);
    // Whichever is reached first would get the packet meant for the first in the order.
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
    const [a, b] = [knownDevice([one, two], "26000001"), knownDevice([one, two], "01020304")];
    hear(b, b.uplink("b"));
    hear(a, a.uplink("a"));
    await two.referee.until(() => texts(two, b).length === 1);
    await one.referee.until(() => texts(one, a).length === 1);
    expect([one.referee.uplinkMessages, two.referee.uplinkMessages]).toEqual([1, 1]);
  });

  test("takes a downlink once that comes through two brokers of the network", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const { downlinks, servers } = agent([server("one", first.url), server("two", second.url)]);
    await eventually(() => servers.status().every(({ isHealthy }) => isHealthy));
    const frame = downFrame(gatewayId, 77);
    await one.command(`eu868/gateway/${gatewayId}/command/down`, frame);
    await two.command(`eu868/gateway/${gatewayId}/command/down`, frame);
    await two.command(`eu868/gateway/${gatewayId}/command/down`, downFrame(gatewayId, 78));
    await eventually(() => downlinks.some(({ downlinkId }) => downlinkId === 78));
    expect(downlinks.map(({ downlinkId }) => downlinkId)).toEqual([77, 78]);
  });
});

describe("a fan-out group", () => {
  const fanout = { mode: "fanout" } as const;

  test("brings every packet to every server, to the one that was away later", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const link = await proxy(second.port);
    await link.cut();
    const { hear, spool } = agent([server("one", first.url, fanout), server("two", link.url, fanout)]);
    const device = knownDevice([one, two], "01020304");
    hear(device, device.uplink("1"));
    await one.referee.until(() => texts(one, device).length === 1);
    expect(texts(two, device)).toEqual([]);
    await link.open();
    await two.referee.until(() => texts(two, device).length === 1);
    await eventually(() => spool.pending === 0);
  });

  test("gives each server what its filter admits", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const { hear, spool } = agent([
      server("one", first.url, { ...fanout, devAddrPrefixes: ["01000000/8"] }),
      server("two", second.url, { ...fanout, netIds: ["000013"] }),
    ]);
    const [a, b] = [knownDevice([one, two], "01020304"), knownDevice([one, two], "26000001")];
    hear(a, a.uplink("a"));
    hear(b, b.uplink("b"));
    await one.referee.until(() => texts(one, a).length === 1);
    await two.referee.until(() => texts(two, b).length === 1);
    await eventually(() => spool.pending === 0);
    expect([one.referee.uplinkMessages, two.referee.uplinkMessages]).toEqual([1, 1]);
  });

  test("acknowledges a downlink to the server that asked and to no other, though their ids are the same", async () => {
    const [first, second] = [await broker(), await broker()];
    const [one, two] = [await referee(first.url), await referee(second.url)];
    const { hear, downlinks } = agent(
      [server("one", first.url, fanout), server("two", second.url, fanout)],
      ({ origin }) => (origin === "server:one" ? "OK" : "COLLISION_PACKET"),
    );
    const device = knownDevice([one, two], "01020304");
    hear(device, device.uplink("1", { confirmed: true }));
    await one.referee.until(() => one.referee.txAcks.length === 1);
    await two.referee.until(() => two.referee.txAcks.length === 1);
    expect(downlinks.map(({ downlinkId }) => downlinkId)).toEqual([1, 1]);
    expect(one.referee.txAcks).toEqual([{ downlinkId: 1, statuses: [gw.TxAckStatus.OK, gw.TxAckStatus.IGNORED] }]);
    expect(two.referee.txAcks).toEqual([
      { downlinkId: 1, statuses: [gw.TxAckStatus.COLLISION_PACKET, gw.TxAckStatus.IGNORED] },
    ]);
  });
});

function downFrame(id: string, downlinkId: number, items = 1): Uint8Array {
  const frame = new gw.DownlinkFrame();
  frame.setGatewayId(id);
  frame.setDownlinkId(downlinkId);
  for (let i = 0; i < items; i++) {
    const lora = new gw.LoraModulationInfo();
    lora.setBandwidth(125_000);
    lora.setSpreadingFactor(9);
    lora.setCodeRate(gw.CodeRate.CR_4_5);
    const modulation = new gw.Modulation();
    modulation.setLora(lora);
    const timing = new gw.Timing();
    timing.setImmediately(new gw.ImmediatelyTimingInfo());
    const txInfo = new gw.DownlinkTxInfo();
    txInfo.setFrequency(869_525_000);
    txInfo.setPower(27);
    txInfo.setModulation(modulation);
    txInfo.setTiming(timing);
    const item = new gw.DownlinkFrameItem();
    item.setPhyPayload(Uint8Array.of(0x60, 1, 2, 3));
    item.setTxInfo(txInfo);
    frame.addItems(item);
  }
  return frame.serializeBinary();
}

describe("commands", () => {
  test("that cannot be followed are acknowledged as failed and counted; the gateway's own are taken", async () => {
    const { url } = await broker();
    const client = await referee(url);
    const { downlinks, servers, telemetry } = agent([server("a", url)]);
    await eventually(() => servers.status()[0]!.isHealthy);
    const topic = `eu868/gateway/${gatewayId}/command/down`;
    const broken = gw.DownlinkFrame.deserializeBinary(downFrame(gatewayId, 5, 2));
    broken.getItemsList()[1]!.getTxInfo()!.setFrequency(0);
    await client.command(topic, Uint8Array.of(1, 2, 3));
    await client.command(topic, downFrame("ffffffffffffffff", 4));
    await client.command(topic, broken.serializeBinary());
    await client.command(`eu868/gateway/${gatewayId}/command/mesh`, Uint8Array.of(0));
    await client.command(topic, downFrame(gatewayId, 6));
    await client.referee.until(() => client.referee.txAcks.length === 2);
    expect(client.referee.txAcks).toEqual([
      { downlinkId: 5, statuses: [gw.TxAckStatus.INTERNAL_ERROR, gw.TxAckStatus.INTERNAL_ERROR] },
      { downlinkId: 6, statuses: [gw.TxAckStatus.OK] },
    ]);
    expect(downlinks.map(({ downlinkId }) => downlinkId)).toEqual([6]);
    const refused = telemetry.counter("agent_commands_refused_total", "");
    const reasons = ["unreadable", "wrong_gateway_id", "bad_frequency", "unknown_command"];
    expect(reasons.map((reason) => refused.value({ server: "a", reason }))).toEqual([1, 1, 1, 1]);
  });

  test("that are damaged in 10,000 ways are all counted, acknowledged or followed, and a good one still is", async () => {
    const { url } = await broker();
    const client = await referee(url);
    const { downlinks, servers, telemetry } = agent([server("a", url)]);
    await eventually(() => servers.status()[0]!.isHealthy);
    const good = Buffer.from(downFrame(gatewayId, 1, 2));
    const names = ["down", "down", "down", "config", "exec"];
    let random = 1;
    const next = (below: number) => {
      random = (random * 48_271) % 2_147_483_647;
      return random % below;
    };
    const frames = 10_000;
    const publishes: Promise<void>[] = [];
    for (let i = 0; i < frames; i++) {
      const bytes = Buffer.from(good.subarray(0, next(4) === 0 ? next(good.length) : good.length));
      for (let flips = next(4); flips >= 0 && bytes.length > 0; flips--) bytes[next(bytes.length)] = next(256);
      publishes.push(client.command(`eu868/gateway/${gatewayId}/command/${names[next(names.length)]}`, bytes));
      if (publishes.length === 200) await Promise.all(publishes.splice(0));
    }
    await Promise.all(publishes);
    await client.command(`eu868/gateway/${gatewayId}/command/down`, downFrame(gatewayId, 123_456_789));
    await client.referee.until(() => client.referee.txAcks.some(({ downlinkId }) => downlinkId === 123_456_789));
    const refused = telemetry.counter("agent_commands_refused_total", "").total();
    expect(refused).toBeGreaterThan(frames / 10);
    expect(downlinks.length).toBeGreaterThan(frames / 100);
    // Whatever names this gateway as its own in command/down is answered, once.
    expect(client.referee.txAcks.length).toBeGreaterThanOrEqual(downlinks.length);
    expect(servers.status()[0]).toMatchObject({ isConnected: true, isHealthy: true });
  });

  test("run a program only if the owner listed it", async () => {
    const { url } = await broker();
    const client = await referee(url);
    const answers: gw.GatewayCommandExecResponse[] = [];
    const reader = await mqtt.connectAsync(url);
    cleanups.push(() => reader.endAsync());
    reader.on("message", (_, payload) => answers.push(gw.GatewayCommandExecResponse.deserializeBinary(payload)));
    await reader.subscribeAsync(`eu868/gateway/${gatewayId}/event/exec`);
    const { servers } = agent([server("a", url, { commands: { echo: ["/bin/echo", "hello"] } })]);
    await eventually(() => servers.status()[0]!.isHealthy);
    for (const [execId, command] of [
      [1, "echo"],
      [2, "reboot"],
    ] as const) {
      const request = new gw.GatewayCommandExecRequest();
      request.setGatewayId(gatewayId);
      request.setExecId(execId);
      request.setCommand(command);
      await client.command(`eu868/gateway/${gatewayId}/command/exec`, request.serializeBinary());
      await eventually(() => answers.length === execId);
    }
    expect(answers.map((answer) => [answer.getExecId(), Buffer.from(answer.getStdout_asU8()).toString()])).toEqual([
      [1, "hello\n"],
      [2, ""],
    ]);
    expect(answers[1]!.getError()).toMatch(/not allowed/);
  });
});

test("leaves a broker that never answers, though nothing but statistics and acks of downlinks is sent to it", async () => {
  const liar = await LyingBroker.open();
  cleanups.push(() => liar.close());
  liar.acknowledges = false;
  const { servers } = agent([server("a", liar.url, { ackTimeoutMs: 40 })]);
  await eventually(() => servers.status()[0]!.isConnected);
  servers.publishStats(testStats());
  await eventually(() => liar.connections >= 2);
  await eventually(() => servers.status()[0]!.isConnected);
  const before = liar.connections;
  servers.acknowledge({ downlinkId: 1, gatewayEui: testEui, origin: "server:a", statuses: ["OK"], accepted: null });
  await eventually(() => liar.connections > before);
});

test("sends the same bytes again after the connection broke before the ack", async () => {
  const { url, port } = await broker();
  const link = await proxy(port);
  const sent: string[] = [];
  const reader = await mqtt.connectAsync(url);
  cleanups.push(() => reader.endAsync());
  reader.on("message", (_, payload) => sent.push(payload.toString("hex")));
  await reader.subscribeAsync("eu868/gateway/+/event/up");
  const { hear, servers, spool } = agent([server("a", link.url)]);
  const device = LorawanDevice.personalised("01020304", key, key);
  await eventually(() => servers.status()[0]!.isHealthy);
  link.delay(500);
  hear(device, device.uplink("1"));
  // The broker has the packet; its ack is still on the way back when the link breaks.
  await eventually(() => sent.length === 1);
  link.breakConnections();
  link.delay(0);
  await eventually(() => spool.pending === 0);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toBe(sent[0]);
});

test("one gateway whose rights are refused holds nobody else up, and the reason is said", async () => {
  const acl = "user right\ntopic readwrite eu868/gateway/e0e0e0e0e0e0e0e0/#\n\nuser ns\ntopic readwrite #\n";
  const { url } = await broker({ acl, passwords: { right: "secret", ns: "secret" } });
  const client = await referee(url, { username: "ns", password: "secret" });
  const { writeFileSync, mkdtempSync, rmSync } = await import("node:fs");
  const folder = mkdtempSync(join(tmpdir(), "earshot-password-"));
  cleanups.push(async () => rmSync(folder, { recursive: true }));
  writeFileSync(`${folder}/password`, "secret\n");
  const { hear, servers, spool } = agent([server("a", url, { username: "right", passwordFile: `${folder}/password` })]);
  const other = "aa00000000000002";
  servers.addGateway(other);
  const device = knownDevice([client], "01020304");
  await eventually(() => servers.status()[0]!.isConnected);
  spool.offer("x", testPacket(LorawanDevice.personalised("01020305", key, key).uplink("x"), { gatewayEui: other }));
  for (const text of ["1", "2", "3"]) hear(device, device.uplink(text));
  await eventually(() => spool.pending === 1);
  await eventually(() => servers.status()[0]!.problem !== null);
  expect(servers.status()[0]!.problem).toMatch(/access rules/);
  expect(servers.status()[0]!.delivered).toBe(3);
});

describe("routes", () => {
  const hotspotRoutes = (broker: Broker, change: Partial<Route> = {}): HotspotRoutes => ({
    gatewayEui: testEui,
    gatewayId,
    list: {
      hotspot: "",
      network: 1,
      issuedMs: 1,
      validUntilMs: 2,
      routes: [
        testRoute(5, {
          server: {
            host: "localhost",
            port: broker.port,
            certificateAuthority: readFileSync(broker.caFile, "utf8"),
          },
          credentials: { username: "hotspot", password: "secret" },
          ...change,
        }),
      ],
    },
  });

  test("deliver what they name to the customer's broker, with the hotspot's own rights, until they are withdrawn", async () => {
    const acl = `user hotspot\ntopic readwrite eu868/gateway/${gatewayId}/#\n\nuser ns\ntopic readwrite #\n`;
    const passwords = { hotspot: "secret", ns: "secret" };
    const customer = await broker({ tls: true, asksNoCertificate: true, acl, passwords });
    const ca = readFileSync(customer.caFile);
    const client = await referee(customer.url, { username: "ns", password: "secret", ca });
    const { hear, servers, spool, delivered, telemetry } = agent([]);
    const paying = knownDevice([client], "26000001");
    const foreign = knownDevice([client], "01020304");

    await servers.setRoutes(planRoutes([hotspotRoutes(customer)], new Set()));
    hear(paying, paying.uplink("1"));
    hear(foreign, foreign.uplink("not theirs"));
    await client.referee.until(() => texts(client, paying).length === 1);
    await eventually(() => delivered.length === 1);
    expect(delivered[0]).toMatchObject({ routeId: 5, origin: "route:5" });
    expect(client.referee.uplinksOf(paying.keys.devEui)[0]!.rxInfo[0]!.gatewayId).toBe(gatewayId);
    expect(client.referee.uplinkMessages).toBe(1);

    // Other credentials: the destination stays, the connection is made anew.
    const renewed = { credentials: { username: "hotspot", password: "wrong" } };
    await servers.setRoutes(planRoutes([hotspotRoutes(customer, renewed)], new Set()));
    hear(paying, paying.uplink("2"));
    await eventually(() => servers.status()[0]!.problem?.includes("Not connected") === true);
    expect(spool.pending).toBe(1);
    await servers.setRoutes(planRoutes([hotspotRoutes(customer)], new Set()));
    await client.referee.until(() => texts(client, paying).length === 2);
    await eventually(() => spool.pending === 0);

    await servers.setRoutes([]);
    expect(spool.retired).toEqual(["route-5 route_withdrawn"]);
    expect(servers.status()).toEqual([]);
    // Routes come and go for years: nothing is kept by the name of one.
    expect(telemetry.counter("agent_publishes_total", "").value({ server: "withdrawn", outcome: "acked" })).toBe(2);
    expect(telemetry.render()).not.toContain("route-5");
  });

  test("are as many as there is room for, and the others come when some have gone", async () => {
    const { servers, spool, telemetry } = agent([]);
    const listed = (ids: readonly number[]): HotspotRoutes => ({
      gatewayEui: "0000000000000001",
      gatewayId,
      list: { hotspot: "", network: 1, issuedMs: 1, validUntilMs: 2, routes: ids.map((id) => testRoute(id)) },
    });
    const all = Array.from({ length: 256 }, (_, id) => id);
    const lists = [listed(all), { ...listed(all.map((id) => id + 256)), gatewayEui: "0000000000000002" }];
    await servers.setRoutes(planRoutes(lists, new Set()));
    expect(servers.destinations).toHaveLength(192);
    expect(telemetry.gauge("agent_routes_left_out", "").value()).toBe(320);
    // The first ids, so that two agents of one hotspot's list leave out the same.
    expect(servers.destinations).toContain("route-191");

    spool.room = 100;
    await servers.setRoutes(planRoutes([listed(all.slice(150))], new Set()));
    expect(spool.retired).toHaveLength(150);
    expect(servers.destinations).toHaveLength(100);
    spool.room = 255;
    await servers.setRoutes(planRoutes([listed(all.slice(150))], new Set()));
    expect(servers.destinations).toHaveLength(106);
    expect(telemetry.gauge("agent_routes_left_out", "").value()).toBe(0);
  });
});
