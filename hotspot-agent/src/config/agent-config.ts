/**
 * The configuration as the actors take it: durations in ms, sizes in bytes, addresses split, EUIs in lower case; and the
 * rules between keys, which a schema cannot say.
 */

import { importKey, keyFromText } from "@earshot/poc/protocol";
import { regionPlans } from "@earshot/poc/radio";
import type { WrittenConfig } from "../config.ts";
import { agentError } from "../errors.ts";
import type { CrcStatus } from "../messages.ts";
import { filterSpec } from "../network-server/delivery-filter.ts";
import { checkOracleUrl } from "../proof/http.ts";
import type { SpoolLimits } from "../spool/spool-limits.ts";
import { nearestName } from "./nearest-name.ts";
import { durationMs, type Endpoint, endpoint, isLoopback, sizeBytes } from "./values.ts";

export interface MqttConfig {
  readonly url: string;
  readonly topicPrefix: string;
  readonly username: string;
  readonly passwordFile: string | undefined;
  readonly clientId: string | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly keepAliveMs: number;
  readonly protocol: "auto" | "5" | "3.1.1";
}

export interface ServerConfig extends MqttConfig {
  readonly name: string;
  readonly group: string;
  readonly mode: "failover" | "fanout" | "local";
  readonly qos: 0 | 1;
  readonly encoding: "protobuf" | "json";
  readonly statsIntervalMs: number;
  readonly ackTimeoutMs: number;
  readonly replay: "off" | "data-only" | "all";
  /** `26000000/7` each. */
  readonly devAddrPrefixes: readonly string[];
  readonly joinEuiPrefixes: readonly string[];
  readonly netIds: readonly string[];
  readonly commands: Readonly<Record<string, readonly string[]>>;
}

export interface AgentConfig {
  readonly hotspot: {
    readonly region: string | undefined;
    readonly stateDir: string;
    readonly gatewayId: "key" | "factory";
    readonly antennaGainDdbi: number;
    readonly hasListenBeforeTalk: boolean;
  };
  readonly forwarder: {
    readonly listen: Endpoint;
    /** Lower-case EUIs; empty means any. */
    readonly allow: readonly string[];
    readonly crc: readonly CrcStatus[];
    readonly ackTimeoutMs: number;
    readonly timeFallback: boolean;
  };
  readonly gatewayMqtt: readonly MqttConfig[];
  readonly spool: SpoolLimits;
  readonly servers: readonly ServerConfig[];
  readonly oracle: {
    readonly urls: readonly string[];
    readonly signers: readonly string[];
    readonly network: number;
    readonly caFile: string | undefined;
    readonly rpcUrl: string | undefined;
    readonly beacons: boolean;
    readonly receipts: boolean;
    readonly routes: boolean;
    readonly spoolBytes: number;
  };
  readonly page: { readonly listen: Endpoint; readonly enabled: boolean };
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly format: "text" | "json";
    readonly repeatIntervalMs: number;
  };
  readonly update: {
    readonly enabled: boolean;
    readonly url: string;
    readonly key: string;
    readonly intervalMs: number;
  };
}

/** Less would be dropped as soon as it is written. */
const MIN_SPOOL_BYTES = 1024 ** 2;

/** A rule between keys that is broken: at which key, and what would be right. */
export interface RuleProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** The rules that no single key can show. */
export function ruleProblems(written: WrittenConfig): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  const say = (path: string, message: string) => problems.push({ path: path.split("."), message });
  const attempt = (path: string, run: () => unknown) => {
    try {
      run();
    } catch (error) {
      say(path, (error as Error).message.replace(/^[A-Z_]+: /, ""));
    }
  };
  const { hotspot, forwarder, page, oracle, server, update } = written;
  const regions = regionPlans("corrected").map(({ name }) => name as string);
  if (hotspot.region !== "" && !regions.includes(hotspot.region)) {
    say(
      "hotspot.region",
      `no such region; did you mean ${nearestName(hotspot.region, regions) ?? regions.join(", ")}?`,
    );
  }
  if (!isLoopback(endpoint(forwarder.listen).host) && forwarder.allow.length === 0) {
    say("forwarder.listen", "an address beyond this machine needs forwarder.allow to list the EUIs of its forwarders");
  }
  if (!isLoopback(endpoint(page.listen).host))
    say("page.listen", "the local page is served on a loopback address only");
  for (const [key, text] of [
    ["forwarder.listen", forwarder.listen],
    ["page.listen", page.listen],
  ] as const) {
    if (endpoint(text).port > 65_535) say(key, `port ${endpoint(text).port} is above 65535`);
  }
  for (const [i, url] of oracle.urls.entries()) attempt(`oracle.urls.${i}`, () => checkOracleUrl(url));
  if (oracle.rpc_url !== undefined) attempt("oracle.rpc_url", () => checkOracleUrl(oracle.rpc_url!));
  for (const [i, signer] of oracle.signers.entries()) attempt(`oracle.signers.${i}`, () => checkKey(signer));
  if (update.key !== "") attempt("update.key", () => checkKey(update.key));
  for (const [section, brokers] of Object.entries({ server, gateway_mqtt: written.gateway_mqtt })) {
    for (const [i, { url }] of brokers.entries()) {
      if (!URL.canParse(url))
        say(`${section}.${i}.url`, `${url} is no address: a host and a port up to 65535 expected`);
    }
  }
  if (sizeBytes(written.spool.max_size) < MIN_SPOOL_BYTES) say("spool.max_size", "at least 1 MiB");
  if (oracle.urls.length > 0 && oracle.signers.length === 0) {
    say("oracle.urls", "oracle.signers must list the keys of these oracles, or nothing they say can be believed");
  }
  if (update.enabled && (update.url === "" || update.key === "")) {
    say("update.enabled", "update.url and update.key must be set");
  }
  for (const [i, { dev_addr, join_eui, net_id }] of server.entries()) {
    const texts = { devAddrPrefixes: dev_addr, joinEuiPrefixes: join_eui, netIds: net_id };
    attempt(`server.${i}`, () => filterSpec(texts));
  }
  const names = new Set<string>();
  for (const [i, { name, cert_file, key_file, url }] of server.entries()) {
    if (names.has(name)) say(`server.${i}.name`, `another server is called ${JSON.stringify(name)} already`);
    names.add(name);
    if ((cert_file === undefined) !== (key_file === undefined)) {
      say(`server.${i}.${cert_file === undefined ? "key_file" : "cert_file"}`, "cert_file and key_file go together");
    }
    if (cert_file !== undefined && !url.startsWith("mqtts:"))
      say(`server.${i}.url`, "a client certificate needs mqtts://");
  }
  for (const [i, { group, mode }] of server.entries()) {
    const first = server.find((other) => other.group === group && other.mode !== "local");
    if (mode !== "local" && first !== undefined && first.mode !== mode) {
      say(`server.${i}.mode`, `group ${JSON.stringify(group)} is ${JSON.stringify(first.mode)} by its first server`);
    }
  }
  return problems;
}

