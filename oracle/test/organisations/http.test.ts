import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyToText } from "@earshot/poc/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CHANGE_HEADER } from "../../src/organisations/signed-change.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { NOW_MS, OrganisationWorld } from "./organisation-world.ts";
import {
  member,
  otherRouteKey,
  otherWallet,
  routeBody,
  routeKey,
  stranger,
  wallet,
  walletOf,
  walletText,
} from "./people.ts";

const folders = new TemporaryFolders("organisations");
const ONE = `/v1/organisations/${walletText}`;
const OTHER = `/v1/organisations/${walletOf(otherWallet)}`;

let folder: string;
let world: OrganisationWorld;

async function restart(set: readonly string[] = []): Promise<void> {
  await world?.stop();
  world = await OrganisationWorld.start({ folder, set });
}

beforeEach(async () => {
  folder = folders.next();
  mkdirSync(folder);
  world = await OrganisationWorld.start({ folder });
});
afterEach(() => world.stop());

const found = (path = ONE, by = wallet) => world.change("PUT", path, { name: "Air quality" }, { by });

describe("an organisation", () => {
  test("is there for its wallet before it is founded, without a name, and says what to sign for", async () => {
    const { status, json } = await world.read(ONE, wallet);
    expect(status).toBe(200);
    expect(json).toMatchObject({ wallet: walletText, name: null, revision: 0, role: "owner", oracle: world.oracle });
    expect(json.routeKeys).toEqual([keyToText(routeKey.publicKey)]);
  });

  test("is founded by its wallet or its route key, and by nobody else", async () => {
    expect((await found(ONE, stranger)).json).toMatchObject({ code: "not_permitted" });
    expect((await found(ONE, otherWallet)).json).toMatchObject({ code: "not_permitted" });
    expect(await found()).toEqual({ status: 200, json: { revision: 1 } });
    const name = keyToText(otherRouteKey.publicKey);
    expect((await world.change("PUT", OTHER, { name: "Soil" }, { by: otherRouteKey, name })).status).toBe(200);
    expect((await world.read(OTHER, otherRouteKey, name)).json).toMatchObject({ name: "Soil", role: "editor" });
  });

  test("is not founded without a router account on chain", async () => {
    const path = `/v1/organisations/${walletOf(stranger)}`;
    expect(await found(path, stranger)).toMatchObject({ status: 403, json: { code: "not_registered" } });
  });

  test("is shown to its people by role, and to nobody else", async () => {
    await found();
    await world.change("PUT", `${ONE}/members/${walletOf(member)}`, { role: "viewer", name: "Ada" });
    expect((await world.read(ONE, member)).json).toMatchObject({
      name: "Air quality",
      role: "viewer",
      members: [{ member: walletOf(member), role: "viewer", name: "Ada" }],
      journal: [
        { revision: 2, signer: walletText, what: `PUT members/${walletOf(member)}`, changedMs: NOW_MS },
        { revision: 1, what: "PUT organisation" },
      ],
    });
    expect(await world.read(ONE, stranger)).toMatchObject({ status: 403, json: { code: "unknown_key" } });
    expect((await world.get(ONE)).status).toBe(400);
  });

  test("takes and lets go of members by its owner's word alone", async () => {
    await found();
    const path = `${ONE}/members/${walletOf(member)}`;
    await world.change("PUT", path, { role: "editor", name: "Ada" });
    const own = `${ONE}/members/${walletOf(stranger)}`;
    expect((await world.change("PUT", own, { role: "editor", name: "S" }, { by: member })).json.code).toBe(
      "not_permitted",
    );
    expect((await world.change("PUT", ONE, { name: "Renamed" }, { by: member })).status).toBe(200);
    expect((await world.change("PUT", path, { role: "owner", name: "Ada" })).json.code).toBe("bad_request");
    expect((await world.change("PUT", `${ONE}/members/${walletText}`, { role: "viewer", name: "me" })).json.code).toBe(
      "bad_request",
    );
    expect((await world.change("PUT", `${ONE}/members/abc`, { role: "viewer", name: "me" })).json.code).toBe(
      "bad_request",
    );
    expect((await world.change("DELETE", path, undefined)).status).toBe(200);
    expect((await world.change("DELETE", path, undefined)).json.code).toBe("not_found");
    expect((await world.read(ONE, member)).status).toBe(403);
  });

  test("is dissolved with all it has, and cannot be founded again by an old request", async () => {
    const founding = await world.signed("PUT", ONE, { name: "Air quality" });
    await world.send(founding);
    await world.change("POST", `${ONE}/routes`, routeBody());
    const { key } = (await world.change("POST", `${ONE}/api-keys`, { name: "k" })).json;
    expect((await world.change("DELETE", ONE, undefined)).status).toBe(200);
    expect((await world.send(founding)).json).toMatchObject({ code: "stale_revision", expected: 4, got: 0 });
    expect((await world.get("/v1/routes")).json.routes).toEqual([]);
    expect((await world.get(ONE, { authorization: `Bearer ${key}` })).status).toBe(403);
  });
});

