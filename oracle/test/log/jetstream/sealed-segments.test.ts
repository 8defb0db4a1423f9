import { expect, test } from "vitest";
import { JetStreamLogReader } from "../../../src/log/jetstream/jetstream-log-reader.ts";
import { JetStreamReportLog } from "../../../src/log/jetstream/jetstream-report-log.ts";
import { openManager } from "../../../src/log/jetstream/nats-connection.ts";
import { SealedSegments } from "../../../src/log/jetstream/sealed-segments.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { rawUpload, START_MS } from "../../ports/raw-uploads.ts";
import { NATS, NatsServers } from "../../servers/nats.ts";
import { skipReason } from "../../servers/server-process.ts";

const SPANS = 4;
const reason = skipReason("nats-server 2.9", NATS);

test.skipIf(reason !== undefined)(
  `a segment that is listed before the process that sealed it hears so is known once${reason ?? ""}`,
  async () => {
    const servers = await NatsServers.start(NATS as string, { nodes: 1, partitions: IDENTITY.partitions });
    const options = { ...IDENTITY, servers: servers.urls, replicas: 1 };
    const log = await JetStreamReportLog.open(options);
    const reader = await JetStreamLogReader.open(options);
    try {
      // Of one span, so that nothing is sealed yet; a segment holds one of them.
      for (let at = 0; at < SPANS; at++) await log.append(rawUpload(at, 1, START_MS + at));
      const { connection, client, names } = reader;
      const sealed: SealedSegments = new SealedSegments({
        connection,
        manager: await openManager(connection),
        client: new Proxy(client, {
          get: (own, name) => {
            if (name !== "publish") return Reflect.get(own, name);
            return async (...args: Parameters<typeof client.publish>) => {
              const stored = await own.publish(...args);
              await sealed.list();
              return stored;
            };
          },
        }),
        identity: { ...IDENTITY, segmentBytes: 100 },
        uploads: names.uploads,
        segments: names.segments,
        subject: `earshot.segments.${names.log}`,
      });
      await sealed.seal(START_MS + IDENTITY.segmentMs);
      const all = await sealed.list();
      expect(all.map(({ number }) => number)).toEqual([...Array(SPANS).keys()]);
      expect(all).toEqual(await reader.segments());
    } finally {
      await reader.close();
      await log.close();
      await servers.remove();
    }
  },
);
