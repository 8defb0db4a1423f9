/** A binary that was really installed, from a tarball's layout, updates itself over HTTPS, and goes back when the new one fails. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyToText, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type Architecture, compile } from "../../packaging/compile.ts";
import { releaseMessage } from "../../src/update/release.ts";
import { AgentProcess } from "../doubles/agent-process.ts";
import { makeAuthority } from "../doubles/mosquitto.ts";
import { PacketForwarder } from "../doubles/packet-forwarder.ts";

/** The agent whose clock a signal moves by ten minutes: what a trial lasts. */
const ENTRY = join(import.meta.dirname, "../../bench/agent-with-clock.ts");
const STEP_MS = 600_000;
const { version } = manifest;
const architecture = process.arch as Architecture;
const signer = signerFromEd25519Seed(new Uint8Array(32).fill(11));

/** Built once for all tests. */
const builds = mkdtempSync(join(tmpdir(), "earshot-self-update-build-"));
const built = join(builds, "hotspot-agent");
beforeAll(() => compile(ENTRY, built, architecture), 300_000);
afterAll(() => rmSync(builds, { recursive: true }));

let folder: string;
const closing: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-self-update-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
});
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** The same program that says another version of the same length. */
function renamed(binary: Buffer, to: string): Buffer {
  const [from, other] = [version, to].map((text) => Buffer.from(`version:"${text}"`)) as [Buffer, Buffer];
  const copy = Buffer.from(binary);
  let found = 0;
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1), found++) other.copy(copy, at);
  if (found === 0 || from.length !== other.length) throw new Error(`the binary does not say ${from}`);
  return copy;
}

/** A server of releases over HTTPS; `offer` says which it has. */
function releases() {
  makeAuthority(folder);
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  let document = "";
  let binary: Buffer = Buffer.alloc(0);
  let looks = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert: read("server.pem"), key: read("server.key") },
    fetch: ({ url }) => {
      if (url.endsWith("/agent")) return new Response(new Uint8Array(binary));
      looks++;
      return new Response(document);
    },
  });
  closing.push(() => void server.stop(true));
  const url = `https://localhost:${server.port}`;
  return {
    url,
    looks: () => looks,
    offer: (newVersion: string, bytes: Buffer) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const artefacts = [{ arch: architecture, url: `${url}/agent`, sha256, bytes: bytes.length }];
      const release = { version: newVersion, minVersion: version, artefacts };
      const signature = Buffer.from(signer.sign(releaseMessage(release))).toString("base64");
      document = JSON.stringify({ release, signer: keyToText(signer.publicKey), signature });
      binary = bytes;
    },
  };
}

test("takes a signed release, goes back when it hears no forwarder any more, and when it crashes again and again", async () => {
  const installed = join(folder, "opt/hotspot-agent");
  mkdirSync(join(folder, "opt"));
  copyFileSync(built, installed);
  const says = () => Bun.spawnSync([installed, "--version"]).stdout.toString().trim();
  const { url, offer, looks } = releases();
  const agent = await AgentProcess.prepare({
    folder: join(folder, "agent"),
    command: [installed],
    toml: `[update]\nenabled = true\nurl = "${url}/release.json"\nkey = "${keyToText(signer.publicKey)}"\ninterval = "1 s"\n`,
    environment: { NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"), AGENT_TEST_STEP_MS: String(STEP_MS) },
  });
  closing.push(() => void agent.kill());
  const [first, second] = ["0.1.1", "0.1.2"] as const;
  offer(version, readFileSync(built));
  await agent.start();
  const forwarder = await PacketForwarder.open({ eui: "aa555a0000000101", port: agent.udpPort, keepAliveMs: 200 });
  await forwarder.until(() => forwarder.pullAcks > 0, "a PULL_ACK");
  offer(first, renamed(readFileSync(built), first));
  expect(await agent.ended()).toBe(0);
  expect([says(), existsSync(`${installed}.previous`)]).toEqual([first, true]);

  forwarder.close();
  await agent.start();
  expect((await agent.status()).version).toBe(first);
  process.kill(agent.pid, "SIGUSR2");
  expect(await agent.ended()).toBe(0);
  expect(agent.log).toContain("The new version does not do what the old one did; going back.");
  expect(says()).toBe(version);

  await agent.start();
  const before = looks();
  await agent.until(() => looks() > before + 1, "two looks at the release that failed");
  expect((await agent.status()).version).toBe(version);
  offer(second, renamed(readFileSync(built), second));
  expect(await agent.ended()).toBe(0);
  for (let crash = 0; crash < 5; crash++) {
    await agent.start();
    expect((await agent.status()).version).toBe(second);
    await agent.kill();
  }
  agent.spawn();
  expect(await agent.ended()).toBe(0);
  expect(agent.log).toContain("does not stay; going back.");
  expect(says()).toBe(version);
}, 120_000);

test("does not take a release that refuses the configuration it would run with", async () => {
  const installed = join(folder, "hotspot-agent");
  copyFileSync(built, installed);
  const { url, offer } = releases();
  // A key of it is called otherwise there.
  const other = renamed(readFileSync(installed), "0.1.1");
  const [from, to] = [Buffer.from("max_age:"), Buffer.from("max_agf:")];
  for (let at = other.indexOf(from); at >= 0; at = other.indexOf(from, at + 1)) to.copy(other, at);
  offer("0.1.1", other);
  const agent = await AgentProcess.prepare({
    folder: join(folder, "agent"),
    command: [installed],
    toml: `[spool]\nmax_age = "2 d"\n[update]\nenabled = true\nurl = "${url}/release.json"\nkey = "${keyToText(signer.publicKey)}"\ninterval = "1 s"\n`,
    environment: { NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
  });
  closing.push(() => void agent.kill());
  await agent.start();
  await agent.until(async () => (await agent.metric("agent_update_failures_total")) > 0, "a refused release");
  expect(agent.log).toContain("the new binary does not take this configuration: AGT_BAD_CONFIG: spool.max_age");
  expect((await agent.status()).version).toBe(version);
}, 120_000);
