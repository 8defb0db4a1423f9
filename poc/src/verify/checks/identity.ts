/** Checks of who reports: first report counts (Helium W0), not the beaconer itself (W5), pair not denied (W4). */
import type { WitnessCheck } from "../witness-facts.ts";

export const duplicate: WitnessCheck = {
  name: "duplicate",
  fails: (facts) => facts.place > 1,
  measured: (facts) => facts.place,
  limit: () => 1,
};

export const selfWitness: WitnessCheck = {
  name: "self_witness",
  fails: (facts) => facts.hotspot === facts.beaconer,
  measured: (facts) => facts.hotspot,
  limit: (facts) => facts.beaconer,
};

export const deniedEdge: WitnessCheck = {
  name: "denied_edge",
  fails: (facts) => facts.edgeDenied,
  measured: () => 1,
  limit: () => 0,
};
