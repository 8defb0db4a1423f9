/**
 * `bun run bench agent [PART …]`: what issue 4 asks for in numbers, against a bare relay that runs interleaved.
 *
 *   rate      packets per second to the broker, agent and bare relay in turn, at QoS 0 and QoS 1
 *   latency   PUSH_ACK and uplink latency at 500 packets/s, agent and bare relay
 *   memory    resident memory idle, after 20,000 packets, and after an outage of an hour with 100,000 packets; its drain time
 *   start     from the start of the process to the first ack
 *
 * The agent is compiled first, as it is released; the bare relay runs from source. Needs mosquitto. Prints one table; every number is of this run on this machine.
 */
import { mkdirSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { compile } from "../packaging/compile.ts";
import { AgentProcess } from "../test/doubles/agent-process.ts";
import { type Broker, freePort, startBroker } from "../test/doubles/mosquitto.ts";
import { Arrivals, Forwarders, firstAck } from "./load.ts";

type Qos = 0 | 1;

/** A relay that runs, and how to end it. */
interface Relay {
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<unknown>;
}

const PARTS = ["start", "latency", "rate", "memory"] as const;

const GATEWAYS = 8;
/** So many that none sends twice in 100 ms at any rate reached here. */
const DEVICES = 5000;
const RATE_PACKETS = 20_000;
const RATE_ROUNDS = 5;
/** Packets of a backlog per second; the default of 50 would take this bench half an hour. */
const REPLAY_RATE = 2000;
const MIB = 1024 ** 2;

interface Row {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  /** Undefined where there is no limit. */
  readonly reached: boolean | undefined;
}

/** What owners run, and the same with a clock that signals move. */
const MAIN = join(import.meta.dirname, "../src/main.ts");
const STEPPED = join(import.meta.dirname, "agent-with-clock.ts");

const folder = join(tmpdir(), `earshot-bench-${process.pid}`);
const rows: Row[] = [];
let run = 0;
let agents = 0;

/** Runs the parts named, or all; 1 if a limit was missed, 2 if a part is not known. */
export async function runAgentBench(args: readonly string[]): Promise<number> {
  const unknown = args.find((name) => !PARTS.some((part) => part === name));
  if (unknown !== undefined) {
    process.stderr.write(
      `no part is called ${JSON.stringify(unknown)}; usage: bun run bench agent [${PARTS.join("|")}] …\n`,
    );
    return 2;
  }
  const parts = PARTS.filter((name) => args.length === 0 || args.includes(name));
  mkdirSync(folder, { recursive: true });
  for (const entry of [MAIN, STEPPED]) compile(entry, binaryOf(entry), process.arch === "arm64" ? "arm64" : "x64");
  const broker = await startBroker({});
  try {
    process.stdout.write(
      `Bun ${Bun.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, mosquitto\n\n`,
    );
    for (const part of parts) await { start, latency, rate, memory }[part](broker);
  } finally {
    await broker.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, measured, limit, reached } of rows) {
    const verdict = reached === undefined ? "" : reached ? "reached" : "MISSED";
    process.stdout.write(`${what.padEnd(width)}  ${measured.padStart(16)}  ${limit.padEnd(12)}  ${verdict}\n`);
  }
  return rows.some(({ reached }) => reached === false) ? 1 : 0;
}

/** The agent is measured as it is released: compiled. */
function binaryOf(entry: string): string {
  return join(folder, basename(entry, ".ts"));
}

function report(what: string, measured: string, limit = "", reached?: boolean): void {
  rows.push({ what, measured, limit, reached });
  process.stderr.write(`${what}: ${measured}\n`);
}

async function startAgent(
  { url }: Broker,
  qos: Qos,
  options: { readonly spool?: string; readonly entry?: string } = {},
): Promise<{ relay: Relay; agent: AgentProcess }> {
  const server = `[[server]]\nname = "main"\nurl = "${url}"\ntopic_prefix = "eu868"\nqos = ${qos}\n`;
  const agent = await AgentProcess.prepare({
    folder: join(folder, `agent-${++agents}`),
    toml: `[log]\nlevel = "warn"\n[spool]\n${options.spool ?? ""}\n${server}`,
    command: [binaryOf(options.entry ?? MAIN)],
  });
  await agent.start();
  // A gateway's connection is made when it is first heard.
  await firstAck(agent.udpPort);
  await agent.until(
    async () => (await agent.status()).servers.every(({ isConnected }) => isConnected),
    "connection to the broker",
  );
  return { agent, relay: { port: agent.udpPort, pid: agent.pid, stop: () => agent.stop() } };
}

