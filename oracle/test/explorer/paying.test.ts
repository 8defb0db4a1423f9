/** A customer's page over a chain and a biller: what is left, what is owed and paid, what is contested, and when to be warned. */
import { readFileSync } from "node:fs";
import { earshot } from "@earshot/poc";
import { signerFromEd25519Seed } from "@earshot/poc/protocol";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { ArchivedEpochs } from "../../src/api/epoch-source.ts";
import { payerAlone } from "../../src/api/payer-access.ts";
import { Biller } from "../../src/billing/biller.ts";
import { keepContest } from "../../src/billing/contest-book.ts";
import { contestRoutes } from "../../src/billing/contest-routes.ts";
import { invoiceRoutes } from "../../src/billing/invoice-routes.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { explorerPart } from "../../src/explorer/explorer-part.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { readRoute } from "../../src/routes/route-definition.ts";
import { routesPart } from "../../src/routes/routes-part.ts";
import { SuspendedRoutes } from "../../src/routes/suspended-routes.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { networkRules } from "../../src/service/network-rules.ts";
import { Telemetry } from "../../src/service/telemetry.ts";
import { RouterBurns } from "../../src/settlement/burn-chain.ts";
import { chainPart } from "../../src/settlement/chain-part.ts";
import { type PayingNetwork, payerWallet, startPayingNetwork } from "../billing/paying-network.ts";
import { EPOCH } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { hasChromium, seriousFindings, settled } from "./browser.ts";
import { TestBrowser } from "./test-browser.ts";

const LIMIT_UNITS = 200;
/** Each epoch five hotspots carry one confirmed packet of 20 bytes. */
const EPOCHS = 2;
const BILL = 5;
const NETWORK = 3;

const folders = new TemporaryFolders("paying");
const suspended = new SuspendedRoutes();
let network: PayingNetwork;
let biller: Biller;
let app: HttpApp;
let url: string;
const browser = new TestBrowser();

beforeAll(async () => {
  if (!hasChromium) return;
  const folder = folders.next();
  network = await startPayingNetwork(folder, EPOCHS);
  const { store, artefacts } = network.pipeline;
  const burner = new RouterBurns(network.chain.as(), network.chain.addresses);
  biller = new Biller({
    store,
    archive: new EpochArchive(artefacts),
    journal: new StoredJournal(store),
    network: NETWORK,
    firstEpoch: EPOCH,
    ingestKeys: [],
    governanceKey: undefined,
    routers: burner,
    burner,
    routes: () => [{ routeId: 1, payer: network.routeKey }],
    suspended,
    contestLimitUnits: LIMIT_UNITS,
    reserveE4: 10_000,
    holder: "test",
  });
  app = await serve(folder);
  url = await app.listen({ host: "127.0.0.1", port: 0 });
  await browser.launch();
}, 120_000);

afterEach(async () => {
  for (const { errors } of await browser.closePages()) expect(errors).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await app?.close();
  await network?.stop();
});

/** The parts of an oracle that a customer's page reads. */
async function serve(folder: string): Promise<HttpApp> {
  const { store, artefacts } = network.pipeline;
  const { tokenMint, dcMint } = network.chain.addresses;
  const config = readConfig({
    file: undefined,
    environment: {},
    flags: [`chain.rpc=["${network.chain.url}"]`, `data.folder=${folder}`],
  });
  const networkClock = new NetworkClock(SYSTEM_CLOCK, SILENT_LOG);
  const accounts = { distributor: new Uint8Array(32).fill(1), treasury: new Uint8Array(32).fill(2) };
  const context = {
    config,
    rules: networkRules({ wireId: NETWORK, epochSeconds: earshot.time.epochMs / 1000 }, config.network, accounts),
    signer: signerFromEd25519Seed(new Uint8Array(32).fill(250)),
    registry: new RegistryBook(),
    networkClock,
    clock: SYSTEM_CLOCK,
    log: SILENT_LOG,
    telemetry: new Telemetry(),
    store,
    artefacts,
  };
  const route = readRoute({
    routeId: 1,
    name: "air quality",
    payer: network.routeKey,
    server: { host: "broker.example", port: 8883, certificateAuthority: null },
    topicPrefix: "eu868",
    netIds: [],
    devAddrs: ["26011000/20"],
    joinEuis: [],
    maxCopies: 5,
    credentialSecret: "ab".repeat(32),
    isActive: true,
  });
  if (route.status === "refused") throw new Error(JSON.stringify(route.faults));
  const source = new ArchivedEpochs(new EpochArchive(artefacts), async () => [EPOCH, EPOCH + 1]);
  const made = createHttpApp({ maxConnections: 100, log: SILENT_LOG });
  const parts = [
    apiPart({ source, nowMs: Date.now }),
    chainPart(context, { tokenMint: tokenMint.toBytes(), dcMint: dcMint.toBytes() }),
    routesPart(context as unknown as Parameters<typeof routesPart>[0], suspended, () => [route]),
    explorerPart(),
  ];
  for (const { routes } of parts) await routes?.(made);
  invoiceRoutes(made, { journal: new StoredJournal(store), access: payerAlone(Date.now) });
  contestRoutes(made, store, LIMIT_UNITS);
  return made;
}

