/** Reads fixtures/reward/<name> (see fixtures/src/generate-reward-vectors.ts) and the soak factor of the property tests. */
import { readFileSync } from "node:fs";

export function readRewardVector<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/reward/${name}`, import.meta.url), "utf8")) as T;
}

/** Runs of a property: `runs`, times EARSHOT_SOAK. */
export function soaked(runs: number): { numRuns: number } {
  return { numRuns: Math.round(runs * Number(process.env.EARSHOT_SOAK ?? 1)) };
}