async function startBareRelay({ url }: Broker, qos: Qos): Promise<Relay> {
  const port = await freePort();
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dirname, "bare-relay.ts"), String(port), url, String(qos)],
    {
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  await child.stdout.getReader().read();
  const stop = async () => {
    child.kill();
    await child.exited;
  };
  return { port, pid: child.pid, stop };
}

/** Packets per second from the first send to the last arrival, and the relay's processor time for each packet, µs. */
async function measureRate(
  relay: Relay,
  forwarders: Forwarders,
  arrivals: Arrivals,
): Promise<{ perSecond: number; cpuUs: number }> {
  arrivals.begin(++run, RATE_PACKETS);
  const startMs = performance.now();
  const startTicks = await cpuTicks(relay.pid);
  await forwarders.push({ run, packets: RATE_PACKETS, gateways: GATEWAYS, devices: DEVICES, perSecond: undefined });
  await arrivals.until(RATE_PACKETS - forwarders.lost, 60_000);
  const seconds = (arrivals.lastMs - startMs) / 1000;
  const ticks = (await cpuTicks(relay.pid)) - startTicks;
  if (arrivals.unique < RATE_PACKETS)
    report("packets lost at full rate", String(RATE_PACKETS - arrivals.unique), "0", false);
  // /proc counts in hundredths of a second.
  return { perSecond: arrivals.unique / seconds, cpuUs: (ticks * 10_000) / RATE_PACKETS };
}

async function rate(at: Broker): Promise<void> {
  for (const [qos, least] of [
    [0, 0.8],
    [1, 0.85],
  ] as const) {
    const arrivals = await Arrivals.connect(at.url);
    const { relay: agent } = await startAgent(at, qos);
    const bare = await startBareRelay(at, qos);
    const toAgent = await Forwarders.open(agent.port);
    const toBare = await Forwarders.open(bare.port);
    const ratios: number[] = [];
    const agentRates: number[] = [];
    const bareRates: number[] = [];
    const cpu = { agent: [] as number[], bare: [] as number[] };
    // The first round of each warms its compiler and counts for nothing.
    for (let round = -1; round < RATE_ROUNDS; round++) {
      const agentRound = await measureRate(agent, toAgent, arrivals);
      const bareRound = await measureRate(bare, toBare, arrivals);
      if (round < 0) continue;
      agentRates.push(agentRound.perSecond);
      bareRates.push(bareRound.perSecond);
      cpu.agent.push(agentRound.cpuUs);
      cpu.bare.push(bareRound.cpuUs);
      ratios.push(agentRound.perSecond / bareRound.perSecond);
    }
    for (const one of [toAgent, toBare]) one.close();
    await Promise.all([agent.stop(), bare.stop(), arrivals.close()]);
    report(`bare relay, QoS ${qos}`, `${median(bareRates).toFixed(0)}/s`);
    report(`agent, QoS ${qos}`, `${median(agentRates).toFixed(0)}/s`);
    report(
      `processor time per packet, bare and agent, QoS ${qos}`,
      `${median(cpu.bare).toFixed(0)} / ${median(cpu.agent).toFixed(0)} µs`,
    );
    const ratio = median(ratios);
    report(`agent / bare relay, QoS ${qos}`, `${(100 * ratio).toFixed(0)} %`, `≥ ${100 * least} %`, ratio >= least);
  }
}

async function latency(at: Broker): Promise<void> {
  const arrivals = await Arrivals.connect(at.url);
  const packets = 10_000;
  const { relay: agent } = await startAgent(at, 1);
  const bare = await startBareRelay(at, 1);
  const results: Record<string, { ack: number; uplink: number }> = {};
  for (const [name, relay] of [
    ["bare relay", bare],
    ["agent", agent],
  ] as const) {
    const forwarders = await Forwarders.open(relay.port);
    // Half a second to warm up.
    arrivals.begin(++run, 250);
    await forwarders.push({ run, packets: 250, gateways: GATEWAYS, devices: DEVICES, perSecond: 500 });
    arrivals.begin(++run, packets);
    await forwarders.push({ run, packets, gateways: GATEWAYS, devices: DEVICES, perSecond: 500 });
    await arrivals.until(packets, 10_000);
    results[name] = { ack: quantile(forwarders.ackLatenciesMs, 0.99), uplink: quantile(arrivals.latenciesMs, 0.99) };
    forwarders.close();
  }
  await Promise.all([agent.stop(), bare.stop(), arrivals.close()]);
  const { ack, uplink } = results.agent!;
  report("bare relay: PUSH_ACK p99 at 500/s", `${results["bare relay"]!.ack.toFixed(1)} ms`);
  report("agent: PUSH_ACK p99 at 500/s", `${ack.toFixed(1)} ms`, "≤ 15 ms", ack <= 15);
  report("bare relay: forwarder to subscriber p99", `${results["bare relay"]!.uplink.toFixed(1)} ms`);
  report("agent: forwarder to subscriber p99", `${uplink.toFixed(1)} ms`, "≤ 20 ms", uplink <= 20);
}

