/** Proof of coverage and paid routes of the agent's process, with an oracle that checks everything the protocol asks for. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  beaconPayload,
  DEVICE_REQUEST_HEADER,
  importKey,
  keyFromText,
  keyToText,
  type RouteList,
  requestProblem,
  sha256,
  signBeacon,
  signerFromEd25519Seed,
} from "@earshot/poc/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/app.ts";
import { makeAuthority } from "../doubles/mosquitto.ts";
import { earshotOracle, type OracleDouble, type OracleDoubleOptions } from "../doubles/oracle.ts";
import { routesAnswer, testRoute } from "../doubles/routes.ts";
import { received, Scenario, type ScenarioOptions, STEPPED_CLOCK } from "./scenario.ts";

const SECOND_EUI = "aa555a0000000102";
/** An interval of six seconds, so that a beacon is due within the test; otherwise the network `earshot`. */
const HURRIED: Partial<OracleDoubleOptions> = {
  times: { entropyMs: 3000, intervalMs: 6000, transmitDelayMs: 1500, transmitSpreadMs: 1400 },
  windowMs: 3000,
  entropyDelayMs: 200,
};

let scenario: Scenario;
const closing: (() => void)[] = [];
afterEach(async () => {
  await scenario.end();
  for (const close of closing.splice(0)) close();
});

interface Oracles {
  readonly oracles: readonly OracleDouble[];
  readonly toml: string;
}

/** Over HTTPS, with certificates of an authority that only the configuration names. */
function startOracles(names: readonly string[], options: Partial<OracleDoubleOptions> = {}): Oracles {
  const folder = mkdtempSync(join(tmpdir(), "earshot-oracles-"));
  makeAuthority(folder);
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const oracles = names.map((name) => earshotOracle(name, () => Date.now(), options));
  const urls = oracles.map((oracle) => oracle.serve({ cert: read("server.pem"), key: read("server.key") }));
  closing.push(() => {
    for (const oracle of oracles) oracle.close();
    rmSync(folder, { recursive: true });
  });
  return { oracles, toml: `${oracleToml(urls, oracles)}ca_file = ${JSON.stringify(join(folder, "ca.pem"))}\n` };
}

function oracleToml(urls: readonly string[], oracles: readonly OracleDouble[]): string {
  const signers = oracles.map(({ keyText }) => keyText);
  return `[oracle]\nurls = ${JSON.stringify(urls)}\nsigners = ${JSON.stringify(signers)}\nnetwork = 3\n`;
}

async function begin(options: ScenarioOptions) {
  scenario = await Scenario.start({ hotspot: 'region = "EU868"', ...options });
  const forwarder = await scenario.forwarder();
  return { forwarder, agent: scenario.agent };
}

/** The beacon of a hotspot that is not of this agent. */
function foreignBeacon(name: string): Uint8Array {
  const challengeId = sha256(new TextEncoder().encode(name));
  return beaconPayload(challengeId, signBeacon(signerFromEd25519Seed(new Uint8Array(32).fill(9)), challengeId));
}

