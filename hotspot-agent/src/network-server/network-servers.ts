/**
 * All network servers of the agent: the configured groups and, below them, the customers' routes.
 *
 *   spool ── deliver ──► group ──► server ──► session ── MQTT ──► broker
 *   forwarder ◄── onDownlink ── session           forwarder ── acknowledge ──► the session that asked
 */
import type { ServerConfig } from "../config/agent-config.ts";
import type {
  Destination,
  DestinationHandle,
  DownlinkAck,
  DownlinkCommand,
  GatewayEui,
  GatewayStats,
} from "../messages.ts";
import type { ServerStatus } from "../status.ts";
import type { Telemetry } from "../telemetry.ts";
import type { UtcTime } from "../utc.ts";
import { filterSpec } from "./delivery-filter.ts";
import { readCredentials } from "./mqtt-settings.ts";
import type { NetworkServerSpec, ServerSurroundings } from "./network-server.ts";
import { type DeliveredCopy, type GroupOptions, ServerGroup } from "./server-group.ts";

/** One customer's route, as routes/route-plan.ts makes it of the signed lists. */
export interface RoutedServer {
  readonly routeId: number;
  readonly server: NetworkServerSpec;
  /** Changes exactly when server, credentials or filter do. */
  readonly fingerprint: string;
}

export interface NetworkServersOptions {
  readonly servers: readonly ServerConfig[];
  readonly region: string | null;
  /** What configured servers know a gateway by: the id from its key, or its factory EUI. */
  readonly gatewayIdOf: (gatewayEui: GatewayEui) => string;
  readonly utc: UtcTime;
  /** Give packets the agent's time where the gateway gives none. */
  readonly hasTimeFallback: boolean;
  readonly surroundings: Pick<ServerSurroundings, "clock" | "log" | "random" | "minPauseMs" | "maxPauseMs">;
  readonly telemetry: Telemetry;
  /** `Spool.attachAll`. */
  readonly attachAll: (destinations: readonly Destination[]) => readonly DestinationHandle[];
  /** `Spool.fitting`. */
  readonly fitting: (names: readonly string[]) => readonly string[];
  readonly onDownlink: (command: DownlinkCommand) => void;
  /** A server has a packet; for receipts, those with a routeId. */
  readonly onDelivered: (copy: DeliveredCopy) => void;
  readonly failbackMs?: number;
}

/**
 * Most routes served at once: the spool numbers 255 destinations, of which the owner's servers and routes that just went need some, and
 * each route is a connection.
 */
const maxRoutes = 192;
const leftOutRetryMs = 600_000;
/** Edges for how long a broker took to acknowledge, seconds. */
const ackBounds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 15];

export class NetworkServers {
  readonly #options: NetworkServersOptions;
  readonly #shared: Omit<GroupOptions, "name" | "replay" | "servers" | "isNeeded">;
  readonly #groups: ServerGroup[] = [];
  readonly #routes = new Map<number, { readonly fingerprint: string; readonly group: ServerGroup }>();
  readonly #gateways = new Set<GatewayEui>();
  readonly #healthy;
  readonly #leftOut;
  #cancelRetry: () => void = () => {};

  /** Throws AGT_BAD_OPTION if a server's filter is not readable. */
  constructor(options: NetworkServersOptions) {
    this.#options = options;
    const { telemetry, surroundings, region, utc, hasTimeFallback, onDownlink, onDelivered, failbackMs } = options;
    const ackSeconds = telemetry.histogram(
      "agent_broker_ack_seconds",
      "From publish to the broker's answer.",
      ackBounds,
    );
    this.#healthy = telemetry.gauge("agent_server_healthy", "1 while a server takes packets of every gateway.");
    this.#leftOut = telemetry.gauge("agent_routes_left_out", "Customers' routes that there is no room for.");
    const outcomes = telemetry.counter("agent_publishes_total", "Packets published, by server and outcome.");
    this.#shared = {
      surroundings: {
        ...surroundings,
        log: surroundings.log.for("network-server"),
        downlinks: telemetry.counter("agent_downlinks_total", "Downlinks asked for, by server."),
        refusedCommands: telemetry.counter(
          "agent_commands_refused_total",
          "Commands not followed, by server and reason.",
        ),
      },
      region,
      utc,
      hasTimeFallback,
      onDownlink,
      onDelivered,
      onHealth: () => this.#healthChanged(),
      onOutcome: (server, outcome, tookMs) => {
        outcomes.add({ server, outcome });
        if (outcome === "acked") ackSeconds.observe(tookMs / 1000, { server });
      },
      ...(failbackMs === undefined ? {} : { failbackMs }),
    };
    for (const group of this.#configuredGroups()) this.#groups.push(group);
  }