describe("a change", () => {
  test("counts once: sent again it is refused", async () => {
    await found();
    const request = await world.signed("POST", `${ONE}/api-keys`, { name: "ci" });
    expect((await world.send(request)).status).toBe(200);
    expect(await world.send(request)).toMatchObject({
      status: 409,
      json: { code: "stale_revision", expected: 2, got: 1 },
    });
    expect((await world.read(ONE, wallet)).json.apiKeys).toHaveLength(1);
  });

  test("is for one oracle: another one does not take it", async () => {
    const elsewhere = folders.next();
    mkdirSync(elsewhere);
    const second = await OrganisationWorld.start({ folder: elsewhere }, 251);
    try {
      const request = await world.signed("PUT", ONE, { name: "Air quality" });
      expect(await second.send(request)).toMatchObject({ status: 401, json: { code: "bad_signature" } });
      expect((await world.send(request)).status).toBe(200);
    } finally {
      await second.stop();
    }
  });

  test("is good for a minute", async () => {
    const request = await world.signed("PUT", ONE, { name: "Air quality" });
    world.clock.advance(60_001);
    expect((await world.send(request)).json.code).toBe("bad_request");
  });

  test("with another body, path, method or header than was signed is refused, and changes nothing", async () => {
    await found();
    const request = await world.signed("POST", `${ONE}/api-keys`, { name: "ci" });
    const spoilt = [
      { ...request, payload: Buffer.from('{"name":"cj"}') },
      { ...request, payload: Buffer.from('{"name":"ci"} ') },
      { ...request, url: `${ONE}/api-keys?x=1` },
      { ...request, url: `${ONE}/routes` },
      { ...request, headers: { ...request.headers, [CHANGE_HEADER]: "" } },
      { ...request, headers: { "content-type": "application/json" } },
    ];
    for (const one of spoilt) expect([400, 401]).toContain((await world.send(one as typeof request)).status);
    expect((await world.read(ONE, wallet)).json).toMatchObject({ revision: 1, apiKeys: [] });
  });

  test("of any body is answered with what was expected, and never with a fault of the server", async () => {
    await found();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          ["PUT", ONE],
          ["POST", `${ONE}/routes`],
          ["POST", `${ONE}/api-keys`],
          ["PUT", `${ONE}/webhook`],
        ),
        fc.jsonValue(),
        async ([method, path], body) => {
          const { status, json } = await world.change(method as "PUT", path!, body);
          expect([400, 429]).toContain(status);
          expect(json.expected).not.toBe("");
          world.clock.advance(2000);
        },
      ),
      { numRuns: 60 },
    );
    for (const bytes of ["", "{", "\u0000", '{"name":"a"}{}']) {
      const request = await world.signed("PUT", ONE, undefined);
      const answer = await world.app.inject({
        ...request,
        headers: { ...request.headers, "content-type": "application/json" },
        payload: bytes,
      });
      expect(answer.statusCode, bytes).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode, bytes).toBeLessThan(500);
    }
    const request = await world.signed("PUT", ONE, undefined);
    const text = await world.app.inject({
      ...request,
      headers: { ...request.headers, "content-type": "text/plain" },
      payload: "hi",
    });
    expect(text.json().code).toBe("bad_request");
  });

  test("too many of one signer are told to wait", async () => {
    await found();
    let last = { status: 200, json: {} as { code?: string } };
    for (let at = 0; at < 61 && last.status === 200; at++) last = await found();
    expect(last).toMatchObject({ status: 429, json: { code: "overloaded" } });
    world.clock.advance(2000);
    expect((await found()).status).toBe(200);
  });
});

