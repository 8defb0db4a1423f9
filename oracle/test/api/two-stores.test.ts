/** One network, its state in SQLite and in PostgreSQL: every question of the API has the same answer, to the byte. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { scoreEpoch } from "@earshot/poc";
import { base58Text, type DeviceSigner, keyToText, signerFromEd25519Seed, signRequest } from "@earshot/poc/protocol";
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
import { OrganisationWorld } from "../organisations/organisation-world.ts";
import {
  member,
  otherWallet,
  routeBody,
  routeKey,
  stranger,
  wallet,
  walletOf,
  walletText,
} from "../organisations/people.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "../pipeline/small-pipeline.ts";
import { PostgresServer, postgresPrograms } from "../servers/postgres.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const programs = postgresPrograms();
if (programs === undefined) process.stderr.write("skipped: PostgreSQL is not on this machine\n");
const folders = new TemporaryFolders("two-stores");
const owner = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const ownerBytes = owner.publicKey.slice(1);
const ownerText = base58Text(ownerBytes);
const nobodyText = base58Text(new Uint8Array(32).fill(77));
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
  await live.shuffled();
  pipeline.wallMs = NOW_MS;
  const reports = scoreEpoch(small.input).verdicts.log_index.length;
  await vi.waitUntil(async () => (await verdictsOfEpoch(store, EPOCH)).length === reports, { timeout: 120_000 });
  await keepBilling(pipeline);

  const app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
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
      payer: ownerText,
      copies: 6,
      phyBytes: 120,
      dataCredits,
      lines,
    });
    for (const [number, router] of ["Router", "router", "Zeta", "alpha"].entries()) {
      const burn = {
        router: `${router}${epoch}`,
        nonce: 9_007_199_254_740_993n + BigInt(number),
        payer: ownerText,
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
    wallet: [ownerText, nobodyText],
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
  `?q=${ownerText.slice(0, 4)}`,
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
  const signed = `${ownerText} ${signRequest("owner", "GET", url, NOW_MS, owner)}`;
  const answer = await app.inject({ method: "GET", url, headers: { "earshot-owner": signed } });
  const { etag, "content-type": type, "cache-control": cache } = answer.headers;
  return { url, status: answer.statusCode, type, etag, cache, body: answer.body };
}

const ORGANISATION = `/v1/organisations/${walletText}`;
const OTHERS = `/v1/organisations/${walletOf(otherWallet)}`;
/** Numbers of routes begin with their wallet's; whoever asks with one that is not there is refused. */
const NO_ROUTE = 2 ** 40;

interface Change {
  readonly method: "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly by?: DeviceSigner;
}

