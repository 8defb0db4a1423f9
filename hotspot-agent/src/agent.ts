/**
 * The agent: every actor, wired to the others, from start to stop.
 *
 *   packet forwarders ─ UDP ─► SemtechUdp ─► Spool ─► NetworkServers ─ MQTT ─► ChirpStack
 *                       ▲          │ beacons               │ commands
 *                       └─ DownlinkScheduler ◄─────────────┘
 *                               ▲  └──► ProofOfCoverage ─ HTTPS ─► oracles
 *                               └ beacons ┘
 *
 * Starts so that a forwarder is answered first: spool, socket, then what needs the network. Stops in the other order: no more
 * datagrams, answers to downlinks under way, OFFLINE at the brokers, and what is spooled stays on disk.
 */
import { readFileSync } from "node:fs";
import { type AgentState, closeState, openState } from "./agent-state.ts";
import { animalName } from "./animal-name.ts";
import type { Clock } from "./clock.ts";
import type { AgentConfig, MqttConfig } from "./config/agent-config.ts";
import { agentError } from "./errors.ts";
import { DownlinkScheduler } from "./forwarder/downlink-scheduler.ts";
import type { ForwarderInputOptions } from "./forwarder/forwarder-input.ts";
import { MqttInput } from "./forwarder/mqtt-input.ts";
import { SemtechUdp } from "./forwarder/semtech-udp.ts";
import { GatewayAdmission } from "./gateway-admission.ts";
import { type LocalPage, serveLocalPage } from "./local-page/server.ts";
import type { Log } from "./log.ts";
import { keepMemorySmall } from "./memory-keeper.ts";
import type { DownlinkCommand, UplinkPacket } from "./messages.ts";
import { defaultClientId, readCredentials } from "./network-server/mqtt-settings.ts";
import { isRouteDestination, NetworkServers } from "./network-server/network-servers.ts";
import { fetchSend } from "./proof/http.ts";
import { ProofOfCoverage } from "./proof/proof-of-coverage.ts";
import { DiskFiles } from "./proof/state-files.ts";
import { planRoutes } from "./routes/route-plan.ts";
import { RouteWatcher } from "./routes/route-watcher.ts";
import { SelfView } from "./self-view.ts";
import { keepAlive, type ServiceManager } from "./service-manager.ts";
import type { LiveRecord } from "./spool/live-record.ts";
import { proofFolder, routeFolder, updateFolder } from "./state-folders.ts";
import type { Installation } from "./update/installation.ts";
import { beginUpdate, selfUpdate } from "./update/self-update.ts";
import { agentVersion } from "./version.ts";

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly manager: ServiceManager;
  /** Settles when the agent is to stop. */
  readonly stopped: Promise<void>;
}

/** Until the local page's port is tried again, ms. */
const PAGE_RETRY_MS = 5000;

