/**
 * One MQTT connection that keeps coming back. The one file that imports mqtt.
 *
 * MQTT 5 where the broker takes it, else 3.1.1 (`auto`). Sessions are clean: what was not acknowledged when a connection ended is
 * `lost` for this file, and whoever keeps the message sends it again. mqtt.js hides the reason code of a PUBACK from its callback, so
 * acks are read from its packet events.
 */
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Clock } from "../clock.ts";
import { type Publish, type PublishOutcome, PublishWindow } from "./publish-window.ts";

export type MqttProtocol = "5" | "3.1.1";

export interface LinkCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** PEM texts; undefined: the system's authorities, no client certificate. */
  readonly certificateAuthority: string | undefined;
  readonly certificate: string | undefined;
  readonly privateKey: string | undefined;
}

export interface LinkOptions {
  /** mqtt://HOST:PORT or mqtts://HOST:PORT. */
  readonly url: string;
  readonly clientId: string;
  readonly protocol: "auto" | MqttProtocol;
  readonly keepAliveMs: number;
  /** Asked at every attempt, so that renewed certificates are taken up. May throw: the attempt failed for that reason. */
  readonly credentials: () => LinkCredentials;
  /** Retained, sent by the broker when the connection breaks. */
  readonly will: LinkMessage | null;
  readonly subscriptions: readonly string[];
  readonly clock: Clock;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  /** Connected and subscribed. */
  readonly onUp: (protocol: MqttProtocol) => void;
  /** No longer, or an attempt failed; `reason` is for a person. */
  readonly onDown: (reason: string) => void;
  /** Uniform in [0, 1): spreads reconnections of many agents. */
  readonly random?: () => number;
  /** First pause before a new attempt, ms; it doubles up to `maxPauseMs`. */
  readonly minPauseMs?: number;
  readonly maxPauseMs?: number;
}

export interface LinkMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** From the attempt to the broker's answer, and from there to that on the subscription. */
const connectTimeoutMs = 10_000;
/**
 * Longest packet that a broker may send, bytes: twice the largest that means anything to a gateway, a command with all it may bring. MQTT
 * allows 256 MiB, and mqtt.js would wait for them in memory.
 */
const maxPacketBytes = 256 * 1024;
const defaultMinPauseMs = 500;
const defaultMaxPauseMs = 30_000;
/** A connection that lived this long starts the pauses over. */
const stableMs = 10_000;
const maxKeepAliveS = 65_535;

/** CONNACK: 3.1.1 return code 1, MQTT 5 reason code 132. */
const unacceptableProtocol: readonly number[] = [1, 132];

