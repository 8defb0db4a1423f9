/**
 * Which gateways this agent serves: those it has or can make a key for. One that it cannot is heard and goes no further, so that
 * noise on an open port never stops the hotspots that are there.
 */
import type { HotspotIdentity, Keyring } from "./keyring.ts";
import type { Log } from "./log.ts";
import type { GatewayEui } from "./messages.ts";
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

  /** True if what this gateway brings may go on; `packets` of it are counted. */
  admit(gatewayEui: GatewayEui, packets = 0): boolean {
    const gateway = this.#admitted.get(gatewayEui) ?? this.#tryAdmit(gatewayEui);
    if (gateway === undefined) return false;
    gateway.packets += packets;
    return true;
  }

  /** Every gateway served since the start. */
  get gateways(): readonly AdmittedGateway[] {
    return [...this.#admitted.values()];
  }

  #tryAdmit(gatewayEui: GatewayEui): AdmittedGateway | undefined {
    const { keyring, log, onGateway } = this.#options;
    try {
      const gateway = { gatewayEui, identity: keyring.identityOf(gatewayEui), packets: 0 };
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