describe("a route over HTTP", () => {
  const make = (body: object = routeBody(), path = ONE, by = wallet) =>
    world.change("POST", `${path}/routes`, body, { by });

  test("gets its number, is told to hotspots with the next list, and its secret never comes back", async () => {
    await found();
    const { status, json } = await make();
    expect(status).toBe(200);
    expect(json.route).toMatchObject({ name: "air quality", payer: keyToText(routeKey.publicKey), suspended: [] });
    expect(json.route.routeId).toBeGreaterThanOrEqual(2 ** 31);
    expect(world.routes.book.routes.map(({ route }) => route.routeId)).toEqual([json.route.routeId]);
    const shown = JSON.stringify([json, (await world.read(ONE, wallet)).json, (await world.get("/v1/routes")).json]);
    expect(shown).not.toContain("credentialSecret");
    expect(shown).not.toContain("abababab");
  });

  test("is checked as a file is, and says the same", async () => {
    await found();
    const { status, json } = await make({ ...routeBody(), devAddrs: ["26011001/20"], netIds: ["00001"] });
    expect([status, json.code]).toEqual([400, "bad_request"]);
    expect(json.expected).toContain("/netIds/0");
    const two = await make({ ...routeBody(), devAddrs: ["26011001/20"] });
    expect(two.json.expected).toMatch(/^\/devAddrs\/0: 26011000\/20, 26000000-27ffffff or 26010203;/);
    // A key that nobody knows is refused, not dropped.
    expect((await make({ ...routeBody(), colour: "red" })).status).toBe(400);
  });

  test("changes under its number, keeps its secret, and is withdrawn", async () => {
    await found();
    const { routeId } = (await make()).json.route;
    const { credentialSecret: _, ...body } = routeBody({ maxCopies: 5, isActive: false });
    const path = `${ONE}/routes/${routeId}`;
    expect((await world.change("PUT", path, body)).json.route).toMatchObject({
      routeId,
      maxCopies: 5,
      isActive: false,
    });
    expect(world.routes.book.routes[0]!.route.credentialSecret).toBe("ab".repeat(32));
    expect((await world.change("DELETE", path, undefined)).status).toBe(200);
    expect(world.routes.book.routes).toEqual([]);
    expect((await world.change("DELETE", path, undefined)).json.code).toBe("not_found");
  });

  test("is taken under the number that another oracle gave, and under nobody else's", async () => {
    const elsewhere = folders.next();
    mkdirSync(elsewhere);
    const second = await OrganisationWorld.start({ folder: elsewhere }, 251);
    try {
      await found();
      await second.change("PUT", ONE, { name: "Air quality" });
      const { routeId } = (await make()).json.route;
      expect((await second.change("PUT", `${ONE}/routes/${routeId}`, routeBody())).json.route.routeId).toBe(routeId);
      await found(OTHER, otherWallet);
      for (const number of [routeId, 7, 2 ** 32 - 1, "x", 99_999_999_999]) {
        const answer = await world.change("PUT", `${OTHER}/routes/${number}`, routeBody(), { by: otherWallet });
        expect(answer.json.code, String(number)).toBe("not_found");
      }
    } finally {
      await second.stop();
    }
  });

  test("is nobody's to change but the organisation's", async () => {
    await found();
    await found(OTHER, otherWallet);
    const path = `/routes/${(await make()).json.route.routeId}`;
    expect((await world.change("DELETE", OTHER + path, undefined, { by: otherWallet })).json.code).toBe("not_found");
    expect((await world.change("DELETE", ONE + path, undefined, { by: otherWallet })).json.code).toBe("not_permitted");
    expect(world.routes.book.routes).toHaveLength(1);
  });

  test("meets no route of another payer, of an organisation or of a file, unless the operator allows it", async () => {
    await found();
    await found(OTHER, otherWallet);
    await make();
    const overlapping = () => make(routeBody({ devAddrs: ["26011fff-26012fff"] }), OTHER, otherWallet);
    expect(await overlapping()).toMatchObject({ status: 409, json: { code: "route_overlap" } });
    mkdirSync(join(folder, "routes"));
    const payer = keyToText(routeKey.publicKey);
    writeFileSync(
      join(folder, "routes", "a.toml"),
      toml({ ...routeBody({ devAddrs: ["30000000/8"] }), payer, routeId: 7 }),
    );
    world.routes.tick?.();
    const withFile = await make(routeBody({ devAddrs: ["30000001"] }), OTHER, otherWallet);
    expect(withFile.json).toMatchObject({ code: "route_overlap", got: "DevAddr 30000001-30000001 of route 7" });
    await restart([`organisations.may_overlap=["${walletOf(otherWallet)}"]`]);
    expect((await overlapping()).status).toBe(200);
  });

  test("of a wallet that the operator refuses is told to nobody, takes no place, and is not made", async () => {
    await found();
    await found(OTHER, otherWallet);
    await make();
    await restart([`organisations.refused=["${walletText}"]`]);
    expect(world.routes.book.routes).toEqual([]);
    expect((await make(routeBody({ devAddrs: ["30000000"] }))).json.code).toBe("not_permitted");
    expect((await make(routeBody(), OTHER, otherWallet)).status).toBe(200);
    const { routeId } = (await world.read(ONE, wallet)).json.routes[0];
    expect((await world.change("DELETE", `${ONE}/routes/${routeId}`, undefined)).status).toBe(200);
  });

  test("is not told any more when the chain gives its route key to another wallet", async () => {
    await found();
    await make();
    world.register(stranger, routeKey);
    await world.organisations.stored.refresh();
    expect(world.routes.book.routes).toEqual([]);
    expect((await world.read(ONE, wallet)).json.routes).toHaveLength(1);
  });

  test("goes behind a file of its number, which is how an operator takes one over", async () => {
    await found();
    const { routeId } = (await make()).json.route;
    mkdirSync(join(folder, "routes"));
    const payer = keyToText(routeKey.publicKey);
    writeFileSync(
      join(folder, "routes", "a.toml"),
      toml({ ...routeBody({ name: "by the operator" }), payer, routeId }),
    );
    world.routes.tick?.();
    expect(world.routes.book.routes.map(({ route }) => route.name)).toEqual(["by the operator"]);
  });

  test("is not to be had where the operator gives none, nor with a private broker", async () => {
    await found();
    const atHome = routeBody({ server: { host: "10.0.0.5", port: 8883, certificateAuthority: null } });
    expect((await make(atHome)).json.expected).toContain("/server/host");
    await restart(["organisations.private_targets=true", "organisations.max_routes=1"]);
    expect((await make(atHome)).status).toBe(200);
    expect((await make(routeBody({ devAddrs: ["26020000"] }))).json).toMatchObject({ code: "limit_reached" });
    await restart(["organisations.max_routes=0"]);
    expect((await make()).json).toMatchObject({ code: "limit_reached", expected: "at most 0 routes" });
  });
});

