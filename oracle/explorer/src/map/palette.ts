/** How a cell's figures become colours: three scales, each ordered in lightness so that no colour needs to be told from another. */
import { ago, count, factor } from "../format.ts";

export type Colour = readonly [red: number, green: number, blue: number];

/** What the hexagons show. */
export type MapMode = "coverage" | "weight" | "age";

export interface ScaleStep {
  readonly colour: Colour;
  readonly label: string;
}

export interface ColourScale {
  readonly title: string;
  /** What the number is, for the legend. */
  readonly meaning: string;
  readonly steps: readonly ScaleStep[];
  /** Step of a cell. */
  readonly stepOf: (cell: CellFigures) => number;
  /** The figure of a cell in words. */
  readonly text: (cell: CellFigures) => string;
}

/** One cell, or several under one parent. */
export interface CellFigures {
  readonly cell: string;
  readonly hotspots: number;
  readonly activeHotspots: number;
  readonly beaconsValid: number;
  readonly witnessesValid: number;
  /** Mean over cells, 1e-4. */
  readonly weightE4: number;
  readonly shares: number;
  readonly servedCredits: number;
  readonly lastBeaconMs: number;
  /** End of the epoch, Unix ms: ages count from here. */
  readonly endMs: number;
}

const HOUR_MS = 3_600_000;
const NEVER: Colour = [140, 140, 140];
/** Dark to bright, of equal steps in lightness (after viridis). */
const RAMP: readonly Colour[] = [
  [68, 57, 131],
  [48, 103, 141],
  [33, 144, 140],
  [53, 183, 121],
  [144, 215, 67],
  [240, 229, 45],
];

const WITNESS_STEPS = [1, 5, 20, 50, 100];
const WEIGHT_STEPS_E4 = [2500, 3000, 4000, 5500, 7500];
const AGE_STEPS_MS = [3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS];

export const SCALES: Readonly<Record<MapMode, ColourScale>> = {
  coverage: {
    title: "Coverage",
    meaning: "Valid receptions by other hotspots of beacons sent from the hexagon, in the epoch",
    steps: [
      { colour: NEVER, label: "heard by nobody" },
      ...WITNESS_STEPS.map((_, at) => ({ colour: RAMP[at + 1]!, label: wholeRangeLabel(WITNESS_STEPS, at) })),
    ],
    stepOf: ({ witnessesValid }) => stepAbove(WITNESS_STEPS, witnessesValid),
    text: ({ witnessesValid }) =>
      witnessesValid === 0 ? "heard by nobody" : `${count(witnessesValid)} valid receptions`,
  },
  weight: {
    title: "Reward weight",
    meaning: "What a proof from here counts, by how much the hexagon is used: 0.25 where nobody is served, up to 1",
    steps: [
      { colour: NEVER, label: "no proof paid" },
      ...WEIGHT_STEPS_E4.map((_, at) => ({
        colour: RAMP[at + 1]!,
        label: rangeLabel(WEIGHT_STEPS_E4, at, (value) => (value / 10_000).toFixed(2)),
      })),
    ],
    stepOf: ({ weightE4, activeHotspots }) =>
      activeHotspots === 0 ? 0 : Math.max(1, stepAbove(WEIGHT_STEPS_E4, weightE4)),
    text: ({ weightE4, activeHotspots }) =>
      activeHotspots === 0 ? "no proof paid" : `weight ${factor(Math.round(weightE4))}`,
  },
  age: {
    title: "Age of evidence",
    meaning: "Since the last beacon from the hexagon that passed, at the end of the epoch",
    steps: [
      ...AGE_STEPS_MS.map((most, at) => ({ colour: RAMP[5 - at]!, label: `up to ${ago(0 + 1, most + 1)}` })),
      { colour: RAMP[0]!, label: `over ${ago(1, AGE_STEPS_MS.at(-1)! + 1)}` },
      { colour: NEVER, label: "never" },
    ],
    stepOf: ({ lastBeaconMs, endMs }) => {
      if (lastBeaconMs === 0) return AGE_STEPS_MS.length + 1;
      const at = AGE_STEPS_MS.findIndex((most) => endMs - lastBeaconMs <= most);
      return at < 0 ? AGE_STEPS_MS.length : at;
    },
    text: ({ lastBeaconMs, endMs }) =>
      lastBeaconMs === 0 ? "no beacon passed yet" : `last beacon ${ago(lastBeaconMs, endMs)} before the end`,
  },
};

export const cssColour = ([red, green, blue]: Colour): string => `rgb(${red} ${green} ${blue})`;

/** 0 below the first step, else the number of the last step that is reached, from 1. */
function stepAbove(steps: readonly number[], value: number): number {
  let at = 0;
  while (at < steps.length && value >= steps[at]!) at++;
  return at;
}

/** Of whole numbers: a range ends before the next begins. */
function wholeRangeLabel(steps: readonly number[], at: number): string {
  return at === steps.length - 1
    ? `${count(steps[at]!)} and more`
    : `${count(steps[at]!)} – ${count(steps[at + 1]! - 1)}`;
}

function rangeLabel(steps: readonly number[], at: number, text: (value: number) => string): string {
  return at === steps.length - 1 ? `${text(steps[at]!)} and more` : `${text(steps[at]!)} – ${text(steps[at + 1]!)}`;
}
