import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { latestAlerts } from "../../src/organisations/alert-table.ts";
import { type BalanceWatchOptions, watchBalances } from "../../src/organisations/balance-watch.ts";
import { GIVE_UP_MS } from "../../src/organisations/low-balance.ts";
import { changeOrganisation, nameOrganisation, putWebhook } from "../../src/organisations/organisation-table.ts";
import { callWebhook, type WebhookCall } from "../../src/organisations/webhook-call.ts";
import type { Store } from "../../src/ports/store.ts";
import { openStore } from "../../src/store/open-store.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

interface Heard {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const folders = new TemporaryFolders("webhook");
const NOW_MS = 1_800_000_000_000;
const HOST = "hooks.example.com";
const hasOpenssl = Bun.which("openssl") !== null;

let server: Server;
let certificateAuthority: string;
let port: number;
let heard: Heard[] = [];
/** What the customer's server answers next; 204 when nothing is left. */
const statuses: number[] = [];

beforeAll(async () => {
  if (!hasOpenssl) return;
  const folder = folders.next();
  mkdirSync(folder);
  const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const made = Bun.spawnSync(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"].concat([
      "-keyout",
      keyFile,
      "-out",
      certificateFile,
      "-subj",
      `/CN=${HOST}`,
      "-addext",
      `subjectAltName=DNS:${HOST}`,
    ]),
  );
  expect(made.exitCode, made.stderr.toString()).toBe(0);
  certificateAuthority = readFileSync(certificateFile, "utf8");
  server = createServer({ cert: certificateAuthority, key: readFileSync(keyFile) }, (request, reply) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      heard.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(parts).toString() });
      reply.writeHead(statuses.shift() ?? 204, { location: `https://${HOST}:${port}/elsewhere` }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});
beforeEach(() => {
  heard = [];
  statuses.length = 0;
});

/** The name leads to loopback here, as a name of the internet may. */
const call = (change: Partial<WebhookCall> = {}) =>
  callWebhook({
    url: `https://${HOST}:${port}/low?a=1`,
    id: "message-1",
    secret: new Uint8Array(32).fill(5),
    body: '{"kind":"low_balance"}',
    nowMs: NOW_MS,
    mayBePrivate: true,
    resolve: async () => ["127.0.0.1"],
    certificateAuthority,
    ...change,
  });

describe.skipIf(!hasOpenssl)("a call to a customer's server", () => {
  test("arrives over TLS under its name, with an id and a signature that the customer can check", async () => {
    expect(await call()).toBeUndefined();
    const [{ path, headers, body }] = heard as [Heard];
    expect([path, headers.host, headers["earshot-delivery"]]).toEqual(["/low?a=1", `${HOST}:${port}`, "message-1"]);
    const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["earshot-signature"]))!;
    expect(time).toBe(String(NOW_MS));
    expect(createHmac("sha256", Buffer.alloc(32, 5)).update(`${time}.${body}`).digest("hex")).toBe(mac);
  });

  test("goes nowhere when any address of the name is in a private network, whatever the name says", async () => {
    for (const addresses of [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], ["fd00::1"]]) {
      const problem = await call({ mayBePrivate: false, resolve: async () => addresses });
      expect(problem).toBe("the name leads into a private network");
    }
    expect(await call({ mayBePrivate: false, url: `https://127.0.0.1:${port}/` })).toBe(
      "expected an address on the internet",
    );
    expect(await call({ mayBePrivate: false, resolve: async () => [] })).toBe("the name has no address");
    expect(heard).toEqual([]);
  });

  test("goes to the address that was looked at, and asks for no other", async () => {
    let asked = 0;
    await call({ resolve: async () => [asked++ === 0 ? "127.0.0.1" : "127.0.0.2"] });
    expect([asked, heard.length]).toEqual([1, 1]);
  });

  test("believes no certificate of another name or of nobody's", async () => {
    expect(await call({ url: `https://other.example.com:${port}/` })).toMatch(/ALTNAME/);
    const { certificateAuthority: _, ...rest } = { certificateAuthority };
    expect(
      await callWebhook({
        ...rest,
        url: `https://${HOST}:${port}/`,
        id: "a",
        secret: new Uint8Array(32),
        body: "{}",
        nowMs: 0,
        mayBePrivate: true,
        resolve: async () => ["127.0.0.1"],
      }),
    ).toMatch(/SELF_SIGNED/);
    expect(heard).toEqual([]);
  });

  test("follows no redirect, and says what was answered instead of yes", async () => {
    statuses.push(302, 500);
    expect([await call(), await call()]).toEqual(["status 302", "status 500"]);
    expect(heard.map(({ path }) => path)).toEqual(["/low?a=1", "/low?a=1"]);
  });
});

