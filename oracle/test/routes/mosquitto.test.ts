import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/app.ts";
import type { HotspotAccount } from "../../src/registry/hotspot-account.ts";
import { hotspotsOf, withAccess, withHotspots } from "../../src/routes/broker-files.ts";
import { mosquittoPasswords } from "../../src/routes/credentials.ts";
import { GatewayList } from "../../src/routes/gateway-list.ts";
import { OrganisationWorld } from "../organisations/organisation-world.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const SECRET = "ab".repeat(32);
const route = { routeId: 7, credentialSecret: SECRET };
const idOf = (value: number) => value.toString(16).padStart(16, "0");

describe("the files of a customer's mosquitto", () => {
  const own = "chirpstack:$7$101$c2FsdA==$aGFzaA==\nmeter:$6$x$y\n";

  test("get the hotspots of now, and keep every user that is none", () => {
    const first = withHotspots(own, route, [idOf(1), idOf(2)]);
    expect(first).toBe(own + mosquittoPasswords(route, [idOf(1), idOf(2)]));
    const second = withHotspots(first, route, [idOf(2), idOf(3)]);
    expect(second).toBe(own + mosquittoPasswords(route, [idOf(2), idOf(3)]));
    expect([...hotspotsOf(second)]).toEqual([idOf(2), idOf(3)]);
  });

  test("are the same after another run, whatever else stood in them", () => {
    const line = fc.stringMatching(/^[a-z#][ -~]{0,30}$/);
    const ids = fc.uniqueArray(fc.nat(1000).map(idOf), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), ids, (lines, gatewayIds) => {
        const text = lines.map((one) => `${one}\n`).join("");
        const once = withHotspots(text, route, gatewayIds);
        expect(withHotspots(once, route, gatewayIds)).toBe(once);
        const rules = withAccess(text, "eu868", ["meter"]);
        expect(withAccess(rules, "eu868", ["meter"])).toBe(rules);
        expect(rules.startsWith(text)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("have one part of ours among the customer's own rules, which is written anew in its place", () => {
    const before = withAccess("user old\ntopic read a/#", "eu868", []);
    expect(before.startsWith("user old\ntopic read a/#\n# Earshot")).toBe(true);
    const after = withAccess(`${before}user late\ntopic read b/#\n`, "us915_1", ["chirpstack"]);
    expect(after.match(/pattern write/g)).toHaveLength(2);
    expect(after).toContain("user chirpstack\ntopic readwrite #\n");
    expect(after).toContain("pattern write us915_1/gateway/%u/event/+\n");
    expect(after).not.toContain("eu868");
    expect(after.endsWith("user late\ntopic read b/#\n")).toBe(true);
  });
});

describe("the list of gateway ids", () => {
  const hotspot = (id: number, suspendedFrom = Number.POSITIVE_INFINITY) => ({
    gatewayId: new Uint8Array(Buffer.from(idOf(id), "hex")),
    suspended: { current: false, next: true, fromEpoch: suspendedFrom },
  });

  test("is ascending in pages that join without a gap, without those that are suspended in the epoch", () => {
    const all = [9, 2, 7, 4, 1].map((id) => hotspot(id)).concat(hotspot(5, 10));
    const list = new GatewayList({ hotspotCount: all.length, hotspots: () => all });
    expect(list.page(9, "", 100)).toEqual({ gatewayIds: [1, 2, 4, 5, 7, 9].map(idOf), next: null });
    expect(list.page(10, "", 2)).toEqual({ gatewayIds: [idOf(1), idOf(2)], next: idOf(2) });
    expect(list.page(10, idOf(2), 3)).toEqual({ gatewayIds: [idOf(4), idOf(7), idOf(9)], next: null });
    expect(list.page(10, idOf(3), 1)).toEqual({ gatewayIds: [idOf(4)], next: idOf(4) });
    expect(list.page(10, idOf(9), 3)).toEqual({ gatewayIds: [], next: null });
  });

  test("has a hotspot as soon as the registry has it", () => {
    const all = [hotspot(1)];
    const list = new GatewayList({
      get hotspotCount() {
        return all.length;
      },
      hotspots: () => all,
    });
    expect(list.page(1, "", 10).gatewayIds).toHaveLength(1);
    all.push(hotspot(2));
    expect(list.page(1, "", 10).gatewayIds).toHaveLength(2);
  });
});

describe("the gateway ids over HTTP", () => {
  const folder = new TemporaryFolders("gateways").next();
  let world: OrganisationWorld;
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    world = await OrganisationWorld.start({ folder });
    for (const id of [3, 1, 2]) {
      const gatewayId = new Uint8Array(Buffer.from(idOf(id), "hex"));
      const account = { deviceKey: new Uint8Array(33).fill(id), gatewayId, suspended: { current: false, next: false } };
      world.registry.putHotspot(account as unknown as HotspotAccount, 1);
    }
  });
  afterAll(() => world.stop());

  test("come in pages, and a wrong page is refused", async () => {
    const first = await world.get("/v1/gateways?limit=2");
    expect(first).toEqual({ status: 200, json: { gatewayIds: [idOf(1), idOf(2)], next: idOf(2) } });
    const second = await world.get(`/v1/gateways?after=${first.json.next}`);
    expect(second.json).toEqual({ gatewayIds: [idOf(3)], next: null });
    for (const query of ["limit=0", "limit=10001", "after=7", `after=${"g".repeat(16)}`])
      expect((await world.get(`/v1/gateways?${query}`)).json.code).toBe("bad_request");
  });
});

describe("oracle route mosquitto", () => {
  const folder = new TemporaryFolders("route-mosquitto").next();
  const out = join(folder, "broker");
  const file = join(folder, "route.toml");
  let answers: (search: URLSearchParams) => Response;
  let server: Bun.Server<undefined>;
  let url: string;

  const page = (gatewayIds: readonly unknown[], next: string | null = null) => Response.json({ gatewayIds, next });
  const run = async (...args: readonly string[]) => {
    const said = { stdout: "", stderr: "" };
    const into = (name: "stdout" | "stderr") => ({
      write: (text: string) => {
        said[name] += text;
      },
    });
    const code = await runCli(["route", ...args], { stdout: into("stdout"), stderr: into("stderr") });
    return { code, ...said };
  };
  const write = (...more: readonly string[]) => run("mosquitto", "7", file, "--url", url, "--out", out, ...more);

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `topicPrefix = "eu868"\ncredentialSecret = "${SECRET}"\n`);
    server = Bun.serve({ port: 0, fetch: (request) => answers(new URL(request.url).searchParams) });
    url = `http://127.0.0.1:${server.port}`;
  });
  afterAll(() => server.stop(true));

  test("writes both files over all pages of all oracles, and a second time what has changed", async () => {
    answers = (search) =>
      search.get("after") === null
        ? page([idOf(1), idOf(2)], idOf(2))
        : page(search.get("after") === idOf(2) ? [idOf(3)] : []);
    const first = await write("--user", "chirpstack", "--user", "meter");
    expect(first).toEqual({
      code: 0,
      stderr: "",
      stdout: `  3 hotspots, 3 of them new, 0 gone\n  ${out}/passwords\n  ${out}/access\n`,
    });
    const passwords = join(out, "passwords");
    expect(readFileSync(passwords, "utf8")).toBe(mosquittoPasswords(route, [1, 2, 3].map(idOf)));
    expect(statSync(passwords).mode & 0o777).toBe(0o600);
    writeFileSync(passwords, `meter:$7$x\n${readFileSync(passwords, "utf8")}`);
    chmodSync(passwords, 0o640);
    answers = () => page([idOf(2), idOf(4)]);
    const second = await write("--json");
    expect(JSON.parse(second.stdout)).toMatchObject({ hotspots: 2, added: 1, dropped: 2 });
    expect(readFileSync(passwords, "utf8")).toBe(`meter:$7$x\n${mosquittoPasswords(route, [2, 4].map(idOf))}`);
    expect(statSync(passwords).mode & 0o777).toBe(0o640);
  });

  test.each([
    ["no list", () => Response.json({ gateways: [] })],
    ["no JSON", () => new Response("hello")],
    ["an error", () => new Response("", { status: 503 })],
    ["ids that are none", () => page(["..", idOf(1)])],
    ["ids out of order", () => page([idOf(2), idOf(1)])],
    ["pages that do not go on", () => page([], idOf(1))],
    ["the same page again", () => page([idOf(1)], idOf(1))],
    ["more than there can be", () => new Response("x".repeat(2 * 1024 * 1024))],
    ["no hotspot at all", () => page([])],
  ])("writes nothing where an oracle answers with %s", async (_, make) => {
    answers = () => page([idOf(8)]);
    expect((await write()).code).toBe(0);
    const before = readFileSync(join(out, "passwords"), "utf8");
    answers = make;
    expect(await write()).toMatchObject({ code: 1, stderr: expect.stringMatching(/^ORC_DOWNLOAD_FAILED: /) });
    expect(readFileSync(join(out, "passwords"), "utf8")).toBe(before);
  });

  test("says what the route's file lacks, and which user is no name", async () => {
    const bare = join(folder, "bare.toml");
    writeFileSync(bare, 'topicPrefix = "eu868"\n');
    expect(await run("mosquitto", "7", bare, "--url", url, "--out", out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected credentialSecret with 64 hexadecimal digits"),
    });
    expect(await write("--user", "two words")).toMatchObject({ code: 2 });
    expect(await run("mosquitto", "7", file, "--out", out)).toMatchObject({ code: 2 });
  });

  test("goes with a key that is made once", async () => {
    const key = join(folder, "route.key");
    const made = await run("key", key);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{48,51}\n$/) });
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(JSON.parse((await run("key", key, "--json")).stdout)).toEqual({ routeKey: made.stdout.trim(), file: key });
  });
});