/** Runs the agent until `stopped`. Throws the CodedError of the actor that cannot start. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { config, log } = options;
  const updates = log.for("update");
  const installation = beginUpdate(config.update, updateFolder(config.hotspot.stateDir), {
    currentVersion: agentVersion,
    log: updates,
  });
  if (installation === "restart") return;
  const state = await openState(options);
  try {
    await new Agent(options, state, installation).run();
  } finally {
    await closeState(state);
  }
}

class Agent {
  readonly #options: AgentOptions;
  readonly #state: AgentState;
  readonly #installation: Installation | null;
  readonly #gateways: GatewayAdmission;
  readonly #forwarder: SemtechUdp;
  readonly #scheduler: DownlinkScheduler;
  readonly #servers: NetworkServers;
  readonly #mqttInputs: readonly MqttInput[];
  readonly #proof: ProofOfCoverage | undefined;
  readonly #routes: RouteWatcher | undefined;
  readonly #self: SelfView;
  readonly #stopping = new AbortController();
  #page: LocalPage | undefined;
  #cancelPage: () => void = () => {};
  #proving: Promise<unknown> | undefined;
  #cancelTasks: readonly (() => void)[] = [];

  constructor(options: AgentOptions, state: AgentState, installation: Installation | null) {
    this.#options = options;
    this.#state = state;
    const { config, clock, log } = options;
    const { keyring, airTime, spool, telemetry, utc } = state;
    this.#installation = installation;
    this.#gateways = new GatewayAdmission({
      keyring,
      log,
      telemetry,
      onGateway: (gatewayEui) => {
        this.#servers.addGateway(gatewayEui);
        this.#proof?.gatewaySeen(gatewayEui);
        const { keyText, gatewayId, signer } = keyring.identityOf(gatewayEui);
        void this.#routes?.addHotspot({ gatewayEui, gatewayId, keyText, signer });
      },
    });
    this.#forwarder = new SemtechUdp({
      ...this.#inputOptions(),
      ...config.forwarder.listen,
      onTxAck: (gatewayEui, token, answer) => this.#scheduler.txAck(gatewayEui, token, answer),
    });
    this.#mqttInputs = config.gatewayMqtt.map((input, i) => this.#makeMqttInput(input, i));
    this.#scheduler = new DownlinkScheduler({
      link: this.#forwarder,
      foreignGateway: (gatewayEui) =>
        this.#mqttInputs.find((input) => input.gateways.has(gatewayEui))?.gateway(gatewayEui) ?? null,
      airTime,
      clock,
      telemetry,
      ackTimeoutMs: config.forwarder.ackTimeoutMs,
    });
    this.#servers = new NetworkServers({
      servers: config.servers,
      region: config.hotspot.region ?? null,
      gatewayIdOf: (gatewayEui) =>
        config.hotspot.gatewayId === "factory" ? gatewayEui : keyring.identityOf(gatewayEui).gatewayId,
      utc,
      hasTimeFallback: config.forwarder.timeFallback,
      surroundings: { clock, log },
      telemetry,
      attachAll: (destinations) => spool.attachAll(destinations),
      fitting: (names) => spool.fitting(names),
      onDownlink: (command) => void this.#answerDownlink(command),
      onDelivered: ({ packet, routeId }) => {
        if (routeId !== null) this.#proof?.delivered(packet, routeId);
      },
    });
    this.#proof = this.#makeProof();
    if (this.#proof !== undefined) utc.follow(this.#proof.networkClock);
    this.#routes = this.#makeRoutes();
    this.#self = new SelfView({
      clock,
      state,
      listen: config.forwarder.listen,
      admission: this.#gateways,
      forwarder: this.#forwarder,
      mqttInputs: this.#mqttInputs,
      servers: this.#servers,
      proof: this.#proof,
    });
  }

  /** Runs until it is to stop; whatever was started has stopped when this settles, also after an error. */
  async run(): Promise<void> {
    const { stopped } = this.#options;
    try {
      await this.#start();
      await Promise.race([stopped, this.#update(stopped)]);
    } finally {
      await this.#stop();
    }
  }

  async #start(): Promise<void> {
    const { config, clock, log, manager } = this.#options;
    const port = await this.#forwarder.open();
    if (config.page.enabled) this.#servePage();
    this.#servers.start();
    this.#retireForgotten();
    for (const input of this.#mqttInputs) input.open();
    const { signal } = this.#stopping;
    this.#proving = Promise.all([this.#proof?.run(signal), this.#routes?.run(signal)]);
    this.#cancelTasks = [
      keepAlive(manager, clock, () => this.#self.unhealthy() ?? "Relays packets."),
      keepMemorySmall({
        clock,
        telemetry: this.#state.telemetry,
        residentBytes: () => process.memoryUsage.rss(),
        collect: () => Bun.gc(true),
      }),
    ];
    manager.ready();
    const name = animalName(this.#state.keyring.primary.keyText);
    const listen = `${config.forwarder.listen.host}:${port}`;
    log.info("Started.", { version: agentVersion, name, listen, page: this.#page?.port });
  }

  async #stop(): Promise<void> {
    const { log, manager } = this.#options;
    log.info("Stopping.");
    manager.stopping();
    for (const cancel of this.#cancelTasks) cancel();
    this.#cancelPage();
    this.#forwarder.close();
    this.#stopping.abort();
    this.#scheduler.close();
    await Promise.all(this.#mqttInputs.map((input) => input.close()));
    await this.#proving;
    await this.#servers.close();
    await this.#page?.stop();
  }

  /** A port that another program has is no reason not to relay: it may be free later. */
  #servePage(): void {
    const { config, clock, log } = this.#options;
    try {
      this.#page = serveLocalPage(config.page.listen, {
        status: () => this.#self.status(),
        metrics: () => this.#self.metrics(),
        unhealthy: () => this.#self.unhealthy(),
      });
    } catch (error) {
      log.complain("page", "The local page cannot be served yet.", { problem: (error as Error).message });
      this.#cancelPage = clock.after(PAGE_RETRY_MS, () => this.#servePage());
    }
  }

  /** Beacons of other hotspots are a witness's, everything else may be a device's. */
  #takePackets(record: LiveRecord, packets: readonly UplinkPacket[]): void {
    const admitted = packets.filter((packet) => this.#gateways.admitPacket(packet));
    for (const packet of admitted) this.#proof?.hear(packet);
    this.#state.spool.admit(record, admitted);
  }

  async #answerDownlink(command: DownlinkCommand): Promise<void> {
    this.#servers.acknowledge(await this.#scheduler.submit(command));
  }

  #makeMqttInput(input: MqttConfig, position: number): MqttInput {
    const { gatewayId } = this.#state.keyring.primary;
    return new MqttInput({
      ...this.#inputOptions(),
      ...input,
      clientId: input.clientId ?? defaultClientId(`gateway-mqtt-${position}`, gatewayId),
      credentials: () => readCredentials(input),
    });
  }

  #inputOptions(): ForwarderInputOptions {
    const { config, clock, log } = this.#options;
    const { spool, telemetry } = this.#state;
    return {
      allow: config.forwarder.allow,
      clock,
      log: log.for("forwarder"),
      telemetry,
      spool,
      onPackets: (record, packets) => this.#takePackets(record, packets),
      onStats: (stats) => {
        if (this.#gateways.admit(stats.gatewayEui)) this.#servers.publishStats(stats);
      },
      onGateway: (gatewayEui) => void this.#gateways.admit(gatewayEui),
    };
  }

  /** What waits for servers that the owner took out of the configuration waits for nobody. */
  #retireForgotten(): void {
    const { spool } = this.#state;
    const here = new Set(this.#servers.destinations);
    for (const name of spool.knownDestinations) {
      // Routes come with their lists; without oracles there are none.
      const mayComeBack = this.#routes !== undefined && isRouteDestination(name);
      if (!here.has(name) && !mayComeBack) spool.retire(name);
    }
  }

  #makeRoutes(): RouteWatcher | undefined {
    const { config, clock, log } = this.#options;
    const proof = this.#proof;
    if (proof === undefined || !config.oracle.routes) return undefined;
    return new RouteWatcher({
      oracles: proof.clients,
      signers: proof.signers,
      network: config.oracle.network,
      files: new DiskFiles(routeFolder(config.hotspot.stateDir)),
      clock,
      networkNowMs: () => proof.networkClock.nowMs(),
      log: log.for("routes"),
      telemetry: this.#state.telemetry,
      onRoutes: (hotspots) => void this.#servers.setRoutes(planRoutes(hotspots, this.#servers.configuredPlaces)),
    });
  }

  #makeProof(): ProofOfCoverage | undefined {
    const { config, clock, log } = this.#options;
    const { oracle, hotspot } = config;
    if (oracle.urls.length === 0) return undefined;
    const { region, antennaGainDdbi, hasListenBeforeTalk } = hotspot;
    return new ProofOfCoverage({
      oracle,
      radio: region === undefined ? null : { region, antennaGainDdbi, hasListenBeforeTalk },
      keyring: this.#state.keyring,
      folder: proofFolder(hotspot.stateDir),
      transmit: (command) => this.#scheduler.submit(command),
      clock,
      log,
      telemetry: this.#state.telemetry,
      send: fetchSend(oracle.caFile === undefined ? undefined : readAuthority(oracle.caFile)),
    });
  }

  /** Settles when a new binary waits to be started in this one's place. */
  async #update(stopped: Promise<void>): Promise<void> {
    const { config, clock, log } = this.#options;
    await selfUpdate(
      {
        config: config.update,
        installation: this.#installation,
        currentVersion: agentVersion,
        health: () => this.#self.health(),
        clock,
        log: log.for("update"),
        telemetry: this.#state.telemetry,
      },
      stopped,
    );
  }
}

/** @throws AGT_BAD_CONFIG */
function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw agentError("AGT_BAD_CONFIG", `oracle.ca_file: ${path} cannot be read`, { cause });
  }
}