describe("an API key", () => {
  const withKey = (path: string, key: string) => world.get(path, { authorization: `Bearer ${key}` });

  test("is shown once, kept as a hash, and reads its organisation's and nobody else's", async () => {
    await found();
    await found(OTHER, otherWallet);
    const { json } = await world.change("POST", `${ONE}/api-keys`, { name: "billing", days: 2 });
    expect(json).toMatchObject({ name: "billing", createdMs: NOW_MS, expiresMs: NOW_MS + 2 * 86_400_000 });
    expect((await withKey(ONE, json.key)).json).toMatchObject({ name: "Air quality", role: "viewer" });
    expect((await withKey(`/v1/payers/${walletText}/invoices`, json.key)).status).toBe(200);
    expect((await withKey(OTHER, json.key)).json.code).toBe("unknown_key");
    expect((await withKey(`/v1/payers/${walletOf(otherWallet)}/invoices`, json.key)).status).toBe(403);
    const rows = await world.store.sql`SELECT * FROM organisation_key ORDER BY key_id`;
    expect(JSON.stringify([rows, (await world.read(ONE, wallet)).json])).not.toContain(json.key);
  });

  test("ends when it is revoked, and when its time is over", async () => {
    await found();
    const make = async () => (await world.change("POST", `${ONE}/api-keys`, { name: "a", days: 1 })).json;
    const [first, second] = [await make(), await make()];
    expect((await world.change("DELETE", `${ONE}/api-keys/${first.id}`, undefined)).status).toBe(200);
    expect((await withKey(ONE, first.key)).status).toBe(403);
    expect((await withKey(ONE, second.key)).status).toBe(200);
    world.clock.advance(86_400_000);
    expect((await withKey(ONE, second.key)).status).toBe(403);
  });

  test("is limited, and so are guesses", async () => {
    await found();
    const { key } = (await world.change("POST", `${ONE}/api-keys`, { name: "a" })).json;
    let tries = 0;
    while ((await withKey(ONE, key)).status === 200) tries++;
    expect(tries).toBe(400);
    expect((await withKey(ONE, key)).json).toMatchObject({ code: "overloaded", retryAfterMs: 200 });
    let guesses = 0;
    while ((await withKey(ONE, "earshot_guess")).status === 403) guesses++;
    expect(guesses).toBe(800 - 402);
    world.clock.advance(1000);
    expect((await withKey(ONE, key)).status).toBe(200);
  });

  test("changes nothing", async () => {
    await found();
    const { key } = (await world.change("POST", `${ONE}/api-keys`, { name: "a" })).json;
    const answer = await world.app.inject({
      method: "PUT",
      url: ONE,
      headers: { authorization: `Bearer ${key}` },
      payload: { name: "b" },
    });
    expect(answer.statusCode).toBe(400);
    expect((await world.read(ONE, wallet)).json.name).toBe("Air quality");
  });

  test("there are twenty at most", async () => {
    await found();
    for (let at = 0; at < 20; at++) {
      expect((await world.change("POST", `${ONE}/api-keys`, { name: `k${at}` })).status).toBe(200);
    }
    expect((await world.change("POST", `${ONE}/api-keys`, { name: "k" })).json.code).toBe("limit_reached");
  });
});

