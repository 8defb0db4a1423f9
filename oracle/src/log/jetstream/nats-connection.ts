/**
 * The connection to a NATS cluster, and what a log needs to find there.
 *
 * Partitions are dealt by the server's subject mapping, so that every client of whatever language deals alike:
 *
 *   earshot.upload.LOG.KEY      → earshot.uploads.LOG.PARTITION.KEY           raw uploads, KEY of the sender in hex
 *   earshot.report.LOG.PAYLOAD  → earshot.reports.LOG.PARTITION.PAYLOAD       shuffled reports
 *
 * `mappingsOf` is that part of the server's configuration. A mapping that is missing or deals otherwise is found when a log is opened.
 */
import { type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { oracleError } from "../../errors.ts";
import { logPartition } from "../partition.ts";

export interface NatsOptions {
  /** `host:port` of any members of the cluster; the others are learnt from them. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** PEM file of the authority that signed the servers' certificates; TLS is then required. */
  readonly tlsCaFile?: string;
  /** Copies of each stream: 1 on one node, 3 on a cluster. */
  readonly replicas: number;
}

/** Uploads are up to 4 MiB; NATS allows 1 MiB unless told otherwise. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
/** How long opening waits for servers and elections, ms. */
const OPEN_MS = 60_000;
const RETRY_MS = 100;
const PROBE_MS = 2000;
/** Keys that are tried: two mappings that differ agree on so many with odds of 2^-32 at most. */
const PROBES = 32;

/** The `mappings` of a server's configuration for logs with this many partitions. */
export function mappingsOf(partitions: number): Readonly<Record<string, string>> {
  const partition = `{{partition(${partitions},2)}}`;
  return {
    "earshot.upload.*.*": `earshot.uploads.{{wildcard(1)}}.${partition}.{{wildcard(2)}}`,
    "earshot.report.*.*": `earshot.reports.{{wildcard(1)}}.${partition}.{{wildcard(2)}}`,
  };
}

/** Connects; reconnects by itself for ever afterwards. Throws ORC_LOG_UNAVAILABLE, ORC_BAD_OPTION for a payload limit that is too low. */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const { servers, user, password, token, tlsCaFile } = options;
  const connection = await patiently("connect to NATS", () =>
    connect({
      servers: [...servers],
      name: "earshot-oracle",
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      ...(user === undefined ? {} : { user, pass: password ?? "" }),
      ...(token === undefined ? {} : { token }),
      ...(tlsCaFile === undefined ? {} : { tls: { caFile: tlsCaFile } }),
    }),
  );
  const limit = connection.info?.max_payload ?? 0;
  if (limit >= MAX_PAYLOAD_BYTES) return connection;
  await connection.close();
  throw oracleError(
    "ORC_BAD_OPTION",
    `NATS: expected max_payload of at least ${MAX_PAYLOAD_BYTES}, the server has ${limit}`,
  );
}

/** Makes sure that the server maps subjects to partitions as this log does. Throws ORC_BAD_OPTION. */
export async function checkMapping(connection: NatsConnection, partitions: number): Promise<void> {
  const probe = crypto.randomUUID().replaceAll("-", "");
  for (const kind of ["upload", "report"]) {
    const subscription = connection.subscribe(`earshot.${kind}s.probe${probe}.>`, { max: PROBES, timeout: PROBE_MS });
    await connection.flush();
    const keys = Array.from({ length: PROBES }, (_, at) => Uint8Array.of(...Uint8Array.fromHex(probe), at));
    for (const key of keys) connection.publish(`earshot.${kind}.probe${probe}.${Buffer.from(key).toString("hex")}`);
    const expected = keys.map((key) => {
      const name = Buffer.from(key).toString("hex");
      return `earshot.${kind}s.probe${probe}.${logPartition(key, partitions)}.${name}`;
    });
    const found: string[] = [];
    try {
      for await (const { subject } of subscription) found.push(subject);
    } catch {
      // Nothing arrived in time: there is no mapping.
    }
    if (found.sort().join() !== expected.sort().join()) {
      const detail = `NATS: expected mappings ${JSON.stringify(mappingsOf(partitions))}; earshot.${kind} is mapped to ${found[0] ?? "nothing"}`;
      throw oracleError("ORC_BAD_OPTION", detail);
    }
  }
}

/** A stream that is there afterwards, made if it was not. Waits for the cluster's elections. Throws ORC_LOG_UNAVAILABLE. */
export async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  await patiently(`stream ${config.name}`, async () => {
    try {
      await manager.streams.info(config.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await manager.streams.add(config);
    }
  });
}

/** The API of JetStream, once a leader answers. */
export function openManager(connection: NatsConnection): Promise<JetStreamManager> {
  return patiently("JetStream", () => jetstreamManager(connection));
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Error && /(stream|message|consumer) not found|no message found/i.test(error.message);
}

/** Asks again until it works: an election has no event to wait for. Throws ORC_LOG_UNAVAILABLE. */
export async function patiently<T>(what: string, work: () => Promise<T>, forMs: number = OPEN_MS): Promise<T> {
  const started = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (cause) {
      if (performance.now() - started > forMs) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw oracleError("ORC_LOG_UNAVAILABLE", `${what}: ${reason}`, { cause, retryable: true });
      }
      await Bun.sleep(RETRY_MS);
    }
  }
}
