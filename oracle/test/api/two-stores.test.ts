/** One network, its state in SQLite and in PostgreSQL: every question of the API has the same answer, to the byte. */
import { join } from "node:path";
import { scoreEpoch } from "@earshot/poc";
import { base58Text, keyToText, signerFromEd25519Seed, signRequest } from "@earshot/poc/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { ArchivedEpochs } from "../../src/api/epoch-source.ts";
import { liveRoutes } from "../../src/api/live-routes.ts";
import { payerAlone } from "../../src/api/payer-access.ts";
import { keepContest } from "../../src/billing/contest-book.ts";
import { contestRoutes } from "../../src/billing/contest-routes.ts";
import { invoiceRoutes } from "../../src/billing/invoice-routes.ts";
import { keepRefutation } from "../../src/billing/refutation-book.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { verdictsOfEpoch } from "../../src/pipeline/live-table.ts";
import { closedEpochs } from "../../src/pipeline/work-table.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "../pipeline/small-pipeline.ts";
import { PostgresServer, postgresPrograms } from "../servers/postgres.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const programs = postgresPrograms();
if (programs === undefined) process.stderr.write("skipped: PostgreSQL is not on this machine\n");
const folders = new TemporaryFolders("two-stores");
const owner = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const ownerBytes = owner.publicKey.slice(1);
const wallet = base58Text(ownerBytes);
const stranger = base58Text(new Uint8Array(32).fill(77));
const small = smallEpoch();
small.input.hotspots.owner.set(ownerBytes, 0);
small.input.hotspots.beneficiary.set(ownerBytes, 0);
const { startMs, closesMs } = epochSpan(EPOCH, parameters.time);
const NOW_MS = closesMs + 10_000;
/** Of the small epoch's receipts. */
const ROUTE_ID = 1;

interface World {
  readonly pipeline: SmallPipeline;
  readonly app: HttpApp;
  /** Routes that are read, as fastify writes them. */
  readonly routes: readonly string[];
  stopLive(): Promise<void>;
}

/** Plays the epoch through a live worker, and keeps bills, burns and contests as billing does. */
async function world(storeUrl: string | undefined): Promise<World> {
  const pipeline = await SmallPipeline.open(folders.next(), storeUrl);
  const { store, artefacts } = pipeline;
  const log = await openLog(pipeline.folder);
  await putFacts(pipeline.facts, small.input);
  pipeline.wallMs = startMs;
  const live = pipeline.run("live", [log], ["live"]);
  await appendAll(log, small.records);
  await live.shuffled(small.records.length);
  pipeline.wallMs = NOW_MS;
  const reports = scoreEpoch(small.input).verdicts.log_index.length;
  await vi.waitUntil(async () => (await verdictsOfEpoch(store, EPOCH)).length === reports, { timeout: 120_000 });
  await keepBilling(pipeline);

  const app = createHttpApp({ trustProxy: false, maxConnections: 10, log: SILENT_LOG });
  const routes: string[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    if ([method].flat().includes("GET")) routes.push(url);
  });
  const nowMs = () => NOW_MS;
  const source = new ArchivedEpochs(new EpochArchive(artefacts), () => closedEpochs(store));
  await apiPart({ source, nowMs, proposals: join(pipeline.folder, "proposals") }).routes?.(app);
  liveRoutes(app, { store, nextEpoch: () => EPOCH, nowMs });
  contestRoutes(app, store, 200);
  invoiceRoutes(app, { journal: new StoredJournal(store), access: payerAlone(nowMs) });
  await app.ready();
  return {
    pipeline,
    app,
    routes: [...new Set(routes)],
    async stopLive() {
      await live.stop();
      await log.sealSegments(epochSpan(EPOCH + 1, parameters.time).closesMs);
      await pipeline.worker("closer", [log]).run(EPOCH);
      await log.close();
    },
  };
}

async function keepBilling({ store }: SmallPipeline): Promise<void> {
  const journal = new StoredJournal(store);
  const lines = valuesOf("cell").map((cell, at) => ({
    devAddr: `2600000${at}`,
    cell,
    copies: at,
    phyBytes: 30,
    dataCredits: 2,
  }));
  // Amounts over 2^53, and texts that collations order each in their way.
  for (const [at, epoch] of [EPOCH - 2, EPOCH - 1, EPOCH].entries()) {
    const { network } = small.input.header;
    const dataCredits = 1_000_000 + at;
    await journal.addDocument({
      version: 1,
      network,
      epoch,
      payer: wallet,
      copies: 6,
      phyBytes: 120,
      dataCredits,
      lines,
    });
    for (const [number, router] of ["Router", "router", "Zeta", "alpha"].entries()) {
      const burn = {
        router: `${router}${epoch}`,
        nonce: 9_007_199_254_740_993n + BigInt(number),
        payer: wallet,
        epoch,
        dataCredits: BigInt(1 + number),
        billHash: new Uint8Array(32).fill(at),
      };
      await journal.begin(burn);
      if (number !== 2) await journal.done(burn, number === 1 ? null : `signature-${number}`);
    }
  }
  const hashes = Array.from({ length: 9 }, (_, at) => new Uint8Array(32).fill((at * 89) & 255));
  const counts = { receipts: 40, paid: 20, unanswered: 1, contested: 9, refuted: 0, contestedUnits: 3104 };
  await keepContest(store, EPOCH, {
    routes: [
      { routeId: 2 ** 40, ...counts, contested: 0 },
      { routeId: ROUTE_ID, ...counts },
    ],
    hotspots: [],
    contested: hashes.map((packetHash) => ({ routeId: ROUTE_ID, packetHash })),
  });
  await keepRefutation(store, { packetHash: hashes[4]!, epoch: EPOCH });
}

