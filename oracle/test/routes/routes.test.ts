import { importKey, keyToText, sha256, signerFromEd25519Seed, verifyJson } from "@earshot/poc/protocol";
import fc from "fast-check";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { mosquittoAccess, mosquittoPasswords, routeCredentials } from "../../src/routes/credentials.ts";
import { type RouteDefinition, readRoute } from "../../src/routes/route-definition.ts";
import { type RouteListContext, routeListFor, signedRouteList } from "../../src/routes/route-list.ts";
import { Mosquitto } from "../servers/mosquitto.ts";

const oracle = signerFromEd25519Seed(new Uint8Array(32).fill(1));
const hotspot = signerFromEd25519Seed(new Uint8Array(32).fill(2));
const gatewayId = Buffer.from(sha256(hotspot.publicKey).subarray(0, 8)).toString("hex");
const context: RouteListContext = { network: 3, nowMs: 1_800_000_000_000, validMs: 60_000, isSuspended: () => false };

function definition(change: Partial<RouteDefinition> = {}): RouteDefinition {
  return {
    routeId: 7,
    name: "air quality",
    payer: keyToText(oracle.publicKey),
    server: { host: "broker.example", port: 8883, certificateAuthority: null },
    topicPrefix: "eu868",
    netIds: [],
    devAddrs: ["26011000/20"],
    joinEuis: [],
    maxCopies: 2,
    credentialSecret: "ab".repeat(32),
    isActive: true,
    ...change,
  };
}

function ready(change: Partial<RouteDefinition> = {}) {
  const answer = readRoute(definition(change));
  if (answer.status === "refused") throw new Error(JSON.stringify(answer.faults));
  return answer;
}

describe("a route's addresses", () => {
  test("may be a NetID, a prefix, a range or one address, and become as few ranges as can be", () => {
    const { ranges } = ready({
      netIds: ["000013", "60002D"],
      devAddrs: ["26000000-26ffffff", "28000000/8", "e05c0000", "e05c0001"],
    });
    expect(ranges.map(({ first, last }) => [first.toString(16), last.toString(16)])).toEqual([
      ["26000000", "28ffffff"],
      ["e05a0000", "e05c0001"],
    ]);
  });

  test("are the same addresses after merging, and ranges neither touch nor overlap", () => {
    const range = fc.tuple(fc.nat(60), fc.nat(6)).map(([first, more]) => ({ first, last: first + more }));
    const text = (devAddr: number) => devAddr.toString(16).padStart(8, "0");
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (given) => {
        const { ranges } = ready({ devAddrs: given.map(({ first, last }) => `${text(first)}-${text(last)}`) });
        const has = (list: typeof given, at: number) => list.some(({ first, last }) => at >= first && at <= last);
        for (let at = 0; at < 70; at++) expect(has([...ranges], at)).toBe(has(given, at));
        for (const [index, { first }] of ranges.entries()) {
          if (index > 0) expect(first).toBeGreaterThan(ranges[index - 1]!.last + 1);
        }
      }),
    );
  });
});

describe("a definition from outside", () => {
  test.each([
    [{ devAddrs: [] }, "/"],
    [{ devAddrs: ["26011001/20"] }, "/devAddrs/0"],
    [{ devAddrs: ["26000001-26000000"] }, "/devAddrs/0"],
    [{ devAddrs: ["26000000-26000001-26000002"] }, "/devAddrs/0"],
    [{ netIds: ["13"] }, "/netIds/0"],
    [{ payer: "nobody" }, "/payer"],
    [{ maxCopies: 0 }, "/maxCopies"],
    [{ topicPrefix: "eu868/#" }, "/topicPrefix"],
    [{ topicPrefix: "$SYS" }, "/topicPrefix"],
    [{ server: { host: "a b", port: 1, certificateAuthority: null } }, "/server/host"],
    [{ credentialSecret: "AB" }, "/credentialSecret"],
    [{ colour: "red" }, "/"],
  ])("with %j is refused where it is wrong", (change, path) => {
    const answer = readRoute({ ...definition(), ...change });
    expect(answer.status).toBe("refused");
    if (answer.status === "refused") expect(answer.faults.map((fault) => fault.path)).toContain(path);
  });

  test("of any shape is read or refused, and never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(readRoute(value).status).toBe("refused");
      }),
    );
  });
});

describe("the list of a hotspot", () => {
  const routes = [ready({ routeId: 9 }), ready({ routeId: 7 }), ready({ routeId: 8, isActive: false })];

  test("holds the active routes that are not suspended, by number, with credentials that are its own", () => {
    const list = routeListFor(hotspot.publicKey, routes, context);
    expect(list.routes.map(({ routeId }) => routeId)).toEqual([7, 9]);
    expect(list).toMatchObject({ network: 3, hotspot: keyToText(hotspot.publicKey), validUntilMs: 1_800_000_060_000 });
    expect(list.routes[0]!.credentials.username).toBe(gatewayId);
    const suspended = routeListFor(hotspot.publicKey, routes, { ...context, isSuspended: (id) => id === 7 });
    expect(suspended.routes.map(({ routeId }) => routeId)).toEqual([9]);
    const another = routeListFor(oracle.publicKey, routes, context);
    expect(another.routes[0]!.credentials.password).not.toBe(list.routes[0]!.credentials.password);
  });

  test("is under the oracle's signature", () => {
    const answer = signedRouteList(routeListFor(hotspot.publicKey, routes, context), oracle);
    const signature = Uint8Array.fromBase64(answer.signature);
    expect(verifyJson("earshot-routes", answer.list, importKey(oracle.publicKey), signature)).toBe(true);
  });
});

describe("the customer's mosquitto, with the files made for it", () => {
  let broker: Mosquitto;
  const clients: MqttClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end(true);
    await broker.stop();
  });

  test("admits a hotspot to its own gateway's topics, and to no others", async () => {
    const route = definition();
    const other = "0011223344556677";
    broker = await Mosquitto.start({
      passwords: mosquittoPasswords(route, [gatewayId, other]),
      access: `${mosquittoAccess("eu868")}\nuser ${other}\ntopic readwrite #\n`,
    });
    const connect = (id: string) => {
      const client = mqtt.connect(broker.url, { ...routeCredentials(route, id), reconnectPeriod: 0 });
      clients.push(client);
      return new Promise<MqttClient>((resolve, reject) => {
        client.once("connect", () => resolve(client));
        client.once("error", reject);
      });
    };
    const reader = await connect(other);
    const seen: string[] = [];
    reader.on("message", (topic) => seen.push(topic));
    await reader.subscribeAsync("eu868/gateway/+/event/up");
    const own = await connect(gatewayId);
    await own.publishAsync(`eu868/gateway/${other}/event/up`, "forged", { qos: 1 });
    await own.publishAsync(`eu868/gateway/${gatewayId}/event/up`, "own", { qos: 1 });
    while (seen.length === 0) await new Promise((resolve) => reader.once("message", resolve));
    expect(seen).toEqual([`eu868/gateway/${gatewayId}/event/up`]);
    const wrong = { ...routeCredentials(route, gatewayId), password: "guessed" };
    const refused = mqtt.connect(broker.url, { ...wrong, reconnectPeriod: 0 });
    clients.push(refused);
    await expect(new Promise((_, reject) => refused.once("error", reject))).rejects.toThrow(/[Nn]ot authorized/);
  });
});