/** Every route that changes an organisation, with what it takes and with what it refuses; `made`: ids that answers before gave. */
function changesOf(made: { readonly keyId: string; readonly routeId: number }): readonly Change[] {
  const memberPath = `${ORGANISATION}/members/${walletOf(member)}`;
  const put = (path: string, body: unknown, by?: DeviceSigner): Change => ({
    method: "PUT",
    path,
    body,
    ...(by && { by }),
  });
  const drop = (path: string): Change => ({ method: "DELETE", path });
  const post = (path: string, body: unknown, by?: DeviceSigner): Change => ({
    method: "POST",
    path,
    body,
    ...(by && { by }),
  });
  return [
    put(ORGANISATION, { name: "" }),
    put(ORGANISATION, { name: "Zürich: Luft ✓" }, stranger),
    put(ORGANISATION, { name: "Zürich: Luft ✓" }),
    put(OTHERS, { name: "air" }, otherWallet),
    put(memberPath, { role: "editor", name: "Ada" }),
    put(`${ORGANISATION}/members/${walletOf(stranger)}`, { role: "viewer", name: "ada" }),
    put(`${ORGANISATION}/members/abc`, { role: "viewer", name: "me" }),
    drop(`${ORGANISATION}/members/${walletOf(stranger)}`),
    drop(`${ORGANISATION}/members/${walletOf(stranger)}`),
    post(`${ORGANISATION}/api-keys`, { name: "ci" }),
    post(`${ORGANISATION}/api-keys`, { name: 7 }),
    put(`${ORGANISATION}/webhook`, { url: "https://hooks.example.com/low", belowDataCredits: "9007199254740993" }),
    put(`${ORGANISATION}/webhook`, { url: "https://127.0.0.1/low", belowDataCredits: "1" }),
    post(`${ORGANISATION}/routes`, routeBody()),
    post(`${ORGANISATION}/routes`, routeBody({ name: "Second", devAddrs: ["26012000/20"], netIds: [] })),
    post(`${ORGANISATION}/routes`, routeBody({ name: "meets the first" })),
    post(`${OTHERS}/routes`, routeBody({ name: "meets another's" }), otherWallet),
    put(`${ORGANISATION}/routes/${made.routeId}`, routeBody({ name: "renamed", isActive: false })),
    put(`${ORGANISATION}/routes/${NO_ROUTE}`, routeBody()),
    drop(`${ORGANISATION}/routes/${NO_ROUTE}`),
    drop(`${ORGANISATION}/routes/${made.routeId}`),
    drop(`${ORGANISATION}/api-keys/${"0".repeat(12)}`),
    drop(`${ORGANISATION}/api-keys/${made.keyId}`),
    drop(`${ORGANISATION}/webhook`),
    drop(`${ORGANISATION}/webhook`),
    drop(OTHERS),
    drop(ORGANISATION),
    drop(ORGANISATION),
  ];
}

/** What everybody is answered about organisations, in texts without the secrets that each world drew for itself. */
async function toldOf(world: OrganisationWorld, drawn: ReadonlyMap<string, string>): Promise<string> {
  const answers: unknown[] = [];
  for (const path of [ORGANISATION, OTHERS, `/v1/wallets/${walletText}/invoices`]) {
    for (const signer of [wallet, routeKey, member, stranger, otherWallet]) {
      const name = signer === routeKey ? keyToText(routeKey.publicKey) : walletOf(signer);
      answers.push([path, name, await world.read(path, signer, name)]);
    }
  }
  answers.push(await world.get("/v1/routes"), await world.get(ORGANISATION));
  return undrawn(answers, drawn);
}

function undrawn(answer: unknown, drawn: ReadonlyMap<string, string>): string {
  let text = JSON.stringify(answer);
  for (const [value, name] of drawn) text = text.replaceAll(value, name);
  return text;
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

  test("give the same answers about organisations, after every change of them, taken or refused", async () => {
    const urls = [undefined, await server.database()];
    const both = await Promise.all(
      urls.map((storeUrl) => {
        const folder = folders.next();
        mkdirSync(folder);
        return OrganisationWorld.start({ folder, ...(storeUrl && { storeUrl }) });
      }),
    );
    // Keys and secrets are drawn by each for itself.
    const drawn = both.map(() => new Map<string, string>());
    const made = both.map(() => ({ keyId: "f".repeat(12), routeId: 0 }));
    const statuses: number[] = [];
    try {
      for (let step = 0; step < changesOf(made[0]!).length; step++) {
        const answers: string[] = [];
        for (const [at, world] of both.entries()) {
          const { method, path, body, by } = changesOf(made[at]!)[step]!;
          const answer = await world.change(method, path, body, by === undefined ? {} : { by });
          for (const name of ["key", "id", "secret"]) {
            if (typeof answer.json[name] === "string") drawn[at]!.set(answer.json[name], `the ${name} of ${step}`);
          }
          if (answer.json.id !== undefined) made[at]!.keyId = answer.json.id;
          if (answer.json.routeId !== undefined) made[at]!.routeId = answer.json.routeId;
          answers.push(undrawn([method, answer], drawn[at]!), await toldOf(world, drawn[at]!));
          statuses.push(answer.status);
        }
        expect(answers.slice(2), `change ${step}`).toEqual(answers.slice(0, 2));
      }
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(25);
      expect(new Set(statuses).size).toBeGreaterThan(3);
    } finally {
      for (const world of both) await world.stop();
    }
  }, 120_000);
});