export class MqttLink {
  readonly #options: LinkOptions;
  #client: MqttClient | null = null;
  #isUp = false;
  #isClosed = false;
  #attempts = 0;
  #upSinceMs = 0;
  #isSilentOn5 = false;
  #settledProtocol: MqttProtocol | null = null;
  #cancelPause: (() => void) | null = null;
  /** Ends the wait for the answer on the subscription. */
  #cancelPatience: () => void = () => {};
  readonly #publishes = new PublishWindow({
    sendQos1: (publish) => {
      this.#write(publish, 1, ignore);
      return this.#client!.getLastMessageId();
    },
    sendQos0: (publish, written) => this.#write(publish, 0, written),
  });

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Starts connecting, and goes on until `close`. */
  open(): void {
    if (this.#client === null && this.#cancelPause === null && !this.#isClosed) this.#attempt();
  }

  /** Sends one message over the connection there is. Always settles; `lost` at once when there is none. */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1, isRetained = false): Promise<PublishOutcome> {
    if (!this.#isUp) return Promise.resolve("lost");
    return this.#publishes.publish({ topic, payload, isRetained }, qos);
  }

  /** Ends the connection as if it had broken (for one that no longer answers), and connects again. */
  drop(reason: string): void {
    if (this.#client !== null) this.#ended(this.#client, reason);
  }

  /** Says `farewell` (retained) in place of the will, disconnects and stays so. */
  async close(farewell: LinkMessage | null = null): Promise<void> {
    if (this.#isClosed) return;
    if (farewell !== null && this.#isUp) {
      const patience = new Promise<void>((resolve) => this.#options.clock.after(1000, resolve));
      await Promise.race([this.publish(farewell.topic, farewell.payload, 1, true), patience]);
    }
    this.#isClosed = true;
    this.#cancelPause?.();
    this.#cancelPause = null;
    this.#cancelPatience();
    const client = this.#client;
    this.#client = null;
    this.#isUp = false;
    this.#publishes.loseAll();
    if (client === null) return;
    client.removeAllListeners();
    client.on("error", ignore);
    await new Promise<void>((resolve) => {
      this.#options.clock.after(1000, resolve);
      client.end(false, {}, () => resolve());
    });
    client.end(true);
  }

  #protocol(): MqttProtocol {
    const { protocol } = this.#options;
    if (protocol !== "auto") return protocol;
    if (this.#settledProtocol !== null) return this.#settledProtocol;
    return this.#isSilentOn5 ? "3.1.1" : "5";
  }

  #attempt(): void {
    const options = this.#options;
    this.#attempts++;
    const protocol = this.#protocol();
    let client: MqttClient;
    try {
      client = connect({ ...brokerOf(options.url), ...this.#clientOptions(protocol) });
    } catch (cause) {
      this.#pauseThenAttempt(reasonOf(cause));
      return;
    }
    this.#client = client;
    let failure: string | null = null;
    let wasAnswered = false;
    client.on("error", (error) => {
      failure ??= reasonOf(error);
      const code = (error as { code?: unknown }).code;
      if (typeof code !== "number") return;
      wasAnswered = true;
      if (protocol === "5" && options.protocol === "auto" && unacceptableProtocol.includes(code)) {
        this.#settledProtocol = "3.1.1";
        this.#attempts = 0;
      }
    });
    client.on("disconnect", (packet) => {
      failure ??= `the broker disconnected (reason ${packet.reasonCode ?? 0})`;
    });
    client.on("close", () => {
      if (this.#client !== client) return;
      // A broker that knows no MQTT 5 may just hang up. Take turns until one of the two is answered.
      if (!wasAnswered && this.#settledProtocol === null && failure === null) this.#isSilentOn5 = protocol === "5";
      this.#ended(client, failure ?? (wasAnswered ? "the connection was closed" : "closed before an answer"));
    });
    client.on("message", (topic, payload) => {
      if (this.#client === client) options.onMessage(topic, payload);
    });
    let unreadBytes = 0;
    client.stream.on("data", (chunk: Uint8Array) => {
      unreadBytes += chunk.length;
      if (unreadBytes - chunk.length > maxPacketBytes)
        this.#ended(client, `the broker sends a message of more than ${maxPacketBytes} bytes`);
    });
    client.on("packetreceive", (packet) => {
      unreadBytes = 0;
      if (packet.cmd === "puback" && packet.messageId !== undefined) {
        this.#publishes.acked(packet.messageId, packet.reasonCode ?? 0);
      }
    });
    client.on("connect", (connack) => {
      wasAnswered = true;
      // 3.1.1 after a silence on 5 may have been a network that was not up yet: 5 has the first try next time.
      if (protocol === "5") this.#settledProtocol = "5";
      this.#isSilentOn5 = false;
      this.#publishes.allow(connack.properties?.receiveMaximum);
      const isUp = () => {
        if (this.#client !== client) return;
        this.#isUp = true;
        this.#upSinceMs = options.clock.nowMs();
        options.onUp(protocol);
      };
      if (options.subscriptions.length === 0) {
        isUp();
        return;
      }
      this.#cancelPatience = options.clock.after(connectTimeoutMs, () =>
        this.#ended(client, "the broker does not answer the subscription"),
      );
      client.subscribe([...options.subscriptions], { qos: 1 }, (error) => {
        this.#cancelPatience();
        if (this.#client !== client) return;
        if (error === null) isUp();
        else this.#ended(client, `the broker refused the subscription: ${reasonOf(error)}`);
      });
    });
  }

  #clientOptions(protocol: MqttProtocol): IClientOptions {
    const { clientId, keepAliveMs, will, credentials } = this.#options;
    const { username, password, certificateAuthority, certificate, privateKey } = credentials();
    return {
      clientId,
      clean: true,
      protocolVersion: protocol === "5" ? 5 : 4,
      keepalive: Math.min(maxKeepAliveS, Math.max(1, Math.ceil(keepAliveMs / 1000))),
      connectTimeout: connectTimeoutMs,
      reconnectPeriod: 0,
      // The cache is one array for each number up to 65535: 30 MB.
      writeCache: false,
      resubscribe: false,
      queueQoSZero: false,
      ...(protocol === "5" ? { properties: { sessionExpiryInterval: 0, maximumPacketSize: maxPacketBytes } } : {}),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(privateKey === undefined ? {} : { key: privateKey }),
      ...(will === null
        ? {}
        : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1 as const, retain: true } }),
    };
  }

  #write({ topic, payload, isRetained }: Publish, qos: 0 | 1, written: (error?: Error) => void): void {
    const { buffer, byteOffset, length } = payload;
    const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, length);
    this.#client!.publish(topic, bytes, { qos, retain: isRetained }, written);
  }

  #ended(client: MqttClient, reason: string): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#cancelPatience();
    if (this.#isUp && this.#options.clock.nowMs() - this.#upSinceMs >= stableMs) this.#attempts = 0;
    this.#isUp = false;
    client.removeAllListeners();
    client.on("error", ignore);
    client.end(true);
    this.#publishes.loseAll();
    this.#pauseThenAttempt(reason);
  }

  #pauseThenAttempt(reason: string): void {
    const {
      clock,
      random = Math.random,
      minPauseMs = defaultMinPauseMs,
      maxPauseMs = defaultMaxPauseMs,
    } = this.#options;
    const longest = Math.min(maxPauseMs, minPauseMs * 2 ** Math.min(16, Math.max(0, this.#attempts - 1)));
    this.#cancelPause = clock.after(longest / 2 + (longest / 2) * random(), () => {
      this.#cancelPause = null;
      if (!this.#isClosed) this.#attempt();
    });
    this.#options.onDown(reason);
  }
}

/** Given an address as one text, mqtt.js takes options for itself from it, by a parser that warns of its own faults. */
function brokerOf(url: string): IClientOptions {
  const { protocol, hostname, port } = new URL(url);
  return {
    protocol: protocol === "mqtts:" ? "mqtts" : "mqtt",
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(port === "" ? {} : { port: Number(port) }),
  };
}

function ignore(): void {}

function reasonOf(cause: unknown): string {
  return cause instanceof Error && cause.message !== "" ? cause.message : String(cause);
}
