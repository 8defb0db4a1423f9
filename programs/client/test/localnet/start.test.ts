/** Starting, stopping and starting again: what is saved, restored and refused. The clock is a manual one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection, Keypair, PublicKey } from "@solana/web3.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock, type StartedChain, snapshotPath, startLocalnet } from "../../src/localnet/index.ts";
import { post, SEED, START_MS } from "./running-chain.ts";

const ARTIFACTS = join(import.meta.dirname, "../../../artifacts");
const WALLET = new PublicKey("Earshot111111111111111111111111111111111111");

let folder: string;
let clock: ManualClock;
const started: StartedChain[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-localnet-"));
  clock = new ManualClock(START_MS);
});

afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
  rmSync(folder, { recursive: true });
});

function start(
  options: { readonly fresh?: boolean; readonly port?: number; readonly artifacts?: string } = {},
): StartedChain {
  const { fresh = false, port = 0, artifacts = join(folder, "none") } = options;
  const one = startLocalnet({ port, folder, artifacts, fresh, seed: SEED, clock });
  started.push(one);
  return one;
}

async function stop(one: StartedChain): Promise<void> {
  started.splice(started.indexOf(one), 1);
  await one.stop();
}

async function call(
  { server }: StartedChain,
  method: string,
  params: unknown[] = [],
): Promise<Record<string, unknown>> {
  return (await post(server.url, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))).json() as never;
}

const confirmedBalance = (one: StartedChain) => new Connection(one.server.url, "confirmed").getBalance(WALLET);

test("deploys the programs, funds the wallets and writes their keypair files", async () => {
  const one = start({ artifacts: ARTIFACTS });
  expect(one.programs.map(({ name }) => name)).toEqual(["data_credits", "governance", "guard", "registry", "rewards"]);
  const connection = new Connection(one.server.url, "confirmed");
  for (const { address } of one.programs)
    expect((await connection.getAccountInfo(new PublicKey(address)))?.executable).toBe(true);
  for (const path of one.keypairFiles.values()) {
    const keypair = Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(path, "utf8"))));
    expect(await connection.getBalance(keypair.publicKey)).toBe(1_000_000_000_000);
  }
});

test("closes a block every 400 ms of its clock", async () => {
  const one = start();
  clock.advance(399);
  expect((await call(one, "getSlot", [{ commitment: "processed" }])).result).toBe(1);
  clock.advance(1);
  expect((await call(one, "getSlot", [{ commitment: "processed" }])).result).toBe(2);
  clock.advance(60_000);
  expect((await call(one, "getSlot", [{ commitment: "processed" }])).result).toBe(152);
  expect((await call(one, "getBlockTime", [150])).result).toBe(START_MS / 1000 + 59);
});

describe("a chain started again", () => {
  test("goes on where it stopped", async () => {
    const first = start();
    await call(first, "requestAirdrop", [WALLET.toBase58(), 2_000_000]);
    await call(first, "earshot_warp", [{ seconds: 3600, slots: 100 }]);
    const { chain } = first.node;
    await stop(first);
    const second = start();
    expect(second.isRestored).toBe(true);
    expect(second.node.chain.genesisHash).toBe(chain.genesisHash);
    expect(second.node.chain.slotAt("processed")).toBe(chain.slotAt("processed"));
    expect(await confirmedBalance(second)).toBe(2_000_000);
    clock.advance(400);
    expect(second.node.chain.blocks.open.unixMs).toBe(START_MS + 3_600_400);
  });

  test("has what was sent ten seconds before it was killed", async () => {
    const first = start();
    await call(first, "requestAirdrop", [WALLET.toBase58(), 2_000_000]);
    clock.advance(10_000);
    const saved = readFileSync(snapshotPath(folder, "localnet"));
    await stop(first);
    writeFileSync(snapshotPath(folder, "localnet"), saved);
    expect(await confirmedBalance(start())).toBe(2_000_000);
  });

  test("is a new one where it is asked to be fresh", async () => {
    const first = start();
    await call(first, "requestAirdrop", [WALLET.toBase58(), 2_000_000]);
    await stop(first);
    const second = start({ fresh: true });
    expect(second.isRestored).toBe(false);
    expect(await confirmedBalance(second)).toBe(0);
  });

  test("is refused when its snapshot is damaged", async () => {
    await stop(start());
    const path = snapshotPath(folder, "localnet");
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);
    expect(() => start()).toThrow(expect.objectContaining({ code: "PRG_BAD_SNAPSHOT" }));
  });
});

test("goes back to a named snapshot, and tells subscribers of the chain it goes on with", async () => {
  const one = start();
  const told: string[] = [];
  one.node.connect((text) => told.push(text)).receive('{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}');
  expect((await call(one, "earshot_snapshot", ["before"])).result).toBe(snapshotPath(folder, "before"));
  await call(one, "requestAirdrop", [WALLET.toBase58(), 2_000_000]);
  clock.advance(4000);
  expect(await confirmedBalance(one)).toBe(2_000_000);
  expect((await call(one, "earshot_restore", ["before"])).result).toBe(1);
  expect(await confirmedBalance(one)).toBe(0);
  clock.advance(400);
  expect(JSON.parse(told.at(-1)!).params.result).toEqual({ slot: 2, parent: 1, root: 0 });
  expect((await call(one, "earshot_restore", ["never"])).error).toMatchObject({ code: -32603 });
});

test("refuses a port in use, and leaves nothing running", () => {
  const { port } = start().server;
  for (const taken of [port, port - 1, port + 1])
    expect(() => start({ port: taken })).toThrow(expect.objectContaining({ code: "PRG_PORT_TAKEN" }));
});
