/** What a running agent knows of itself, read from its actors at the moment of the question: status, metrics, health. */

import type { AgentState } from "./agent-state.ts";
import { animalName } from "./animal-name.ts";
import type { Clock } from "./clock.ts";
import type { MqttInput } from "./forwarder/mqtt-input.ts";
import type { SemtechUdp } from "./forwarder/semtech-udp.ts";
import type { GatewayAdmission } from "./gateway-admission.ts";
import type { NetworkServers } from "./network-server/network-servers.ts";
import type { ProofOfCoverage } from "./proof/proof-of-coverage.ts";
import type { AgentStatus, GatewayStatus } from "./status.ts";
import type { Health } from "./update/trial.ts";
import { agentVersion } from "./version.ts";

export interface Actors {
  readonly clock: Clock;
  readonly state: AgentState;
  /** Where forwarders are listened for, as configured. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly admission: GatewayAdmission;
  readonly forwarder: SemtechUdp;
  readonly mqttInputs: readonly MqttInput[];
  readonly servers: NetworkServers;
  /** Undefined without oracles. */
  readonly proof: ProofOfCoverage | undefined;
}

/** Forwarders send something every 10 s at the least. */
const HEARD_LATELY_MS = 30_000;

export class SelfView {
  readonly #actors: Actors;
  readonly #startedMs: number;

  constructor(actors: Actors) {
    this.#actors = actors;
    this.#startedMs = actors.clock.nowMs();
  }

  /** What a new binary must reach before the old one goes. */
  health(): Health {
    const heardSinceMs = this.#actors.clock.nowMs() - HEARD_LATELY_MS;
    return {
      forwarders: this.#gatewayStatuses().filter(({ lastSeenMs }) => (lastSeenMs ?? 0) > heardSinceMs).length,
      servers: this.#actors.servers.status().filter(({ isHealthy }) => isHealthy).length,
      isDiskGood: !this.#actors.state.spool.isFailing,
    };
  }

  /** Why /healthz and systemd hear that it is not well; undefined while it is. */
  unhealthy(): string | undefined {
    return this.#actors.state.spool.isFailing ? "The disk takes no packets; they wait in memory." : undefined;
  }

  /** For the local page, `info` and `doctor`. */
  status(): AgentStatus {
    const { listen, clock, servers, proof, mqttInputs } = this.#actors;
    const { keyring, spool, telemetry } = this.#actors.state;
    const { keyText, gatewayId } = keyring.primary;
    const clockStatus = proof?.networkClock.status();
    const { bytes, maxBytes } = spool.fill;
    const dropped = telemetry.counter("agent_packets_dropped_total", "Packets not delivered, by reason.");
    const refused = telemetry.counter("agent_datagrams_refused_total", "Datagrams refused, by reason.");
    return {
      version: agentVersion,
      startedMs: this.#startedMs,
      nowMs: clock.nowMs(),
      primary: { key: keyText, name: animalName(keyText), gatewayId },
      listen: `${listen.host}:${listen.port}`,
      gateways: this.#gatewayStatuses(),
      inputs: mqttInputs.map(({ url, isUp, problem }) => ({ url, isConnected: isUp, problem })),
      malformed: refused.total(),
      spool: { mode: spool.isFailing ? "memory" : "disk", bytes, maxBytes, dropped: dropped.totals("reason") },
      servers: servers.status(),
      proof: proof?.status() ?? null,
      clock: { errorMs: clockStatus === undefined || clockStatus.sources === 0 ? null : clockStatus.wallErrorMs },
    };
  }

  /** For /metrics. */
  metrics(): string {
    const { clock, state } = this.#actors;
    const { telemetry } = state;
    const { rss, heapUsed } = process.memoryUsage();
    telemetry.gauge("agent_resident_bytes", "Memory of the process.").set(rss);
    telemetry.gauge("agent_heap_bytes", "Memory that JavaScript uses.").set(heapUsed);
    telemetry.gauge("agent_uptime_seconds", "Since the start.").set((clock.nowMs() - this.#startedMs) / 1000);
    return telemetry.render();
  }

  #gatewayStatuses(): readonly GatewayStatus[] {
    const { forwarder, admission, mqttInputs } = this.#actors;
    const sessions = new Map(forwarder.sessions.map((session) => [session.gatewayEui, session]));
    return admission.gateways.map(({ gatewayEui, identity, packets, lastPacketMs }) => {
      const session = sessions.get(gatewayEui);
      const input = mqttInputs.find(({ gateways }) => gateways.has(gatewayEui));
      const to = session?.downlinkAddress ?? null;
      return {
        gatewayEui,
        gatewayId: identity.gatewayId,
        key: identity.keyText,
        name: animalName(identity.keyText),
        address: to === null ? (input?.url ?? null) : `${to.address}:${to.port}`,
        lastSeenMs: session?.lastSeenMs ?? input?.gateways.get(gatewayEui)?.lastSeenMs ?? null,
        lastPacketMs,
        packets,
      };
    });
  }
}
