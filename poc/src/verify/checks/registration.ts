/** Checks of what the registry says of the sender: known (Helium W1), asserted (W2), not suspended (W3), full (W9). */
import { META } from "../hotspot-lines.ts";
import type { WitnessCheck } from "../witness-facts.ts";

export const gatewayNotFound: WitnessCheck = {
  name: "gateway_not_found",
  fails: (facts) => (facts.meta & META.unregistered) !== 0,
  measured: () => 0,
  limit: () => 1,
};

export const notAsserted: WitnessCheck = {
  name: "not_asserted",
  fails: (facts) => (facts.meta & META.notAsserted) !== 0,
  measured: () => 0,
  limit: () => 1,
};

export const denied: WitnessCheck = {
  name: "denied",
  fails: (facts) => (facts.meta & META.suspended) !== 0,
  measured: () => 1,
  limit: () => 0,
};

export const invalidCapability: WitnessCheck = {
  name: "invalid_capability",
  fails: (facts) => (facts.meta & META.dataOnly) !== 0,
  measured: () => 0,
  limit: () => 1,
};