async function memory(at: Broker): Promise<void> {
  const arrivals = await Arrivals.connect(at.url);
  const { agent } = await startAgent(at, 1, {
    entry: STEPPED,
    spool: `replay_rate = ${REPLAY_RATE}`,
  });
  const forwarders = await Forwarders.open(agent.udpPort);
  await Bun.sleep(3000);
  const idle = await agent.residentBytes();
  report("resident memory idle", `${(idle / MIB).toFixed(0)} MiB`, "≤ 80 MiB", idle <= 80 * MIB);
  arrivals.begin(++run, 20_000);
  await forwarders.push({ run, packets: 20_000, gateways: GATEWAYS, devices: DEVICES, perSecond: 2000 });
  await arrivals.until(20_000, 60_000);
  const busy = await agent.residentBytes();
  report("resident memory after 20,000 packets", `${(busy / MIB).toFixed(0)} MiB`, "≤ 128 MiB", busy <= 128 * MIB);

  await at.stop();
  const backlog = 100_000;
  run++;
  // The agent's clock jumps a minute sixty times while the packets come: an hour's outage.
  let first = 0;
  for (let part = 1; part <= 60; part++) {
    process.kill(agent.pid, "SIGUSR2");
    const packets = Math.floor((backlog * part) / 60) - first;
    await forwarders.push({ run, packets, first, gateways: GATEWAYS, devices: DEVICES, perSecond: undefined });
    first += packets;
  }
  report("the same while they still came, at full rate", `${((await agent.residentBytes()) / MIB).toFixed(0)} MiB`);
  // Packets of a real hour come one by one: the agent has had time to collect.
  await Bun.sleep(6000);
  const outage = await agent.residentBytes();
  report(
    "resident memory after an hour's outage, 100,000 packets",
    `${(outage / MIB).toFixed(0)} MiB`,
    "≤ 128 MiB",
    outage <= 128 * MIB,
  );
  arrivals.begin(run, backlog);
  await at.start();
  const startMs = performance.now();
  await arrivals.until(backlog, 900_000);
  const seconds = (performance.now() - startMs) / 1000;
  report(`drain of that backlog at replay_rate = ${REPLAY_RATE}`, `${seconds.toFixed(0)} s`);
  const lost = backlog - arrivals.unique;
  const faults = `${lost} / ${arrivals.duplicates} / ${arrivals.outOfOrder}`;
  report("lost / twice / out of order of that backlog", faults, "0 / 0 / 0", faults === "0 / 0 / 0");
  await Bun.sleep(6000);
  const drained = await agent.residentBytes();
  report("resident memory after the drain", `${(drained / MIB).toFixed(0)} MiB`, "≤ 128 MiB", drained <= 128 * MIB);
  forwarders.close();
  await Promise.all([agent.stop(), arrivals.close()]);
}

async function start(): Promise<void> {
  const times: number[] = [];
  const agent = await AgentProcess.prepare({
    folder: join(folder, `agent-${++agents}`),
    toml: "",
    command: [binaryOf(MAIN)],
  });
  for (let i = 0; i < 5; i++) {
    const startMs = performance.now();
    agent.spawn();
    await firstAck(agent.udpPort);
    times.push(performance.now() - startMs);
    await agent.stop();
  }
  const worst = Math.max(...times);
  report("start to first ack, worst of 5", `${worst.toFixed(0)} ms`, "≤ 400 ms", worst <= 400);
}

/** Processor time of a process so far, in ticks of 10 ms: user and system. */
async function cpuTicks(pid: number): Promise<number> {
  const text = await Bun.file(`/proc/${pid}/stat`).text();
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
