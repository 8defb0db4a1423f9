/** An agent whose disk takes nothing any more: it relays from memory, says so, and still ends when it is told to. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AgentProcess } from "../doubles/agent-process.ts";
import { PacketForwarder } from "../doubles/packet-forwarder.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-failing-disk-"));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

test("acknowledges and keeps packets in memory, and ends when it is told to", async () => {
  const agent = await AgentProcess.prepare({ folder, toml: '[[server]]\nname = "gone"\nurl = "mqtt://127.0.0.1:1"\n' });
  await agent.start();
  closing.push(() => agent.kill());
  // A file where the folder was: no segment can be opened.
  rmSync(join(agent.stateDir, "spool"), { recursive: true });
  writeFileSync(join(agent.stateDir, "spool"), "");
  const forwarder = await PacketForwarder.open({ eui: "aa555a0000000101", port: agent.udpPort });
  closing.push(() => forwarder.close());
  forwarder.push(forwarder.rxpk(Uint8Array.fromHex("4004030201000000010203040506")));
  await forwarder.until(() => forwarder.unacked === 0, "a PUSH_ACK");
  await agent.until(async () => (await agent.status()).spool.mode === "memory", "the spool to fail");
  const patience = new Promise<string>((resolve) => setTimeout(resolve, 30_000, "it goes on").unref());
  expect(await Promise.race([agent.stop(), patience])).toBe(0);
}, 120_000);
