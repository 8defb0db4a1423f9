/**
 * One network server as configured or routed, with a session for each gateway, made when the gateway is first needed.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { DownlinkAck, DownlinkCommand, GatewayEui, UplinkPacket } from "../messages.ts";
import type { ServerStatus } from "../status.ts";
import type { Counter } from "../telemetry.ts";
import { type FilterSpec, wantsFrame } from "./delivery-filter.ts";
import { type AllowedCommands, CommandRunner } from "./exec-command.ts";
import type { Encoding } from "./gateway-encoding.ts";
import type { LinkCredentials, MqttProtocol } from "./mqtt-link.ts";
import { defaultClientId } from "./mqtt-settings.ts";
import { isHealthy } from "./server-health.ts";
import { ServerSession } from "./server-session.ts";

/** Where and how one gateway connects. */
export interface Connection {
  /** mqtt:// or mqtts://. */
  readonly url: string;
  /** What the server knows the gateway by. */
  readonly gatewayId: string;
  /** Undefined: made from server and gateway. */
  readonly clientId: string | undefined;
  readonly credentials: () => LinkCredentials;
}

export interface NetworkServerSpec {
  /** Unique among all servers and routes; the origin of its downlinks. */
  readonly origin: string;
  /** As shown and counted. */
  readonly name: string;
  readonly group: string;
  /** Only while no other of the group can be reached. */
  readonly isLocal: boolean;
  /** What it wants of what is heard. */
  readonly filter: FilterSpec;
  /** Null with a configured server. */
  readonly routeId: number | null;
  readonly topicPrefix: string;
  readonly protocol: "auto" | MqttProtocol;
  readonly encoding: Encoding;
  readonly keepAliveMs: number;
  readonly ackTimeoutMs: number;
  readonly statsIntervalMs: number;
  readonly qos: 0 | 1;
  readonly commands: AllowedCommands;
  /** For display. */
  readonly url: string;
  /** Null: this server does not serve the gateway. */
  readonly connection: (gatewayEui: GatewayEui) => Connection | null;
}

/** What every server of an agent shares. */
export interface ServerSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly downlinks: Counter;
  readonly refusedCommands: Counter;
  readonly random?: () => number;
  readonly minPauseMs?: number;
  readonly maxPauseMs?: number;
}

export interface ServerEvents {
  readonly onDownlink: (command: DownlinkCommand) => void;
  readonly onHealth: () => void;
  readonly hasAlternative: (gatewayEui: GatewayEui) => boolean;
}

export class NetworkServer {
  readonly spec: NetworkServerSpec;
  readonly #surroundings: ServerSurroundings;
  readonly #events: ServerEvents;
  readonly #commands: CommandRunner;
  readonly #sessions = new Map<GatewayEui, ServerSession>();
  #delivered = 0;
  #lastDeliveredMs: number | null = null;
  #isClosed = false;

  constructor(spec: NetworkServerSpec, surroundings: ServerSurroundings, events: ServerEvents) {
    this.spec = spec;
    this.#surroundings = surroundings;
    this.#events = events;
    this.#commands = new CommandRunner(spec.commands);
  }

  get sessions(): Iterable<ServerSession> {
    return this.#sessions.values();
  }

  /** Whether it serves the gateway. */
  serves(gatewayEui: GatewayEui): boolean {
    return this.#sessions.has(gatewayEui) || this.spec.connection(gatewayEui) !== null;
  }

  /** Whether the packet is one that it wants, from a gateway that it serves. Pure. */
  accepts({ gatewayEui, phyPayload }: UplinkPacket): boolean {
    return wantsFrame(this.spec.filter, phyPayload) && this.serves(gatewayEui);
  }

  /** The gateway's session, opened now if there was none; null if this server does not serve it. */
  session(gatewayEui: GatewayEui): ServerSession | null {
    const known = this.#sessions.get(gatewayEui);
    if (known !== undefined) return known;
    const connection = this.#isClosed ? null : this.spec.connection(gatewayEui);
    if (connection === null) return null;
    const { spec } = this;
    const { clock, log, downlinks, refusedCommands, ...pauses } = this.#surroundings;
    const server = { server: spec.name };
    const session = new ServerSession({
      ...spec,
      ...pauses,
      serverName: spec.origin,
      gatewayEui,
      gatewayId: connection.gatewayId,
      url: connection.url,
      clientId: this.#clientId(connection),
      credentials: connection.credentials,
      commands: this.#commands,
      clock,
      log,
      onDownlink: (command) => {
        downlinks.add(server);
        this.#events.onDownlink(command);
      },
      onHealth: () => this.#events.onHealth(),
      onRefusedCommand: (reason) => refusedCommands.add({ ...server, reason }),
      hasAlternative: () => this.#events.hasAlternative(gatewayEui),
    });
    this.#sessions.set(gatewayEui, session);
    session.open();
    return session;
  }

  /** Ends the gateway's session, as its connection is another now or none. */
  async forget(gatewayEui: GatewayEui): Promise<void> {
    const session = this.#sessions.get(gatewayEui);
    this.#sessions.delete(gatewayEui);
    await session?.close();
  }

  acknowledge(ack: DownlinkAck): void {
    this.#sessions.get(ack.gatewayEui)?.acknowledge(ack);
  }

  noteDelivered(atMs: number): void {
    this.#delivered++;
    this.#lastDeliveredMs = atMs;
  }

  status(backlog: number): ServerStatus {
    const sessions = [...this.#sessions.values()];
    const sick = sessions.find(({ health }) => !isHealthy(health));
    const { name, group, url, routeId } = this.spec;
    return {
      name,
      group,
      url,
      routeId,
      isConnected: sessions.length > 0 && sessions.every((session) => session.isConnected),
      isHealthy: sessions.length > 0 && sick === undefined,
      problem: sessions.length === 0 ? "No gateway was heard yet." : (sick?.health.problem ?? null),
      delivered: this.#delivered,
      backlog,
      lastDeliveredMs: this.#lastDeliveredMs,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  /** A configured id belongs to one connection; the sessions of further gateways add theirs. */
  #clientId({ clientId, gatewayId }: Connection): string {
    if (clientId === undefined) return defaultClientId(this.spec.origin, gatewayId);
    return this.#sessions.size === 0 ? clientId : `${clientId}-${gatewayId}`;
  }
}
