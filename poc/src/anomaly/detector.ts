/** The detectors: number, name, and what their evidence means. Numbers and names are never reused. */

export interface DetectorDefinition {
  readonly number: number;
  readonly name: string;
  /** What it says to the owner, in one sentence. */
  readonly meaning: string;
  /** What the two figures of a row of evidence are. */
  readonly figures: string;
  /** What an honest owner can check or change. */
  readonly remedy: string;
}

function detector<const N extends number, const S extends string>(
  number: N,
  name: S,
  meaning: string,
  figures: string,
  remedy: string,
) {
  return { number, name, meaning, figures, remedy } as const satisfies DetectorDefinition;
}

export const DETECTORS = [
  detector(
    0,
    "placement",
    "Signals are stronger than they can be over the distance between the asserted places.",
    "mean excess loss over free space, least of an honest link at that distance, 0.1 dB",
    "Assert the place where the antenna stands, and its gain.",
  ),
  detector(
    1,
    "reciprocity_gap",
    "Losses to and from other hotspots differ by more than any antenna explains.",
    "loss back less loss there, greatest honest difference, 0.1 dB",
    "Report the power that reaches the antenna; take out amplifiers and attenuators, or assert their gain.",
  ),
  detector(
    2,
    "one_sided",
    "It reports beacons of many hotspots, none of which hears its own.",
    "receptions of it by the counterpart (0), valid beacons it sent",
    "Check transmitter, antenna cable and power.",
  ),
  detector(
    3,
    "silence",
    "Those next to its asserted place do not hear it, and those who do stand around another place.",
    "from the counterpart to that place (-1 where none is known) and to the asserted one, m",
    "Assert the place where the antenna stands.",
  ),
  detector(
    4,
    "twin",
    "The same others hear it exactly as they hear another hotspot that claims to be elsewhere.",
    "row of the hotspot it is like, greatest difference of losses in one place, 0.1 dB",
    "Assert where the antenna stands; hotspots on one mast are one place.",
  ),
  detector(
    5,
    "conduct",
    "Receipts of it were refuted, or its upload chain has forks.",
    "bad acts and all acts in the decaying window, 1/16",
    "Run a key on one machine only, and forward only what was received.",
  ),
] as const;

export type DetectorName = (typeof DETECTORS)[number]["name"];

/** Numbers by name. */
export const DETECTOR = Object.fromEntries(DETECTORS.map(({ name, number }) => [name, number])) as Readonly<
  Record<DetectorName, number>
>;

export function detectorByNumber(number: number): DetectorDefinition | undefined {
  return DETECTORS[number];
}
