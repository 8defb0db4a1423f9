/** Checks of who reports: first report counts (Helium W0), not the beaconer itself (W5), pair not denied (W4). */
import type { WitnessCheck, WitnessFacts } from "../witness-facts.ts";

export const duplicate = {
  name: "duplicate",
  fails: (facts: WitnessFacts) => facts.place > 1,
  measured: (facts) => facts.place,
  limit: () => 1,
} as const satisfies WitnessCheck;

export const selfWitness = {
  name: "self_witness",
  fails: (facts: WitnessFacts) => facts.hotspot === facts.beaconer,
  measured: (facts) => facts.hotspot,
  limit: (facts) => facts.beaconer,
} as const satisfies WitnessCheck;

export const deniedEdge = {
  name: "denied_edge",
  fails: (facts: WitnessFacts) => facts.edgeDenied,
  measured: () => 1,
  limit: () => 0,
} as const satisfies WitnessCheck;