/** Throws unless the text is a public key of one of the protocol's kinds. */
function checkKey(text: string): void {
  try {
    importKey(keyFromText(text));
  } catch {
    throw agentError("AGT_BAD_OPTION", `${JSON.stringify(text)} is no key`);
  }
}

/** The checked configuration in the actors' units. */
export function agentConfig(written: WrittenConfig): AgentConfig {
  const { hotspot, forwarder, gateway_mqtt, spool, server, oracle, page, log, update } = written;
  return {
    hotspot: {
      region: hotspot.region === "" ? undefined : hotspot.region,
      stateDir: hotspot.state_dir,
      gatewayId: hotspot.gateway_id,
      antennaGainDdbi: Math.round(hotspot.antenna_gain_dbi * 10),
      hasListenBeforeTalk: hotspot.listen_before_talk,
    },
    forwarder: {
      listen: endpoint(forwarder.listen),
      allow: forwarder.allow.map((eui) => eui.toLowerCase()),
      crc: forwarder.crc,
      ackTimeoutMs: durationMs(forwarder.ack_timeout),
      timeFallback: forwarder.time_fallback,
    },
    gatewayMqtt: gateway_mqtt.map(mqttConfig),
    spool: {
      maxBytes: sizeBytes(spool.max_size),
      maxAgeMs: durationMs(spool.max_age),
      syncIntervalMs: durationMs(spool.sync_interval),
      stallLimitMs: durationMs(spool.stall_limit),
      memoryBytes: sizeBytes(spool.memory_size),
      deviceSpacingMs: durationMs(spool.device_spacing),
      replayPerSecond: spool.replay_rate,
      joinMaxAgeMs: durationMs(spool.join_max_age),
    },
    servers: server.map((one) => ({
      ...mqttConfig(one),
      name: one.name,
      group: one.group,
      mode: one.mode,
      qos: one.qos === 0 ? 0 : 1,
      encoding: one.encoding,
      statsIntervalMs: durationMs(one.stats_interval),
      ackTimeoutMs: durationMs(one.ack_timeout),
      replay: one.replay,
      devAddrPrefixes: one.dev_addr,
      joinEuiPrefixes: one.join_eui,
      netIds: one.net_id,
      commands: one.commands,
    })),
    oracle: {
      urls: oracle.urls.map((url) => url.replace(/\/$/, "")),
      signers: oracle.signers,
      network: oracle.network,
      caFile: oracle.ca_file,
      rpcUrl: oracle.rpc_url,
      beacons: oracle.beacons,
      receipts: oracle.receipts,
      routes: oracle.routes,
      spoolBytes: sizeBytes(oracle.spool_size),
    },
    page: { listen: endpoint(page.listen), enabled: page.enabled },
    log: { level: log.level, format: log.format, repeatIntervalMs: durationMs(log.repeat_interval) },
    update: {
      enabled: update.enabled,
      url: update.url,
      key: update.key,
      intervalMs: durationMs(update.interval),
    },
  };
}

type WrittenMqtt = WrittenConfig["gateway_mqtt"][number];

function mqttConfig(written: WrittenMqtt): MqttConfig {
  return {
    url: written.url,
    topicPrefix: written.topic_prefix,
    username: written.username,
    passwordFile: written.password_file,
    clientId: written.client_id,
    caFile: written.ca_file,
    certFile: written.cert_file,
    keyFile: written.key_file,
    keepAliveMs: durationMs(written.keep_alive),
    protocol: written.protocol,
  };
}
