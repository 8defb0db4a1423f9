/** What one address may have of the server: connections where it comes itself, requests where a proxy brings it; and whose word of an address counts. */
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { addressSet, ClientPlaces, clientOf, isNetwork } from "../../src/service/client-places.ts";
import { clientOfRequest, createHttpApp, type HttpApp, type HttpOptions } from "../../src/service/http.ts";
import { createLog } from "../../src/service/log.ts";

const MOST = 3;

const apps: HttpApp[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of apps.splice(0)) await app.close();
});

interface Served {
  readonly port: number;
  /** Requests of /slow that wait, to be let go. */
  readonly waiting: (() => void)[];
  readonly turnedAway: string[];
  readonly lines: string[];
}

async function serve(options: Partial<HttpOptions> = {}): Promise<Served> {
  const lines: string[] = [];
  const turnedAway: string[] = [];
  const waiting: (() => void)[] = [];
  const write = (line: string) => lines.push(line);
  const log = createLog({ level: "debug", repeatIntervalMs: 60_000, steadyMs: () => 0, write }).for("http");
  const onTurnedAway = (what: string) => turnedAway.push(what);
  const app = createHttpApp({ maxConnections: 100, maxPerClient: MOST, log, onTurnedAway, ...options });
  apps.push(app);
  app.get("/who", async (request) => clientOfRequest(request));
  app.get("/slow", () => new Promise<string>((resolve) => waiting.push(() => resolve("done"))));
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { port: Number(new URL(url).port), waiting, turnedAway, lines };
}

/** A connection that sends these bytes and keeps open. */
function open(port: number, bytes: string, from = "127.0.0.1"): { readonly closed: Promise<string> } {
  let heard = "";
  const socket = connect({ port, host: "127.0.0.1", localAddress: from }, () => socket.write(bytes));
  sockets.push(socket);
  socket.on("data", (piece) => {
    heard += piece;
  });
  socket.on("error", () => {});
  return { closed: new Promise((resolve) => socket.on("close", () => resolve(heard))) };
}

const ask = (port: number, path: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close", ...headers } });

async function until(done: () => boolean): Promise<void> {
  while (!done()) await Bun.sleep(5);
}

describe("connections of one address", () => {
  test.each([
    ["that send nothing", ""],
    ["that send half a request", "GET /who HTTP/1.1\r\nHost:"],
    ["that wait for an answer", "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"],
  ])("%s are so many and no more, and others are served meanwhile", async (_, bytes) => {
    const { port, turnedAway, lines } = await serve();
    let closed = 0;
    for (let count = 0; count < MOST + 5; count++)
      void open(port, bytes).closed.then((heard) => {
        expect(heard).toBe("");
        closed++;
      });
    // The system hands connections that send nothing on after a second.
    await until(() => closed === 5);
    expect(turnedAway).toEqual(Array(5).fill("connection"));
    const other = open(port, "GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "127.0.0.9");
    expect(await other.closed).toMatch(/^HTTP\/1\.1 200 .*127\.0\.0\.9$/s);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ part: "http", what: "connection", client: "127.0.0.1", most: MOST });
  });

  test("that are closed give their places back", async () => {
    const { port, turnedAway } = await serve();
    for (let round = 0; round < 4 * MOST; round++) expect((await ask(port, "/who")).status).toBe(200);
    expect(turnedAway).toEqual([]);
  });

  test("are not counted for a proxy", async () => {
    const { port } = await serve({ proxies: ["127.0.0.1"] });
    for (let count = 0; count < 3 * MOST; count++) open(port, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    expect((await ask(port, "/who")).status).toBe(200);
  });
});

describe("requests that a proxy brings", () => {
  const of = (address: string) => ({ "x-forwarded-for": address });

  test("are so many of one address and no more, and others are served meanwhile", async () => {
    const { port, waiting, turnedAway } = await serve({ proxies: ["127.0.0.0/8"] });
    const held = Array.from({ length: MOST }, () => ask(port, "/slow", of("192.0.2.1")));
    await until(() => waiting.length === MOST);
    const refused = await ask(port, "/slow", of("192.0.2.1"));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await refused.json()).toMatchObject({ code: "overloaded", got: "more" });
    expect(turnedAway).toEqual(["request"]);
    expect((await ask(port, "/who", of("192.0.2.2"))).status).toBe(200);
    for (const answer of waiting) answer();
    for (const answer of held) expect((await answer).status).toBe(200);
    expect((await ask(port, "/who", of("192.0.2.1"))).status).toBe(200);
  });

  test("are counted on a connection of the proxy that has brought others before", async () => {
    const { port, waiting } = await serve({ proxies: ["127.0.0.1"] });
    const bring = (path: string, address: string) =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`;
    for (let count = 0; count < MOST; count++) {
      const socket = connect(port, "127.0.0.1", () => socket.write(bring("/who", "192.0.2.2")));
      sockets.push(socket);
      socket.once("data", () => socket.write(bring("/slow", "192.0.2.1")));
    }
    await until(() => waiting.length === MOST);
    expect((await ask(port, "/who", of("192.0.2.1"))).status).toBe(429);
  });

  test("give their places back when the client goes without its answer", async () => {
    const { port, waiting } = await serve({ proxies: ["127.0.0.1"] });
    for (let round = 1; round <= 3; round++) {
      const gone = new AbortController();
      const held = Array.from({ length: MOST }, () =>
        fetch(`http://127.0.0.1:${port}/slow`, { headers: of("192.0.2.1"), signal: gone.signal }).catch(() => {}),
      );
      await until(() => waiting.length === round * MOST);
      gone.abort();
      await Promise.all(held);
      let status = 0;
      while (status !== 200) status = (await ask(port, "/who", of("192.0.2.1"))).status;
    }
  });

  test("are of the address that the proxy saw, whatever the client wrote before it", async () => {
    const { port } = await serve({ proxies: ["127.0.0.1", "10.0.0.0/8"] });
    const who = async (forwarded: string) => (await ask(port, "/who", of(forwarded))).text();
    expect(await who("6.6.6.6, 192.0.2.1")).toBe("192.0.2.1");
    expect(await who("6.6.6.6, 192.0.2.1, 10.1.2.3")).toBe("192.0.2.1");
    expect(await who("2001:db8:1:2ff::9")).toBe("2001:db8:1:200::/56");
  });

  test("of whoever is no proxy are its own", async () => {
    const { port } = await serve({ proxies: ["192.0.2.200"] });
    expect(await (await ask(port, "/who", of("6.6.6.6"))).text()).toBe("127.0.0.1");
  });
});

