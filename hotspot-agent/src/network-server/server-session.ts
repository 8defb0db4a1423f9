/**
 * One network server as one gateway sees it: a connection of its own (so that its last will and its broker rights are the gateway's
 * alone), its events up, its commands down, and its health.
 *
 * A publish of a packet settles when the broker answered, when the connection ended, or when the answer is overdue and the owner of
 * the session has somewhere else to send it. A session that answers nothing for three times the allowed wait is dropped.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { DownlinkAck, DownlinkCommand, GatewayEui } from "../messages.ts";
import type { CommandRunner } from "./exec-command.ts";
import {
  type Encoding,
  type GatewayEncoding,
  gatewayEncoding,
  readConfiguration,
  readDownlink,
  readExecRequest,
} from "./gateway-encoding.ts";
import { checkDownlink } from "./gateway-message.ts";
import { type LinkCredentials, MqttLink, type MqttProtocol } from "./mqtt-link.ts";
import type { PublishOutcome } from "./publish-window.ts";
import { type Health, type HealthEvent, initialHealth, stepHealth } from "./server-health.ts";
import { type EventName, type GatewayTopics, gatewayTopics } from "./topics.ts";

export interface SessionOptions {
  /** Of the server; the origin of its downlinks. */
  readonly serverName: string;
  readonly gatewayEui: GatewayEui;
  /** What the server knows the gateway by. */
  readonly gatewayId: string;
  readonly url: string;
  readonly clientId: string;
  readonly topicPrefix: string;
  readonly protocol: "auto" | MqttProtocol;
  readonly encoding: Encoding;
  readonly keepAliveMs: number;
  readonly ackTimeoutMs: number;
  /** Of packets. Statistics and acks are always QoS 1. */
  readonly qos: 0 | 1;
  readonly credentials: () => LinkCredentials;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly log: Log;
  readonly onDownlink: (command: DownlinkCommand) => void;
  readonly onHealth: () => void;
  /** Counts a command that was not followed, by reason. */
  readonly onRefusedCommand: (reason: string) => void;
  /** Whether packets could go elsewhere if this server is slow. */
  readonly hasAlternative: () => boolean;
  readonly random?: () => number;
  readonly minPauseMs?: number;
  readonly maxPauseMs?: number;
}

/** `overdue`: no answer in time and there is an alternative; the server may have it or not. */
export type UplinkOutcome = PublishOutcome | "overdue";

interface Unanswered {
  readonly sentMs: number;
  /** A packet may be sent elsewhere when its answer is overdue; statistics and acks are this server's alone. */
  readonly isPacket: boolean;
  readonly settle: (outcome: UplinkOutcome) => void;
}

interface HeldAck {
  readonly payload: Uint8Array;
  readonly untilMs: number;
}

/** A downlink's id is known to ChirpStack for 30 s; an ack later than that helps nobody. */
const ackUsefulMs = 25_000;
const maxHeldAcks = 64;
/** Messages without the broker's answer beyond which a downlink gets no ack: a broker that answers none may still ask for more. */
const maxUnanswered = 4096;
/** Waits this many times longer than allowed end the connection. */
const hopelessFactor = 3;
const minStatsIntervalMs = 5000;

