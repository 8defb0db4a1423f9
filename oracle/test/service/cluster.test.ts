/**
 * Two oracles as operators run them for a network: uploads on JetStream, state in PostgreSQL, files in an S3 store, an ingest each that
 * mirrors the other's log. What one hotspot reports to the one and its neighbour to the other becomes one epoch with one root.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demo } from "@earshot/poc";
import { keyToText } from "@earshot/poc/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ingestSigner } from "../../src/service/ingest-key.ts";
import { LocalRegistry } from "../servers/local-registry.ts";
import { NATS, NatsServers } from "../servers/nats.ts";
import { PostgresServer, postgresPrograms } from "../servers/postgres.ts";
import { freePorts } from "../servers/server-process.ts";
import { ServiceProcess } from "../servers/service-process.ts";
import { VERSITYGW, VersityGateway } from "../servers/versitygw.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { startProving } from "./provers.ts";
import { TestDevice } from "./test-device.ts";

const folders = new TemporaryFolders("cluster");
const EPOCH_S = 48;
const { time } = demo(EPOCH_S * 1000);
const PARTITIONS = 4;
const SITES = [
  { latDeg: 52.37, lngDeg: 4.9, isNeighbours: false },
  { latDeg: 52.38, lngDeg: 4.9, isNeighbours: true },
];
const devices = [new TestDevice(63), new TestDevice(64)];
const programs = postgresPrograms();
const missing = [
  NATS === undefined ? "nats-server" : "",
  programs === undefined ? "PostgreSQL" : "",
  VERSITYGW === undefined ? "versitygw" : "",
].filter((name) => name !== "");

describe.skipIf(missing.length > 0)(
  `two oracles on servers${missing.length > 0 ? ` (no ${missing.join(", ")})` : ""}`,
  () => {
    let chain: LocalRegistry;
    let nats: NatsServers;
    let postgres: PostgresServer;
    let gateway: VersityGateway;
    let oracles: ServiceProcess[] = [];

    beforeAll(async () => {
      [chain, nats, postgres, gateway] = await Promise.all([
        LocalRegistry.start(EPOCH_S, { oracles: 2, vetoSeconds: 3 }),
        NatsServers.start(NATS!, { nodes: 1, partitions: PARTITIONS }),
        PostgresServer.start(programs!),
        VersityGateway.start(VERSITYGW!),
      ]);
      await Promise.all(devices.map(({ signer }, at) => chain.onboard(signer, SITES[at])));
      const ports = await freePorts(2);
      const bucket = gateway.bucket();
      const places = ports.map((port, at) => {
        const folder = folders.next();
        mkdirSync(folder, { recursive: true });
        const secrets = join(folder, "s3");
        writeFileSync(secrets, `${gateway.accessKeyId}\n${gateway.secretAccessKey}\n`, { mode: 0o600 });
        chain.writeOracleKey(join(folder, "oracle.json"), at);
        const { publicKey } = ingestSigner(join(folder, "ingest.key"), true);
        return { folder, secrets, url: `http://127.0.0.1:${port}`, key: keyToText(publicKey) };
      });
      oracles = await Promise.all(
        places.map(async ({ folder, secrets, url }, at) => {
          const peer = places[1 - at]!;
          return new ServiceProcess(
            folder,
            [
              `chain.rpc=["${chain.url}"]`,
              `network.account=${chain.account}`,
              `ingest.partitions=${PARTITIONS}`,
              `report_log.servers=${JSON.stringify(nats.urls)}`,
              `store.url=${await postgres.database()}`,
              `artefacts.endpoint=${gateway.endpoint}`,
              `artefacts.bucket=${bucket}`,
              `artefacts.prefix=oracle-${at}/`,
              `artefacts.credentials_file=${secrets}`,
              `settlement.key_file=${join(folder, "oracle.json")}`,
              "settlement.interval=500 ms",
              "settlement.slot=40 ms",
              `peers.ingests=["${peer.key}@${peer.url}"]`,
            ],
            url,
          );
        }),
      );
      await Promise.all(oracles.map((oracle) => oracle.start()));
    }, 180_000);

    afterAll(async () => {
      await Promise.all(oracles.map((oracle) => oracle.stop()));
      await Promise.all([chain?.stop(), nats?.remove(), postgres?.remove(), gateway?.remove()]);
    });

    async function until(done: () => Promise<boolean>, what: string, withinMs: number): Promise<void> {
      const endMs = performance.now() + withinMs;
      while (!(await done().catch(() => false))) {
        if (performance.now() > endMs)
          throw new Error(`no ${what}:\n${oracles.map(({ log }) => log.slice(-4000)).join("\n\n")}`);
        await Bun.sleep(200);
      }
    }

    test("close the same epoch from both logs, and agree on its root", async () => {
      const epoch = Math.floor(Date.now() / time.epochMs) + 1;
      const proving = startProving(devices.map((device, at) => ({ device, oracle: oracles[at]! })));
      const isClosed = async ({ url }: ServiceProcess) => (await fetch(`${url}/v1/epochs/${epoch}`)).ok;
      await until(
        async () => (await Promise.all(oracles.map(isClosed))).every(Boolean),
        `epoch ${epoch}`,
        4 * time.epochMs,
      );
      await proving.stop();
      const [one, other] = await Promise.all(oracles.map((oracle) => oracle.get(`/v1/epochs/${epoch}`)));
      expect(one).toEqual(other);
      expect(one.beacons).toBeGreaterThan(0);
      expect(one.witnessReports).toBeGreaterThan(0);
      const { files } = await oracles[0]!.get(`/v1/epochs/${epoch}/files`);
      const logs = new Set(
        (files as { name: string }[]).flatMap(({ name }) => /^uploads\/([0-9a-f]{66})\//.exec(name)?.[1] ?? []),
      );
      expect(logs.size).toBe(2);
      await until(
        async () =>
          (await Promise.all(oracles.map((oracle) => oracle.metric("oracle_epoch_final")))).every(
            (last) => last >= epoch,
          ),
        `final root of epoch ${epoch}`,
        3 * time.epochMs,
      );
    }, 500_000);
  },
);
