/** The RPC's edges: standard codes, limits, loopback, and no text that takes the server down. */

import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { METHODS } from "../../src/localnet/rpc/json-rpc.ts";
import { post, runChain } from "./running-chain.ts";

const running = runChain();
const SOAK = Number(process.env.EARSHOT_SOAK ?? 1);
const ADDRESS = "11111111111111111111111111111111";

async function codeOf(body: string): Promise<unknown> {
  const answer = (await (await post(running().server.url, body)).json()) as { error?: { code: number } };
  return answer.error?.code;
}

const request = (method: unknown, params?: unknown) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });

describe("codes", () => {
  test.each<[string, string, number]>([
    ["no JSON", "{", -32700],
    ["nothing", "", -32700],
    ["a number", "5", -32600],
    ["null", "null", -32600],
    ["an empty batch", "[]", -32600],
    ["a batch too long", JSON.stringify(new Array(1001).fill(1)), -32600],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"getSlot"}', -32600],
    ["an id that is none", '{"jsonrpc":"2.0","id":{},"method":"getSlot"}', -32600],
    ["an unknown method", request("getMoon"), -32601],
    ["a name of JavaScript's", request("__proto__"), -32601],
    ["an inherited name", request("toString"), -32601],
    ["named parameters", request("getBalance", { a: 1 }), -32602],
    ["no parameters", request("getBalance"), -32602],
    ["a short address", request("getBalance", ["111"]), -32602],
    ["an address in another alphabet", request("getBalance", ["0OIl".repeat(8)]), -32602],
    ["an unknown commitment", request("getBalance", [ADDRESS, { commitment: "soon" }]), -32602],
    ["an inherited commitment", request("getBalance", [ADDRESS, { commitment: "constructor" }]), -32602],
    ["too many accounts", request("getMultipleAccounts", [new Array(101).fill(ADDRESS)]), -32602],
    ["five filters", request("getProgramAccounts", [ADDRESS, { filters: new Array(5).fill({ dataSize: 1 }) }]), -32602],
    ["a transaction that is none", request("sendTransaction", ["AAAA", { encoding: "base64" }]), -32602],
    ["a transaction too long", request("sendTransaction", ["A".repeat(1648), { encoding: "base64" }]), -32602],
    ["no base64", request("sendTransaction", ["é===", { encoding: "base64" }]), -32602],
    ["a block of the future", request("getBlock", [2 ** 40]), -32004],
    ["processed where nothing is kept", request("getBlock", [0, { commitment: "processed" }]), -32602],
    ["a warp beyond time", request("earshot_warp", [{ seconds: 1e15 }]), -32602],
    ["a snapshot with a path", request("earshot_snapshot", ["../x"]), -32602],
    ["a snapshot without a folder", request("earshot_snapshot"), -32603],
  ])("%s", async (_, body, code) => {
    expect(await codeOf(body)).toBe(code);
  });

  test("of a skipped slot", async () => {
    const { slot } = (await running().call("earshot_warp", [{ slots: 10, seconds: 60, blocks: 3 }])).result;
    expect((await running().call("getBlockTime", [slot - 8])).error.code).toBe(-32007);
  });
});

describe("answers", () => {
  test("to a batch keep its order, and leave notifications out", async () => {
    const batch = `[${request("getHealth")},{"jsonrpc":"2.0","method":"getHealth"},${request("getMoon")}]`;
    const answers = await (await post(running().server.url, batch)).json();
    expect(answers).toEqual([
      { jsonrpc: "2.0", result: "ok", id: 1 },
      { jsonrpc: "2.0", error: { code: -32601, message: "Method not found" }, id: 1 },
    ]);
    expect(await (await post(running().server.url, '{"jsonrpc":"2.0","method":"getHealth"}')).text()).toBe("");
  });

  test("write amounts beyond 2^53 exactly", async () => {
    const { chain, server } = running();
    const image = {
      lamports: 2n ** 64n - 1n,
      owner: ADDRESS,
      data: new Uint8Array(0),
      executable: false,
      rentEpoch: 0n,
    };
    const address = "Earshot111111111111111111111111111111111111";
    chain.setAccount(address, image);
    const text = await (await post(server.url, request("getBalance", [address]))).text();
    expect(text).toContain('"value":18446744073709551615');
  });
});

