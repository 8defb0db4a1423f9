import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JetStreamLogReader } from "../../src/log/jetstream/jetstream-log-reader.ts";
import { JetStreamReportLog } from "../../src/log/jetstream/jetstream-report-log.ts";
import type { LogIdentity } from "../../src/log/log-identity.ts";
import { NATS, NATS_LATEST, NatsServers } from "../servers/nats.ts";
import { skipReason } from "../servers/server-process.ts";
import { messageOf } from "../temporary-folder.ts";
import { IDENTITY } from "./log-identity.ts";
import { deviceKey } from "./raw-uploads.ts";
import { testReportLog } from "./report-log.contract.ts";

let ingests = 0;

/** A log nobody has used: streams are named after the ingest's key. */
function freshLog(servers: NatsServers, identity: LogIdentity) {
  const options = { ...identity, servers: servers.urls, replicas: servers.urls.length };
  return {
    identity,
    openWriter: () => JetStreamReportLog.open(options),
    openReader: () => JetStreamLogReader.open(options),
  };
}

for (const [name, path, nodes] of [
  ["JetStream 2.9, one node", NATS, 1],
  ["JetStream 2.15, one node", NATS_LATEST, 1],
  ["JetStream 2.9, three nodes", NATS, 3],
] as const) {
  const reason = skipReason(name, path, path === NATS_LATEST);
  let servers: NatsServers;
  describe(`on ${name}`, () => {
    if (path !== undefined) {
      beforeAll(async () => {
        servers = await NatsServers.start(path, { nodes, partitions: IDENTITY.partitions });
      });
      afterAll(() => servers?.remove());
    }
    testReportLog(
      {
        name,
        secondWriter: "continues",
        make: async (identity) => freshLog(servers, { ...identity, ingestKey: deviceKey(10_000 + ingests++) }),
      },
      reason,
    );
  });
}

describe.skipIf(NATS === undefined)("a NATS server that is not set up for a log", () => {
  test.each([
    [{ maxPayload: "1MB" }, /^ORC_BAD_OPTION: NATS: expected max_payload of at least 8388608, the server has 1048576/],
    [{ withoutMappings: true }, /^ORC_BAD_OPTION: NATS: expected mappings .* is mapped to nothing/],
    [{ partitions: 4 }, /^ORC_BAD_OPTION: NATS: expected mappings .*partition\(8,2\)/],
  ])("is refused with what was expected: %o", async (settings, expected) => {
    const servers = await NatsServers.start(NATS as string, { nodes: 1, partitions: 8, ...settings });
    try {
      expect(await messageOf(() => freshLog(servers, IDENTITY).openWriter())).toMatch(expected);
    } finally {
      await servers.remove();
    }
  });
});
