import { mkdtempSync, readFileSync } from "node:fs";
import { AgentProcess } from "../test/doubles/agent-process.ts";
import { startBroker } from "../test/doubles/mosquitto.ts";
import { Arrivals, Forwarders, firstAck } from "./load.ts";

const qos = Number(process.argv[2]);
const broker = await startBroker({});
const agent = await AgentProcess.prepare({
  folder: mkdtempSync("/tmp/a1/ag-"),
  toml: `[log]\nlevel = "warn"\n[[server]]\nname = "main"\nurl = "${broker.url}"\ntopic_prefix = "eu868"\nqos = ${qos}\n`,
  environment: process.argv[3] ? { BUN_OPTIONS: `--cpu-prof --cpu-prof-dir=${process.argv[3]}` } : {},
});
await agent.start();
await firstAck(agent.udpPort);
await agent.until(async () => (await agent.status()).servers.every(({ isConnected }) => isConnected), "c");
const arrivals = await Arrivals.connect(broker.url);
const f = await Forwarders.open(agent.udpPort);
const ticks = () => {
  const s = readFileSync(`/proc/${agent.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return [Number(s[11]), Number(s[12])];
};
const N = 20000;
for (let run = 1; run < 7; run++) {
  arrivals.begin(run, N);
  const a = ticks();
  const t = performance.now();
  await f.push({ run, packets: N, gateways: 8, devices: 5000, perSecond: undefined });
  await arrivals.until(N - f.lost, 60000);
  const b = ticks();
  console.log(
    `user ${(((b[0] - a[0]) * 10000) / N).toFixed(1)} sys ${(((b[1] - a[1]) * 10000) / N).toFixed(1)} us  rate ${((N / (performance.now() - t)) * 1000).toFixed(0)}/s`,
  );
}
const m = await (await fetch(`http://127.0.0.1:${agent.pagePort}/metrics`)).text();
console.log(
  m
    .split("\n")
    .filter((l) => /unspooled_total\{|dropped_total\{|deliveries_total\{/.test(l))
    .join("\n"),
);
f.close();
await agent.stop();
await arrivals.close();
await broker.dispose();
process.exit(0);