describe("HTTP", () => {
  test("refuses other methods, content types and bodies too large", async () => {
    const { url } = running().server;
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url, { method: "POST", body: request("getHealth") })).status).toBe(415);
    expect((await post(url, "x".repeat(1024 * 1024 + 1))).status).toBe(413);
    expect(await (await fetch(`${url}/health`)).text()).toBe("ok");
    expect((await fetch(running().server.websocketUrl.replace("ws", "http"))).status).toBe(426);
    const foreign = { headers: { origin: "https://elsewhere.example", upgrade: "websocket" } };
    expect((await fetch(running().server.websocketUrl.replace("ws", "http"), foreign)).status).toBe(403);
  });

  test("is reached through loopback alone", async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    const { port } = running().server;
    for (const { address } of [...outside, { address: "127.0.0.2" }])
      for (const target of [port, port + 1]) expect(await isReachable(address, target)).toBe(false);
    expect(await isReachable("127.0.0.1", port + 1)).toBe(true);
  });
});

describe("malformed requests", () => {
  const json = fc.json({ maxDepth: 4 });
  const shaped = fc
    .record({
      jsonrpc: fc.oneof({ weight: 9, arbitrary: fc.constant("2.0") }, fc.string()),
      id: fc.oneof({ weight: 9, arbitrary: fc.nat() }, fc.jsonValue()),
      method: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...Object.keys(METHODS).filter((name) => name !== "earshot_warp")) },
        fc.string(),
      ),
      params: fc.oneof(
        { weight: 5, arbitrary: fc.array(fc.oneof(fc.constant(ADDRESS), fc.jsonValue(), fc.nat()), { maxLength: 4 }) },
        fc.jsonValue(),
      ),
    })
    .map((value) => JSON.stringify(value));
  const text = fc.oneof({ weight: 6, arbitrary: shaped }, json, fc.string(), fc.string({ unit: "binary" }));

  test("get an answer with a code each, over HTTP", async () => {
    const { server } = running();
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 50, maxLength: 50 }), async (texts) => {
        for (const answer of await Promise.all(texts.map((body) => post(server.url, body)))) {
          expect(answer.status).toBe(200);
          const parsed = await answer.text();
          if (parsed !== "") expect(codesOf(JSON.parse(parsed))).not.toContain(undefined);
        }
      }),
      { numRuns: 100 * SOAK },
    );
    expect((await running().call("getHealth")).result).toBe("ok");
  });

  test("get an answer over the websocket, which stays open", async () => {
    const socket = new WebSocket(running().server.websocketUrl);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const done = new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        if (JSON.parse(data as string).id === "last") resolve(JSON.parse(data as string));
      });
    });
    for (const body of fc.sample(text, { numRuns: 1000, seed: 5 })) socket.send(body);
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "slotUnsubscribe", params: [999_999] }));
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: "last", method: "slotSubscribe" }));
    expect(await done).toMatchObject({ id: "last", result: expect.any(Number) });
    socket.close();
  });
});

/** The error codes of an answer, null for a result; undefined for what is neither. */
function codesOf(answer: unknown): unknown[] {
  if (Array.isArray(answer)) return answer.flatMap(codesOf);
  const { result, error } = answer as { readonly result?: unknown; readonly error?: { readonly code?: number } };
  return [result === undefined ? error?.code : null];
}

function isReachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket
      .once("connect", () => end(true))
      .once("error", () => end(false))
      .once("timeout", () => end(false));
  });
}
