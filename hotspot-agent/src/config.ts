/**
 * The configuration of an agent: every key, its meaning, its default and what it may hold. The one file that imports typebox.
 *
 * The same schema gives the checks, the commented file of `config print` and the hints of an error. Keys are as people write
 * them in TOML; config/agent-config.ts turns them into numbers. Secrets never stand in the file, only paths to them.
 */
import Type, { type Static, type TSchema } from "typebox";
import { Default, Errors } from "typebox/value";
import {
  DURATION_PATTERN,
  ENDPOINT_PATTERN,
  EUI_PATTERN,
  POSITIVE_DURATION_PATTERN,
  SIZE_PATTERN,
} from "./config/values.ts";

/** Our additions to JSON Schema: what an error says was expected, and whether a key can be left out of the printed file. */
interface Notes {
  readonly description: string;
  readonly expected?: string;
}

const duration = (fallback: string, description: string) =>
  Type.String({
    pattern: DURATION_PATTERN,
    default: fallback,
    description,
    expected: 'a duration such as "5 s" or "10 min"',
  });
/** A duration that is more than nothing: a pause, a limit or an interval of 0 would stop or flood something. */
const positiveDuration = (fallback: string, description: string) => ({
  ...duration(fallback, description),
  pattern: POSITIVE_DURATION_PATTERN,
  expected: 'a duration above 0 such as "5 s" or "10 min"',
});
const size = (fallback: string, description: string) =>
  Type.String({ pattern: SIZE_PATTERN, default: fallback, description, expected: 'a size such as "512 MiB"' });
const endpoint = (fallback: string, description: string) =>
  Type.String({
    pattern: ENDPOINT_PATTERN,
    default: fallback,
    description,
    expected: 'HOST:PORT such as "127.0.0.1:1680"',
  });
const path = (notes: Notes) => Type.String({ minLength: 1, ...notes, expected: "a path" });
const flag = (fallback: boolean, description: string) =>
  Type.Boolean({ default: fallback, description, expected: "true or false" });
const oneOf = <const T extends readonly string[]>(values: T, notes: Notes & { readonly default?: T[number] }) =>
  Type.Unsafe<T[number]>({
    enum: values,
    ...notes,
    expected: values.map((value) => JSON.stringify(value)).join(" or "),
  });
const list = <T extends TSchema>(items: T, notes: Notes) => Type.Array(items, { default: [], ...notes });
const table = <T extends Record<string, TSchema>>(properties: T, notes: Notes) =>
  Type.Object(properties, { additionalProperties: false, default: {}, ...notes });

const euis = (description: string) =>
  list(Type.String({ pattern: EUI_PATTERN, expected: "16 hex digits" }), { description, expected: "a list of EUIs" });
const prefixes = (pattern: string, example: string, description: string) =>
  list(Type.String({ pattern, expected: `a prefix such as "${example}"` }), {
    description,
    expected: `a list of prefixes such as ["${example}"]`,
  });

/** Regions as poc names them; which of them have rules is for the beaconer to say. */
const REGION_PATTERN = "^[A-Z]{2}[0-9]{3}[A-Z0-9_]{0,4}$";

const hotspot = table(
  {
    region: Type.String({
      pattern: `^$|${REGION_PATTERN}`,
      default: "",
      description: 'Region of the radio, such as "EU868" or "US915". Empty: no beacons are sent.',
      expected: 'a region such as "EU868"',
    }),
    state_dir: path({ default: "/var/lib/earshot", description: "Folder of keys, spools and ledgers." } as Notes),
    gateway_id: oneOf(["key", "factory"], {
      default: "key",
      description: "The id that network servers see: from the hotspot's key, or the forwarder's own EUI (\"factory\").",
    }),
    listen_before_talk: flag(false, "The forwarder listens before it talks, which beacons in KR920 and Japan need."),
    antenna_gain_dbi: Type.Number({
      minimum: -10,
      maximum: 30,
      default: 0,
      description: "Gain of the antenna minus loss of the cable, dB. Beacons are sent weaker by this much.",
      expected: "a number of dB from -10 to 30",
    }),
  },
  { description: "The hotspot itself." },
);

const forwarder = table(
  {
    listen: endpoint("127.0.0.1:1680", "UDP address for packet forwarders (Semtech protocol)."),
    allow: euis("EUIs of forwarders to listen to. Empty: any, which only a loopback address may."),
    crc: list(oneOf(["ok", "bad", "none"], { description: "" }), {
      default: ["ok"],
      description: 'Which packets to take, by what the radio says of their CRC: "ok", "bad", "none" (no CRC sent).',
      expected: 'a list of "ok", "bad", "none"',
    } as Notes),
    ack_timeout: positiveDuration("2 s", "How long a forwarder may take to acknowledge a downlink."),
    time_fallback: flag(true, "Give packets without a time of their own this machine's."),
  },
  { description: "Packet forwarders that speak the Semtech UDP protocol." },
);

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

