/** Which hotspots are played, and by which dice: the flags that `simulate` and `tour` have in common. */
import { realFilePath, usHotspotsFile } from "@earshot/fixtures";
import { oracleError } from "../errors.ts";
import type { SimulateOptions } from "../simulate/index.ts";
import { placeParser, positiveParser, textParser } from "./parse.ts";

/** Half of the Earth's circumference: everything. */
const MAX_RADIUS_KM = 20_040;

export interface PlaceFlags {
  readonly hotspots?: string;
  readonly near?: { readonly latDeg: number; readonly lngDeg: number };
  readonly radiusKm?: number;
  readonly seed: string;
}

export const placeFlags = {
  hotspots: {
    kind: "parsed",
    parse: textParser,
    brief: "List of hotspots; without it the US list of 2020 in fixtures",
    placeholder: "CSV",
    optional: true,
  },
  near: {
    kind: "parsed",
    parse: placeParser,
    brief: "Only hotspots around this place, degrees",
    placeholder: "LAT,LNG",
    optional: true,
  },
  radiusKm: {
    kind: "parsed",
    parse: positiveParser(MAX_RADIUS_KM),
    brief: "How far around --near, km; 25 without it",
    placeholder: "R",
    optional: true,
  },
  seed: { kind: "parsed", parse: textParser, brief: "Seed of everything random", placeholder: "S", default: "1" },
} as const;

/** The part of the options of a simulation that these flags say. Throws ORC_BAD_OPTION. */
export function placeOptions({
  hotspots,
  near,
  radiusKm,
  seed,
}: PlaceFlags): Pick<SimulateOptions, "hotspotsCsv" | "near" | "radiusKm" | "seed"> {
  if (radiusKm !== undefined && near === undefined) throw oracleError("ORC_BAD_OPTION", "--radius-km: needs --near");
  return { hotspotsCsv: hotspots ?? realFilePath(usHotspotsFile), near, radiusKm, seed };
}
