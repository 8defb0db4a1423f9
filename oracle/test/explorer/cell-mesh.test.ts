import { cellToString, latLngToCell } from "@earshot/geo";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CellMesh, cellMesh, cornerColours, MIDDLE, WHOLE } from "../../explorer/src/map/cell-mesh.ts";
import { cellToBoundary, cellToLatLng } from "../../explorer/src/map/h3.ts";

type Point = readonly [x: number, y: number];

/** Of the way from the centre to a corner (cell-mesh.ts). */
const FILLED = 0.94;
/** Of a cell's size: nearer to a side than this, a place may be painted or not. */
const TOLERANCE = 0.02;
const GRID = 24;
const PENTAGON = "8408001ffffffff";
/** Over Greenland an edge of the icosahedron goes through cells. */
const BENT = cellAt(70, -40, 1);

function cellAt(latDeg: number, lngDeg: number, resolution: number): string {
  const { hi, lo } = latLngToCell(latDeg, lngDeg, resolution);
  return cellToString(hi, lo);
}

/** The cell's outline in the plane of the map, drawn in. */
function drawnIn(cell: string): readonly Point[] {
  const [, centreLng] = cellToLatLng(cell);
  const ring = cellToBoundary(cell).map(([lat, lng]): Point => {
    const turned = ((((lng - centreLng + 180) % 360) + 360) % 360) - 180;
    const northing = Math.asinh(Math.tan((lat * Math.PI) / 180));
    return [((centreLng + turned + 180) / 360) * 512, (0.5 + northing / (2 * Math.PI)) * 512];
  });
  const centre = [0, 1].map((axis) => ring.reduce((sum, corner) => sum + corner[axis]!, 0) / ring.length);
  return ring.map(([x, y]): Point => [centre[0]! + FILLED * (x - centre[0]!), centre[1]! + FILLED * (y - centre[1]!)]);
}

/** As the shader decides it: within a triangle, and no share further from a third than the cell's reach. */
function isPainted(mesh: CellMesh, [x, y]: Point): boolean {
  for (let corner = 0; corner < mesh.starts[1]!; corner += 3) {
    const [a, b, c] = [0, 1, 2].map((at) => [mesh.corners[2 * (corner + at)]!, mesh.corners[2 * (corner + at) + 1]!]);
    const area = cross(a!, b!, c!);
    const shares = [cross([x, y], b!, c!) / area, cross(a!, [x, y], c!) / area, cross(a!, b!, [x, y]) / area];
    if (Math.min(...shares) >= 0 && shares.every((share) => Math.abs(share - 1 / 3) <= mesh.reach[0]! / 255))
      return true;
  }
  return false;
}

function isWithin(ring: readonly Point[], [x, y]: Point): boolean {
  let isIn = false;
  for (let at = 0; at < ring.length; at++) {
    const [[ax, ay], [bx, by]] = [ring[at]!, ring[(at + 1) % ring.length]!];
    if (ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay)) isIn = !isIn;
  }
  return isIn;
}

function distanceToSides(ring: readonly Point[], [x, y]: Point): number {
  const distances = ring.map(([ax, ay], at) => {
    const [bx, by] = ring[(at + 1) % ring.length]!;
    const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
    const within = Math.min(1, Math.max(0, along));
    return Math.hypot(x - ax - within * (bx - ax), y - ay - within * (by - ay));
  });
  return Math.min(...distances);
}

function cross([ax, ay]: readonly number[], [bx, by]: readonly number[], [cx, cy]: readonly number[]): number {
  return (bx! - ax!) * (cy! - ay!) - (cx! - ax!) * (by! - ay!);
}

function expectPaintedAsDrawn(cell: string): void {
  const mesh = cellMesh([{ cell }]);
  const ring = drawnIn(cell);
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  const [west, south] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - west, Math.max(...ys) - south];
  for (let at = 0; at < GRID * GRID; at++) {
    // A little beyond the cell on each side.
    const x = west + width * (((at % GRID) + 0.5) / (GRID - 4) - 0.1);
    const y = south + height * ((Math.floor(at / GRID) + 0.5) / (GRID - 4) - 0.1);
    if (distanceToSides(ring, [x, y]) < TOLERANCE * Math.min(width, height)) continue;
    expect(isPainted(mesh, [x, y]), `${cell} at ${x}, ${y}`).toBe(isWithin(ring, [x, y]));
  }
}

describe("the mesh of cells", () => {
  test("paints of its triangles what the cells are, drawn in a little, wherever they lie", () => {
    const place = fc.record({
      latDeg: fc.double({ min: -80, max: 80, noNaN: true }),
      lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
      // Coarser or finer cells than these are not drawn.
      resolution: fc.integer({ min: 4, max: 8 }),
    });
    fc.assert(
      fc.property(place, ({ latDeg, lngDeg, resolution }) => expectPaintedAsDrawn(cellAt(latDeg, lngDeg, resolution))),
    );
  });

  test("takes one triangle for a hexagon, and a fan for a pentagon and for a cell that is bent", () => {
    const hexagon = cellAt(37.77, -122.42, 8);
    const mesh = cellMesh([hexagon, PENTAGON, BENT].map((cell) => ({ cell })));
    expect([...mesh.reach]).toEqual([MIDDLE, WHOLE, WHOLE]);
    expect(mesh.starts[1]).toBe(3);
    expect(mesh.starts[2]! - mesh.starts[1]!).toBe(3 * 5);
    for (const cell of [PENTAGON, BENT]) expectPaintedAsDrawn(cell);
  });

  test("takes colours cell by cell, with how much of each triangle is painted", () => {
    const mesh = cellMesh([{ cell: cellAt(37.77, -122.42, 8) }, { cell: PENTAGON }]);
    const colours = cornerColours(mesh, (cell) => [cell, 20, 30]);
    expect(colours).toHaveLength(4 * mesh.starts[2]!);
    expect([...colours.slice(0, 4)]).toEqual([0, 20, 30, MIDDLE]);
    expect([...colours.slice(-4)]).toEqual([1, 20, 30, WHOLE]);
  });
});
