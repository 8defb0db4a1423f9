/** What an agent keeps on disk, opened: keys, air time, the spool, and what is measured and told of them. */
import { join } from "node:path";
import { type RegionRules, regionByName, regionRules } from "@earshot/poc/radio";
import { type AirTimeBook, openAirTimeBook } from "./air-time/air-time-book.ts";
import type { Clock } from "./clock.ts";
import type { AgentConfig } from "./config/agent-config.ts";
import { MQTT_RECORD, readMqttRecord } from "./forwarder/mqtt-record.ts";
import { readGwmpRecord } from "./forwarder/semtech-udp.ts";
import { type Keyring, openKeyring } from "./keyring.ts";
import type { Log } from "./log.ts";
import { openDisk } from "./spool/disk.ts";
import { Spool } from "./spool/spool.ts";
import { airTimeFolder, keyFolder, spoolFolder } from "./state-folders.ts";
import { Telemetry } from "./telemetry.ts";
import { Utc } from "./utc.ts";

export interface AgentState {
  readonly keyring: Keyring;
  readonly airTime: AirTimeBook;
  readonly spool: Spool;
  readonly telemetry: Telemetry;
  readonly utc: Utc;
}

/** Opens it; `closeState` ends it. Throws the CodedError of what cannot be opened. */
export async function openState({
  config,
  clock,
  log,
}: {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<AgentState> {
  const telemetry = new Telemetry();
  const utc = new Utc(clock);
  const { stateDir, region } = config.hotspot;
  const keyring = openKeyring(keyFolder(stateDir));
  const rules = rulesOf(region);
  const path = join(airTimeFolder(stateDir), "transmissions");
  const airTime = await openAirTimeBook({ path, clock, telemetry, rulesOf: () => rules });
  const spool = await Spool.open({
    ...config.spool,
    disk: await openDisk(spoolFolder(stateDir)),
    clock,
    toUtcMs: (steadyMs) => utc.ofSteady(steadyMs),
    log: log.for("spool"),
    telemetry,
    read: (record) => (record.kind === MQTT_RECORD ? readMqttRecord(record) : readGwmpRecord(record)),
    wantedCrc: new Set(config.forwarder.crc),
  });
  return { keyring, airTime, spool, telemetry, utc };
}

/** Settles when everything is on disk and the folders are free. */
export async function closeState({ spool, airTime }: AgentState): Promise<void> {
  await spool.close();
  await airTime.flushed();
}

/** What a hotspot of a region may transmit by law; null without a region, or where no rule is recorded. */
function rulesOf(region: string | undefined): RegionRules | null {
  return region === undefined ? null : regionRules(regionByName(region, "corrected").planName);
}
