/** `localnet` as a command: what it prints, that it answers, and that it ends when it is told to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "@solana/web3.js";
import { afterAll, expect, test } from "vitest";
import { earshot } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("starts, answers, saves and goes on", async () => {
  const args = ["localnet", "--port", "0", "--data", folder, "--json"];
  let genesisHash = "";
  const first = await earshot(args, async (out) => {
    const { url, isRestored, wallets } = JSON.parse(out);
    expect(isRestored).toBe(false);
    expect(wallets.map(({ name }: { name: string }) => name)).toContain("oracle-5");
    genesisHash = await new Connection(url).getGenesisHash();
  });
  expect(first).toMatchObject({ code: 0, err: "" });
  await earshot(args, async (out) => {
    expect(JSON.parse(out).isRestored).toBe(true);
    expect(await new Connection(JSON.parse(out).url).getGenesisHash()).toBe(genesisHash);
  });
});

test("prints for people what it listens on and where the keys are", async () => {
  const { out, code } = await earshot(["localnet", "--port", "0", "--data", folder, "--fresh"]);
  expect(code).toBe(0);
  expect(out).toMatch(/rpc +http:\/\/127\.0\.0\.1:\d+\n +websocket +ws:\/\/127\.0\.0\.1:\d+\n/);
  expect(out).toMatch(/owner +\w{32,44} +\S+owner\.json/);
});

test.each([
  [["localnet", "--port", "65535"], 2],
  [["localnet", "--port", "x"], 2],
  [["localnet", "--slot-ms", "0"], 2],
  [["moon"], 2],
])("refuses %j with exit code %d", async (args, code) => {
  expect((await earshot(args)).code).toBe(code);
});

test("says in one line that a port is in use", async () => {
  const args = (port: number) => ["localnet", "--port", String(port), "--data", join(folder, "other"), "--json"];
  await earshot(args(0), async (out) => {
    const port = Number(new URL(JSON.parse(out).url).port);
    const { code, err } = await earshot(args(port));
    expect([code, err]).toEqual([1, `PRG_PORT_TAKEN: port ${port} or ${port + 1} is in use\n`]);
  });
});
