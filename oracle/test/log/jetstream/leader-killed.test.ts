import { expect, test } from "vitest";
import { JetStreamReportLog } from "../../../src/log/jetstream/jetstream-report-log.ts";
import { logPartition } from "../../../src/log/partition.ts";
import type { Appended } from "../../../src/ports/report-log.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { rawUpload, START_MS } from "../../ports/raw-uploads.ts";
import { NATS, NATS_LATEST, NatsServers } from "../../servers/nats.ts";
import { skipReason } from "../../servers/server-process.ts";
import { checkLog } from "../check-log.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const UPLOADS = 2000;
const SENDERS = 64;

for (const [name, path] of [
  ["2.9", NATS],
  ["2.15", NATS_LATEST],
] as const) {
  const reason = skipReason(`nats-server ${name}`, path, path === NATS_LATEST);
  test.skipIf(reason !== undefined)(
    `on three nodes of NATS ${name}, the leader killed in mid-publish costs no acknowledged upload and doubles none${reason ?? ""}`,
    async () => {
      const servers = await NatsServers.start(path as string, { nodes: 3, partitions: IDENTITY.partitions });
      const log = await JetStreamReportLog.open({ ...IDENTITY, servers: servers.urls, replicas: 3 });
      try {
        await log.append(rawUpload(1_000_000, 1, START_MS));
        const stream = await findStream(servers);
        for (let round = 0; round < soak; round++) {
          const acknowledged: Appended[] = [];
          const shuffled: number[] = [];
          const payload = new Uint8Array(24).fill(round);
          let next = 0;
          const halfway = Promise.withResolvers<void>();
          const senders = Array.from({ length: SENDERS }, async () => {
            while (next < UPLOADS) {
              const at = next++;
              const upload = rawUpload(round * UPLOADS + at, 1, START_MS + at);
              for (;;) {
                try {
                  acknowledged.push(await log.append(upload));
                  break;
                } catch (error) {
                  expect(error).toMatchObject({ code: "ORC_LOG_UNAVAILABLE", retryable: true });
                }
              }
              if (acknowledged.length === UPLOADS / 2) halfway.resolve();
            }
          });
          const shuffling = (async () => {
            for (let position = 0; position < 200; position++) {
              await log.shuffle([
                { source: `r${round}`, position, reports: [{ payload, bytes: Uint8Array.of(position) }] },
              ]);
            }
          })();
          await halfway.promise;
          const leader = await servers.leaderOf(stream);
          await servers.kill(leader);
          await Promise.all([...senders, shuffling]);
          await servers.run(leader);
          expect(acknowledged.length).toBe(UPLOADS);
          expect(await checkLog(log, IDENTITY, acknowledged)).toBe((round + 1) * UPLOADS + 1);
          for await (const { reports } of log.readShuffled(logPartition(payload, 8), undefined, { follow: false })) {
            for (const { source, position } of reports) if (source === `r${round}`) shuffled.push(position);
          }
          expect(shuffled).toEqual(Array.from({ length: 200 }, (_, at) => at));
        }
      } finally {
        await log.close();
        await servers.remove();
      }
    },
    180_000 * soak,
  );
}

async function findStream(servers: NatsServers): Promise<string> {
  const names = await servers.streams();
  return names.find((name) => name.startsWith("earshot-uploads-")) as string;
}
