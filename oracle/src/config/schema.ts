/**
 * The configuration of an oracle: every key, its meaning, its default and what it may hold.
 *
 * One table a part of the oracle; the same schema gives the checks, the file that `config print` writes and the hints of an error. Secrets
 * never stand in it, only paths to them.
 */
import Type, { type Static, type TObject, type TProperties } from "typebox";
import {
  addresses,
  choice,
  duration,
  endpoint,
  flag,
  integer,
  networks,
  path,
  size,
  text,
  urls,
  wallets,
} from "./values.ts";

const table = <T extends TProperties>(properties: T, description: string) =>
  Type.Object(properties, { additionalProperties: false, default: {}, description });

const http = table(
  {
    listen: endpoint("127.0.0.1:8080", "Address of the API. Beyond loopback put a proxy with TLS in front."),
    proxies: networks(
      ["127.0.0.1", "::1"],
      "Proxies in front, by address or network: their X-Forwarded-For is believed, and their clients are limited each.",
    ),
    max_connections: integer(1, 1_000_000, 20_000, "Connections at a time."),
    max_per_address: integer(
      1,
      1_000_000,
      500,
      "Connections of one address at a time, behind a proxy its requests; of IPv6 a /56 counts as one.",
    ),
    max_waiting: integer(0, 1_000_000, 10_000, "Requests that may wait for a challenge at a time."),
    explorer: flag(true, "Serve the map of the network at /."),
  },
  "The API for agents and everybody.",
);

const data = table(
  { folder: path(".earshot/oracle", "Folder of key, log, entropy and caches. One process at a time uses it.") },
  "What this oracle keeps.",
);

const network = table(
  {
    account: text("", "Address of the network's account. Empty: the one that `localnet` noted in .earshot/localnet."),
    parameters: choice(
      ["auto", "earshot", "demo", "file"],
      "auto",
      'Rules: "earshot", "demo" scaled to the network\'s epoch, "file" as written; "auto" takes by the length of the epoch.',
    ),
    parameters_file: text("", 'JSON of the parameters, with parameters = "file".', "a path"),
    next_parameters_file: text(
      "",
      "JSON of parameters that governance has voted for: they hold from the epoch that the chain says.",
      "a path",
    ),
    governance_key: text(
      "",
      "Key that outcomes of appeals are signed with, the same at every oracle of the network. Empty: appeals have none.",
      "a key in its text form",
    ),
  },
  "The network that is served.",
);

const chain = table(
  {
    rpc: urls(
      ["http://127.0.0.1:8899"],
      "Solana endpoints. Three of different operators outvote one that lies, and do not wait for one that lags or hangs.",
    ),
    quorum: integer(0, 100, 0, "Endpoints that must say the same; 0: more than half of them."),
    timeout: duration("10 s", "Longest time for one answer."),
    registry_resync: duration("10 min", "The whole registry is read anew this often, changes are heard of at once."),
    registry_timeout: duration("2 min", "Longest time for an answer with all hotspots."),
    clock_tolerance: duration(
      "10 min",
      "Uploads are refused while our time and the chain's differ by more; 0 s: never.",
    ),
  },
  "How the chain is read.",
);

const ingest = table(
  {
    key_file: text(
      "",
      "Key that receipts are signed with. Empty: ingest.key in the data folder, made at the first start.",
      "a path",
    ),
    uploads_per_second: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1_000_000,
      default: 2,
      description: "Uploads of one device in the long run; of more than 512 reports it counts as one for each 512.",
      expected: "a number above 0",
    }),
    upload_burst: integer(1, 1_000_000, 200, "Uploads of one device at once: what it missed."),
    bad_signatures_per_minute: integer(1, 1_000_000, 600, "Uploads with a bad signature of one address."),
    max_waiting: integer(1, 1_000_000, 10_000, "Uploads that may wait for the log."),
    max_waiting_size: size("256 MiB", "Bytes of uploads that may wait for the log."),
    max_body_size: size("256 MiB", "Bytes of uploads that are being received."),
    body_timeout: duration("20 s", "Time an upload may take, besides what 16 kB/s need."),
    commit_interval: duration("8 ms", "Uploads are made durable together this often, at most 10 ms."),
    partitions: integer(1, 256, 16, "Partitions of the log, a power of two. Fixed when the log is made."),
  },
  "Uploads of hotspots and meters.",
);

const store = table(
  {
    url: text(
      "",
      "Empty: an SQLite file in the data folder. Else sqlite:PATH, or postgres://USER@HOST:PORT/DATABASE without a password.",
      "sqlite:PATH or postgres://…",
    ),
    password_file: text("", "File with PostgreSQL's password.", "a path"),
  },
  "What workers and the API share: leases, what is done, what is told of the running epoch.",
);

