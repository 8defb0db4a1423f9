/**
 * A whole small network for one scenario: a real broker, a referee in the place of ChirpStack, the agent as a process of its own and
 * packet forwarders on UDP; with a proxy before the broker that can cut, delay and freeze.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { AgentProcess, type AgentSetup } from "../doubles/agent-process.ts";
import { LorawanDevice } from "../doubles/lorawan-device.ts";
import { type Broker, type BrokerOptions, startBroker } from "../doubles/mosquitto.ts";
import { NetworkServerReferee } from "../doubles/network-server-referee.ts";
import { type ForwarderOptions, PacketForwarder } from "../doubles/packet-forwarder.ts";
import { realScheduler } from "../doubles/scheduler.ts";
import { TcpProxy } from "../doubles/tcp-proxy.ts";

/** Runs the agent with a clock that signals move; see bench/agent-with-clock.ts. */
export const STEPPED_CLOCK = [process.execPath, join(import.meta.dirname, "../../bench/agent-with-clock.ts")];
export const FIRST_EUI = "aa555a0000000101";
/** Nothing is acknowledged from memory, so that a kill loses nothing that was, however long a busy machine takes to write it. */
export const ACK_FROM_DISK = 'stall_limit = "5 min"\n';
const NWK_S_KEY = "2b7e151628aed2a6abf7158809cf4f3c";
const APP_S_KEY = "3c4fcf098815f7aba6d2ae2816157e2b";
/** From an uplink to its first window: as long as it may be but for a few seconds, so that no busy machine is too late for it. */
export const RX1_DELAY_S = 10;

/** A broker with a referee behind it, and the proxy through which agents reach it. */
export interface Server {
  readonly name: string;
  readonly broker: Broker;
  readonly proxy: TcpProxy;
  readonly referee: NetworkServerReferee;
  /** PEM of the authority of its certificate; null without TLS. */
  readonly authority: string | null;
  /** Connects the referee to the broker, as ChirpStack starts. */
  readonly connect: () => Promise<void>;
  /** Takes the referee away and leaves the broker. */
  readonly disconnect: () => Promise<void>;
}

export interface ScenarioOptions {
  /** Names of the servers; one called "main" without it. */
  readonly servers?: readonly string[];
  /** Keys of each [[server]]. */
  readonly server?: string;
  /** Further sections. */
  readonly toml?: string;
  readonly hotspot?: string;
  /** `factory` without it: the gateway's EUI is what servers see. */
  readonly gatewayId?: "key" | "factory";
  readonly forwarder?: string;
  readonly command?: AgentSetup["command"];
  readonly environment?: AgentSetup["environment"];
  readonly broker?: BrokerOptions;
  /** Does not start the agent. */
  readonly isPrepared?: boolean;
}

export class Scenario {
  readonly folder = mkdtempSync(join(tmpdir(), "earshot-e2e-"));
  readonly servers: Server[] = [];
  readonly forwarders: PacketForwarder[] = [];
  agent!: AgentProcess;

  private constructor() {}

  static async start(options: ScenarioOptions = {}): Promise<Scenario> {
    const scenario = new Scenario();
    try {
      for (const name of options.servers ?? ["main"])
        scenario.servers.push(await startServer(name, options.broker ?? {}));
      scenario.agent = await AgentProcess.prepare({
        folder: scenario.folder,
        toml: `${options.toml ?? ""}\n${scenario.servers.map((server) => serverToml(server, options.server ?? "")).join("")}`,
        hotspot: `gateway_id = "${options.gatewayId ?? "factory"}"\n${options.hotspot ?? ""}`,
        ...(options.forwarder === undefined ? {} : { forwarder: options.forwarder }),
        ...(options.command === undefined ? {} : { command: options.command }),
        ...(options.environment === undefined ? {} : { environment: options.environment }),
      });
      if (options.isPrepared !== true) await scenario.agent.start();
    } catch (error) {
      await scenario.end();
      throw error;
    }
    return scenario;
  }