export class ServerSession {
  readonly gatewayId: string;
  /** Unique among the sessions of a gateway. */
  readonly name: string;
  readonly #options: SessionOptions;
  readonly #topics: GatewayTopics;
  readonly #encoding: GatewayEncoding;
  readonly #link: MqttLink;
  #health: Health = initialHealth;
  /** In order of sending: the first is the oldest. */
  readonly #unanswered = new Set<Unanswered>();
  #isWatching = false;
  #heldAcks: HeldAck[] = [];
  #configVersion = "";
  #statsIntervalMs: number | null = null;
  #isClosed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.gatewayId = options.gatewayId;
    this.name = options.serverName;
    this.#topics = gatewayTopics(options.topicPrefix, options.gatewayId);
    this.#encoding = gatewayEncoding(options.encoding);
    const { url, clientId, protocol, keepAliveMs, credentials, clock, random, minPauseMs, maxPauseMs } = options;
    this.#link = new MqttLink({
      url,
      clientId,
      protocol,
      keepAliveMs,
      credentials,
      clock,
      will: { topic: this.#topics.connState, payload: this.#encoding.connState(options.gatewayId, false) },
      subscriptions: [this.#topics.commands],
      onMessage: (topic, payload) => this.#command(topic, payload),
      onUp: (spoken) => this.#up(spoken),
      onDown: (reason) => this.#step({ kind: "disconnected", reason }),
      ...(random === undefined ? {} : { random }),
      ...(minPauseMs === undefined ? {} : { minPauseMs }),
      ...(maxPauseMs === undefined ? {} : { maxPauseMs }),
    });
  }

  get health(): Health {
    return this.#health;
  }

  get isConnected(): boolean {
    return this.#link.isUp;
  }

  get encoding(): GatewayEncoding {
    return this.#encoding;
  }

  /** What the server asked for with command/config. */
  get configuration(): { readonly version: string; readonly statsIntervalMs: number | null } {
    return { version: this.#configVersion, statsIntervalMs: this.#statsIntervalMs };
  }

  open(): void {
    this.#link.open();
  }

  /** Disconnects with OFFLINE retained. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const payload = this.#encoding.connState(this.gatewayId, false);
    await this.#link.close({ topic: this.#topics.connState, payload });
  }

  /** Sends event/up. Always settles. */
  async publishUplink(payload: Uint8Array): Promise<UplinkOutcome> {
    const outcome = await this.#publish("up", payload, this.#options.qos);
    this.#heard(outcome);
    return outcome;
  }

  /** Sends event/stats; true when the server has it. */
  async publishStats(payload: Uint8Array): Promise<boolean> {
    const outcome = await this.#publish("stats", payload, 1);
    this.#heard(outcome);
    return outcome === "acked";
  }

  #publish(event: EventName, payload: Uint8Array, qos: 0 | 1): Promise<UplinkOutcome> {
    return new Promise((resolve) => {
      const unanswered: Unanswered = {
        sentMs: this.#options.clock.nowMs(),
        isPacket: event === "up",
        settle: (outcome) => {
          if (this.#unanswered.delete(unanswered)) resolve(outcome);
        },
      };
      this.#unanswered.add(unanswered);
      this.#watch();
      void this.#link.publish(this.#topics.event(event), payload, qos).then(unanswered.settle);
    });
  }

  /** Sends event/ack, as soon as there is a connection while it is of use. */
  acknowledge(ack: DownlinkAck): void {
    if (this.#unanswered.size >= maxUnanswered) {
      this.#options.onRefusedCommand("unacknowledged");
      return;
    }
    const { downlinkId, statuses } = ack;
    const payload = this.#encoding.txAck({ gatewayId: this.gatewayId, downlinkId, statuses });
    void this.#sendAck({ payload, untilMs: this.#options.clock.nowMs() + ackUsefulMs });
  }

  async #sendAck(held: HeldAck): Promise<void> {
    if (this.#link.isUp) {
      const outcome = await this.#publish("ack", held.payload, 1);
      if (outcome !== "lost") return;
    }
    if (this.#isClosed) return;
    this.#heldAcks.push(held);
    if (this.#heldAcks.length > maxHeldAcks) this.#heldAcks.shift();
  }

  #up(protocol: MqttProtocol): void {
    const { log, clock, serverName } = this.#options;
    log.info("connected", { server: serverName, gatewayId: this.gatewayId, mqtt: protocol });
    const state = this.#encoding.connState(this.gatewayId, true);
    void this.#link.publish(this.#topics.connState, state, 1, true);
    const now = clock.nowMs();
    const held = this.#heldAcks.filter(({ untilMs }) => untilMs > now);
    this.#heldAcks = [];
    for (const ack of held) void this.#sendAck(ack);
    this.#step({ kind: "connected" });
  }

  #heard(outcome: UplinkOutcome): void {
    if (outcome === "acked") this.#step({ kind: "delivered" });
    else if (outcome === "no_subscribers") this.#step({ kind: "no_subscribers" });
    else if (outcome === "refused") this.#step({ kind: "rejected" });
  }

  #step(event: HealthEvent): void {
    const before = this.#health;
    this.#health = stepHealth(before, event, this.#options.clock.nowMs());
    if (this.#health === before) return;
    const { log, serverName } = this.#options;
    if (this.#health.problem !== null && this.#health.problem !== before.problem && !this.#isClosed) {
      const kind = `${serverName} ${this.gatewayId} ${this.#health.state}`;
      log.complain(kind, this.#health.problem, { server: serverName, gatewayId: this.gatewayId });
    }
    this.#options.onHealth();
  }

  /** Looks at the oldest unanswered message until there is none: a broker that answers none of them is left, pings or not. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock, ackTimeoutMs } = this.#options;
    clock.after(ackTimeoutMs / 4, () => {
      this.#isWatching = false;
      const now = clock.nowMs();
      for (const unanswered of this.#unanswered) {
        const waitedMs = now - unanswered.sentMs;
        if (waitedMs < ackTimeoutMs) break;
        this.#step({ kind: "overdue", waitedMs });
        if (waitedMs >= hopelessFactor * ackTimeoutMs) {
          this.#link.drop(`no acknowledgement for ${Math.round(waitedMs / 1000)} s`);
          break;
        }
        if (unanswered.isPacket && this.#options.hasAlternative()) unanswered.settle("overdue");
      }
      if (this.#unanswered.size > 0) this.#watch();
    });
  }

  #command(topic: string, payload: Uint8Array): void {
    const name = this.#topics.commandOf(topic);
    if (name === "down") this.#downlink(payload);
    else if (name === "config") this.#configure(payload);
    else if (name === "exec") void this.#execute(payload);
    else this.#refuse(name === null ? "foreign_topic" : "unknown_command", `topic ${topic}`);
  }

  #downlink(payload: Uint8Array): void {
    const { serverName, gatewayEui, onDownlink } = this.#options;
    const raw = readDownlink(payload);
    if (raw === null) {
      this.#refuse("unreadable", `command/down of ${payload.length} bytes`);
      return;
    }
    const checked = checkDownlink(raw, this.gatewayId);
    if (checked.status === "ok") {
      onDownlink({ ...checked.value, gatewayEui, origin: serverName });
      return;
    }
    this.#refuse(checked.reason, `command/down: expected ${checked.expected}`);
    if (checked.reason === "wrong_gateway_id") return;
    // ChirpStack sends a downlink again for ever while nobody says that it failed.
    const statuses = Array.from({ length: Math.max(1, raw.items.length) }, () => "INTERNAL_ERROR" as const);
    this.acknowledge({ downlinkId: raw.downlinkId, gatewayEui, origin: serverName, statuses, accepted: null });
  }

  #configure(payload: Uint8Array): void {
    const configuration = readConfiguration(payload);
    if (configuration === null || configuration.gatewayId !== this.gatewayId) {
      this.#refuse(configuration === null ? "unreadable" : "wrong_gateway_id", "command/config");
      return;
    }
    this.#configVersion = configuration.version.slice(0, 64);
    const { statsIntervalMs } = configuration;
    if (statsIntervalMs !== null && statsIntervalMs >= minStatsIntervalMs) this.#statsIntervalMs = statsIntervalMs;
  }

  async #execute(payload: Uint8Array): Promise<void> {
    const { commands, log, serverName } = this.#options;
    const request = readExecRequest(payload);
    if (request === null || request.gatewayId !== this.gatewayId) {
      this.#refuse(request === null ? "unreadable" : "wrong_gateway_id", "command/exec");
      return;
    }
    const response = await commands.run(request);
    const { command } = request;
    log.info("ran a command of the server", { server: serverName, command, error: response.error });
    if (response.error !== "") this.#options.onRefusedCommand("exec_failed");
    await this.#publish("exec", this.#encoding.execResponse(response), 1);
  }

  #refuse(reason: string, detail: string): void {
    const { log, serverName, onRefusedCommand } = this.#options;
    onRefusedCommand(reason);
    log.complain(`command ${serverName} ${reason}`, `a command was not followed: ${detail}`, { server: serverName });
  }
}
