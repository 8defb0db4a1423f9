/**
 * Network servers that stand for one network, as the spool's destination: each packet is delivered to one of them.
 *
 * The first healthy server in the configured order takes the packets of a gateway; when it fails, the next one does, within the same
 * delivery. A server that came back takes over again after it was healthy for a while. One that the broker had no subscriber for gets
 * single packets as trials. A `local` server stands last in the order. Packets of one device are offered one at a time (spool), so
 * changing hands never changes their order.
 */
import type { Clock } from "../clock.ts";
import type {
  Delivery,
  DeliveryOutcome,
  Destination,
  DestinationHandle,
  DownlinkCommand,
  GatewayEui,
  GatewayStats,
  ReplayMode,
  UplinkPacket,
} from "../messages.ts";
import type { UtcTime } from "../utc.ts";
import { NetworkServer, type NetworkServerSpec, type ServerSurroundings } from "./network-server.ts";
import { RetainedPayloads } from "./retained-payloads.ts";
import { ServerChoice } from "./server-choice.ts";
import { isHealthy, isTrialDue } from "./server-health.ts";
import type { ServerSession, UplinkOutcome } from "./server-session.ts";
import { StatsWindow, statsEvent } from "./stats-window.ts";
import { uplinkEvent } from "./uplink-event.ts";

/** A copy that a server has. */
export interface DeliveredCopy {
  readonly packet: UplinkPacket;
  /** Of the server that took it. */
  readonly origin: string;
  readonly routeId: number | null;
  readonly deliveredMs: number;
}

export interface GroupOptions {
  /** The destination's name: `[a-z0-9-]`, at most 40 characters, stable over restarts. */
  readonly name: string;
  readonly replay: ReplayMode;
  /** In the order of preference. */
  readonly servers: readonly NetworkServerSpec[];
  readonly surroundings: ServerSurroundings;
  readonly region: string | null;
  readonly utc: UtcTime;
  readonly hasTimeFallback: boolean;
  /** False: nothing is offered (a local server of a fan-out group while another can be reached). */
  readonly isNeeded: () => boolean;
  readonly onDownlink: (command: DownlinkCommand) => void;
  readonly onDelivered: (copy: DeliveredCopy) => void;
  readonly onHealth: () => void;
  readonly onOutcome: (server: string, outcome: UplinkOutcome, tookMs: number) => void;
  /** How long a server must be healthy to take over again. */
  readonly failbackMs?: number;
}

const defaultFailbackMs = 10_000;
/** Longest a packet waits for its own gateway's connection while the destination serves others. */
const patienceMs = 30_000;
const trialLookMs = 1000;
/** A downlink id that came through two brokers of one network within this time is one downlink. */
const sameDownlinkMs = 30_000;

