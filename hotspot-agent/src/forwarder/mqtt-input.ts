import type { DownlinkAck, DownlinkCommand, DownlinkItem, GatewayEui, TxStatus } from "../messages.ts";
import { gatewayEncoding, readStats, readTxAck } from "../network-server/gateway-encoding.ts";
import { codeRateNumber, type RawDownlinkItem, type RawModulation } from "../network-server/gateway-message.ts";
import { type LinkCredentials, MqttLink, type MqttProtocol } from "../network-server/mqtt-link.ts";
import { gatewayTopics } from "../network-server/topics.ts";
import { MAX_RECORD_PAYLOAD_BYTES } from "../spool/record.ts";
import type { ForeignGateway } from "./downlink-scheduler.ts";
import type { ForwarderInputOptions } from "./forwarder-input.ts";
import { rememberGateway } from "./heard-gateways.ts";
import { MQTT_RECORD, mqttRecordPayload, mqttStats, readMqttRecord } from "./mqtt-record.ts";
import { openContext } from "./packet-context.ts";

/** Answer time of a forwarder: RX2 of a join is 6 s after the uplink, and it may answer after that. */
const ackTimeoutMs = 8000;

export interface MqttInputOptions extends ForwarderInputOptions {
  readonly url: string;
  readonly topicPrefix: string;
  readonly clientId: string;
  readonly protocol: "auto" | MqttProtocol;
  readonly keepAliveMs: number;
  readonly credentials: () => LinkCredentials;
}

interface Heard {
  lastSeenMs: number;
  isJson: boolean;
}

interface Waiting {
  readonly gatewayEui: GatewayEui;
  readonly answered: (statuses: readonly TxStatus[]) => void;
}

/** The modulation of a downlink as gw.proto has it. */
function rawModulation(item: DownlinkItem): RawModulation {
  const { modulation } = item;
  const none: RawModulation = { lora: null, fsk: null, lrFhss: null };
  if (modulation.kind === "fsk") {
    return {
      ...none,
      fsk: { frequencyDeviationHz: item.frequencyDeviationHz ?? 0, bitrateBps: modulation.bitrateBps },
    };
  }
  const { bandwidthHz } = modulation;
  const codeRate = codeRateNumber(modulation.codeRate);
  if (modulation.kind === "lr-fhss")
    return { ...none, lrFhss: { bandwidthHz, codeRate, gridSteps: modulation.gridSteps } };
  const { polarizationInversion, preambleSymbols, hasCrc } = item;
  const { spreadingFactor } = modulation;
  return {
    ...none,
    lora: {
      bandwidthHz,
      spreadingFactor,
      codeRate,
      polarizationInversion,
      preamble: preambleSymbols ?? 0,
      noCrc: !hasCrc,
    },
  };
}

function rawItem(item: DownlinkItem): RawDownlinkItem {
  const { phyPayload, frequencyHz, eirpDbm, board, antenna, timing, context } = item;
  const span = (ms: number) => ({ seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) });
  return {
    phyPayload,
    frequencyHz,
    eirpDbm,
    board,
    antenna,
    modulation: rawModulation(item),
    timing:
      timing.kind === "immediately"
        ? timing
        : timing.kind === "delay"
          ? { kind: "delay", span: span(timing.delayUs / 1000) }
          : { kind: "gps", span: span(timing.gpsTimeMs) },
    // The forwarder wants its own context back, without the agent's addition.
    context: openContext(context)?.own ?? context,
  };
}

export class MqttInput {
  readonly #options: MqttInputOptions;
  readonly #link: MqttLink;
  readonly #allow: ReadonlySet<GatewayEui>;
  readonly #heard = new Map<GatewayEui, Heard>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #topic: RegExp;
  #nextDownlinkId = 1;
  #problem: string | null = null;
  readonly #messages;
  readonly #refused;
  readonly #packets;