  get server(): Server {
    return this.servers[0]!;
  }

  /** One more broker with a referee, which the agent's configuration does not name. */
  async addServer(name: string, options: BrokerOptions = {}): Promise<Server> {
    const server = await startServer(name, options);
    this.servers.push(server);
    return server;
  }

  /** A packet forwarder that has seen its PULL_ACK. */
  async forwarder(options: Partial<ForwarderOptions> = {}): Promise<PacketForwarder> {
    const forwarder = await PacketForwarder.open({ eui: FIRST_EUI, port: this.agent.udpPort, ...options });
    this.forwarders.push(forwarder);
    await forwarder.until(() => forwarder.pullAcks > 0, "a PULL_ACK");
    return forwarder;
  }

  /** A device with a session at every server of `servers`, by default all. */
  device(devAddr = "01020304", servers: readonly Server[] = this.servers): LorawanDevice {
    const device = LorawanDevice.personalised(devAddr, NWK_S_KEY, APP_S_KEY);
    for (const { referee } of servers) referee.addSession(device.keys.devEui, device.session!);
    return device;
  }

  /** Waits until every server is connected and healthy for the gateways heard so far. */
  async connected(): Promise<void> {
    const { agent } = this;
    await agent.until(
      async () => (await agent.status()).servers.every(({ isConnected }) => isConnected),
      "connected servers",
    );
  }

  async end(): Promise<void> {
    for (const forwarder of this.forwarders) forwarder.close();
    await this.agent?.kill();
    for (const { disconnect, proxy, broker } of this.servers) {
      await disconnect();
      await proxy.cut();
      await broker.dispose();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Payloads of a device's uplinks as an application sees them, in the order they came. */
export function received(server: Server, device: LorawanDevice): readonly string[] {
  return server.referee.uplinksOf(device.keys.devEui).map(({ data }) => data.toString());
}

async function startServer(name: string, options: BrokerOptions): Promise<Server> {
  const broker = await startBroker(options);
  const proxy = new TcpProxy(broker.port);
  await proxy.open();
  let client: mqtt.MqttClient | undefined;
  const publish = (topic: string, payload: Buffer) => void client?.publish(topic, payload);
  const referee = new NetworkServerReferee(realScheduler(), publish, { rx1DelayS: RX1_DELAY_S });
  const connect = async () => {
    const ends = options.tls === true ? tlsFiles(broker) : {};
    client = await mqtt.connectAsync(broker.url, {
      protocolVersion: 5,
      clientId: `referee-${name}`,
      reconnectPeriod: 100,
      ...ends,
    });
    client.on("message", (topic, payload) => referee.receive(topic, payload));
    client.on("error", () => {});
    await client.subscribeAsync(referee.subscription, { qos: 0 });
  };
  const disconnect = async () => {
    await client?.endAsync(true);
    client = undefined;
  };
  await connect();
  const authority = options.tls === true ? readFileSync(broker.caFile, "utf8") : null;
  return { name, broker, proxy, referee, authority, connect, disconnect };
}

function tlsFiles(broker: Broker) {
  return {
    ca: [Bun.file(broker.caFile)],
    cert: Bun.file(broker.clientCertFile),
    key: Bun.file(broker.clientKeyFile),
  } as object;
}

function serverToml({ name, broker, proxy }: Server, keys: string): string {
  const isTls = broker.url.startsWith("mqtts:");
  const tls = isTls
    ? `ca_file = "${broker.caFile}"\ncert_file = "${broker.clientCertFile}"\nkey_file = "${broker.clientKeyFile}"\n`
    : "";
  return `[[server]]
name = "${name}"
url = "${isTls ? "mqtts://localhost" : "mqtt://127.0.0.1"}:${proxy.port}"
topic_prefix = "eu868"
${tls}${keys}
`;
}