export class ServerGroup implements Destination {
  readonly name: string;
  readonly replay: ReplayMode;
  readonly servers: readonly NetworkServer[];
  readonly #options: GroupOptions;
  readonly #clock: Clock;
  #handle: DestinationHandle | null = null;
  #isReady = false;
  #cancelTrialTimer: (() => void) | null = null;
  readonly #choice: ServerChoice;
  readonly #retained = new RetainedPayloads();
  readonly #statsWindows = new Map<GatewayEui, StatsWindow>();
  readonly #recentDownlinks = new Map<string, number>();
  readonly #healthWaiters = new Set<() => void>();
  #isClosed = false;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.name = options.name;
    this.replay = options.replay;
    this.#clock = options.surroundings.clock;
    this.servers = options.servers.map(
      (spec) =>
        new NetworkServer(spec, options.surroundings, {
          onDownlink: (command) => this.#downlink(command),
          onHealth: () => {
            this.evaluate();
            options.onHealth();
            for (const wake of [...this.#healthWaiters]) wake();
          },
          hasAlternative: (gatewayEui) => this.#healthyCount(gatewayEui) > 0,
        }),
    );
    this.#choice = new ServerChoice(this.servers, options.failbackMs ?? defaultFailbackMs);
  }

  /** The spool's side of this destination; call once, right after attaching. */
  start(handle: DestinationHandle): void {
    this.#handle = handle;
    handle.setReady(this.#isReady);
    this.evaluate();
  }

  accepts(packet: UplinkPacket): boolean {
    return this.servers.some((server) => server.accepts(packet));
  }

  /** Connects a gateway to every server of the group. */
  addGateway(gatewayEui: GatewayEui): void {
    for (const server of this.servers) server.session(gatewayEui);
    this.evaluate();
  }

  async deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    const tried = new Set<ServerSession>();
    const untilMs = this.#clock.nowMs() + patienceMs;
    while (!this.#isClosed) {
      const choice = this.#choice.choose(delivery.packet, tried, this.#clock.nowMs());
      if (choice === null) {
        // "retry" pauses the whole destination. While it serves other gateways, this one's packet waits here instead.
        if (!this.#isReady || this.#clock.nowMs() >= untilMs) break;
        await this.#healthChange(untilMs);
        tried.clear();
        continue;
      }
      if (choice.kind === "wait") {
        await choice.trial;
        continue;
      }
      const { server, session } = choice;
      tried.add(session);
      const startMs = this.#clock.nowMs();
      const sending = session.publishUplink(this.#payload(delivery, session));
      if (choice.kind === "trial") this.#choice.trialBegun(session, sending);
      const outcome = await sending;
      const now = this.#clock.nowMs();
      this.#options.onOutcome(server.spec.name, outcome, now - startMs);
      if (outcome === "acked") {
        this.#retained.release(delivery, session);
        server.noteDelivered(now);
        const { origin, routeId } = server.spec;
        this.#options.onDelivered({ packet: delivery.packet, origin, routeId, deliveredMs: now });
        return "delivered";
      }
    }
    return "retry";
  }

  /** Takes the statistics of one interval and sends what is due. */
  addStats(stats: GatewayStats): void {
    const { gatewayEui } = stats;
    if (!this.#serves(gatewayEui)) return;
    let window = this.#statsWindows.get(gatewayEui);
    if (window === undefined) {
      window = new StatsWindow(this.servers[0]!.spec.statsIntervalMs);
      this.#statsWindows.set(gatewayEui, window);
    }
    window.add(stats);
    void this.#sendStats(gatewayEui, window);
  }

  /** Whether any gateway reaches a server of this group. */
  get isReachable(): boolean {
    return this.servers.some((server) => [...server.sessions].some(({ health }) => isHealthy(health)));
  }

  get pendingCount(): number {
    return this.#handle?.pendingCount() ?? 0;
  }

  /** Says to the spool whether packets may come, and arranges to look again when a trial falls due. */
  evaluate(): void {
    this.#cancelTrialTimer?.();
    this.#cancelTrialTimer = null;
    if (this.#isClosed) return;
    const now = this.#clock.nowMs();
    const sessions = this.servers.flatMap((server) => [...server.sessions]);
    const canTry = ({ health }: ServerSession) => isHealthy(health) || isTrialDue(health, now);
    // Without any session a first packet shall come: it makes one.
    const isReady = this.#options.isNeeded() && (sessions.length === 0 || sessions.some(canTry));
    if (isReady !== this.#isReady) {
      this.#isReady = isReady;
      this.#handle?.setReady(isReady);
    }
    const dues = sessions.map(({ health }) => health).filter((health) => health.state !== "down" && !isHealthy(health));
    if (isReady || dues.length === 0) return;
    const nextMs = Math.min(...dues.map((health) => health.trialDueMs));
    this.#cancelTrialTimer = this.#clock.after(Math.max(10, nextMs - now + 1), () => this.evaluate());
  }

  /** Ends the connections; the spool keeps what is pending under the destination's name. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTrialTimer?.();
    for (const wake of [...this.#healthWaiters]) wake();
    this.#handle?.detach();
    await Promise.all(this.servers.map((server) => server.close()));
  }

  /** Ends the connections and gives up what is pending: the destination is gone for good. */
  async retire(reason: string): Promise<void> {
    this.#handle?.retire(reason);
    this.#handle = null;
    await this.close();
  }

  /** Resolves when the health of any session changed, a trial may have fallen due, or at `untilMs`. */
  #healthChange(untilMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#healthWaiters.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(Math.min(trialLookMs, Math.max(1, untilMs - this.#clock.nowMs())), wake);
      this.#healthWaiters.add(wake);
    });
  }

  #serves(gatewayEui: GatewayEui): boolean {
    return this.servers.some((server) => server.serves(gatewayEui));
  }

  #healthyCount(gatewayEui: GatewayEui): number {
    return this.servers.filter((server) => {
      const session = server.session(gatewayEui);
      return session !== null && isHealthy(session.health);
    }).length;
  }

  #payload(delivery: Delivery, session: ServerSession): Uint8Array {
    const { utc, hasTimeFallback } = this.#options;
    const { gatewayId, encoding } = session;
    return this.#retained.payload(delivery, session, () =>
      encoding.uplink(uplinkEvent(delivery, { gatewayId, utc, hasTimeFallback })),
    );
  }

  async #sendStats(gatewayEui: GatewayEui, window: StatsWindow): Promise<void> {
    const sessions = this.servers.flatMap((server) => server.session(gatewayEui) ?? []);
    const position = this.#choice.activeFor(gatewayEui);
    const target = sessions[position] ?? sessions[0];
    if (target === undefined) return;
    const now = this.#clock.nowMs();
    const asked = target.configuration.statsIntervalMs;
    const stats = asked === null ? window.take(now) : window.take(now, asked);
    if (stats === null) return;
    // A server in doubt gets them too: if somebody listens again, this tells.
    const doubtful = sessions.filter((session) => session !== target && session.health.doubt !== null);
    const receivers = [target, ...doubtful].filter((session) => session.isConnected);
    const results = await Promise.all(
      receivers.map((session) => {
        const context = {
          gatewayId: session.gatewayId,
          region: this.#options.region,
          configVersion: session.configuration.version,
          utc: this.#options.utc,
        };
        return session.publishStats(session.encoding.stats(statsEvent(stats, context)));
      }),
    );
    if (!results.includes(true)) window.giveBack(stats);
  }

  #downlink(command: DownlinkCommand): void {
    const now = this.#clock.nowMs();
    for (const [key, seenMs] of this.#recentDownlinks) {
      if (now - seenMs < sameDownlinkMs) break;
      this.#recentDownlinks.delete(key);
    }
    const key = `${command.gatewayEui} ${command.downlinkId}`;
    if (this.servers.length > 1 && this.#recentDownlinks.has(key)) return;
    this.#recentDownlinks.set(key, now);
    this.#options.onDownlink(command);
  }
}
