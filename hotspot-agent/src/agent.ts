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
import { join } from "node:path";
import { type RegionRules, regionByName, regionRules } from "@earshot/poc/radio";
import { type AirTimeBook, openAirTimeBook } from "./air-time/air-time-book.ts";
import { animalName } from "./animal-name.ts";
import type { Clock } from "./clock.ts";
import type { AgentConfig, MqttConfig } from "./config/agent-config.ts";
import { agentError } from "./errors.ts";
import { DownlinkScheduler } from "./forwarder/downlink-scheduler.ts";
import { MqttInput } from "./forwarder/mqtt-input.ts";
import { MQTT_RECORD, readMqttRecord } from "./forwarder/mqtt-record.ts";
import { readGwmpRecord, SemtechUdp } from "./forwarder/semtech-udp.ts";
import { GatewayAdmission } from "./gateway-admission.ts";
import { type Keyring, openKeyring } from "./keyring.ts";
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
import type { ServiceManager } from "./service-manager.ts";
import { openDisk } from "./spool/disk.ts";
import type { LiveRecord } from "./spool/live-record.ts";
import { Spool } from "./spool/spool.ts";
import { airTimeFolder, keyFolder, proofFolder, routeFolder, spoolFolder, updateFolder } from "./state-folders.ts";
import type { AgentStatus, GatewayStatus } from "./status.ts";
import { Telemetry } from "./telemetry.ts";
import type { Installation } from "./update/installation.ts";
import { beginUpdate, selfUpdate } from "./update/self-update.ts";
import type { Health } from "./update/trial.ts";
import { Utc } from "./utc.ts";
import { agentVersion } from "./version.ts";

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly manager: ServiceManager;
  /** Settles when the agent is to stop. */
  readonly stopped: Promise<void>;
}

/** What lies on disk, opened. */
interface State {
  readonly keyring: Keyring;
  readonly airTime: AirTimeBook;
  readonly spool: Spool;
  readonly telemetry: Telemetry;
  readonly utc: Utc;
  /** What an update replaces; null when there are none. */
  readonly installation: Installation | null;
}

/** Forwarders send something every 10 s at the least. */
const HEARD_LATELY_MS = 30_000;

