/**
 * Resolution-12 cells at distances where a rule changes its mind, found by search and not by hand: a grid ring of 7, 8 and 9 around a
 * centre, 100,999 and 101,000 m from it, and places where H3 has no grid distance.
 */
import {
  cellToCenterChild,
  cellToChildren,
  cellToLatLng,
  cellToParent,
  getPentagons,
  greatCircleDistance,
  gridRing,
  latLngToCell,
  UNITS,
} from "h3-js";

export interface Site {
  readonly name: string;
  readonly cell: string;
}

const RESOLUTION = 12;
const EARTH_RADIUS_M = 6371007.180918475;

/** The cell that holds the point `metres` from a cell's centre, in the direction of `bearingDeg`. */
export function cellAt(origin: string, metres: number, bearingDeg: number): string {
  const radians = Math.PI / 180;
  const [lat, lng] = cellToLatLng(origin).map((degrees) => degrees * radians) as [number, number];
  const angle = metres / EARTH_RADIUS_M;
  const bearing = bearingDeg * radians;
  const lat2 = Math.asin(Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(bearing));
  const east = Math.sin(bearing) * Math.sin(angle) * Math.cos(lat);
  const lng2 = lng + Math.atan2(east, Math.cos(angle) - Math.sin(lat) * Math.sin(lat2));
  return latLngToCell(lat2 / radians, ((lng2 / radians + 540) % 360) - 180, RESOLUTION);
}

/** A cell whose centre is `metres` from the origin's, rounded to the metre. */
export function cellAtRoundedDistance(origin: string, metres: number): string {
  for (let step = 0; step < 3600; step++) {
    const cell = cellAt(origin, metres, step / 10);
    if (Math.round(greatCircleDistance(cellToLatLng(origin), cellToLatLng(cell), UNITS.m)) === metres) return cell;
  }
  throw new Error(`no cell is ${metres} m from ${origin}`);
}

/** The origin and cells around it at every distance a rule looks at. */
function around(name: string, origin: string): Site[] {
  const parent = cellToParent(origin, 11);
  const ring = (k: number, place: number) => {
    const cells = gridRing(parent, k);
    return cellToCenterChild(cells[Math.floor(place * (cells.length - 1))], RESOLUTION);
  };
  return [
    { name, cell: origin },
    {
      name: `${name}, same cell of resolution 11`,
      cell: cellToChildren(parent, RESOLUTION).find((c) => c !== origin) ?? origin,
    },
    ...[1, 7, 8, 9].flatMap((k) => [0, 0.5].map((place) => ({ name: `${name}, ring ${k}`, cell: ring(k, place) }))),
    ...[1000, 5000, 20_000, 60_000, 99_000].map((m, i) => ({
      name: `${name}, ${m} m`,
      cell: cellAt(origin, m, 77 * i),
    })),
    ...[100_998, 100_999, 101_000, 101_001].map((m) => ({
      name: `${name}, ${m} m`,
      cell: cellAtRoundedDistance(origin, m),
    })),
    { name: `${name}, 150 km`, cell: cellAt(origin, 150_000, 10) },
  ];
}

/** Sites by cluster: hotspots of one cluster may hear each other. */
export const clusters: readonly (readonly Site[])[] = [
  around("London", latLngToCell(51.5, -0.12, RESOLUTION)),
  around("the equator at the antimeridian", latLngToCell(0.001, 179.9999, RESOLUTION)),
  around("84 degrees north", latLngToCell(84, 20, RESOLUTION)),
  pentagonSites(),
];

/** Around a pentagon of resolution 11: rings that fail there, and cells on its far sides. */
function pentagonSites(): Site[] {
  const pentagon = cellToCenterChild(getPentagons(11)[3], RESOLUTION);
  return [0, 60, 120, 180, 240, 300].flatMap((bearing) =>
    [0, 200, 300, 350, 420, 600, 3000].map((metres) => ({
      name: `pentagon, ${metres} m at ${bearing} degrees`,
      cell: metres === 0 ? pentagon : cellAt(pentagon, metres, bearing),
    })),
  );
}
