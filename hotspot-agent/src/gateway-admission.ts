/**
 * Which gateways this agent serves: those it has or can make a key for. One that it cannot is heard and goes no further, so that
 * noise on an open port never stops the hotspots that are there.
 */
import type { HotspotIdentity, Keyring } from "./keyring.ts";
import type { Log } from "./log.ts";
import type { GatewayEui, UplinkPacket } from "./messages.ts";
import type { Counter, Telemetry } from "./telemetry.ts";

export interface GatewayAdmissionOptions {
  readonly keyring: Keyring;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** A gateway is served from now on. */
  readonly onGateway: (gatewayEui: GatewayEui) => void;
}

export interface AdmittedGateway {
  readonly gatewayEui: GatewayEui;
  readonly identity: HotspotIdentity;
  packets: number;
  /** Null before the first packet. */
  lastPacketMs: number | null;
}

export class GatewayAdmission {
  readonly #options: GatewayAdmissionOptions;
  readonly #admitted = new Map<GatewayEui, AdmittedGateway>();
  readonly #refused: Counter;

  constructor(options: GatewayAdmissionOptions) {
    this.#options = options;
    this.#refused = options.telemetry.counter(
      "agent_gateways_refused_total",
      "Times a gateway without a key of ours was heard.",
    );
  }

  /** True if what this gateway brings may go on. */
  admit(gatewayEui: GatewayEui): boolean {
    return (this.#admitted.get(gatewayEui) ?? this.#tryAdmit(gatewayEui)) !== undefined;
  }

  /** The same for a packet, which is counted. */
  admitPacket({ gatewayEui, receivedMs }: UplinkPacket): boolean {
    const gateway = this.#admitted.get(gatewayEui) ?? this.#tryAdmit(gatewayEui);
    if (gateway === undefined) return false;
    gateway.packets++;
    gateway.lastPacketMs = receivedMs;
    return true;
  }

  /** Every gateway served since the start. */
  get gateways(): readonly AdmittedGateway[] {
    return [...this.#admitted.values()];
  }

  #tryAdmit(gatewayEui: GatewayEui): AdmittedGateway | undefined {
    const { keyring, log, onGateway } = this.#options;
    try {
      const gateway: AdmittedGateway = {
        gatewayEui,
        identity: keyring.identityOf(gatewayEui),
        packets: 0,
        lastPacketMs: null,
      };
      this.#admitted.set(gatewayEui, gateway);
      onGateway(gatewayEui);
      return gateway;
    } catch (error) {
      this.#refused.add();
      log.complain("gateway", "A gateway is not served.", { gatewayEui, problem: (error as Error).message });
      return undefined;
    }
  }
}
