/** Checks of what the registry says of the sender: known (Helium W1), asserted (W2), not suspended (W3), full (W9). */
import { META } from "../hotspot-lines.ts";
import type { WitnessCheck, WitnessFacts } from "../witness-facts.ts";

export const gatewayNotFound = {
  name: "gateway_not_found",
  fails: (facts: WitnessFacts) => (facts.meta & META.unregistered) !== 0,
  measured: () => 0,
  limit: () => 1,
} as const satisfies WitnessCheck;

export const notAsserted = {
  name: "not_asserted",
  fails: (facts: WitnessFacts) => (facts.meta & META.notAsserted) !== 0,
  measured: () => 0,
  limit: () => 1,
} as const satisfies WitnessCheck;

export const denied = {
  name: "denied",
  fails: (facts: WitnessFacts) => (facts.meta & META.suspended) !== 0,
  measured: () => 1,
  limit: () => 0,
} as const satisfies WitnessCheck;

export const invalidCapability = {
  name: "invalid_capability",
  fails: (facts: WitnessFacts) => (facts.meta & META.dataOnly) !== 0,
  measured: () => 0,
  limit: () => 1,
} as const satisfies WitnessCheck;
