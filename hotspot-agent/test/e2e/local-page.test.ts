/** An agent whose local page's port another program has: it relays all the same, and serves the page when the port is free. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AgentProcess } from "../doubles/agent-process.ts";
import { PacketForwarder } from "../doubles/packet-forwarder.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-page-"));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

test("relays while another program has the page's port, and serves the page when it is free", async () => {
  const agent = await AgentProcess.prepare({ folder, toml: "" });
  const other = Bun.serve({
    hostname: "127.0.0.1",
    port: agent.pagePort,
    fetch: () => new Response("another program"),
  });
  closing.push(() => other.stop(true));
  closing.push(() => agent.kill());
  await agent.start();
  const forwarder = await PacketForwarder.open({ eui: "aa555a0000000101", port: agent.udpPort });
  closing.push(() => forwarder.close());
  await forwarder.until(() => forwarder.pullAcks > 0, "a PULL_ACK");
  forwarder.push(forwarder.rxpk(Uint8Array.fromHex("4004030201000000010203040506")));
  await forwarder.until(() => forwarder.unacked === 0, "a PUSH_ACK");
  await other.stop(true);
  await agent.until(async () => (await agent.health()) === 200, "the page");
  expect((await agent.status()).gateways[0]?.gatewayEui).toBe("aa555a0000000101");
  expect(await agent.stop()).toBe(0);
}, 120_000);
