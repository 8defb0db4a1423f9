/** The measured radio and its randomness as the live network uses them too (fixtures/live): one model, two kinds of time. */
export { ANTENNAS, SITINGS } from "./behaviour.ts";
export { type ListedHotspot, parseHotspotsCsv } from "./hotspots-csv.ts";
export { type Link, RadioModel, type RadioSite, type Reception } from "./radio-model.ts";
export { derive, pick, type RandomStream, randomStream } from "./random.ts";
export { countryOfCell, regionOfCountry } from "./region-of.ts";
