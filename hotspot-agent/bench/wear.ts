/**
 * What a hotspot's spool writes to its SD card in a day: bytes and writes of the block device below a folder, while an agent there takes
 * packets from a forwarder and a broker takes them from it. The device should have nothing else to do:
 *
 *   truncate -s 256M ext4.img && mkfs.ext4 -q -b 4096 ext4.img && mount -o loop,noatime ext4.img FOLDER
 *   bun hotspot-agent/bench/wear.ts FOLDER [PACKETS_A_SECOND=5] [SECONDS=60] [SYNC_INTERVAL="20 ms"]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import mqtt from "mqtt";
import { AgentProcess } from "../test/doubles/agent-process.ts";
import { dataFrame } from "../test/doubles/gwmp-bytes.ts";
import { startBroker } from "../test/doubles/mosquitto.ts";
import { PacketForwarder } from "../test/doubles/packet-forwarder.ts";

const SECTOR_BYTES = 512;
const DAY_S = 86_400;
const DEVICES = 50;

const [folder = "", rate = "5", duration = "60", syncInterval = "20 ms"] = process.argv.slice(2);
const [packetsPerSecond, seconds] = [Number(rate), Number(duration)];
if (folder === "" || !(packetsPerSecond > 0) || !(seconds > 0)) {
  process.stderr.write("expected: wear.ts FOLDER [PACKETS_A_SECOND] [SECONDS] [SYNC_INTERVAL]\n");
  process.exit(2);
}

/** Writes that the device of the folder has done, and their bytes (Documentation/block/stat.rst). */
function written(): { readonly writes: number; readonly bytes: number } {
  execFileSync("sync", ["-f", folder]);
  const { dev } = statSync(folder);
  const path = `/sys/dev/block/${dev >> 8}:${dev & 0xff}/stat`;
  const fields = readFileSync(path, "utf8").trim().split(/\s+/).map(Number);
  return { writes: fields[4]!, bytes: fields[6]! * SECTOR_BYTES };
}

const place = mkdtempSync(join(folder, "wear-"));
const broker = await startBroker();
const reader = await mqtt.connectAsync(broker.url);
let delivered = 0;
reader.on("message", () => delivered++);
await reader.subscribeAsync("eu868/gateway/+/event/up", { qos: 1 });
const toml = `[[server]]\nname = "main"\nurl = "${broker.url}"\ntopic_prefix = "eu868"\n[spool]\nsync_interval = "${syncInterval}"\n`;
const agent = await AgentProcess.prepare({ folder: place, toml, hotspot: 'region = "EU868"' });
await agent.start();
const forwarder = await PacketForwarder.open({ eui: "aa555a0000000101", port: agent.udpPort });
await forwarder.until(() => forwarder.pullAcks > 0, "a PULL_ACK");

const before = written();
const endMs = performance.now() + 1000 * seconds;
let packets = 0;
while (performance.now() < endMs) {
  forwarder.push(forwarder.rxpk(dataFrame(0x2600_0000 + (packets % DEVICES), packets)));
  packets++;
  await Bun.sleep(1000 / packetsPerSecond);
}
await forwarder.until(() => forwarder.unacked === 0, "every PUSH_ACK");
const after = written();

const bytes = after.bytes - before.bytes;
process.stdout.write(
  `${packets} packets, ${delivered} delivered, in ${seconds} s: ${bytes} bytes in ${after.writes - before.writes} writes; ` +
    `${Math.round(bytes / packets)} bytes a packet, ${Math.round((bytes / seconds) * (DAY_S / 1e6))} MB a day\n`,
);
forwarder.close();
await agent.stop();
await reader.endAsync();
await broker.dispose();
rmSync(place, { recursive: true });
process.exit(0);
