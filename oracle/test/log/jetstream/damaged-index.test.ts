import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JetStreamReportLog } from "../../../src/log/jetstream/jetstream-report-log.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { facts, rawUpload, START_MS } from "../../ports/raw-uploads.ts";
import { NATS, NatsServers } from "../../servers/nats.ts";
import { skipReason } from "../../servers/server-process.ts";
import { TemporaryFolders } from "../../temporary-folder.ts";

const folders = new TemporaryFolders("jetstream-index");
const reason = skipReason("nats-server 2.9", NATS);

test.skipIf(reason !== undefined)(
  `an index that is no database is made again from the stream${reason ?? ""}`,
  async () => {
    const servers = await NatsServers.start(NATS as string, { nodes: 1, partitions: IDENTITY.partitions });
    const folder = folders.next();
    mkdirSync(folder);
    const indexPath = join(folder, "index.sqlite");
    const open = () => JetStreamReportLog.open({ ...IDENTITY, servers: servers.urls, replicas: 1, indexPath });
    try {
      const first = await open();
      const place = await first.append(rawUpload(1, 1, START_MS));
      await first.close();
      writeFileSync(indexPath, "this was an index before somebody wrote over it ".repeat(100));
      const log = await open();
      expect(facts((await log.find(place.uploadId))!)).toEqual(facts(place));
      await log.close();
    } finally {
      await servers.remove();
    }
  },
);