const artefacts = table(
  {
    folder: text("", "Folder of closed epochs and log segments. Empty: artefacts in the data folder.", "a path"),
    endpoint: text("", "S3-compatible server, http(s)://HOST[:PORT]; over the folder when it is set.", "an address"),
    bucket: text("", "Bucket, which must be there."),
    region: text("us-east-1", "Region, where the server has any."),
    prefix: text("", "Begins every key; empty, or ending in a slash."),
    credentials_file: text("", "File of two lines: the access key's id and its secret.", "a path"),
    public_url: text("", "Where anybody may read the files, if they are public.", "an address"),
  },
  "Files of closed epochs, by their content.",
);

const report_log = table(
  {
    servers: addresses([], "NATS servers with JetStream, HOST:PORT each. Empty: files in the data folder."),
    replicas: integer(1, 5, 1, "Copies of each stream: 3 on a cluster of three."),
    user: text("", "User of the NATS servers."),
    password_file: text("", "File with that user's password.", "a path"),
    token_file: text("", "File with a token, instead of user and password.", "a path"),
    ca_file: text("", "PEM of the authority of the servers' certificates; TLS is required then.", "a path"),
  },
  "Where acknowledged uploads are kept.",
);

const workers = table(
  {
    count: integer(
      0,
      64,
      1,
      "Processes for verdicts, and as many for closing epochs. 0: `oracle work` runs elsewhere.",
    ),
    judges: integer(1, 64, 1, "Threads of each that judge when an epoch is closed."),
    lease: duration("15 s", "How long a dead worker's work waits for another one."),
  },
  "Processes that tell verdicts and close epochs.",
);

const settlement = table(
  {
    key_file: text(
      "",
      "Keypair file of this oracle's wallet (solana-keygen's form). Empty: epochs are closed, and nothing is said on chain.",
      "a path",
    ),
    interval: duration("5 s", "How often it is looked what is due on chain."),
    slot: duration("400 ms", "Length of a slot of the chain."),
  },
  "What this oracle does on chain: issue epochs, vote for their roots, make them final, record log heads.",
);

const billing = table(
  {
    key_file: text(
      "",
      "Keypair file of the network's burn authority. Empty: bills are made, another oracle burns them.",
      "a path",
    ),
    interval: duration(
      "1 min",
      "How often it is looked what is to be billed and burnt; more often where epochs are short.",
    ),
  },
  "What payers owe for packets.",
);

const organisations = table(
  {
    max_routes: integer(
      0,
      256,
      8,
      "Routes that an organisation may make over HTTP. 0: routes are files of the operator's.",
    ),
    max_addresses: integer(1, 0xffff_ffff, 33_554_432, "DevAddrs of one organisation: a NetID of type 0 has 2^25."),
    may_overlap: wallets("Wallets whose routes may name DevAddrs and JoinEUIs that another payer's route has."),
    refused: wallets("Wallets that make no routes; those they have made are told to nobody."),
    private_targets: flag(
      false,
      "Organisations may name brokers and webhooks in private networks, webhooks there without TLS: for a network of one's own.",
    ),
    balance_interval: duration("1 min", "How often balances are held against the limits of webhooks."),
  },
  "What payers may do without the operator (docs/adr/0020).",
);

const peers = table(
  {
    ingests: Type.Array(
      Type.String({ pattern: "^[1-9A-HJ-NP-Za-km-z]{40,64}@https?://[^\\s]+$", expected: "KEY@http(s)://HOST[:PORT]" }),
      {
        default: [],
        description: "The network's other ingests, KEY@ADDRESS each: their logs are mirrored and count in every epoch.",
        expected: 'a list such as ["KEY@https://host"], the key as its oracle prints it',
      },
    ),
    timeout: duration("1 min", "Longest time for one file of another ingest."),
  },
  "Other oracles of the network.",
);

const log = table(
  {
    level: choice(["debug", "info", "warn", "error"], "info", "Least severity that is written."),
    repeat_interval: duration("1 min", "A complaint that repeats is written this often."),
  },
  "NDJSON lines on stderr.",
);

export const configSchema = Type.Object(
  {
    http,
    data,
    network,
    chain,
    ingest,
    report_log,
    store,
    artefacts,
    workers,
    settlement,
    billing,
    organisations,
    peers,
    log,
  },
  { additionalProperties: false },
);

/** The configuration as written: keys and units as in TOML, every default filled in. */
export type WrittenConfig = Static<typeof configSchema>;

/** The tables by name, as the plain JSON Schema that they are. */
export const configTables = configSchema.properties as Readonly<Record<string, TObject>>;
