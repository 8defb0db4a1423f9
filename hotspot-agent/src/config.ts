/**
 * The configuration of an agent: every key, its meaning, its default and what it may hold. With its two parts in
 * config/ (key-types.ts, server-keys.ts) the one place that imports typebox.
 *
 * The same schema gives the checks, the commented file of `config print` and the hints of an error. Keys are as people write
 * them in TOML; config/agent-config.ts turns them into numbers. Secrets never stand in the file, only paths to them.
 */
import Type, { type Static } from "typebox";
import { Default, Errors } from "typebox/value";
import {
  duration,
  endpoint,
  euis,
  flag,
  list,
  type Notes,
  oneOf,
  path,
  positiveDuration,
  size,
  table,
} from "./config/key-types.ts";
import { gatewayMqtt, server } from "./config/server-keys.ts";

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