  constructor(options: MqttInputOptions) {
    this.#options = options;
    this.#allow = new Set(options.allow);
    const { telemetry, topicPrefix, log } = options;
    this.#messages = telemetry.counter("agent_gateway_messages_total", "Messages of gateways by MQTT, by event.");
    this.#refused = telemetry.counter(
      "agent_gateway_messages_refused_total",
      "Messages of gateways refused, by reason.",
    );
    this.#packets = telemetry.counter("agent_packets_received_total", "Packets heard, by CRC status.");
    const base = gatewayTopics(topicPrefix, "+")
      .event("up")
      .replace(/event\/up$/, "");
    const [before] = base.split("+");
    this.#topic = new RegExp(`^${before.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}([0-9a-f]{16})/event/([a-z]+)$`);
    this.#link = new MqttLink({
      ...options,
      will: null,
      subscriptions: [`${base}event/+`],
      onMessage: (topic, payload) => this.receive(topic, payload),
      onUp: (protocol) => {
        this.#problem = null;
        log.info("connected to the gateways' broker", { url: options.url, protocol });
      },
      onDown: (reason) => {
        this.#problem = reason;
        log.complain("gateway_mqtt", "the gateways' broker is not reached", { url: options.url, reason });
      },
    });
  }

  open(): void {
    this.#link.open();
  }

  async close(): Promise<void> {
    for (const [id, { answered }] of [...this.#waiting]) {
      this.#waiting.delete(id);
      answered([]);
    }
    await this.#link.close();
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Why the broker is not reached, as a person reads it; null while it is, and before the first attempt ended. */
  get problem(): string | null {
    return this.#problem;
  }

  get url(): string {
    return this.#options.url;
  }

  /** The gateways heard of since start, with the steady ms of their last message; of very many those heard last. */
  get gateways(): ReadonlyMap<GatewayEui, { readonly lastSeenMs: number }> {
    return this.#heard;
  }

  /** The way to a gateway that was heard here; null for any other. */
  gateway(gatewayEui: GatewayEui): ForeignGateway | null {
    return this.#heard.has(gatewayEui) ? { transmit: (command) => this.#transmit(command) } : null;
  }

  /** Takes one message, as the broker gives it. */
  receive(topic: string, payload: Uint8Array): void {
    const match = this.#topic.exec(topic);
    if (match === null) {
      this.#refuse("unknown_topic", topic);
      return;
    }
    const [, gatewayEui, event] = match;
    if (this.#allow.size > 0 && !this.#allow.has(gatewayEui)) this.#refuse("eui_not_listed", topic);
    else if (event === "up") this.#receiveUp(gatewayEui, payload, topic);
    else if (event === "stats") this.#receiveStats(gatewayEui, payload, topic);
    else if (event === "ack") this.#receiveAck(gatewayEui, payload, topic);
  }

  #receiveUp(gatewayEui: GatewayEui, message: Uint8Array, topic: string): void {
    const { clock, spool, onPackets } = this.#options;
    const payload = mqttRecordPayload(gatewayEui, message);
    if (payload.length > MAX_RECORD_PAYLOAD_BYTES) {
      this.#refuse("too_long", topic);
      return;
    }
    this.#messages.add({ event: "up" });
    spool.append(MQTT_RECORD, Math.floor(clock.nowMs()), payload, (record) => {
      const packets = readMqttRecord(record);
      if (packets.length === 0) this.#refuse("unreadable", topic);
      else this.#seen(gatewayEui, message);
      for (const { crcStatus } of packets) this.#packets.add({ crc: crcStatus });
      onPackets(record, packets);
    });
  }

  #receiveStats(gatewayEui: GatewayEui, message: Uint8Array, topic: string): void {
    const event = readStats(message);
    if (event === null || event.gatewayId !== gatewayEui) {
      this.#refuse("unreadable", topic);
      return;
    }
    this.#messages.add({ event: "stats" });
    this.#seen(gatewayEui, message);
    this.#options.onStats(mqttStats(event, Math.floor(this.#options.clock.nowMs())));
  }

  #receiveAck(gatewayEui: GatewayEui, message: Uint8Array, topic: string): void {
    const ack = readTxAck(message);
    if (ack === null || ack.gatewayId !== gatewayEui) {
      this.#refuse("unreadable", topic);
      return;
    }
    this.#messages.add({ event: "ack" });
    const waiting = this.#waiting.get(ack.downlinkId);
    if (waiting?.gatewayEui !== gatewayEui) return;
    this.#waiting.delete(ack.downlinkId);
    waiting.answered(ack.statuses);
  }

  #seen(gatewayEui: GatewayEui, message: Uint8Array): void {
    const isJson = message[0] === "{".charCodeAt(0);
    const known = this.#heard.get(gatewayEui);
    const lastSeenMs = this.#options.clock.nowMs();
    rememberGateway(this.#heard, gatewayEui, { lastSeenMs, isJson });
    if (known === undefined) this.#options.onGateway?.(gatewayEui);
  }

  async #transmit(command: DownlinkCommand): Promise<DownlinkAck> {
    const { clock, topicPrefix } = this.#options;
    const { gatewayEui, items, origin } = command;
    const downlinkId = this.#nextDownlinkId;
    this.#nextDownlinkId = (downlinkId % 0xffff_ffff) + 1;
    const isJson = this.#heard.get(gatewayEui)?.isJson ?? false;
    const message = gatewayEncoding(isJson ? "json" : "protobuf").downlink({
      downlinkId,
      gatewayId: gatewayEui,
      items: items.map(rawItem),
    });
    const sentMs = clock.nowMs();
    const statuses = await new Promise<readonly TxStatus[]>((settle) => {
      const cancel = clock.after(ackTimeoutMs, () => {
        this.#waiting.delete(downlinkId);
        settle([]);
      });
      const answered = (given: readonly TxStatus[]) => {
        cancel();
        settle(given);
      };
      this.#waiting.set(downlinkId, { gatewayEui, answered });
      const topic = `${gatewayTopics(topicPrefix, gatewayEui).commands.slice(0, -1)}down`;
      void this.#link.publish(topic, message, 0).then((outcome) => {
        if (outcome !== "acked" && this.#waiting.delete(downlinkId)) answered([]);
      });
    });
    const itemIndex = statuses.indexOf("OK");
    const accepted =
      itemIndex < 0 || itemIndex >= items.length ? null : { itemIndex, usedPowerDbm: null, tmst: null, sentMs };
    const failed: TxStatus = statuses.length === 0 ? "INTERNAL_ERROR" : "IGNORED";
    return {
      downlinkId: command.downlinkId,
      gatewayEui,
      origin,
      statuses: items.map((_, index) => statuses[index] ?? failed),
      accepted,
    };
  }

  #refuse(reason: string, topic: string): void {
    this.#refused.add({ reason });
    this.#options.log.complain(reason, "a gateway's message was refused", { reason, topic });
  }
}
