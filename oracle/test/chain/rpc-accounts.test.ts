import { afterAll, expect, test } from "vitest";
import { RpcAccounts } from "../../src/chain/rpc-accounts.ts";
import { websocketUrlOf } from "../../src/chain/rpc-socket.ts";

const sockets: { stop(force: boolean): unknown }[] = [];
afterAll(() => {
  for (const one of sockets) one.stop(true);
});

/** A websocket that sends these messages to each subscription, whose number is that of its request. */
function telling(messages: (subscription: number, method: string) => readonly (string | Uint8Array)[]) {
  const asked: string[] = [];
  const open = { count: 0 };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("no", { status: 400 })),
    websocket: {
      open: () => void open.count++,
      close: () => void open.count--,
      message(socket, text) {
        const { id, method } = JSON.parse(String(text));
        asked.push(method);
        for (const one of messages(id, method)) socket.send(one);
      },
    },
  });
  sockets.push(server);
  const source = new RpcAccounts({
    url: "http://127.0.0.1:1",
    websocketUrl: server.url.href.replace("http", "ws"),
    timeoutMs: 50,
  });
  return { source, asked, open };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await Bun.sleep(5);
}

const program = new Uint8Array(32).fill(7);
const told = (subscription: number, value: unknown, slot: unknown = 9) =>
  JSON.stringify({ method: "programNotification", params: { subscription, result: { context: { slot }, value } } });
const account = (data: unknown) => ({ pubkey: "11111111111111111111111111111112", account: { data } });

test("what a socket tells is an account or nothing: whatever else comes over it is dropped", async () => {
  const good = account([Buffer.from("good").toString("base64"), "base64"]);
  const { source, asked, open } = telling((id, method) => [
    "no JSON",
    "null",
    "[]",
    Uint8Array.of(1, 2, 3),
    told(id, good),
    JSON.stringify({ id, result: id }),
    JSON.stringify({ id: 999, result: 1 }),
    JSON.stringify({ id, result: "a text" }),
    told(id, null),
    told(id, account(null)),
    told(id, { ...good, pubkey: "no key" }),
    told(id, good, "no slot"),
    told(id + 1000, good),
    "x".repeat(2 * 1024 * 1024),
    ...(method === "slotSubscribe"
      ? [JSON.stringify({ params: { subscription: id, result: { slot: 1 } } })]
      : [told(id, good)]),
  ]);
  const heard: string[] = [];
  let slots = 0;
  const ends = [
    source.onProgramAccount(program, [{ offset: 0, bytes: Uint8Array.of(1) }], ({ address, data }, slot) =>
      heard.push(`${address.at(-1)} ${Buffer.from(data)} ${slot}`),
    ),
    source.onSlot(() => void slots++),
  ];
  await until(() => slots > 0);
  // Its number was not known yet when the first came.
  expect(heard).toEqual(["1 good 9"]);
  expect(asked).toEqual(["programSubscribe", "slotSubscribe"]);
  for (const end of ends) end();
  await until(() => open.count === 0);
  // Listening again is another socket.
  const again = source.onSlot(() => void slots++);
  await until(() => open.count === 1);
  again();
  await until(() => open.count === 0);
});

test("a process that has listened to an endpoint that is gone, and listens no more, ends", async () => {
  const script = `
    const { RpcAccounts } = await import(${JSON.stringify(`${import.meta.dirname}/../../src/chain/rpc-accounts.ts`)});
    const source = new RpcAccounts({ url: "http://127.0.0.1:1", timeoutMs: 50 });
    const ends = [source.onProgramAccount(new Uint8Array(32), [], () => {}), source.onSlot(() => {})];
    await Bun.sleep(200);
    for (const end of ends) end();
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  expect(await child.exited).toBe(0);
  expect((await new Response(child.stderr).text()) + (await new Response(child.stdout).text())).toBe("");
}, 30_000);

test.each([
  ["http://127.0.0.1:8899", "ws://127.0.0.1:8900/"],
  ["https://rpc.example/?api-key=k", "wss://rpc.example/?api-key=k"],
])("the websocket of %s is %s", (url, socket) => expect(websocketUrlOf(url)).toBe(socket));

/** Takes every question and answers none. */
const hanging = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  fetch: () => new Promise<Response>(() => {}),
});
afterAll(() => hanging.stop(true));

test("an endpoint that hangs is left after the time of one answer, not of one with all hotspots", async () => {
  const source = new RpcAccounts({ url: hanging.url.href, timeoutMs: 50, allTimeoutMs: 3_600_000 });
  await expect(source.account(new Uint8Array(32))).rejects.toMatchObject({ code: "ORC_RPC_FAILED", retryable: true });
  await expect(source.wasUsed(new Uint8Array(32), 0, 1)).rejects.toMatchObject({ code: "ORC_RPC_FAILED" });
});