/** Runs the agent until `stopped`. Throws the CodedError of the actor that cannot start. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { config, log } = options;
  const updates = log.for("update");
  const installation = beginUpdate(config.update, updateFolder(config.hotspot.stateDir), {
    currentVersion: agentVersion,
    log: updates,
  });
  if (installation === "restart") return;
  const state = await openState(options, installation);
  try {
    await new Agent(options, state).run();
  } finally {
    await state.spool.close();
    await state.airTime.flushed();
  }
}

async function openState({ config, clock, log }: AgentOptions, installation: Installation | null): Promise<State> {
  const telemetry = new Telemetry();
  const utc = new Utc(clock);
  const { stateDir, region } = config.hotspot;
  const keyring = openKeyring(keyFolder(stateDir));
  const rules = rulesOf(region);
  const path = join(airTimeFolder(stateDir), "transmissions");
  const airTime = await openAirTimeBook({ path, clock, telemetry, rulesOf: () => rules });
  const spool = await Spool.open({
    ...config.spool,
    disk: await openDisk(spoolFolder(stateDir)),
    clock,
    toUtcMs: (steadyMs) => utc.ofSteady(steadyMs),
    log: log.for("spool"),
    telemetry,
    read: (record) => (record.kind === MQTT_RECORD ? readMqttRecord(record) : readGwmpRecord(record)),
    wantedCrc: new Set(config.forwarder.crc),
  });
  return { keyring, airTime, spool, telemetry, utc, installation };
}

class Agent {
  readonly #options: AgentOptions;
  readonly #state: State;
  readonly #startedMs: number;
  readonly #gateways: GatewayAdmission;
  readonly #forwarder: SemtechUdp;
  readonly #scheduler: DownlinkScheduler;
  readonly #servers: NetworkServers;
  readonly #mqttInputs: readonly MqttInput[];
  readonly #proof: ProofOfCoverage | undefined;
  readonly #routes: RouteWatcher | undefined;
  readonly #stopping = new AbortController();
  #page: LocalPage | undefined;
  #proving: Promise<unknown> | undefined;
  #cancelTasks: readonly (() => void)[] = [];

  constructor(options: AgentOptions, state: State) {
    this.#options = options;
    this.#state = state;
    const { config, clock, log } = options;
    const { keyring, airTime, spool, telemetry, utc } = state;
    this.#startedMs = clock.nowMs();
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
      ...config.forwarder.listen,
      allow: config.forwarder.allow,
      clock,
      log: log.for("forwarder"),
      telemetry,
      spool,
      onPackets: (record, packets) => this.#takePackets(record, packets),
      onStats: (stats) => {
        if (this.#gateways.admit(stats.gatewayEui)) this.#servers.publishStats(stats);
      },
      onTxAck: (gatewayEui, token, answer) => this.#scheduler.txAck(gatewayEui, token, answer),
      onGateway: (gatewayEui) => void this.#gateways.admit(gatewayEui),
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
      onDownlink: (command) => void this.#answerDownlink(command),
      onDelivered: ({ packet, routeId }) => {
        if (routeId !== null) this.#proof?.delivered(packet, routeId);
      },
    });
    this.#proof = this.#makeProof();
    if (this.#proof !== undefined) utc.follow(this.#proof.networkClock);
    this.#routes = this.#makeRoutes();
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
    if (config.page.enabled) {
      this.#page = serveLocalPage(config.page.listen, {
        status: () => this.#status(),
        metrics: () => this.#metrics(),
        unhealthy: () => this.#unhealthy(),
      });
    }
    this.#servers.start();
    this.#retireForgotten();
    for (const input of this.#mqttInputs) input.open();
    const { signal } = this.#stopping;
    this.#proving = Promise.all([this.#proof?.run(signal), this.#routes?.run(signal)]);
    this.#cancelTasks = [
      keepAlive(manager, clock, () => this.#unhealthy() ?? "Relays packets."),
      keepMemorySmall({
        clock,
        telemetry: this.#state.telemetry,
        residentBytes: () => process.memoryUsage.rss(),
        collect: () => Bun.gc(true),
      }),
    ];
    manager.ready();
    const listen = `${config.forwarder.listen.host}:${port}`;
    log.info("Started.", { version: agentVersion, name: this.#primaryName(), listen, page: this.#page?.port });
  }

  async #stop(): Promise<void> {
    const { log, manager } = this.#options;
    log.info("Stopping.");
    manager.stopping();
    for (const cancel of this.#cancelTasks) cancel();
    this.#forwarder.close();
    this.#stopping.abort();
    this.#scheduler.close();
    await Promise.all(this.#mqttInputs.map((input) => input.close()));
    await this.#proving;
    await this.#servers.close();
    await this.#page?.stop();
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
    const { config, clock, log } = this.#options;
    const { keyring, spool, telemetry } = this.#state;
    return new MqttInput({
      ...input,
      clientId: input.clientId ?? defaultClientId(`gateway-mqtt-${position}`, keyring.primary.gatewayId),
      credentials: () => readCredentials(input),
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
    });
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
        installation: this.#state.installation,
        currentVersion: agentVersion,
        health: () => this.#health(),
        clock,
        log: log.for("update"),
        telemetry: this.#state.telemetry,
      },
      stopped,
    );
  }

  #health(): Health {
    const heardSinceMs = this.#options.clock.nowMs() - HEARD_LATELY_MS;
    return {
      forwarders: this.#gatewayStatus().filter(({ lastSeenMs }) => (lastSeenMs ?? 0) > heardSinceMs).length,
      servers: this.#servers.status().filter(({ isHealthy }) => isHealthy).length,
      isDiskGood: !this.#state.spool.isFailing,
    };
  }

  #primaryName(): string {
    return animalName(this.#state.keyring.primary.keyText);
  }

  #unhealthy(): string | undefined {
    return this.#state.spool.isFailing ? "The disk takes no packets; they wait in memory." : undefined;
  }

  #status(): AgentStatus {
    const { config, clock } = this.#options;
    const { keyring, spool, telemetry } = this.#state;
    const { keyText, gatewayId } = keyring.primary;
    const clockStatus = this.#proof?.networkClock.status();
    const { bytes, maxBytes } = spool.fill;
    const dropped = telemetry.counter("agent_packets_dropped_total", "Packets not delivered, by reason.");
    const refused = telemetry.counter("agent_datagrams_refused_total", "Datagrams refused, by reason.");
    return {
      version: agentVersion,
      startedMs: this.#startedMs,
      nowMs: clock.nowMs(),
      primary: { key: keyText, name: this.#primaryName(), gatewayId },
      listen: `${config.forwarder.listen.host}:${config.forwarder.listen.port}`,
      gateways: this.#gatewayStatus(),
      malformed: refused.total(),
      spool: { mode: spool.isFailing ? "memory" : "disk", bytes, maxBytes, dropped: dropped.totals("reason") },
      servers: this.#servers.status(),
      proof: this.#proof?.status() ?? null,
      clock: { errorMs: clockStatus === undefined || clockStatus.sources === 0 ? null : clockStatus.wallErrorMs },
    };
  }

  #gatewayStatus(): readonly GatewayStatus[] {
    const sessions = new Map(this.#forwarder.sessions.map((session) => [session.gatewayEui, session]));
    return this.#gateways.gateways.map(({ gatewayEui, identity, packets, lastPacketMs }) => {
      const session = sessions.get(gatewayEui);
      const input = this.#mqttInputs.find(({ gateways }) => gateways.has(gatewayEui));
      const to = session?.downlinkAddress ?? null;
      return {
        gatewayEui,
        gatewayId: identity.gatewayId,
        key: identity.keyText,
        name: animalName(identity.keyText),
        address: to === null ? (input?.url ?? null) : `${to.address}:${to.port}`,
        lastSeenMs: session?.lastSeenMs ?? input?.gateways.get(gatewayEui)?.lastSeenMs ?? null,
        lastPacketMs,
        packets,
      };
    });
  }

  #metrics(): string {
    const { telemetry } = this.#state;
    const { rss, heapUsed } = process.memoryUsage();
    telemetry.gauge("agent_resident_bytes", "Memory of the process.").set(rss);
    telemetry.gauge("agent_heap_bytes", "Memory that JavaScript uses.").set(heapUsed);
    telemetry
      .gauge("agent_uptime_seconds", "Since the start.")
      .set((this.#options.clock.nowMs() - this.#startedMs) / 1000);
    return telemetry.render();
  }
}

/** What a hotspot of a region may transmit by law; null without a region, or where no rule is recorded. */
function rulesOf(region: string | undefined): RegionRules | null {
  return region === undefined ? null : regionRules(regionByName(region, "corrected").planName);
}

/** @throws AGT_BAD_CONFIG */
function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw agentError("AGT_BAD_CONFIG", `oracle.ca_file: ${path} cannot be read`, { cause });
  }
}

/** Resets systemd's watchdog in time and says how it goes; the answer ends it. */
function keepAlive(manager: ServiceManager, clock: Clock, sentence: () => string): () => void {
  const { watchdogMs } = manager;
  if (watchdogMs === undefined) return () => {};
  let cancel = () => {};
  const tell = () => {
    manager.alive();
    manager.status(sentence());
    cancel = clock.after(watchdogMs / 3, tell);
  };
  tell();
  return () => cancel();
}
