/**
 * A process with the agent's UDP side and spool and nothing else, to be killed by tests: `bun spool-process.ts FOLDER MODE`.
 *
 * Writes `port N` when it listens and `got DEVADDR FCNT` for every packet its destination takes. It never acknowledges from memory, so
 * that what was acknowledged was on disk, however busy the machine is. MODE `hold` takes none; `slow` takes each after 30 ms, so that a kill meets
 * packets in every state; `take` takes all at once.
 */
import { writeSync } from "node:fs";
import { systemClock } from "../../src/clock.ts";
import { readGwmpRecord, SemtechUdp } from "../../src/forwarder/semtech-udp.ts";
import { silentLog } from "../../src/log.ts";
import type { Delivery, DeliveryOutcome, Destination, UplinkPacket } from "../../src/messages.ts";
import { openDisk } from "../../src/spool/disk.ts";
import { Spool } from "../../src/spool/spool.ts";
import { Telemetry } from "../../src/telemetry.ts";

const [folder, mode] = process.argv.slice(2);
const clock = systemClock();
const telemetry = new Telemetry();
const got = ({ phyPayload }: UplinkPacket) => {
  const phy = Buffer.from(phyPayload);
  writeSync(1, `got ${phy.readUInt32LE(1)} ${phy.readUInt16LE(6)}\n`);
};

const destination: Destination = {
  name: "server",
  replay: "data-only",
  accepts: () => true,
  async deliver({ packet }: Delivery): Promise<DeliveryOutcome> {
    if (mode === "slow") await new Promise((done) => setTimeout(done, 30));
    got(packet);
    return "delivered";
  },
};

const disk = await openDisk(folder);
const spool = await Spool.open({
  disk,
  clock,
  telemetry,
  log: silentLog,
  read: (record) => readGwmpRecord(record),
  wantedCrc: new Set(["ok"]),
  maxBytes: 64 * 1024 * 1024,
  maxAgeMs: 3_600_000,
  syncIntervalMs: 20,
  stallLimitMs: 60_000,
  memoryBytes: 4 * 1024 * 1024,
  deviceSpacingMs: 1,
  replayPerSecond: 10_000,
  joinMaxAgeMs: 5000,
});
const handle = spool.attach(destination);
const udp = new SemtechUdp({
  host: "127.0.0.1",
  port: 0,
  allow: [],
  clock,
  log: silentLog,
  telemetry,
  spool,
  onPackets: (record, packets) => spool.admit(record, packets),
  onStats: () => {},
  onTxAck: () => {},
});
writeSync(1, `port ${await udp.open()}\n`);
if (mode !== "hold") handle.setReady(true);