test("a payer's figures are shown to viewers of its organisation too, and to strangers not", async () => {
  await found();
  await world.change("PUT", `${ONE}/members/${walletOf(member)}`, { role: "viewer", name: "Ada" });
  const path = `/v1/payers/${walletText}/invoices`;
  expect((await world.read(path, member)).json).toEqual({ payer: walletText, invoices: [], next: null });
  expect((await world.read(path, stranger)).status).toBe(403);
});

test("a webhook is https and on the internet, and its secret is shown once", async () => {
  await found();
  const put = (url: string) => world.change("PUT", `${ONE}/webhook`, { url, belowDataCredits: "1000" });
  for (const url of [
    "http://hooks.example.com/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://169.254.169.254/latest",
    "https://[::1]/",
    "https://0x7f000001/",
    "https://10.1/",
    "https://a:b@hooks.example.com/",
    "ftp://hooks.example.com/",
    "hooks",
  ]) {
    expect((await put(url)).json.code, url).toBe("bad_request");
  }
  const { json } = await put("https://hooks.example.com/low?a=1");
  expect(json.secret).toMatch(/^[0-9a-f]{64}$/);
  const shown = (await world.read(ONE, wallet)).json;
  expect(shown.webhook).toEqual({ url: "https://hooks.example.com/low?a=1", belowDataCredits: "1000", alerts: [] });
  expect(JSON.stringify(shown)).not.toContain(json.secret);
  expect((await world.change("DELETE", `${ONE}/webhook`, undefined)).status).toBe(200);
  expect((await world.change("DELETE", `${ONE}/webhook`, undefined)).json.code).toBe("not_found");
});

test("OpenAPI describes every route, and names the scheme of API keys", async () => {
  await world.stop();
  world = await OrganisationWorld.start({ folder, isDescribed: true });
  const { json } = await world.get("/openapi.json");
  expect(json.components.securitySchemes.organisationKey).toMatchObject({ type: "http", scheme: "bearer" });
  const one = "/v1/organisations/{wallet}";
  const described = Object.entries(json.paths as Record<string, object>)
    .filter(([path]) => path.startsWith(one))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path.slice(one.length)}`));
  expect(described.sort()).toEqual(
    [
      "delete ",
      "delete /api-keys/{id}",
      "delete /members/{member}",
      "delete /routes/{routeId}",
      "delete /webhook",
      "get ",
      "post /api-keys",
      "post /routes",
      "put ",
      "put /members/{member}",
      "put /routes/{routeId}",
      "put /webhook",
    ].sort(),
  );
  expect(json.paths[one].get.security).toEqual([{ organisationKey: [] }, { signedRequest: [] }]);
  expect(
    json.paths[`${one}/routes`].post.requestBody.content["application/json"].schema.properties.devAddrs,
  ).toBeDefined();
});

/** As an operator writes it. */
function toml(route: Record<string, unknown>): string {
  const { server, ...flat } = route;
  const lines = (table: object) =>
    Object.entries(table).flatMap(([key, value]) => (value === null ? [] : [`${key} = ${JSON.stringify(value)}`]));
  const { certificateAuthority: _, ...address } = server as { certificateAuthority: null };
  return [...lines(flat), "[server]", ...lines(address), 'certificateAuthority = ""', ""].join("\n");
}