  /** Attaches every configured group to the spool (all at once: they share one reading of the backlog). */
  start(): void {
    const handles = this.#options.attachAll(this.#groups);
    for (const [i, group] of this.#groups.entries()) this.#begin(group, handles[i]!);
  }

  /** A forwarder was heard for the first time. */
  addGateway(gatewayEui: GatewayEui): void {
    if (this.#gateways.has(gatewayEui)) return;
    this.#gateways.add(gatewayEui);
    for (const group of this.#all()) group.addGateway(gatewayEui);
  }

  publishStats(stats: GatewayStats): void {
    this.addGateway(stats.gatewayEui);
    for (const group of this.#all()) group.addStats(stats);
  }

  /** Passes an ack to the server that asked; false when no server of ours did. */
  acknowledge(ack: DownlinkAck): boolean {
    for (const group of this.#all()) {
      const server = group.servers.find(({ spec }) => spec.origin === ack.origin);
      if (server === undefined) continue;
      server.acknowledge(ack);
      return true;
    }
    return false;
  }

  /**
   * The routes in force now: new ones are attached, changed ones reconnected, missing ones withdrawn for good. Of more than there is room
   * for the first ones are served; the others are tried again every ten minutes.
   */
  async setRoutes(routes: readonly RoutedServer[]): Promise<void> {
    const wanted = new Map(routes.slice(0, maxRoutes).map((route) => [route.routeId, route]));
    const ending: Promise<void>[] = [];
    const withdrawn: string[] = [];
    const added: ServerGroup[] = [];
    for (const [routeId, { fingerprint, group }] of this.#routes) {
      const next = wanted.get(routeId);
      if (next?.fingerprint === fingerprint) {
        wanted.delete(routeId);
        continue;
      }
      this.#routes.delete(routeId);
      if (next === undefined) withdrawn.push(routeDestination(routeId));
      ending.push(next === undefined ? group.retire("route_withdrawn") : group.close());
    }
    const names = [...wanted.keys()].map(routeDestination);
    const fitting = new Set(this.#options.fitting(names));
    for (const [routeId, route] of wanted) {
      if (!fitting.has(routeDestination(routeId))) continue;
      const group = new ServerGroup({
        ...this.#shared,
        name: routeDestination(routeId),
        replay: "data-only",
        servers: [route.server],
        isNeeded: () => true,
      });
      this.#routes.set(routeId, { fingerprint: route.fingerprint, group });
      added.push(group);
    }
    const handles = this.#options.attachAll(added);
    for (const [i, group] of added.entries()) this.#begin(group, handles[i]!);
    this.#tryLeftOutLater(routes);
    await Promise.all(ending);
    for (const name of withdrawn) this.#forgetCounts(name);
  }

  /** Names of all destinations attached now: cursors on disk under other names belong to nobody. */
  get destinations(): readonly string[] {
    return this.#all().map(({ name }) => name);
  }

  /** Addresses and prefixes of the configured servers: a route to the same place is the owner's own already. */
  get configuredPlaces(): ReadonlySet<string> {
    return new Set(this.#options.servers.map(({ url, topicPrefix }) => serverPlace(url, topicPrefix)));
  }

  status(): readonly ServerStatus[] {
    return this.#all().flatMap((group) => group.servers.map((server) => server.status(group.pendingCount)));
  }

  /** Disconnects everywhere with OFFLINE retained; the spool keeps what is pending. */
  async close(): Promise<void> {
    this.#cancelRetry();
    await Promise.all(this.#all().map((group) => group.close()));
  }

  /** A route that is gone keeps no series of its own, or years of them would fill the memory. */
  #forgetCounts(name: string): void {
    if (this.destinations.includes(name)) return;
    for (const label of ["server", "destination"]) this.#options.telemetry.forget(label, name, "withdrawn");
  }

  #tryLeftOutLater(routes: readonly RoutedServer[]): void {
    this.#cancelRetry();
    const leftOut = routes.length - this.#routes.size;
    this.#leftOut.set(leftOut);
    if (leftOut === 0) return;
    const { clock, log } = this.#shared.surroundings;
    log.complain("routes left out", "there are more customers' routes than there is room for", { leftOut });
    this.#cancelRetry = clock.after(leftOutRetryMs, () => void this.setRoutes(routes));
  }

  #all(): readonly ServerGroup[] {
    return [...this.#groups, ...[...this.#routes.values()].map(({ group }) => group)];
  }

  #begin(group: ServerGroup, handle: DestinationHandle): void {
    group.start(handle);
    for (const gatewayEui of this.#gateways) group.addGateway(gatewayEui);
  }

  #healthChanged(): void {
    // A local server of a fan-out group is needed or not by the health of the others.
    for (const group of this.#groups) if (group.servers[0]!.spec.isLocal) group.evaluate();
    for (const { name, isHealthy } of this.status()) this.#healthy.set(isHealthy ? 1 : 0, { server: name });
  }

  *#configuredGroups(): Generator<ServerGroup> {
    const byGroup = Map.groupBy(this.#options.servers, ({ group }) => group);
    for (const [name, servers] of byGroup) {
      const isFanout = servers.some(({ mode }) => mode === "fanout");
      if (!isFanout) {
        const ordered = [
          ...servers.filter(({ mode }) => mode !== "local"),
          ...servers.filter(({ mode }) => mode === "local"),
        ];
        yield this.#group(`group-${name}`, ordered, () => true);
        continue;
      }
      const others: ServerGroup[] = [];
      for (const server of servers.filter(({ mode }) => mode === "fanout")) {
        const group = this.#group(`server-${server.name}`, [server], () => true);
        others.push(group);
        yield group;
      }
      const isNeeded = () => !others.some((group) => group.isReachable);
      for (const server of servers.filter(({ mode }) => mode === "local")) {
        yield this.#group(`server-${server.name}`, [{ ...server, replay: "off" }], isNeeded);
      }
    }
  }

  /** How a backlog is replayed is the first server's word: the servers of a group stand for one network. */
  #group(name: string, servers: readonly ServerConfig[], isNeeded: () => boolean): ServerGroup {
    const first = servers[0]!;
    return new ServerGroup({
      ...this.#shared,
      name,
      replay: first.replay,
      servers: servers.map((server) => this.#spec(server)),
      isNeeded,
    });
  }

  #spec(server: ServerConfig): NetworkServerSpec {
    const { gatewayIdOf } = this.#options;
    return {
      origin: `server:${server.name}`,
      name: server.name,
      group: server.group,
      isLocal: server.mode === "local",
      filter: filterSpec(server),
      routeId: null,
      topicPrefix: server.topicPrefix,
      protocol: server.protocol,
      encoding: server.encoding,
      keepAliveMs: server.keepAliveMs,
      ackTimeoutMs: server.ackTimeoutMs,
      statsIntervalMs: server.statsIntervalMs,
      qos: server.qos ?? 1,
      commands: server.commands,
      url: server.url,
      connection: (gatewayEui) => ({
        url: server.url,
        gatewayId: gatewayIdOf(gatewayEui),
        clientId: server.clientId,
        credentials: () => readCredentials(server),
      }),
    };
  }
}

/** The spool's name for a route. */
export function routeDestination(routeId: number): string {
  return `route-${routeId}`;
}

/** Whether the spool's name is a route's; configured groups and servers have other ones. */
export function isRouteDestination(name: string): boolean {
  return /^route-[0-9]+$/.test(name);
}

/** Broker and prefix: two servers at one place are one server. */
export function serverPlace(url: string, topicPrefix: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname.toLowerCase()}:${port === "" ? (protocol === "mqtts:" ? 8883 : 1883) : port}/${topicPrefix}`;
}
