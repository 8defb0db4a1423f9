/**
 * The streams of one log: uploads, sealed segments, shuffled reports. Uploads and segments are for ever; of reports, those of some days.
 *
 * What a log was made with stands in its stream's description, and another oracle that opens it with something else is refused.
 */
import type { JetStreamManager } from "@nats-io/jetstream";
import { oracleError } from "../../errors.ts";
import type { LogIdentity } from "../log-identity.ts";
import { ensureStream, type NatsOptions, patiently } from "./nats-connection.ts";
import { hex } from "./upload-message.ts";

/** Names of the streams, and `log`, the part of every subject that names the log. */
export interface LogStreams {
  readonly log: string;
  readonly uploads: string;
  readonly segments: string;
  readonly reports: string;
}

export interface LogStreamsOptions extends LogIdentity, Pick<NatsOptions, "replicas"> {
  /** Shuffled reports are kept this long, ms: longer than a worker may be away; 3 days. */
  readonly keepReportsMs?: number;
}

const KEEP_REPORTS_MS = 3 * 86_400_000;
/** The server drops what it has seen in this time by Nats-Msg-Id; longer than an election, ms. */
const DUPLICATE_MS = 120_000;
const NANOS = 1_000_000;

/** Makes the streams where there are none. Throws ORC_LOG_UNAVAILABLE, ORC_BAD_OPTION. */
export async function ensureLogStreams(
  manager: JetStreamManager,
  genesis: Uint8Array,
  options: LogStreamsOptions,
): Promise<LogStreams> {
  const log = hex(genesis).slice(0, 16);
  const names = {
    log,
    uploads: `earshot-uploads-${log}`,
    segments: `earshot-segments-${log}`,
    reports: `earshot-reports-${log}`,
  };
  const common = {
    num_replicas: options.replicas,
    duplicate_window: DUPLICATE_MS * NANOS,
    storage: "file",
    retention: "limits",
    discard: "new",
    deny_delete: true,
  } as const;
  const description = `${options.partitions} partitions, segments of ${options.segmentMs} ms`;
  await ensureStream(manager, {
    ...common,
    name: names.uploads,
    subjects: [`earshot.uploads.${log}.*.*`],
    description,
    deny_purge: true,
  });
  await ensureStream(manager, {
    ...common,
    name: names.segments,
    subjects: [`earshot.segments.${log}`],
    deny_purge: true,
  });
  await ensureStream(manager, {
    ...common,
    deny_delete: false,
    name: names.reports,
    subjects: [`earshot.reports.${log}.*.*`],
    max_age: (options.keepReportsMs ?? KEEP_REPORTS_MS) * NANOS,
  });
  const { config } = await patiently("the log", () => manager.streams.info(names.uploads));
  if (config.description !== description) {
    throw oracleError(
      "ORC_BAD_OPTION",
      `${names.uploads}: the log has ${config.description}, opened with ${description}`,
    );
  }
  return names;
}