describe("an address", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"],
    ["2001:db8:1:201::", "2001:db8:1:200::/56"],
    ["2001:DB8::1", "2001:db8:0:0::/56"],
    ["::1", "0:0:0:0::/56"],
    ["fe80::1%eth0", "fe80:0:0:0::/56"],
    ["", ""],
    ["unix:", "unix:"],
  ])("%s stands for %s", (address, client) => expect(clientOf(address)).toBe(client));

  test("is one of a set, alone or in a network, as IPv4 or IPv6", () => {
    const has = addressSet(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);
    for (const inside of ["127.0.0.1", "::ffff:127.0.0.1", "10.255.0.1", "fd12::1"]) expect(has(inside)).toBe(true);
    for (const outside of ["127.0.0.2", "11.0.0.1", "fe00::1", "::1", "", "unix:"]) expect(has(outside)).toBe(false);
  });

  test("or a network is told from what is none", () => {
    for (const good of ["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/128"]) expect(isNetwork(good)).toBe(true);
    for (const bad of ["", "10.0.0.0/33", "fd00::/129", "10.0.0.0/8/8", "10.0.0", "a.b", "::1/", "1.1.1.1/x"])
      expect(isNetwork(bad)).toBe(false);
  });

  test("of IPv6 stands for whoever has the same 56 bits, however it is written, and no text throws", () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    const text = (all: readonly number[]) => all.map((one) => one.toString(16)).join(":");
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        const near = [...one.slice(0, 3), (one[3]! & 0xff00) | (other[3]! & 0xff), ...other.slice(4)];
        expect(clientOf(text(near))).toBe(clientOf(text(one)));
        const far = one.with(3, one[3]! ^ 0x100);
        expect(clientOf(text(far))).not.toBe(clientOf(text(one)));
        const long = one.map((part) => part.toString(16).padStart(4, "0").toUpperCase()).join(":");
        expect(clientOf(long)).toBe(clientOf(text(one)));
      }),
    );
    fc.assert(fc.property(fc.oneof(fc.ipV6(), fc.string()), (any) => typeof clientOf(any) === "string"));
  });
});

test("whatever is taken and given back, a client has at most its places, and all of them when all are back", () => {
  const acts = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(acts, (all) => {
      const places = new ClientPlaces(MOST);
      const held: Record<string, (() => void)[]> = { a: [], b: [] };
      for (const [client, isTaking] of all) {
        const own = held[client]!;
        if (!isTaking) {
          const over = own.pop();
          over?.();
          // Once more changes nothing.
          over?.();
          continue;
        }
        const over = places.take(client);
        expect(over !== undefined).toBe(own.length < MOST);
        if (over !== undefined) own.push(over);
      }
      for (const own of Object.values(held)) for (const over of own) over();
      for (let count = 0; count < MOST; count++) expect(places.take("a")).toBeDefined();
      expect(places.take("a")).toBeUndefined();
    }),
  );
});