async function visit(): Promise<Page> {
  return (await browser.visit(`${url}/console`)).page;
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("or its text").fill(JSON.stringify([...payerWallet.secretKey]));
  await page.getByRole("button", { name: "Sign in" }).press("Enter");
  await page.getByText("Signed in as").waitFor();
  await settled(page);
}

/** The contest of the first epoch, as its judge would keep it: one packet paid, and so many contested. */
function contest(contested: number, contestedUnits: number): Promise<void> {
  const route = { routeId: 1, receipts: 4, paid: 1, unanswered: 0, contested, refuted: 0, contestedUnits };
  return keepContest(network.pipeline.store, EPOCH, { routes: [route], hotspots: [], contested: [] });
}

/** What a chain says is kept for some seconds: the page is loaded anew until it says this. */
async function loadedUntil(page: Page, text: string): Promise<void> {
  const shown = async () => {
    await page.reload();
    await settled(page);
    return page.locator("main").textContent();
  };
  await expect.poll(shown, { timeout: 50_000 }).toContain(text);
}

describe.skipIf(!hasChromium)("a customer's page", () => {
  test("warns of an empty account, a suspended route and contested packets, and shows what is owed", async () => {
    await biller.step();
    await contest(1, 5000);
    const page = await visit();
    await page.getByText("suspended: arrears").waitFor();
    await page.getByRole("alert").getByText("Only 0 data credits are left").waitFor();
    const contested = page.getByRole("table", { name: /above 2.0 % a route is suspended/ });
    await contested.getByText("50.00 %").waitFor();
    await contested.getByText("over the limit").waitFor();
    await signIn(page);
    const invoices = page.getByRole("region", { name: "Invoices" });
    await invoices.getByText(`${BILL} owed`).first().waitFor();
    expect(await invoices.getByText(`${BILL} owed`).count()).toBe(EPOCHS);
    expect(await seriousFindings(page)).toEqual([]);
  });

  test("shows bills paid once there is something to pay with, warns below the limit that was set, and gives invoices as CSV", async () => {
    await network.fund(1000n);
    await contest(0, 0);
    await biller.step();
    const page = await visit();
    await loadedUntil(page, "990");
    await page.getByText("active", { exact: true }).waitFor();
    // Below the limit one has until one sets another, which the browser remembers.
    await page.getByRole("alert").getByText("Only 990 data credits are left").waitFor();
    await page.getByLabel("Warn below, data credits").fill("500");
    await page.getByRole("alert").waitFor({ state: "detached" });
    await page.reload();
    await settled(page);
    expect(await page.getByLabel("Warn below, data credits").inputValue()).toBe("500");
    expect(await page.getByRole("alert").count()).toBe(0);
    await signIn(page);
    const invoices = page.getByRole("region", { name: "Invoices" });
    await invoices.getByText("paid", { exact: true }).first().waitFor();
    expect(await invoices.getByText("paid", { exact: true }).count()).toBe(EPOCHS);
    const download = page.waitForEvent("download");
    await invoices.getByRole("button", { name: `CSV of epoch ${EPOCH}` }).press("Enter");
    const file = await (await download).path();
    expect((await download).suggestedFilename()).toBe(`invoice-${EPOCH}.csv`);
    const rows = readFileSync(file, "utf8").trim().split("\r\n");
    expect(rows[0]).toContain("kind,epoch,data_credits");
    expect(rows.slice(1).map((row) => row.split(",")[0])).toEqual(expect.arrayContaining(["packets", "burn"]));
    expect(await seriousFindings(page)).toEqual([]);
  });
});
