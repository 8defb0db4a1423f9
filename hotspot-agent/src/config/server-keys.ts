/** Keys of whatever is reached over MQTT: network servers, and forwarders that speak it themselves. */
import Type from "typebox";
import { list, oneOf, path, positiveDuration, prefixes } from "./key-types.ts";

const mqttKeys = {
  url: Type.String({
    pattern: "^(mqtt|mqtts)://[^/?#@]+$",
    description: "Broker, as mqtt://HOST:PORT or mqtts://HOST:PORT for TLS.",
    expected: "mqtt://HOST:PORT or mqtts://HOST:PORT, user and password in their own keys",
  }),
  topic_prefix: Type.String({
    default: "",
    pattern: "^[^+#]*$",
    description: 'Topic prefix; in ChirpStack the region, such as "eu868".',
    expected: 'a prefix without + and #, such as "eu868"',
  }),
  username: Type.String({ default: "", description: "User name at the broker." }),
  password_file: Type.Optional(path({ description: "File that holds the password." })),
  client_id: Type.Optional(
    Type.String({ minLength: 1, description: "MQTT client id; without it made from the gateway id." }),
  ),
  ca_file: Type.Optional(path({ description: "PEM of the authority that signed the broker's certificate." })),
  cert_file: Type.Optional(path({ description: "PEM of our client certificate." })),
  key_file: Type.Optional(path({ description: "PEM of its key." })),
  keep_alive: positiveDuration("30 s", "MQTT keep-alive."),
  protocol: oneOf(["auto", "5", "3.1.1"], {
    default: "auto",
    description: 'MQTT version. "auto" takes 5 and falls back to 3.1.1 where a broker refuses it.',
  }),
};

export const gatewayMqtt = Type.Object(
  {
    url: mqttKeys.url,
    topic_prefix: mqttKeys.topic_prefix,
    username: mqttKeys.username,
    password_file: mqttKeys.password_file,
    client_id: mqttKeys.client_id,
    ca_file: mqttKeys.ca_file,
    cert_file: mqttKeys.cert_file,
    key_file: mqttKeys.key_file,
    keep_alive: mqttKeys.keep_alive,
    protocol: mqttKeys.protocol,
  },
  {
    additionalProperties: false,
    description: "A forwarder that already speaks ChirpStack's gateway MQTT, read from its broker.",
  },
);

export const server = Type.Object(
  {
    name: Type.String({
      pattern: "^[a-z0-9][a-z0-9-]{0,31}$",
      description: "Name in logs and metrics, unique.",
      expected: 'a name of lower-case letters, digits and "-"',
    }),
    group: Type.String({
      pattern: "^[a-z0-9][a-z0-9-]{0,31}$",
      default: "main",
      description: "Servers of one group stand for one network; every group gets every packet that its filters admit.",
      expected: 'a name of lower-case letters, digits and "-"',
    }),
    mode: oneOf(["failover", "fanout", "local"], {
      default: "failover",
      description:
        'Within a group: "failover" sends to the first healthy one, "fanout" to all, "local" takes over while no other of the group can be reached.',
    }),
    ...mqttKeys,
    qos: Type.Integer({
      minimum: 0,
      maximum: 1,
      default: 1,
      description:
        "MQTT quality of service of events. With 0 a packet counts as delivered once it is written to the socket.",
      expected: "0 or 1",
    }),
    encoding: oneOf(["protobuf", "json"], { default: "protobuf", description: "Encoding of events." }),
    stats_interval: positiveDuration("30 s", "How often the gateway's statistics are sent."),
    ack_timeout: positiveDuration("5 s", "A broker that takes longer to acknowledge counts as unhealthy."),
    replay: oneOf(["off", "data-only", "all"], {
      default: "data-only",
      description: 'What of a backlog is sent: nothing, "data-only" (no joins older than spool.join_max_age), or all.',
    }),
    dev_addr: prefixes(
      "^[0-9A-Fa-f]{8}/([0-9]|[12][0-9]|3[0-2])$",
      "26000000/7",
      "Only devices of these DevAddr ranges. Empty: all.",
    ),
    join_eui: prefixes(
      "^[0-9A-Fa-f]{16}/([0-9]|[1-5][0-9]|6[0-4])$",
      "70B3D57ED0000000/40",
      "Only join requests of these JoinEUI ranges. Empty: all.",
    ),
    net_id: list(Type.String({ pattern: "^[0-9A-Fa-f]{6}$", expected: 'a NetID such as "000013"' }), {
      description: "Only devices of these NetIDs. Empty: all.",
      expected: 'a list of NetIDs such as ["000013"]',
    }),
    commands: Type.Record(
      Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }),
      Type.Array(Type.String(), { minItems: 1, expected: 'program and arguments, such as ["/usr/bin/uptime"]' }),
      {
        additionalProperties: false,
        default: {},
        description: "Commands that this server may run here, by name: program and arguments.",
      },
    ),
  },
  { additionalProperties: false, description: "A network server: a ChirpStack's MQTT broker." },
);
