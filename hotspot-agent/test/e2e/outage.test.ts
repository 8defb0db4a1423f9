/**
 * Outages: brokers, network servers, the agent itself and its disk go away in the middle of traffic. What the agent acknowledged
 * arrives once and in order; what it could not keep is counted.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { AgentProcess } from "../doubles/agent-process.ts";
import type { LorawanDevice } from "../doubles/lorawan-device.ts";
import type { PacketForwarder } from "../doubles/packet-forwarder.ts";
import { ACK_FROM_DISK, received, Scenario, type ScenarioOptions, type Server, STEPPED_CLOCK } from "./scenario.ts";

const DEVICES = ["01020304", "01020305", "01020306"];
const FAST_REPLAY = `[spool]\nreplay_rate = 1000\n${ACK_FROM_DISK}`;

let scenario: Scenario;
afterEach(() => scenario.end());

interface Traffic {
  readonly devices: readonly LorawanDevice[];
  /** Sends `count` packets of each device and waits until they were acknowledged. */
  readonly send: (count: number) => Promise<void>;
  /** Waits until the server has everything sent so far, then checks that it came once and in order. */
  /** `allowed`: codes the referee may have logged. */
  readonly arrived: (server?: Server, allowed?: readonly string[]) => Promise<void>;
}

async function begin(
  options: ScenarioOptions = {},
): Promise<Traffic & { forwarder: PacketForwarder; server: Server; agent: AgentProcess }> {
  scenario = await Scenario.start({ toml: FAST_REPLAY, ...options });
  const forwarder = await scenario.forwarder();
  await scenario.connected();
  const devices = DEVICES.map((devAddr) => scenario.device(devAddr));
  return { ...traffic(forwarder, devices), forwarder, server: scenario.server, agent: scenario.agent };
}

function traffic(forwarder: PacketForwarder, devices: readonly LorawanDevice[]): Traffic {
  let sent = 0;
  return {
    devices,
    async send(count) {
      for (let i = 0; i < count; i++, sent++) {
        const pushed = devices.map((device) => forwarder.push(forwarder.rxpk(device.uplink(String(sent)))));
        await forwarder.until(() => pushed.every(({ ackedMs }) => ackedMs !== undefined), "every PUSH_ACK");
      }
    },
    async arrived(server = scenario.server, allowed: readonly string[] = []) {
      const wanted = Array.from({ length: sent }, (_, i) => String(i));
      const { agent } = scenario;
      await agent
        .until(() => devices.every((device) => received(server, device).length >= sent), "every packet")
        .catch((error) => {
          const lacking = devices.map((device) => wanted.filter((text) => !received(server, device).includes(text)));
          throw new Error(`${error.message}\nlacking ${JSON.stringify([lacking, server.referee.log])}`);
        });
      for (const device of devices) expect(received(server, device)).toEqual(wanted);
      expect(server.referee.log.filter(({ code }) => !allowed.includes(code))).toEqual([]);
    },
  };
}

describe("everything acknowledged arrives once and in order", () => {
  test("when the broker was gone for minutes", async () => {
    const { server, agent, send, arrived } = await begin({ command: STEPPED_CLOCK });
    await send(3);
    await arrived();
    await server.proxy.cut();
    for (let minute = 0; minute < 5; minute++) {
      process.kill(agent.pid, "SIGUSR2");
      await send(2);
    }
    await server.proxy.open();
    await send(1);
    await arrived();
    expect(await agent.metric('agent_packets_dropped_total{reason="too_old"}')).toBe(0);
  });

  test("when the agent was killed while the broker was gone, except that what was on the link may be seen twice", async () => {
    const { server, agent, send, arrived } = await begin();
    await send(2);
    await server.proxy.cut();
    await send(5);
    await agent.kill();
    await agent.start();
    await send(5);
    await server.proxy.open();
    await arrived(server, ["f_cnt_retransmission"]);
  });

  test("when the agent was killed in the middle of deliveries, except that one may be seen twice by the network server", async () => {
    const { server, agent, forwarder, devices, send } = await begin();
    for (let life = 0; life < 3; life++) {
      await send(4);
      for (const device of devices) forwarder.push(forwarder.rxpk(device.uplink(`unacked ${life}`)));
      await agent.kill();
      await agent.start();
    }
    // What was sent while it died may be lost only if it was not acknowledged.
    await send(1);
    const wanted = Array.from({ length: 13 }, (_, i) => String(i));
    const acked = (texts: readonly string[]) => texts.filter((text) => !text.startsWith("unacked"));
    await agent.until(() => devices.every((device) => acked(received(server, device)).length >= 13), "every packet");
    for (const device of devices) expect(acked(received(server, device))).toEqual(wanted);
    expect(server.referee.log.filter(({ code }) => code !== "f_cnt_retransmission")).toEqual([]);
  });

  test("when the link was frozen, as a mobile link is, and packets were on it", async () => {
    const { server, send, arrived } = await begin();
    await send(2);
    await arrived();
    server.proxy.freeze();
    await send(4);
    server.proxy.breakConnections();
    server.proxy.thaw();
    await arrived();
  });

  test("when a device wants its packets confirmed: their data is worth as much late", async () => {
    const { server, agent, forwarder, devices } = await begin();
    const [device] = devices as [LorawanDevice];
    await server.proxy.cut();
    for (let i = 0; i < 3; i++) forwarder.push(forwarder.rxpk(device.uplink(String(i), { confirmed: true })));
    await forwarder.until(() => forwarder.unacked === 0, "every PUSH_ACK");
    await server.proxy.open();
    await agent.until(() => received(server, device).length === 3, "every packet");
    expect(received(server, device)).toEqual(["0", "1", "2"]);
  });

  test("when the link is slow", async () => {
    const { server, send, arrived } = await begin();
    server.proxy.delay(200);
    await send(5);
    await arrived();
  });

  test("when the broker restarts with everything it knew forgotten", async () => {
    const { server, send, arrived } = await begin();
    await send(2);
    await arrived();
    await server.broker.stop();
    await send(3);
    await server.broker.start();
    await arrived();
  });

  test("when the broker takes packets but no network server listens", async () => {
    const { server, agent, send, arrived } = await begin();
    await server.disconnect();
    await send(3);
    await agent.until(async () => (await agent.status()).servers[0]!.problem !== null, "a named problem");
    expect((await agent.status()).servers[0]).toMatchObject({ isConnected: true, isHealthy: false });
    expect((await agent.status()).servers[0]!.problem).toContain("nobody is listening");
    await server.connect();
    await arrived();
  });
});