const gatewayMqtt = Type.Object(
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

const spool = table(
  {
    max_size: size("512 MiB", "Most the spool may take on disk; the oldest packets go first."),
    max_age: positiveDuration("7 d", "Packets older than this are dropped."),
    sync_interval: positiveDuration(
      "20 ms",
      "Longest time between two flushes to the disk: what a power cut may cost.",
    ),
    stall_limit: positiveDuration("20 ms", "An append slower than this is acknowledged from memory and counted."),
    memory_size: size("4 MiB", "Packets kept in memory while the disk takes nothing."),
    device_spacing: duration("100 ms", "Least time between two packets of one device in a replay."),
    replay_rate: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 50,
      description: "Most packets of a backlog per second and destination.",
      expected: "packets per second, 1 to 10000",
    }),
    join_max_age: duration("5 s", "Join requests older than this are dropped: their window has passed."),
  },
  { description: "Packets on disk until a network server has them." },
);

const server = Type.Object(
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

const oracle = table(
  {
    urls: list(Type.String({ pattern: "^https?://[^/?#@]+/?$", expected: "an https:// address" }), {
      description:
        "Oracles that take this hotspot's reports; two or more, tried in order. Empty: no proof of coverage.",
      expected: "a list of https:// addresses",
    }),
    signers: list(Type.String({ minLength: 40, maxLength: 51, expected: "an oracle's key" }), {
      description: "Keys of those oracles: only what they signed is believed.",
      expected: "a list of keys",
    }),
    ca_file: Type.Optional(
      path({ description: "PEM of the authority that signed the oracles' certificates; without it the system's." }),
    ),
    rpc_url: Type.Optional(
      Type.String({
        pattern: "^https?://[^?#@]+$",
        description: "Solana RPC to derive challenges from, instead of asking the oracles for them.",
        expected: "an https:// address",
      }),
    ),
    network: Type.Integer({
      minimum: 0,
      maximum: 0xffffffff,
      default: 1,
      description: "Number of the network.",
      expected: "an integer",
    }),
    beacons: flag(true, "Send beacons when challenged."),
    receipts: flag(true, "Report receipts of delivered packets."),
    routes: flag(true, "Deliver to the customers in the oracle's signed route lists."),
    spool_size: size("64 MiB", "Most that unsent reports may take on disk."),
  },
  { description: "Proof of coverage and paid traffic." },
);

const page = table(
  {
    listen: endpoint("127.0.0.1:4680", "Address of the local page, /healthz and /metrics; loopback only."),
    enabled: flag(true, "Serve them at all."),
  },
  { description: "The local page." },
);

const log = table(
  {
    level: oneOf(["debug", "info", "warn", "error"], {
      default: "info",
      description: "Least severe line that is written.",
    }),
    format: oneOf(["text", "json"], {
      default: "text",
      description: "One line of text or of JSON per event, on stderr.",
    }),
    repeat_interval: duration("1 min", "The same complaint is written once in this time, with a count."),
  },
  { description: "Logging." },
);

const update = table(
  {
    enabled: flag(false, "Look for signed releases and install them; needs the tarball installation."),
    url: Type.String({
      default: "",
      pattern: "^$|^https://",
      description: "Address of the signed release manifest.",
      expected: "an https:// address",
    }),
    key: Type.String({ default: "", description: "Key that signs releases." }),
    interval: positiveDuration("6 h", "How often to look."),
  },
  { description: "Signed self-update." },
);

/** Sections in the order in which `config print` shows them. */
export const configSchema = Type.Object(
  {
    hotspot,
    forwarder,
    gateway_mqtt: list(gatewayMqtt, { description: "Further inputs." }),
    spool,
    server: list(server, { description: "Network servers." }),
    oracle,
    page,
    log,
    update,
  },
  { additionalProperties: false },
);

/** The configuration as written: keys and units as in TOML, every default filled in. */
export type WrittenConfig = Static<typeof configSchema>;

/** What is wrong at one key; `keyword` is JSON Schema's. */
export interface SchemaProblem {
  readonly path: readonly string[];
  readonly keyword: string;
  readonly message: string;
}

/** Fills defaults into a copy of `value`; what the schema does not know is kept for `schemaProblems` to see. */
export function withDefaults(value: unknown): unknown {
  return Default(configSchema, structuredClone(value));
}

/** Everything that the schema refuses in `value`; empty means that it is a `WrittenConfig`. */
export function schemaProblems(value: unknown): readonly SchemaProblem[] {
  return Errors(configSchema, value).map(({ instancePath, keyword, message }) => ({
    path: instancePath.split("/").slice(1),
    keyword,
    message,
  }));
}
