/**
 * The hexagons of many cells as one mesh for one draw call: corners in the plane of the map, and triangles between them.
 *
 * A renderer in software draws one shape for all cells, moved to each (H3HexagonLayer without high precision), a call for every cell,
 * and corners in degrees it projects anew at every frame: 50,000 cells took seconds (docs/reference/explorer-performance.md).
 */
import { cellToBoundary, cellToLatLng } from "./h3.ts";

export interface CellMesh {
  readonly count: number;
  /** x and y of all corners, cell by cell, in the plane of deck.gl: the world is 512 wide, y to the north. */
  readonly corners: Float32Array;
  /** Corner each cell begins at, and one past the last. */
  readonly starts: Uint32Array;
  /** Three corners each. */
  readonly triangles: Uint32Array;
}

/** Most corners of a cell: a pentagon on edges of the icosahedron (H3's MAX_CELL_BNDRY_VERTS). */
const MOST_CORNERS = 10;
const WORLD_SIZE = 512;
/** Of the way from the centre to a corner: hexagons do not touch. */
const FILLED = 0.94;

export function cellMesh(cells: readonly { readonly cell: string }[]): CellMesh {
  const corners = new Float32Array(cells.length * 2 * MOST_CORNERS);
  const triangles = new Uint32Array(cells.length * 3 * (MOST_CORNERS - 2));
  const starts = new Uint32Array(cells.length + 1);
  let corner = 0;
  let end = 0;
  for (let at = 0; at < cells.length; at++) {
    const { cell } = cells[at]!;
    const [centreLat, centreLng] = cellToLatLng(cell);
    const boundary = cellToBoundary(cell);
    const first = corner;
    for (const [lat, lng] of boundary) {
      corners[2 * corner] = worldX(centreLng + FILLED * turned(lng - centreLng));
      corners[2 * corner + 1] = worldY(centreLat + FILLED * (lat - centreLat));
      corner++;
    }
    for (let next = first + 1; next + 1 < corner; next++) {
      triangles[end++] = first;
      triangles[end++] = next;
      triangles[end++] = next + 1;
    }
    starts[at + 1] = corner;
  }
  return {
    count: cells.length,
    corners: corners.slice(0, 2 * corner),
    starts,
    triangles: triangles.slice(0, end),
  };
}

/** The same four values for every corner of a cell. */
export function cornerColours(
  { count, starts }: CellMesh,
  colourOf: (cell: number) => readonly [red: number, green: number, blue: number],
  alpha: number,
): Uint8ClampedArray {
  const colours = new Uint8ClampedArray(4 * starts[count]!);
  for (let cell = 0; cell < count; cell++) {
    const [red, green, blue] = colourOf(cell);
    for (let at = 4 * starts[cell]!; at < 4 * starts[cell + 1]!; at += 4) {
      colours[at] = red;
      colours[at + 1] = green;
      colours[at + 2] = blue;
      colours[at + 3] = alpha;
    }
  }
  return colours;
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