/** What is put in the place of each parameter: things that are there, and one that is not. */
function valuesOf(name: string): readonly string[] {
  const { hotspots, challenges } = small.input;
  const rows = [0, 1, 2];
  const cells = rows.map((row) => hotspots.cell_public[row]!.toString(16));
  const keys = rows.map((row) => keyToText(hotspots.key.slice(row * 33, (row + 1) * 33)));
  const values: Readonly<Record<string, readonly string[]>> = {
    key: [...keys, keyToText(signerFromEd25519Seed(new Uint8Array(32).fill(99)).publicKey)],
    cell: [...cells, "881f1d4887fffff"],
    epoch: [String(EPOCH), String(EPOCH - 1), "0"],
    wallet: [wallet, stranger],
    routeId: [String(ROUTE_ID), "7"],
    challenge: [...rows.map((row) => challenges.challenge_id.slice(row * 32, (row + 1) * 32).toHex()), "0".repeat(64)],
    number: ["1"],
    "*": ["manifest.json", "verdicts.arrow", "nothing.arrow"],
  };
  const found = values[name];
  if (found === undefined) throw new Error(`no values are known here for the parameter "${name}"`);
  return found;
}

const QUERIES: readonly string[] = [
  "",
  "?limit=2",
  `?epoch=${EPOCH}`,
  "?lat=52&lng=5",
  `?before=${EPOCH}`,
  `?q=${wallet.slice(0, 4)}`,
];

/** Every route with every choice of its parameters and every query. */
function questions(routes: readonly string[]): string[] {
  return routes.flatMap((route) => {
    let paths = [route];
    for (const [placeholder, name] of [...route.matchAll(/:(\w+)|(\*)/g)].map(
      (found) => [found[0], found[1] ?? "*"] as const,
    )) {
      paths = paths.flatMap((path) => valuesOf(name).map((value) => path.replace(placeholder, value)));
    }
    return paths.flatMap((path) => QUERIES.map((query) => path + query));
  });
}

async function ask({ app }: World, url: string) {
  const signed = `${wallet} ${signRequest("owner", "GET", url, NOW_MS, owner)}`;
  const answer = await app.inject({ method: "GET", url, headers: { "earshot-owner": signed } });
  const { etag, "content-type": type, "cache-control": cache } = answer.headers;
  return { url, status: answer.statusCode, type, etag, cache, body: answer.body };
}

describe.skipIf(programs === undefined)("SQLite and PostgreSQL", () => {
  let server: PostgresServer;
  let worlds: readonly [World, World];

  beforeAll(async () => {
    server = await PostgresServer.start(programs!);
    worlds = [await world(undefined), await world(await server.database())];
  }, 600_000);
  afterAll(async () => {
    for (const { app, pipeline } of worlds ?? []) {
      await app.close();
      await pipeline.close();
    }
    await server?.remove();
  });

  /** Asks both everything; by route, how many answers had something to say. */
  async function compareAll(): Promise<ReadonlyMap<string, number>> {
    const [sqlite, postgres] = worlds;
    expect(postgres.routes).toEqual(sqlite.routes);
    const good = new Map<string, number>();
    for (const route of sqlite.routes) {
      for (const url of questions([route])) {
        const answer = await ask(sqlite, url);
        expect(await ask(postgres, url)).toEqual(answer);
        expect(answer.status, `${url}: ${answer.body}`).toBeLessThan(500);
        if (answer.status === 200) good.set(route, (good.get(route) ?? 0) + 1);
      }
    }
    return good;
  }

  test("give the same answers while the epoch runs", async () => {
    const good = await compareAll();
    for (const route of worlds[0].routes.filter((url) => url.startsWith("/v1/live/"))) {
      expect(good.get(route) ?? 0, route).toBeGreaterThan(0);
    }
    const [key] = valuesOf("key");
    const { body } = await ask(worlds[0], `/v1/live/hotspots/${key}/verdicts`);
    expect(JSON.parse(body).verdicts.length).toBeGreaterThan(0);
  }, 600_000);

  test("give the same answers when it is closed, of bills, burns and contests too", async () => {
    for (const { stopLive } of worlds) await stopLive();
    const good = await compareAll();
    const silent = worlds[0].routes.filter((route) => !good.has(route) && !route.startsWith("/v1/proposals/"));
    expect(silent).toEqual([]);
  }, 600_000);
});
