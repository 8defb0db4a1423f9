/** A beacon as the forwarder is asked to send it. */
import { bandwidthHzOf, spreadingFactorOf } from "@earshot/poc/radio";
import type { DownlinkCommand, GatewayEui } from "../messages.ts";
import type { BeaconPlan } from "./beacon-plan.ts";

/** Who asks, in downlink commands. */
const BEACON_ORIGIN = "beaconer";

/** The downlink command of a beacon: uplink polarity, at once, with a CRC, so that other hotspots hear it as they hear devices. */
export function beaconCommand(
  payload: Uint8Array,
  plan: BeaconPlan & { readonly kind: "transmit" },
  gatewayEui: GatewayEui,
  downlinkId: number,
): DownlinkCommand {
  return {
    downlinkId,
    gatewayEui,
    origin: BEACON_ORIGIN,
    items: [
      {
        phyPayload: payload,
        frequencyHz: plan.frequencyHz,
        // The antenna's gain is in the plan already; the forwarder's own, if it has one set, makes the beacon only weaker.
        eirpDbm: plan.conductedPowerDbm,
        modulation: {
          kind: "lora",
          bandwidthHz: bandwidthHzOf(plan.dataRate),
          spreadingFactor: spreadingFactorOf(plan.dataRate),
          codeRate: "4/5",
        },
        polarizationInversion: false,
        preambleSymbols: null,
        hasCrc: true,
        frequencyDeviationHz: null,
        board: 0,
        antenna: 0,
        timing: { kind: "immediately" },
        context: new Uint8Array(0),
      },
    ],
  };
}
