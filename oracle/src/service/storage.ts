/** Opens what the configuration says things are kept in. `oracle serve` and `oracle work` open the same. */
import { join } from "node:path";
import { FolderArtefacts } from "../artefacts/folder-store.ts";
import { S3Artefacts } from "../artefacts/s3-store.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { durationMs } from "../config/values.ts";
import { EmbeddedLogReader } from "../log/embedded/embedded-log-reader.ts";
import { EmbeddedReportLog } from "../log/embedded/embedded-report-log.ts";
import { type JetStreamLogOptions, JetStreamLogReader } from "../log/jetstream/jetstream-log-reader.ts";
import { JetStreamReportLog } from "../log/jetstream/jetstream-report-log.ts";
import type { LogIdentity } from "../log/log-identity.ts";
import type { ArtefactStore } from "../ports/artefact-store.ts";
import type { ReportLog, ReportLogReader } from "../ports/report-log.ts";
import type { Store } from "../ports/store.ts";
import { openStore } from "../store/open-store.ts";
import { secretLines } from "./secret-file.ts";

/** Throws ORC_BAD_KEY, and what opening a store throws. */
export function openConfiguredStore({ store, data }: WrittenConfig): Promise<Store> {
  const { url, password_file } = store;
  if (url === "") return openStore(`sqlite:${join(data.folder, "oracle.sqlite")}`);
  if (password_file === "") return openStore(url);
  const withPassword = new URL(url);
  withPassword.password = encodeURIComponent(secretLines(password_file, "store.password_file", 1)[0]!);
  return openStore(withPassword.href);
}

/** Throws ORC_BAD_KEY, ORC_WRITE_FAILED. */
export function openConfiguredArtefacts({ artefacts, data }: WrittenConfig): ArtefactStore {
  const { folder, endpoint, bucket, region, prefix, credentials_file, public_url } = artefacts;
  const publicUrl = public_url === "" ? undefined : public_url.replace(/\/+$/, "");
  if (endpoint === "") return new FolderArtefacts(folder === "" ? join(data.folder, "artefacts") : folder, publicUrl);
  const [accessKeyId, secretAccessKey] = secretLines(credentials_file, "artefacts.credentials_file", 2) as [
    string,
    string,
  ];
  const access = { endpoint, bucket, region, prefix, accessKeyId, secretAccessKey };
  return new S3Artefacts({ ...access, ...(publicUrl === undefined ? {} : { publicUrl }) });
}

/** The log that this process writes; one process at a time can. Throws what opening a log throws. */
export function openConfiguredLog(config: WrittenConfig, identity: LogIdentity): Promise<ReportLog> {
  const folder = join(config.data.folder, "log");
  const gatherMs = durationMs(config.ingest.commit_interval);
  return config.report_log.servers.length === 0
    ? EmbeddedReportLog.open({ folder, gatherMs, ...identity })
    : JetStreamReportLog.open(jetStreamOptions(config, identity, "log-index.sqlite"));
}

/** The same log to read, in any number of processes. Throws what opening a log throws. */
export async function openConfiguredReader(config: WrittenConfig, identity: LogIdentity): Promise<ReportLogReader> {
  return config.report_log.servers.length === 0
    ? EmbeddedLogReader.open(join(config.data.folder, "log"), identity)
    : JetStreamLogReader.open(jetStreamOptions(config, identity));
}

function jetStreamOptions(
  { report_log, data }: WrittenConfig,
  identity: LogIdentity,
  index?: string,
): JetStreamLogOptions {
  const { servers, replicas, user, password_file, token_file, ca_file } = report_log;
  const secret = (path: string, key: string) => secretLines(path, `report_log.${key}`, 1)[0]!;
  return {
    ...identity,
    servers,
    replicas,
    // Who only reads looks up no ids: its index would be a file that stays behind.
    ...(index === undefined ? {} : { indexPath: join(data.folder, index) }),
    ...(user === "" ? {} : { user }),
    ...(password_file === "" ? {} : { password: secret(password_file, "password_file") }),
    ...(token_file === "" ? {} : { token: secret(token_file, "token_file") }),
    ...(ca_file === "" ? {} : { tlsCaFile: ca_file }),
  };
}