describe("a group of servers", () => {
  test("hands over to the second when nobody listens at the first, and back", async () => {
    scenario = await Scenario.start({ servers: ["first", "second"], toml: FAST_REPLAY });
    const forwarder = await scenario.forwarder();
    await scenario.connected();
    const [first, second] = scenario.servers as [Server, Server];
    const device = scenario.device();
    const push = (text: string) => forwarder.push(forwarder.rxpk(device.uplink(text)));
    push("1");
    await scenario.agent.until(() => received(first, device).length === 1, "a packet at the first");
    await first.disconnect();
    push("2");
    await scenario.agent.until(() => received(second, device).length === 1, "a packet at the second");
    expect(received(second, device)).toEqual(["2"]);
    await first.connect();
    let sent = 2;
    const arrived = () => received(first, device).length + received(second, device).length;
    while (received(first, device).length === 1) {
      push(String(++sent));
      await scenario.agent.until(() => arrived() === sent, "the packet at one of them");
    }
    const all = [...received(first, device), ...received(second, device)].map(Number).sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
  });

  test("leaves packets to a local server while the backhaul is gone, and takes them back in order", async () => {
    scenario = await Scenario.start({
      servers: ["far", "near"],
      toml: FAST_REPLAY,
      isPrepared: true,
      command: STEPPED_CLOCK,
    });
    const { agent } = scenario;
    const text = await Bun.file(agent.configFile).text();
    await Bun.write(agent.configFile, text.replace('name = "near"', 'name = "near"\nmode = "local"'));
    await agent.start();
    const forwarder = await scenario.forwarder();
    await scenario.connected();
    const [far, near] = scenario.servers as [Server, Server];
    const device = scenario.device();
    forwarder.push(forwarder.rxpk(device.uplink("1")));
    await agent.until(() => received(far, device).length === 1, "a packet far away");
    await far.proxy.cut();
    forwarder.push(forwarder.rxpk(device.uplink("2")));
    await agent.until(() => received(near, device).length === 1, "a packet nearby");
    expect([received(far, device), received(near, device)]).toEqual([["1"], ["2"]]);
    await far.proxy.open();
    await agent.until(async () => (await agent.status()).servers[0]!.isHealthy, "the far server");
    // It takes over again after it was healthy for a while.
    process.kill(agent.pid, "SIGUSR2");
    let sent = 2;
    const arrived = () => received(far, device).length + received(near, device).length;
    while (received(far, device).length === 1) {
      forwarder.push(forwarder.rxpk(device.uplink(String(++sent))));
      await agent.until(() => arrived() === sent, "the packet at one of them");
    }
    expect(received(far, device).at(-1)).toBe(String(sent));
    expect([...far.referee.log, ...near.referee.log]).toEqual([]);
  });
});

describe("a full disk", () => {
  /** The agent on a file system of 1 MiB of its own, in a mount namespace of its own. */
  const isRoot = process.getuid?.() === 0;
  const small = (folder: string) => [
    "unshare",
    ...(isRoot ? ["-m"] : ["-Urm"]),
    "sh",
    "-c",
    `mkdir -p ${folder}/state && mount -t tmpfs -o size=1m tmpfs ${folder}/state && exec ${process.execPath} ${join(import.meta.dirname, "../../src/main.ts")} "$@"`,
    "agent",
  ];

  test("stops no ack and no delivery, and is said until there is room again", async () => {
    scenario = await Scenario.start({ isPrepared: true, toml: FAST_REPLAY });
    const { agent, server } = scenario;
    const trial = spawnSync("unshare", [isRoot ? "-m" : "-Urm", "true"]);
    if (trial.status !== 0)
      throw new Error("a mount namespace is not allowed here: run as root, or allow user namespaces");
    agent.command = small(scenario.folder);
    await agent.start();
    const forwarder = await scenario.forwarder();
    await scenario.connected();
    const { send, arrived } = traffic(
      forwarder,
      Array.from({ length: 12 }, (_, i) => scenario.device(`010203${(0x10 + i).toString(16)}`)),
    );
    await send(2);
    await arrived();
    const filler = `/proc/${agent.pid}/root${agent.stateDir}/filler`;
    expect(() => execFileSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=4096"], { stdio: "ignore" })).toThrow();
    await send(15);
    await arrived();
    await server.proxy.cut();
    // More than the last page of the segment has room for, and nothing of it can go.
    await send(15);
    await agent.until(async () => (await agent.health()) === 503, "a health check that fails");
    expect((await agent.status()).spool.mode).toBe("memory");
    execFileSync("rm", [filler]);
    await send(2);
    await agent.until(async () => (await agent.health()) === 200, "a health check that passes");
    await server.proxy.open();
    await arrived();
  });
});
