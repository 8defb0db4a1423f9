/**
 * docs/reference/compute-units.md: what everything costs, written by `bun programs/client/test/compute-units/table.ts` and held against
 * the programs by the test beside it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unitsOfStory } from "../mutation/run-mutations.ts";
import { DEPTH, type Measured, measureComputeUnits, SAMPLES } from "./measure.ts";

const path = join(import.meta.dirname, "../../../../docs/reference/compute-units.md");

/** What the median may cost. Source: issue 5, "It must reach". */
export const LIMITS: Readonly<Record<string, number>> = {
  [`claim again, depth ${DEPTH}`]: 45_000,
  [`first claim, depth ${DEPTH}, token account there`]: 65_000,
  "onboard, light, Ed25519": 200_000,
  "onboard, light, P-256": 200_000,
  "onboard, full, P-256": 200_000,
  issue_epoch: 80_000,
  vote_root: 80_000,
  finalize_root: 80_000,
  burn_router: 40_000,
};

/** A number that has changed by more than this part of it is out of date. */
export const TOLERANCE = 0.05;

export interface Row {
  readonly act: string;
  readonly units: number;
}

export const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

export async function rows(): Promise<{ readonly acts: Measured; readonly instructions: readonly Row[] }> {
  const instructions = [...(await unitsOfStory())].map(([act, units]) => ({ act, units }));
  return { acts: await measureComputeUnits(), instructions: instructions.toSorted((a, b) => (a.act < b.act ? -1 : 1)) };
}

export async function page(): Promise<string> {
  const { acts, instructions } = await rows();
  const number = (value: number) => value.toLocaleString("en");
  const actRows = [...acts].map(([act, values]) => {
    const limit = LIMITS[act];
    const cells = [
      act,
      values.length,
      number(medianOf(values)),
      number(Math.max(...values)),
      limit ? number(limit) : "",
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "# Compute units",
    "",
    "Written by `bun programs/client/test/compute-units/table.ts` from the committed programs; a test holds it against them, within",
    `${100 * TOLERANCE} %. The build for a cluster is another one: measure it again before you set budgets from this page.`,
    "",
    "## Acts",
    "",
    `${SAMPLES} wallets, devices, routes and epochs from a fixed seed: finding an address costs 1,500 units for each bump that is tried. A`,
    "transaction is counted whole: onboarding with the check of the device's signature, a first claim with the accounts it opens. A claim",
    "costs the same however many hotspots and epochs it pays.",
    "",
    "| act | samples | median | most | at most (median) |",
    "|---|--:|--:|--:|--:|",
    ...actRows,
    "",
    "## Every instruction",
    "",
    "One call each, as in the story of `programs/client/test/mutation`; the dearer of two networks.",
    "",
    "| instruction | units |",
    "|---|--:|",
    ...instructions.map(({ act, units }) => `| ${act} | ${number(units)} |`),
    "",
  ].join("\n");
}

/** The numbers of the committed page: the third cell of the first table, the second of the other. */
export function committed(): ReadonlyMap<string, number> {
  const lines = readFileSync(path, "utf8").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      const value = cells.length === 7 ? cells[3] : cells.length === 4 ? cells[2] : undefined;
      const units = Number(value?.replaceAll(",", ""));
      return value === undefined || !(units > 0) ? [] : [[cells[1] as string, units] as const];
    }),
  );
}

if (import.meta.main) writeFileSync(path, await page());
