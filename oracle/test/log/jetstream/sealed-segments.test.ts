import { describe, expect, test } from "vitest";
import { JetStreamLogReader } from "../../../src/log/jetstream/jetstream-log-reader.ts";
import { JetStreamReportLog } from "../../../src/log/jetstream/jetstream-report-log.ts";
import { openManager } from "../../../src/log/jetstream/nats-connection.ts";
import { SealedSegments } from "../../../src/log/jetstream/sealed-segments.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { rawUpload, START_MS } from "../../ports/raw-uploads.ts";
import { NATS, NatsServers } from "../../servers/nats.ts";
import { skipReason } from "../../servers/server-process.ts";

const UPLOADS = 4;
/** At which a segment is full with one. */
const ONE_UPLOAD = 100;
const LATER_MS = START_MS + IDENTITY.segmentMs;
const reason = skipReason("nats-server 2.9", NATS);

/** Four uploads of one span, and what seals them; `around` stands between a sealer and what it publishes. */
async function withSealers(
  run: (
    sealer: (
      segmentBytes: number,
      around?: (publish: () => Promise<unknown>) => Promise<unknown>,
    ) => Promise<SealedSegments>,
    reader: JetStreamLogReader,
  ) => Promise<void>,
): Promise<void> {
  const servers = await NatsServers.start(NATS as string, { nodes: 1, partitions: IDENTITY.partitions });
  const options = { ...IDENTITY, servers: servers.urls, replicas: 1 };
  const log = await JetStreamReportLog.open(options);
  const reader = await JetStreamLogReader.open(options);
  try {
    for (let at = 0; at < UPLOADS; at++) await log.append(rawUpload(at, 1, START_MS + at));
    const { connection, client, names } = reader;
    await run(
      async (segmentBytes, around = (publish) => publish()) =>
        new SealedSegments({
          connection,
          manager: await openManager(connection),
          client: new Proxy(client, {
            get: (own, name) =>
              name === "publish"
                ? (...args: Parameters<typeof client.publish>) => around(() => own.publish(...args))
                : Reflect.get(own, name),
          }),
          identity: { ...IDENTITY, segmentBytes },
          uploads: names.uploads,
          segments: names.segments,
          subject: `earshot.segments.${names.log}`,
        }),
      reader,
    );
  } finally {
    await reader.close();
    await log.close();
    await servers.remove();
  }
}

describe.skipIf(reason !== undefined)(`segments that are sealed${reason ?? ""}`, () => {
  test("are known once, though one is listed before the process that sealed it hears so", () =>
    withSealers(async (sealer, reader) => {
      const sealed: SealedSegments = await sealer(ONE_UPLOAD, async (publish) => {
        const stored = await publish();
        await sealed.list();
        return stored;
      });
      await sealed.seal(LATER_MS);
      const all = await sealed.list();
      expect(all.map(({ number }) => number)).toEqual([...Array(UPLOADS).keys()]);
      expect(all).toEqual(await reader.segments());
    }));

  test("are what is stored, also for a process that would have cut otherwise and comes second", () =>
    withSealers(async (sealer, reader) => {
      const first = await sealer(ONE_UPLOAD);
      const second = await sealer(1 << 20, async (publish) => {
        await first.seal(LATER_MS);
        return publish();
      });
      await second.seal(LATER_MS);
      expect(await second.list()).toEqual(await reader.segments());
      expect(await second.list()).toEqual(await first.list());
    }));
});
