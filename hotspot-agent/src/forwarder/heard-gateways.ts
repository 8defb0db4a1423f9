/** What an input remembers of the gateways that it heard: of a bounded number, for anybody may send under any EUI for years. */
import type { GatewayEui } from "../messages.ts";

/** Beyond that the longest silent one is forgotten; more than an agent has keys for. */
export const MAX_HEARD_GATEWAYS = 1000;

/** Keeps `gateway`, in the place of the longest silent one where there is no room. */
export function rememberGateway<Heard extends { readonly lastSeenMs: number }>(
  known: Map<GatewayEui, Heard>,
  gatewayEui: GatewayEui,
  gateway: Heard,
): void {
  if (!known.has(gatewayEui) && known.size >= MAX_HEARD_GATEWAYS) {
    let silent: readonly [GatewayEui, Heard] | null = null;
    for (const one of known) if (silent === null || one[1].lastSeenMs < silent[1].lastSeenMs) silent = one;
    if (silent !== null) known.delete(silent[0]);
  }
  known.set(gatewayEui, gateway);
}
