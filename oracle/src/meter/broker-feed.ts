/**
 * The payer's own broker: what hotspots deliver and what ChirpStack accepts, as they are published. The door to mqtt.js.
 *
 * The session is kept by the broker over an outage of the meter (fixed client id, no clean start), and a message is acknowledged once
 * `onMessage` has come back. ChirpStack publishes events with QoS 0 unless told otherwise (`integration.mqtt.qos = 1`): then what was
 * published while the meter was away is missed and settled by the list of contested packets.
 */
import mqtt from "mqtt";
import type { Log } from "../service/log.ts";

export interface BrokerOptions {
  /** `mqtt://` or `mqtts://`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM; for `mqtts`. */
  readonly certificateAuthority?: string;
  readonly clientId: string;
  /** ChirpStack's region before `gateway/…`; empty for none. */
  readonly topicPrefix: string;
  readonly log: Log;
}

/** Subscribes and hands on each message until `stop`; reconnects by itself. Resolves when it has let go of the connection. */
export async function followBroker(
  options: BrokerOptions,
  onMessage: (topic: string, payload: Uint8Array) => void,
  onConnected: (isConnected: boolean) => void,
  stop: AbortSignal,
): Promise<void> {
  const { url, username, password, certificateAuthority, clientId, topicPrefix, log } = options;
  const client = mqtt.connect(url, {
    clientId,
    clean: false,
    reconnectPeriod: 1000,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
  });
  const topics = [
    `${topicPrefix === "" ? "" : `${topicPrefix}/`}gateway/+/event/up`,
    "application/+/device/+/event/up",
  ];
  client.on("connect", () => {
    client.subscribe(topics, { qos: 1 }, (error, granted) => {
      const isRefused = error !== null || (granted ?? []).some(({ qos }) => (qos as number) === 128);
      if (isRefused) log.error("the broker does not let the meter read", { topics: topics.join(" ") });
      onConnected(!isRefused);
    });
  });
  client.on("close", () => onConnected(false));
  client.on("error", (error) => log.complain("broker", "the broker cannot be reached", { reason: error.message }));
  client.on("message", (topic, payload) => onMessage(topic, payload));
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener("abort", () => resolve(), { once: true });
  });
  await client.endAsync(true).catch(() => {});
}