describe("balances that are watched", () => {
  let store: Store;
  let nowMs: number;
  let balance: bigint;
  let ids: number;
  let told: WebhookCall[];
  let problem: string | undefined;
  const secret = new Uint8Array(32).fill(9);

  beforeEach(async () => {
    const folder = folders.next();
    mkdirSync(folder);
    store = await openStore(`sqlite:${folder}/state.sqlite`);
    [nowMs, balance, ids, told, problem] = [NOW_MS, 100n, 0, [], undefined];
    const asked = { wallet: "W", signer: "W", routeKeys: [], role: "editor", what: "", nowMs } as const;
    await changeOrganisation(
      store,
      { ...asked, revision: 0 },
      async (tx, one) => nameOrganisation(tx, one, "Air"),
      true,
    );
    await changeOrganisation(store, { ...asked, revision: 1 }, (tx) =>
      putWebhook(tx, "W", { url: "https://hooks.example.com/", below: 50n, secret }),
    );
    return () => store.close();
  });

  const look = (change: Partial<BalanceWatchOptions> = {}) =>
    watchBalances({
      store,
      routers: {
        routers: async () =>
          [balance - 1n, 1n].map((escrow, at) => ({
            address: `A${at}`,
            payer: "W",
            routeKey: `K${at}`,
            escrow,
            lastNonce: 0n,
          })),
      },
      network: 3,
      holder: "h",
      mayBePrivate: false,
      nowMs: () => nowMs,
      random: () => 0,
      newId: () => `id-${++ids}`,
      call: async (one) => {
        told.push(one);
        return problem;
      },
      ...change,
    });

  test("are told once when the sum of a wallet's routers falls below the limit, and again after it rose", async () => {
    expect(await look()).toMatchObject({ found: 0, delivered: 0 });
    balance = 49n;
    expect(await look()).toMatchObject({ found: 1, delivered: 1 });
    balance = 10n;
    expect(await look()).toMatchObject({ found: 0, delivered: 0 });
    balance = 50n;
    await look();
    balance = 49n;
    expect(await look()).toMatchObject({ found: 1, delivered: 1 });
    expect(told.map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        kind: "low_balance",
        network: 3,
        wallet: "W",
        organisation: "Air",
        balanceDataCredits: "49",
        belowDataCredits: "50",
        foundMs: NOW_MS,
      },
      { balanceDataCredits: "49" },
    ]);
    expect(told.map(({ id, secret }) => [id, secret])).toEqual([
      [JSON.parse(told[0]!.body).id, secret],
      [JSON.parse(told[1]!.body).id, secret],
    ]);
    expect(told[0]!.id).not.toBe(told[1]!.id);
  });

  test("are told again with growing pauses, the same message each time, until somebody takes it", async () => {
    balance = 1n;
    problem = "status 503";
    expect((await look()).failed).toEqual([{ wallet: "W", problem: "status 503" }]);
    for (const pauseMs of [10_000, 20_000, 40_000]) {
      nowMs += pauseMs - 1;
      expect((await look()).failed).toEqual([]);
      nowMs += 1;
      expect((await look()).failed).toHaveLength(1);
    }
    problem = undefined;
    nowMs += 80_000;
    expect(await look()).toMatchObject({ delivered: 1 });
    expect(new Set(told.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    expect(await latestAlerts(store, "W", 1)).toMatchObject([{ state: "delivered", attempts: 5, problem: null }]);
  });

  test("are given up after a day, and withdrawn when the balance rose before", async () => {
    balance = 1n;
    problem = "ECONNREFUSED";
    await look();
    nowMs += GIVE_UP_MS;
    await look();
    expect(await latestAlerts(store, "W", 1)).toMatchObject([{ state: "given up", problem: "ECONNREFUSED" }]);
    [balance] = [99n];
    await look();
    balance = 1n;
    await look();
    balance = 99n;
    nowMs += 60_000;
    expect(await look()).toMatchObject({ delivered: 0, failed: [] });
    expect((await latestAlerts(store, "W", 9)).map(({ state }) => state)).toContain("withdrawn");
  });

  test("of a process that died between call and note are told again under the same id", async () => {
    balance = 1n;
    const dying = look({
      call: async (one) => {
        told.push(one);
        throw new Error("killed");
      },
    });
    await expect(dying).rejects.toThrow("killed");
    await look();
    expect(told.map(({ id }) => id)).toEqual(["id-1", "id-1"]);
  });

  test("by two processes of one store are told by one of them", async () => {
    balance = 1n;
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const first = look({
      call: async (one) => {
        told.push(one);
        arrived.resolve();
        await gate.promise;
        return undefined;
      },
    });
    await arrived.promise;
    expect(await look({ holder: "another" })).toEqual({ found: 0, delivered: 0, failed: [] });
    gate.resolve();
    expect(await first).toMatchObject({ delivered: 1 });
    expect(told).toHaveLength(1);
  });
});