describe("a challenged hotspot", () => {
  test("sends its beacon, others report that they heard it, and no network server sees it", async () => {
    const { oracles, toml } = startOracles(["one"], HURRIED);
    const [oracle] = oracles as [OracleDouble];
    const { forwarder, agent } = await begin({ toml });
    const other = await scenario.forwarder({ eui: SECOND_EUI });
    await scenario.connected();
    await forwarder.until(() => forwarder.transmissions.length > 0, "a beacon");
    const [{ txpk, phyPayload }] = forwarder.transmissions as [(typeof forwarder.transmissions)[0]];
    expect(txpk).toMatchObject({ ipol: false, modu: "LORA", datr: "SF10BW125", codr: "4/5", imme: true });
    expect([phyPayload.length, phyPayload[0], phyPayload[1]]).toEqual([24, 0xe0, 0xe5]);
    // EU868 allows 16.1 dBm EIRP; without antenna gain that is 16 dBm conducted.
    expect(txpk.powe).toBe(16);
    other.push(other.rxpk(phyPayload, { datr: "SF10BW125", freq: txpk.freq, rssi: -110, lsnr: -5 }));
    await agent.until(() => oracle.reports().witnesses.length > 0, "a witness report");
    const reportsBeacon = ({ challengeId, signature }: ReturnType<OracleDouble["reports"]>["beacons"][number]) =>
      beaconPayload(challengeId, signature).toHex() === phyPayload.toHex();
    await agent.until(() => oracle.reports().beacons.some(reportsBeacon), "the report of that beacon");
    const { witnesses } = oracle.reports();
    expect(witnesses[0]).toMatchObject({ frequencyHz: Math.round(txpk.freq * 1e6) });
    expect(witnesses[0]!.payload.toHex()).toBe(phyPayload.toHex());
    expect(scenario.server.referee.uplinkMessages).toBe(0);
    const { proof, gateways } = await agent.status();
    expect(proof).toMatchObject({ isRegistered: true, witnesses: 1, oracles: [{ isReachable: true }] });
    expect(new Set(oracle.log.map(({ device }) => device)).size).toBe(gateways.length);
  });

  test("reports by the oracle's time when its own clock is stepped, and says so", async () => {
    const { oracles, toml } = startOracles(["one", "two", "three"]);
    const { forwarder, agent } = await begin({ toml, command: STEPPED_CLOCK });
    await agent.until(async () => (await agent.status()).clock.errorMs !== null, "the oracles' time");
    process.kill(agent.pid, "SIGUSR1");
    forwarder.push(forwarder.rxpk(foreignBeacon("after the step"), { datr: "SF10BW125" }));
    const witnesses = () => oracles.flatMap((oracle) => oracle.reports().witnesses);
    await agent.until(() => witnesses().length === 1, "a witness report");
    expect(Math.abs(Number(witnesses()[0]!.receivedMs) - Date.now())).toBeLessThan(60_000);
    expect((await agent.status()).clock.errorMs).toBeGreaterThan(3_500_000);
    const { stdout } = await cli("doctor", "-c", agent.configFile);
    expect(stdout).toContain("warn  clock: The system clock is 3600.");
    expect(stdout).toContain("timedatectl set-ntp true");
  });
});

describe("the chain of uploads", () => {
  test("goes on without a fork after the disk was lost and after an old backup was restored", async () => {
    const { oracles, toml } = startOracles(["one", "two"]);
    const { forwarder, agent } = await begin({ toml });
    let reports = 0;
    const report = async () => {
      forwarder.push(forwarder.rxpk(foreignBeacon(String(++reports)), { datr: "SF10BW125" }));
      await agent.until(
        () => logged().filter(({ payload }) => payload.length > 0).length >= reports,
        `report ${reports}`,
      );
    };
    const logged = () => oracles.flatMap((oracle) => oracle.reports().witnesses);
    const proof = join(agent.stateDir, "proof");
    const backup = join(scenario.folder, "backup");
    await report();
    await report();
    await agent.stop();
    cpSync(proof, backup, { recursive: true });
    await agent.start();
    await report();
    await report();

    await agent.kill();
    rmSync(proof, { recursive: true });
    await agent.start();
    await report();
    expect(oracles[0]!.log.at(-1)!.resumed).toBe(true);

    await agent.kill();
    rmSync(proof, { recursive: true });
    cpSync(backup, proof, { recursive: true });
    await agent.start();
    await report();
    await report();

    expect(oracles.flatMap(({ forks }) => forks)).toEqual([]);
    expect(logged()).toHaveLength(reports);
    const sequences = oracles[0]!.log.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });
});

