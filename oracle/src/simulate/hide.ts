/** Lets some hotspots of a world keep their place private: the register shows their resolution-8 cell and a commitment to the rest. */
import { type Cell, cellDigit } from "@earshot/geo";
import { COARSEST_DIGIT, commitLocation, FINEST_DIGIT } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import { derive, randomStream } from "./random.ts";
import type { SimulatedHotspot, World } from "./world.ts";

/** The world with `share` (0 to 1) of its placed hotspots private: the same ones and more for a greater share. Throws ORC_BAD_OPTION. */
export function hide(world: World, share: number): World {
  if (!(share >= 0 && share <= 1))
    throw oracleError("ORC_BAD_OPTION", `private: expected a share of 0 to 1, got ${share}`);
  const placed = world.hotspots
    .filter(({ assertedCell }) => assertedCell !== undefined)
    .map((hotspot) => ({ hotspot, rank: randomStream(world.seed, "private", hotspot.id).unit() }))
    .sort((a, b) => a.rank - b.rank);
  const hidden = new Set(placed.slice(0, Math.round(share * placed.length)).map(({ hotspot }) => hotspot));
  const hotspots = world.hotspots.map((hotspot) => (hidden.has(hotspot) ? { ...hotspot, isPrivate: true } : hotspot));
  return { ...world, hotspots };
}

/** What a private hotspot commits to, under a salt of its own. */
export function commitmentOf(world: World, { id }: SimulatedHotspot, { hi, lo }: Cell): Uint8Array {
  const resolutions = Array.from({ length: FINEST_DIGIT - COARSEST_DIGIT + 1 }, (_, at) => COARSEST_DIGIT + at);
  const digits = resolutions.map((resolution) => cellDigit(hi, lo, resolution));
  return commitLocation(digits, derive(world.seed, ["location salt", id]));
}
