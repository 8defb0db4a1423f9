import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { base58Text, signerFromEd25519Seed, signRequest } from "@earshot/poc/protocol";
import { Keypair } from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { payerAlone } from "../../src/api/payer-access.ts";
import { Biller, type BillerEvent } from "../../src/billing/biller.ts";
import { contestRoutes } from "../../src/billing/contest-routes.ts";
import { InvoiceClient } from "../../src/billing/invoice-client.ts";
import { invoiceRoutes } from "../../src/billing/invoice-routes.ts";
import { invoiceCsv, invoiceDifferences } from "../../src/billing/invoices.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import { runCli } from "../../src/cli/app.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { SuspendedRoutes } from "../../src/routes/suspended-routes.ts";
import { createHttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { burnsOnChain, RouterBurns } from "../../src/settlement/burn-chain.ts";
import { EPOCH } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { killingEndpoint } from "./killing-endpoint.ts";
import { type PayingNetwork, payerWallet, startPayingNetwork } from "./paying-network.ts";

const folders = new TemporaryFolders("biller");
const payer = base58Text(payerWallet.publicKey.toBytes());
/** Each epoch five hotspots carry one confirmed packet of 20 bytes. */
const EPOCHS = 3;
const BILL = 5n;

let network: PayingNetwork;
let folder: string;
let burner: RouterBurns;
const suspended = new SuspendedRoutes();
const events: BillerEvent[] = [];

beforeAll(async () => {
  folder = folders.next();
  network = await startPayingNetwork(folder, EPOCHS);
  burner = new RouterBurns(network.chain.as(), network.chain.addresses);
}, 120_000);
afterAll(() => network.stop());

function biller(): Biller {
  const { store, artefacts } = network.pipeline;
  return new Biller({
    store,
    archive: new EpochArchive(artefacts),
    journal: new StoredJournal(store),
    network: 3,
    firstEpoch: EPOCH,
    ingestKeys: [],
    governanceKey: undefined,
    routers: burner,
    burner,
    routes: () => [
      { routeId: 1, payer: network.routeKey },
      { routeId: 2, payer: "a key without an account" },
    ],
    suspended,
    contestLimitUnits: 200,
    reserveE4: 10_000,
    holder: "test",
    onEvent: (event) => events.push(event),
  });
}

const invoices = () => new StoredJournal(network.pipeline.store).invoices(payer);
const escrow = async () => (await burner.routers())[0]!.escrow;

/** Runs a billing process until it ends or is killed; gives its exit code, null when it was killed. */
async function runProcess(url: string, onChild: (kill: () => void) => void): Promise<number | null> {
  const { tokenMint, dcMint } = network.chain.addresses;
  const script = new URL("./biller-process.ts", import.meta.url).pathname;
  const child = Bun.spawn([process.execPath, script, folder, url, tokenMint.toBase58(), dcMint.toBase58()], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onChild(() => child.kill("SIGKILL"));
  await child.exited;
  return child.exitCode;
}

/** The routes of invoices on loopback. */
async function serveInvoices() {
  const app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  const { store } = network.pipeline;
  invoiceRoutes(app, { journal: new StoredJournal(store), access: payerAlone(Date.now) });
  contestRoutes(app, store, 200);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url, close: () => app.close() };
}

function clientOf(url: string, wallet: Keypair): InvoiceClient {
  const signer = signerFromEd25519Seed(wallet.secretKey.slice(0, 32));
  return new InvoiceClient({ url, signer, nowMs: Date.now, timeoutMs: 5000 });
}

describe("billing over a local chain", () => {
  test("bills closed epochs, burns nothing of an empty escrow, and suspends the routes of who cannot pay", async () => {
    await biller().step();
    expect(events.filter(({ kind }) => kind === "billed")).toHaveLength(EPOCHS);
    expect((await invoices()).map(({ bill, burnt }) => [bill.epoch, bill.dataCredits, burnt])).toEqual(
      Array.from({ length: EPOCHS }, (_, at) => [EPOCH + EPOCHS - 1 - at, Number(BILL), 0n]),
    );
    expect([suspended.reasonsOf(1), suspended.reasonsOf(2)]).toEqual([["arrears"], ["arrears"]]);
  });

  test("burns nothing twice when it is killed after a transaction went out and before it was answered", async () => {
    await network.fund(BILL + 2n);
    let kill = () => {};
    const endpoint = killingEndpoint(network.chain.url, () => {
      kill();
      return true;
    });
    const code = await runProcess(endpoint.url, (killChild) => {
      kill = killChild;
    });
    endpoint.stop();
    expect(code).toBeNull();
    const again = await runProcess(network.chain.url, () => {});
    expect(again).toBe(0);
    expect(await escrow()).toBe(0n);
    const burnt = (await invoices()).reduce((sum, invoice) => sum + invoice.burnt, 0n);
    expect(burnt).toBe(BILL + 2n);
  });

  test("pays the rest when there is more, restores the route, and its invoices equal the burns on chain", async () => {
    await network.fund(3n * BILL);
    await biller().step();
    expect([suspended.reasonsOf(1), suspended.reasonsOf(2)]).toEqual([[], ["arrears"]]);
    const own = await invoices();
    const onChain = await burnsOnChain(network.chain.as(), network.chain.addresses);
    expect(onChain.reduce((sum, { amount }) => sum + amount, 0n)).toBe(BigInt(EPOCHS) * BILL);
    for (const invoice of own) {
      expect(invoice.burnt).toBe(BILL);
      expect(invoiceDifferences(invoice, onChain)).toEqual([]);
      const rows = invoiceCsv(invoice)
        .trim()
        .split("\r\n")
        .slice(1)
        .map((line) => line.split(","));
      const sum = (kind: string) =>
        rows.filter((row) => row[0] === kind).reduce((total, row) => total + Number(row[2]), 0);
      expect([sum("packets"), sum("burn")]).toEqual([Number(BILL), Number(BILL)]);
    }
    const wrong = { ...own[0]!, burns: own[0]!.burns.map((burn) => ({ ...burn, dataCredits: burn.dataCredits + 1n })) };
    expect(invoiceDifferences(wrong, onChain)).not.toEqual([]);
  });

  test("finds nothing to do when it is asked again", async () => {
    const before = await escrow();
    events.length = 0;
    await biller().step();
    expect(events).toEqual([]);
    expect(await escrow()).toBe(before);
  });

  test("restored from a copy that is older than its burns, finds them on chain and burns nothing again", async () => {
    const before = { escrow: await escrow(), invoices: await invoices() };
    expect(before.escrow).toBeGreaterThan(0n);
    const { sql } = network.pipeline.store;
    await sql`DELETE FROM burn WHERE nonce > 1`;
    events.length = 0;
    await biller().step();
    expect(await escrow()).toBe(before.escrow);
    await sql`DELETE FROM burn`;
    await biller().step();
    expect(await escrow()).toBe(before.escrow);
    const amounts = (all: typeof before.invoices) => all.map(({ burnt, billHash }) => ({ burnt, billHash }));
    expect(amounts(await invoices())).toEqual(amounts(before.invoices));
    const onChain = await burnsOnChain(network.chain.as(), network.chain.addresses);
    for (const invoice of await invoices()) expect(invoiceDifferences(invoice, onChain)).toEqual([]);
  });
});

describe("invoices over HTTP", () => {
  let server: Awaited<ReturnType<typeof serveInvoices>>;
  beforeAll(async () => {
    server = await serveInvoices();
  });
  afterAll(() => server.close());

  test("are given to their payer, page by page, with bills that have the hash they say", async () => {
    const client = clientOf(server.url, payerWallet);
    const invoices = await client.list();
    expect(invoices.map(({ epoch, isPaid }) => [epoch, isPaid])).toEqual(
      Array.from({ length: EPOCHS }, (_, at) => [EPOCH + EPOCHS - 1 - at, true]),
    );
    const invoice = await client.invoice(EPOCH);
    expect(invoice).toMatchObject({ payer, dataCredits: String(BILL), burnt: String(BILL), owed: "0" });
    expect((await client.csv(EPOCH)).split("\r\n")[0]).toContain("kind,epoch,data_credits");
  });

  test("are shown to nobody else", async () => {
    const stranger = clientOf(server.url, Keypair.fromSeed(new Uint8Array(32).fill(62)));
    Object.assign(stranger, { payer });
    await expect(stranger.list()).rejects.toThrow(/status 40[03]/);
    expect((await fetch(`${server.url}/v1/payers/${payer}/invoices`)).status).toBe(400);
    const other = Keypair.fromSeed(new Uint8Array(32).fill(62));
    const path = `/v1/payers/${payer}/invoices`;
    const signed = signRequest("owner", "GET", path, Date.now(), signerFromEd25519Seed(other.secretKey.slice(0, 32)));
    const headers = { "earshot-owner": `${other.publicKey.toBase58()} ${signed}` };
    expect((await fetch(server.url + path, { headers })).status).toBe(403);
  });

  test("are an answer 404 for an epoch without a bill, and 400 for what is no epoch", async () => {
    await expect(clientOf(server.url, payerWallet).invoice(EPOCH - 1)).rejects.toThrow("404");
    expect((await fetch(`${server.url}/v1/payers/${payer}/invoices/soon`)).status).toBe(400);
  });

  test("pass the command's check against the chain", async () => {
    const wallet = join(folder, "wallet.json");
    writeFileSync(wallet, JSON.stringify([...payerWallet.secretKey]));
    const { tokenMint } = network.chain.addresses;
    const args = ["invoices", "--url", server.url, "--wallet", wallet];
    const chainArgs = ["--rpc", network.chain.url, "--token", tokenMint.toBase58()];
    const streams = { stdout: new Text(), stderr: new Text() };
    expect(await runCli([...args, ...chainArgs], streams)).toBe(0);
    expect(streams.stdout.text).toContain("every burn is on chain");
    expect(await runCli([...args, "--csv"], { stdout: new Text(), stderr: new Text() })).toBe(2);
  });
});

class Text {
  text = "";
  write(part: string): void {
    this.text += part;
  }
}