describe("a route of the oracle", () => {
  test("brings a customer packets and the hotspot receipts, and is withdrawn when its list expires", async () => {
    const oracle = earshotOracle("routing", () => Date.now());
    let validMs = 600_000;
    // A customer's broker on loopback has no certificate of a public authority: its own is in the route.
    scenario = await Scenario.start({ servers: [], isPrepared: true });
    const customer = await scenario.addServer("customer", { tls: true, asksNoCertificate: true });
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => {
        const { pathname } = new URL(request.url);
        const key = /^\/v1\/devices\/([^/]+)\/routes$/.exec(pathname)?.[1];
        if (key !== undefined) {
          const header = request.headers.get(DEVICE_REQUEST_HEADER) ?? "";
          const problem = requestProblem(header, "device", "GET", pathname, Date.now(), importKey(keyFromText(key)));
          if (problem !== undefined) return new Response(problem, { status: 400 });
          return Response.json(routesAnswer(routeList(key), oracle.signer));
        }
        const body = request.method === "POST" ? new Uint8Array(await request.arrayBuffer()) : null;
        const answer = oracle.answer(request.method, pathname, body, request.headers.get("content-type") ?? "");
        return new Response(answer.body as Uint8Array<ArrayBuffer>, { status: answer.status });
      },
    });
    closing.push(() => void server.stop(true));
    const routeList = (hotspot: string): RouteList => ({
      hotspot,
      network: 3,
      issuedMs: Date.now(),
      validUntilMs: Date.now() + validMs,
      routes: [
        testRoute(7, {
          server: { host: "localhost", port: customer.proxy.port, certificateAuthority: customer.authority },
          devAddrRanges: [{ first: 0x26_00_00_00, last: 0x27_ff_ff_ff }],
        }),
      ],
    });
    const { agent } = scenario;
    agent.append(oracleToml([`http://127.0.0.1:${server.port}`], [oracle]));
    await agent.start();
    const forwarder = await scenario.forwarder();
    await agent.until(
      async () => (await agent.status()).servers.some(({ name, isHealthy }) => name === "route-7" && isHealthy),
      "the route",
    );
    const device = scenario.device("26010203");
    const foreign = scenario.device("01020304");
    forwarder.push(forwarder.rxpk(device.uplink("paid")), forwarder.rxpk(foreign.uplink("not theirs")));
    await agent.until(() => received(customer, device).length === 1, "a packet at the customer");
    expect(received(customer, device)).toEqual(["paid"]);
    expect(received(customer, foreign)).toEqual([]);
    // The customer's rxInfo names the hotspot by its key, whatever private servers see.
    const { primary } = await agent.status();
    expect(customer.referee.uplinksOf(device.keys.devEui)[0]!.rxInfo[0]!.gatewayId).toBe(primary.gatewayId);
    expect(keyToText(keyFromText(primary.key))).toBe(primary.key);

    await agent.stop();
    await agent.start();
    // What waited when the agent was stopped goes at once: it may have waited long enough.
    await agent.until(() => oracle.reports().receipts.length === 1, "a receipt of the packet");
    const [receipt] = oracle.reports().receipts;
    expect(receipt).toMatchObject({ routeId: 7, devAddr: 0x26_01_02_03 });

    // A list that expires before it would be asked for again, and no oracle to renew it. The one on disk is used until it comes.
    validMs = 9000;
    await agent.stop();
    await agent.start();
    await agent.until(async () => (await agent.status()).servers.length === 1, "the route again");
    await agent.until(
      async () => (await agent.metric('agent_route_lists_total{outcome="taken"}')) > 0,
      "the last list",
    );
    await server.stop(true);
    await agent.until(async () => (await agent.status()).servers.length === 0, "the route withdrawn");
  }, 120_000);
});

/** Runs a command line in this process. */
async function cli(
  ...args: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const texts = { stdout: "", stderr: "" };
  const terminal = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      texts[name] += text;
    },
  });
  const surroundings = { stdout: terminal("stdout"), stderr: terminal("stderr"), environment: {}, ask: undefined };
  return { code: await runCli(args, surroundings), ...texts };
}
