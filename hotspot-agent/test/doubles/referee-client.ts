/** The referee at a broker: subscribes as ChirpStack does (shared, QoS 0, clean session) and publishes its commands with QoS 0. */
import mqtt from "mqtt";
import { NetworkServerReferee, type RefereeOptions } from "./network-server-referee.ts";
import { realScheduler } from "./scheduler.ts";

export interface RefereeClient {
  readonly referee: NetworkServerReferee;
  /** Sends anything to a gateway. */
  command(topic: string, payload: Uint8Array): Promise<void>;
  /** Ends the connection; the referee's memory stays. */
  disconnect(): Promise<void>;
  /** Connects again after `disconnect`. */
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
    disconnect: async () => {
      await client?.endAsync(true);
      client = null;
    },
  };
}
