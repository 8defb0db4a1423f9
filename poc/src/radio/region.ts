/**
 * Regions by name and number, with their beacon channels, greatest EIRP and spreading table.
 *
 * Names and numbers are Helium's enumeration (proto region). Plans come from the published files as they are (`upstream`) or
 * with their evident slips put right (`corrected`): EU433 lacks a factor of ten in its frequencies. Regions without a file
 * of their own use the plan of their family; CN779 (deprecated), AS923_1D, 1E and 1F have none and are refused.
 *
 * Says nothing about law: region-rules.ts has duty cycle and dwell time.
 */
import { pocError } from "../errors.ts";
import { loraDataRate } from "./data-rate.ts";
import { publishedPlans } from "./region-plans.ts";

export interface SpreadingEntry {
  /** 7 to 12. */
  readonly spreadingFactor: number;
  /** Largest packet at this spreading factor, bytes. */
  readonly maxPacketBytes: number;
}

/** What a published file says; equal for all its channels. */
export interface PublishedPlan {
  /** In listed order, which is the order a beacon's channel number counts in. */
  readonly channelsHz: readonly number[];
  readonly bandwidthHz: number;
  readonly maxEirpDdbm: number;
  /** In listed order, which is the order of choice. */
  readonly spreading: readonly SpreadingEntry[];
}

export interface RegionPlan extends PublishedPlan {
  readonly name: RegionName;
  /** 0 to 26. */
  readonly number: number;
  /** The published file the plan is from. */
  readonly planName: PlanName;
  /** What differs from the file, or null. */
  readonly note: string | null;
}

export type PlanName = keyof typeof publishedPlans;

/** `upstream`: as published (preset helium). `corrected`: slips put right (preset earshot). */
export type RegionPlanSet = "upstream" | "corrected";

/** Region names in the order of their numbers, each with the file its plan is from. */
const regionTable = [
  ["US915", "US915"],
  ["EU868", "EU868"],
  ["EU433", "EU433"],
  ["CN470", "CN470"],
  ["CN779", null],
  ["AU915", "AU915"],
  ["AS923_1", "AS923-1"],
  ["KR920", "KR920"],
  ["IN865", "IN865"],
  ["AS923_2", "AS923-2"],
  ["AS923_3", "AS923-3"],
  ["AS923_4", "AS923-4"],
  ["AS923_1B", "AS923-1B"],
  ["CD900_1A", "CD900-1A"],
  ["RU864", "RU864"],
  ["EU868_A", "EU868"],
  ["EU868_B", "EU868"],
  ["EU868_C", "EU868"],
  ["EU868_D", "EU868"],
  ["EU868_E", "EU868"],
  ["EU868_F", "EU868"],
  ["AU915_SB1", "AU915-SB1"],
  ["AU915_SB2", "AU915"],
  ["AS923_1A", "AS923-1"],
  ["AS923_1C", "AS923-1C"],
  ["AS923_1D", null],
  ["AS923_1E", null],
  ["AS923_1F", null],
] as const satisfies readonly (readonly [string, PlanName | null])[];

export type RegionName = (typeof regionTable)[number][0];

/** Helium's number for a hotspot without a region; never a plan. */
export const UNKNOWN_REGION_NUMBER = 99;

const corrections: Partial<Record<PlanName, { readonly channelsHz: readonly number[]; readonly note: string }>> = {
  EU433: {
    channelsHz: publishedPlans.EU433.channelsHz.map((hz) => 10 * hz),
    note: "The published file has 43.3175, 43.3375 and 43.3575 MHz; the band is 433 MHz.",
  },
};

function buildPlans(set: RegionPlanSet): readonly (RegionPlan | null)[] {
  return regionTable.map(([name, planName], number) => {
    if (planName === null) return null;
    const correction = set === "corrected" ? corrections[planName] : undefined;
    return { ...publishedPlans[planName], note: null, ...correction, name, number, planName };
  });
}

const plans: Readonly<Record<RegionPlanSet, readonly (RegionPlan | null)[]>> = {
  upstream: buildPlans("upstream"),
  corrected: buildPlans("corrected"),
};

/** Every region that has a plan, by ascending number. */
export function regionPlans(set: RegionPlanSet): readonly RegionPlan[] {
  return plans[set].filter((plan) => plan !== null);
}

/** The plan of a region number. Throws POC_BAD_REGION for a number without a plan. */
export function regionByNumber(number: number, set: RegionPlanSet): RegionPlan {
  const plan = plans[set][number];
  if (plan === undefined || plan === null) throw pocError("POC_BAD_REGION", `region ${number} has no plan`);
  return plan;
}

/** The plan of a region name as Helium spells it (`AS923_1B`). Throws POC_BAD_REGION for a name without a plan. */
export function regionByName(name: string, set: RegionPlanSet): RegionPlan {
  const number = regionTable.findIndex((entry) => entry[0] === name);
  if (number < 0) throw pocError("POC_BAD_REGION", `unknown region ${JSON.stringify(name)}`);
  return regionByNumber(number, set);
}

/**
 * The data rate byte for a beacon payload of `bytes`: the first entry in listed order that takes it. Not the fastest and not
 * the slowest: in EU868 30 bytes get SF12, 90 get SF9, 130 get SF8. Throws POC_BAD_REGION when no entry takes it.
 */
export function beaconDataRate(plan: PublishedPlan, bytes: number): number {
  const entry = plan.spreading.find(({ maxPacketBytes }) => maxPacketBytes >= bytes);
  if (entry === undefined) throw pocError("POC_BAD_REGION", `no data rate of the region carries ${bytes} bytes`);
  return loraDataRate(entry.spreadingFactor, plan.bandwidthHz);
}
