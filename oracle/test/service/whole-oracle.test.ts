/**
 * A whole oracle on a chain whose clock runs: two hotspots prove coverage to each other, packets of verdicts become an epoch, its root
 * is voted and final, and an owner is paid with the proof that the API gives. In the middle of it all the oracle is killed, and one of its three
 * endpoints lies from beginning to end.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { demo } from "@earshot/poc";
import { keyToText } from "@earshot/poc/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaultyEndpoint, honestly, lying } from "../chain/faulty-endpoint.ts";
import { LocalRegistry } from "../servers/local-registry.ts";
import { ServiceProcess } from "../servers/service-process.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { startProving } from "./provers.ts";
import { TestDevice } from "./test-device.ts";

const folders = new TemporaryFolders("whole");
const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
/** Windows of 4 s: a busy machine must send within them. */
const EPOCH_S = 48;
const { time } = demo(EPOCH_S * 1000);
/** 1.1 km apart, and two owners'. */
const SITES = [
  { latDeg: 52.37, lngDeg: 4.9, isNeighbours: false },
  { latDeg: 52.38, lngDeg: 4.9, isNeighbours: true },
];
const devices = [new TestDevice(61), new TestDevice(62)] as const;

let chain: LocalRegistry;
let oracle: ServiceProcess;
/** Beside the chain's own: one that lies about all there is, and keeps transactions to itself, and an honest one. */
let endpoints: readonly FaultyEndpoint[] = [];

beforeAll(async () => {
  chain = await LocalRegistry.start(EPOCH_S, { oracles: 1, vetoSeconds: 3 });
  await Promise.all(devices.map(({ signer }, at) => chain.onboard(signer, SITES[at])));
  endpoints = [lying(1_000_000_000), honestly].map((fault) => {
    const endpoint = new FaultyEndpoint(chain.url);
    endpoint.fault = fault;
    return endpoint;
  });
  const folder = folders.next();
  const keys = folders.next();
  mkdirSync(keys, { recursive: true });
  const key = join(keys, "oracle.json");
  chain.writeOracleKey(key);
  oracle = new ServiceProcess(folder, [
    `chain.rpc=${JSON.stringify([...endpoints.map(({ url }) => url), chain.url])}`,
    `network.account=${chain.account}`,
    `settlement.key_file=${key}`,
    "settlement.interval=500 ms",
    "settlement.slot=40 ms",
  ]);
  await oracle.start();
}, 120_000);

afterAll(async () => {
  await oracle?.stop();
  for (const endpoint of endpoints) endpoint.stop();
  await chain?.stop();
});

async function until<T>(ask: () => Promise<T | undefined>, what: string, withinMs: number): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(`no ${what}:\n${oracle.log.slice(-5000)}`);
    await Bun.sleep(100);
  }
}

test("is a network that pays for coverage, whatever happens to its oracle", async () => {
  const [first] = devices;
  const proving = startProving(devices.map((device) => ({ device, oracle })));
  const running = Math.floor(Date.now() / time.epochMs);

  // In the middle of the epoch in which both take part.
  await Bun.sleep((running + 1.6) * time.epochMs - Date.now());
  await oracle.kill();
  await oracle.start();

  const epoch = running + 1;
  const shown = await until(
    async () => {
      const answer = await fetch(`${oracle.url}/v1/epochs/${epoch}`);
      return answer.ok ? ((await answer.json()) as { beacons: number; witnessReports: number }) : undefined;
    },
    `epoch ${epoch}`,
    2 * time.epochMs,
  );
  await proving.stop();
  expect(shown.beacons).toBeGreaterThan(0);
  expect(shown.witnessReports).toBeGreaterThan(0);

  const hotspot = await oracle.get(`/v1/hotspots/${keyToText(first.key)}?epoch=${epoch}`);
  const { beneficiary, pay } = hotspot.hotspot;
  expect(BigInt(pay.atoms)).toBeGreaterThan(0n);
  // Until its root is final nobody is paid.
  await until(
    async () => ((await oracle.metric("oracle_epoch_final")) >= epoch ? true : undefined),
    `final root of epoch ${epoch}`,
    2 * time.epochMs,
  );
  const last = await oracle.metric("oracle_epoch_final");
  const owed = await oracle.get(`/v1/wallets/${beneficiary}/proof?epoch=${last}`);
  const steps = (owed.proof.siblingHashes as string[]).map((hash, at) => ({
    hash: Uint8Array.fromHex(hash),
    sum: BigInt(owed.proof.siblingSums[at]),
  }));
  const cumulative = BigInt(owed.cumulativeAtoms);
  const claimed = await chain.claim(beneficiary, cumulative, { leftSiblings: owed.proof.leftSiblings, steps });
  expect(claimed).toMatchObject({ state: "done" });
  expect(await chain.paid(beneficiary)).toBe(cumulative);

  const audit = Bun.spawn(
    [
      ...[process.execPath, main, "audit", "--url", oracle.url, "--epoch", String(epoch)],
      ...["--rpc", chain.url, "--token", chain.tokenMint],
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const said = await new Response(audit.stdout).text();
  expect(said).toContain("all equal");
  expect(said).toContain("audit passed");
  expect(await audit.exited).toBe(0);
  // Where the machine was busy the entropy of seconds may be awaited.
  await until(
    async () => ((await oracle.get("/readyz")).status === "ok" ? true : undefined),
    "readiness",
    2 * time.epochMs,
  );
  // Who lied all the while is named, and the honest one beside it hardly ever: a block that one had before the other.
  const [lies, slips] = await Promise.all(
    endpoints.map(({ name }) => oracle.metric(`oracle_endpoint_dissents_total{endpoint="${name}"}`)),
  );
  expect(lies).toBeGreaterThan(100);
  expect(slips).toBeLessThan(lies! / 10);
  expect(oracle.log).toContain(`"endpoint":"${endpoints[0]!.name}"`);
}, 400_000);
