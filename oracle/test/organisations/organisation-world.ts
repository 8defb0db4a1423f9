/** Organisations behind the real API on a real store: a registry with two payers, a clock that stands, and people who sign. */

import { earshot } from "@earshot/poc";
import { type DeviceSigner, keyToText, sha256, signerFromEd25519Seed, signRequest } from "@earshot/poc/protocol";
import { OWNER_REQUEST_HEADER } from "../../src/api/owner-request.ts";
import type { RouterAccount } from "../../src/billing/burns.ts";
import { invoiceRoutes } from "../../src/billing/invoice-routes.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { type OrganisationsPart, organisationsPart } from "../../src/organisations/organisations-part.ts";
import { CHANGE_HEADER, signChange } from "../../src/organisations/signed-change.ts";
import type { Store } from "../../src/ports/store.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { type RoutesPart, routesPart } from "../../src/routes/routes-part.ts";
import { SuspendedRoutes } from "../../src/routes/suspended-routes.ts";
import { createApi } from "../../src/service/app.ts";
import type { Clock } from "../../src/service/clock.ts";
import type { HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { networkRules } from "../../src/service/network-rules.ts";
import type { ServicePart } from "../../src/service/part.ts";
import { Telemetry } from "../../src/service/telemetry.ts";
import { openStore } from "../../src/store/open-store.ts";
import { ManualClock } from "../service/manual-clock.ts";
import { otherRouteKey, otherWallet, routeKey, wallet, walletOf, walletText } from "./people.ts";

export const NOW_MS = 1_796_119_200_000;
const NETWORK = 3;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the service says.
  readonly json: any;
}

export interface OrganisationWorldOptions {
  /** Below it are data and store. */
  readonly folder: string;
  /** In place of a SQLite store in the folder. */
  readonly storeUrl?: string;
  readonly set?: readonly string[];
  readonly isDescribed?: boolean;
  /** Further parts, such as the explorer. */
  readonly parts?: readonly ServicePart[];
  /** The wall clock stands here. */
  readonly nowMs?: number;
  /** In place of the clock that stands. */
  readonly clock?: Clock;
}

export class OrganisationWorld {
  /** Moved by `advance`, unless the test gave a clock of its own. */
  readonly clock: ManualClock;
  readonly signer: DeviceSigner;
  readonly registry = new RegistryBook();
  readonly suspended = new SuspendedRoutes();
  readonly telemetry = new Telemetry();
  routers: RouterAccount[] = [];
  app!: HttpApp;
  store!: Store;
  organisations!: OrganisationsPart;
  routes!: RoutesPart;

  private constructor({ nowMs = NOW_MS, clock }: OrganisationWorldOptions, oracleFill: number) {
    this.clock = (clock ?? new ManualClock(nowMs)) as ManualClock;
    this.signer = signerFromEd25519Seed(new Uint8Array(32).fill(oracleFill));
    this.register(wallet, routeKey);
    this.register(otherWallet, otherRouteKey);
  }

  static async start(options: OrganisationWorldOptions, oracleFill = 250): Promise<OrganisationWorld> {
    const world = new OrganisationWorld(options, oracleFill);
    const { clock, signer, registry, suspended, telemetry } = world;
    const { folder, set = [], parts = [], isDescribed = false, storeUrl = `sqlite:${folder}/state.sqlite` } = options;
    const config = readConfig({ file: undefined, environment: {}, flags: [`data.folder=${folder}`, ...set] });
    world.store = await openStore(storeUrl);
    const { store } = world;
    const networkClock = new NetworkClock(clock, SILENT_LOG);
    const accounts = { distributor: new Uint8Array(32).fill(1), treasury: new Uint8Array(32).fill(2) };
    const rules = networkRules(
      { wireId: NETWORK, epochSeconds: earshot.time.epochMs / 1000 },
      config.network,
      accounts,
    );
    const context = { config, rules, signer, registry, networkClock, clock, log: SILENT_LOG, telemetry, store };
    world.organisations = organisationsPart(context, {
      routers: { routers: async () => world.routers },
      suspended,
      fileRoutes: () => world.routes.book.fileRoutes,
      holder: `test-${process.pid}-${oracleFill}`,
    });
    world.routes = routesPart(
      context as unknown as Parameters<typeof routesPart>[0],
      suspended,
      () => world.organisations.stored.routes,
    );
    const invoices: ServicePart = {
      name: "invoices",
      routes: (app) =>
        invoiceRoutes(app, { journal: new StoredJournal(store), access: world.organisations.readers.access }),
    };
    world.app = await createApi({
      maxConnections: 100,
      log: SILENT_LOG,
      rules,
      telemetry,
      faults: () => ({}),
      parts: [world.organisations, world.routes, invoices, ...parts],
      isDescribed,
    });
    await world.organisations.stored.refresh();
    return world;
  }

  /** The oracle's key, as changes name it. */
  get oracle(): string {
    return keyToText(this.signer.publicKey);
  }

  /** A router account on chain. */
  register(authority: DeviceSigner, key: DeviceSigner): void {
    const account = { dcConfig: new Uint8Array(32), key: key.publicKey, authority: authority.publicKey.slice(1) };
    this.registry.putPayer({ ...account, address: sha256(key.publicKey) }, 1);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.app.inject({ method: "GET", url: path, headers });
    return { status: answer.statusCode, json: JSON.parse(answer.body) };
  }

  /** Asked by a wallet, or by a route key with its text. */
  async read(path: string, signer: DeviceSigner, name = walletOf(signer)): Promise<Answer> {
    const signed = signRequest("owner", "GET", path, this.clock.wallMs(), signer);
    return this.get(path, { [OWNER_REQUEST_HEADER]: `${name} ${signed}` });
  }

  /** The request of a change, signed for what the organisation's revision is, to be sent or to be spoilt. */
  async signed(
    method: "PUT" | "POST" | "DELETE",
    path: string,
    body: unknown,
    { by = wallet, name = walletOf(by), revision }: { by?: DeviceSigner; name?: string; revision?: number } = {},
  ) {
    const owner = path.split("/")[3] ?? walletText;
    const payload = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    const [row] = await this.store.sql`SELECT revision FROM organisation WHERE wallet = ${owner}`;
    const header = signChange(
      { method, path, body: payload },
      { timeMs: this.clock.wallMs(), revision: revision ?? Number(row?.revision ?? 0), oracle: this.oracle },
      name,
      by,
    );
    const headers: Record<string, string> = {
      [CHANGE_HEADER]: header,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    return { method, url: path, headers, payload };
  }

  async send(request: Awaited<ReturnType<OrganisationWorld["signed"]>>): Promise<Answer> {
    const answer = await this.app.inject(request);
    return { status: answer.statusCode, json: JSON.parse(answer.body) };
  }

  async change(...asked: Parameters<OrganisationWorld["signed"]>): Promise<Answer> {
    return this.send(await this.signed(...asked));
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.store.close();
  }
}
