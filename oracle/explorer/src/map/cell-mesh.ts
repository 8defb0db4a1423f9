/**
 * The hexagons of many cells as one mesh for one draw call: triangles in the plane of the map.
 *
 * A renderer in software draws one shape for all cells, moved to each (H3HexagonLayer without high precision), a call for every cell,
 * and corners in degrees it projects anew at every frame: 50,000 cells took seconds (docs/reference/explorer-performance.md). What is left
 * goes with the number of triangles. So a hexagon is one: every second side is drawn out until they meet, and the middle of that is painted
 * (hexagon-layer.ts).
 */
import { cellToBoundary, cellToLatLng } from "./h3.ts";

export interface CellMesh {
  readonly count: number;
  /** x and y of the corners of triangles, three to a triangle, in the plane of deck.gl: the world is 512 wide, y to the north. */
  readonly corners: Float32Array;
  /** Corner each cell begins at, and one past the last. */
  readonly starts: Uint32Array;
  /** 0, 1, 2 …: triangles share no corners. */
  readonly order: Uint32Array;
  /** How much of its triangles is painted, of each cell: MIDDLE or WHOLE. */
  readonly reach: Uint8Array;
}

/** Of the way from the centre to a corner: hexagons do not touch. */
const FILLED = 0.94;
/** Painted is where no corner's share of a place is further from a third than this, of 255: the middle of a triangle, a hexagon … */
export const MIDDLE = Math.round((255 * FILLED) / 3);
/** … or all of it. */
export const WHOLE = 255;

/** Most corners of a cell: a pentagon on edges of the icosahedron (H3's MAX_CELL_BNDRY_VERTS). */
const MOST_CORNERS = 10;
const WORLD_SIZE = 512;
/**
 * How far a corner may be from where a triangle's middle has it, of its way from the centre. Cells over an edge of the icosahedron and
 * large ones near the poles are bent more and drawn as a fan of triangles. At resolution 8 all but one in thousands are below 0.0003; at 4,
 * where a hundredth reach 0.0125, a hexagon has less than 20 pixels (cell-index.ts).
 */
const BEND = 0.015;

type Point = readonly [x: number, y: number];

export function cellMesh(cells: readonly { readonly cell: string }[]): CellMesh {
  const corners = new Float32Array(cells.length * 2 * 3 * MOST_CORNERS);
  const starts = new Uint32Array(cells.length + 1);
  const reach = new Uint8Array(cells.length);
  let end = 0;
  for (let at = 0; at < cells.length; at++) {
    const ring = outline(cells[at]!.cell);
    const centre = mean(ring);
    const isMiddle = isMiddleOfTriangle(centre, ring);
    reach[at] = isMiddle ? MIDDLE : WHOLE;
    for (const [x, y] of isMiddle ? triangleAround(centre, ring) : fan(centre, ring)) {
      corners[end++] = x;
      corners[end++] = y;
    }
    starts[at + 1] = end / 2;
  }
  const order = Uint32Array.from({ length: end / 2 }, (_, at) => at);
  return { count: cells.length, corners: corners.slice(0, end), starts, order, reach };
}

/** The same four values for every corner of a cell: red, green, blue, and how much of its triangles is painted. */
export function cornerColours(
  { count, starts, reach }: CellMesh,
  colourOf: (cell: number) => readonly [red: number, green: number, blue: number],
): Uint8ClampedArray {
  const colours = new Uint8ClampedArray(4 * starts[count]!);
  for (let cell = 0; cell < count; cell++) {
    const [red, green, blue] = colourOf(cell);
    for (let at = 4 * starts[cell]!; at < 4 * starts[cell + 1]!; at += 4) {
      colours[at] = red;
      colours[at + 1] = green;
      colours[at + 2] = blue;
      colours[at + 3] = reach[cell]!;
    }
  }
  return colours;
}

/** The triangle whose sides are every second side of a hexagon. A tip is as far beyond a side as the centre is before it. */
function triangleAround(centre: Point, ring: readonly Point[]): readonly Point[] {
  return [1, 3, 5].map((at) => {
    const [one, next] = [ring[at]!, ring[(at + 1) % ring.length]!];
    return [one[0] + next[0] - centre[0], one[1] + next[1] - centre[1]];
  });
}

/** Triangles from the centre to each side, all drawn in as far as they are to be filled. */
function fan(centre: Point, ring: readonly Point[]): readonly Point[] {
  const drawnIn = ring.map(
    ([x, y]): Point => [centre[0] + FILLED * (x - centre[0]), centre[1] + FILLED * (y - centre[1])],
  );
  return drawnIn.flatMap((corner, at) => [centre, corner, drawnIn[(at + 1) % drawnIn.length]!]);
}

/** Whether each corner lies across from the centre between the corners beside it, as in a regular hexagon, however askew. */
function isMiddleOfTriangle(centre: Point, ring: readonly Point[]): boolean {
  if (ring.length !== 6) return false;
  return ring.every(([x, y], at) => {
    const [before, after] = [ring[(at + 5) % 6]!, ring[(at + 1) % 6]!];
    const off = Math.hypot(before[0] + after[0] - x - centre[0], before[1] + after[1] - y - centre[1]);
    return off <= BEND * Math.hypot(x - centre[0], y - centre[1]);
  });
}

/** Corners of a cell, side by side also where the world's ends meet. */
function outline(cell: string): readonly Point[] {
  const [, centreLng] = cellToLatLng(cell);
  return cellToBoundary(cell).map(([lat, lng]) => [worldX(centreLng + turned(lng - centreLng)), worldY(lat)]);
}

function mean(points: readonly Point[]): Point {
  const along = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return [along(0), along(1)];
}

/** A difference of longitudes the short way round, degrees. */
function turned(degrees: number): number {
  return degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees;
}

function worldX(lngDeg: number): number {
  return ((lngDeg + 180) / 360) * WORLD_SIZE;
}

function worldY(latDeg: number): number {
  const northing = Math.log(Math.tan(Math.PI / 4 + (latDeg * Math.PI) / 360));
  return (0.5 + northing / (2 * Math.PI)) * WORLD_SIZE;
}
