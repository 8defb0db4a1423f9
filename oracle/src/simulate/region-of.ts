/**
 * The region a place belongs to: by its country, from the published list; the country by the nearest city of 15,000 people where
 * the hotspot list does not say. A city across a border can be nearer: good enough to choose channels for a simulation.
 */
import { loadCities, loadCountryRegions } from "@earshot/fixtures";
import { type Cell, chordSquared, latLngToCell, type Position, positionOfCell } from "@earshot/geo";
import { regionByName } from "@earshot/poc/radio";
import { SpatialIndex } from "./spatial-index.ts";

/** Fine enough that a city is where it is to 10 m. */
const CITY_RESOLUTION = 12;
/** Radii in which the nearest city is looked for, m. */
const SEARCH_M = [30_000, 150_000, 1_000_000] as const;

const regionsByCountry = new Map(loadCountryRegions().map(({ country, region }) => [country, region]));

/** Region number of a country; undefined where the list has none, or one without a channel plan. */
export function regionOfCountry(country: string): number | undefined {
  const name = regionsByCountry.get(country);
  return name === undefined || name === null ? undefined : regionByName(name, "corrected").number;
}

interface CityMap {
  readonly countries: readonly string[];
  readonly positions: readonly Position[];
  readonly index: SpatialIndex;
}

let cityMap: CityMap | undefined;

/** Country of the city nearest to a cell; undefined where there is none within 1,000 km. Loads the cities on first use. */
export function countryOfCell(cell: Cell): string | undefined {
  cityMap ??= loadCityMap();
  const { countries, positions, index } = cityMap;
  const from = positionOfCell(cell.hi, cell.lo);
  for (const radiusM of SEARCH_M) {
    let nearest: number | undefined;
    let nearestSquared = Number.POSITIVE_INFINITY;
    for (const city of index.within(from, radiusM)) {
      const { x, y, z } = positions[city];
      const squared = chordSquared(x - from.x, y - from.y, z - from.z);
      if (squared < nearestSquared) {
        nearest = city;
        nearestSquared = squared;
      }
    }
    if (nearest !== undefined) return countries[nearest];
  }
  return undefined;
}

function loadCityMap(): CityMap {
  const cities = loadCities();
  const positions = cities.map(({ latDeg, lngDeg }) => {
    const { hi, lo } = latLngToCell(latDeg, lngDeg, CITY_RESOLUTION);
    return positionOfCell(hi, lo);
  });
  return { countries: cities.map(({ country }) => country), positions, index: new SpatialIndex(positions) };
}
