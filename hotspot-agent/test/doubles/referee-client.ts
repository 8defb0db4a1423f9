/** The referee at a broker: subscribes as ChirpStack does (shared, QoS 0, clean session) and publishes its commands with QoS 0. */
import mqtt from "mqtt";
import { NetworkServerReferee, type RefereeOptions } from "./network-server-referee.ts";
import { realScheduler } from "./scheduler.ts";

export interface RefereeClient {
  readonly referee: NetworkServerReferee;
  /** Sends anything to a gateway. */
  command(topic: string, payload: Uint8Array): Promise<void>;
  /** Ends the connection; the referee's memory stays. Resolves when the broker has nobody left for the gateways' events. */
  vanish(): Promise<void>;
  /** Ends the connection, whether the broker still lives or not. */
  disconnect(): Promise<void>;
  /** Connects again after `vanish`. */
  connect(): Promise<void>;
}

export async function startReferee(
  url: string,
  options: RefereeOptions & mqtt.IClientOptions = {},
): Promise<RefereeClient> {
  let client: mqtt.MqttClient | null = null;
  const referee = new NetworkServerReferee(
    realScheduler(),
    (topic, payload) => void client?.publish(topic, payload, { qos: 0 }),
    options,
  );
  const connect = async () => {
    client = await mqtt.connectAsync(url, { ...options, protocolVersion: 5, clean: true, reconnectPeriod: 20 });
    client.on("error", () => {});
    client.on("message", (topic, payload) => referee.receive(topic, payload));
    await client.subscribeAsync(referee.subscription, { qos: 0 });
  };
  await connect();
  return {
    referee,
    connect,
    command: async (topic, payload) => {
      await client!.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    },
    vanish: async () => {
      await client?.endAsync();
      client = null;
      await untilNobodyListens(url, options, referee.subscription.replace(/^.*?\/.*?\//, "").replaceAll("+", "probe"));
    },
    disconnect: async () => {
      await client?.endAsync(true);
      client = null;
    },
  };
}

async function untilNobodyListens(url: string, options: mqtt.IClientOptions, topic: string): Promise<void> {
  const probe = await mqtt.connectAsync(url, { ...options, protocolVersion: 5 });
  const reasons: (number | undefined)[] = [];
  probe.on("packetreceive", (packet) => {
    if (packet.cmd === "puback") reasons.push(packet.reasonCode);
  });
  const noMatchingSubscribers = 16;
  while (reasons.at(-1) !== noMatchingSubscribers) await probe.publishAsync(topic, "", { qos: 1 });
  await probe.endAsync();
}
