/** What the map's benchmark looks at: where, how closely, and the cells there. */
import { cellToLatLng, cellToString, gridDiskSlow, latLngToCell } from "@earshot/geo";

export interface Scene {
  readonly latDeg: number;
  readonly lngDeg: number;
  readonly zoom: number;
  readonly window: { readonly width: number; readonly height: number };
}

/** Rings around a cell that hold more than fit into either scene: 3·k·(k + 1) + 1. */
const RINGS = 190;
const PUBLIC_RESOLUTION = 8;
/** What the panel and the bar take of a window, pixels. */
const [PANEL_PX, BAR_PX] = [368, 58] as const;

/** A window of 1280×720, the map beside its panel. */
export const WINDOW: Scene = { latDeg: 37.77, lngDeg: -122.42, zoom: 8.55, window: { width: 1280, height: 720 } };

/**
 * A map that is 1280×720 itself, as near as cells are drawn at their own resolution. At the equator and where H3's cells are small, 63,000
 * fit on it; where most hotspots are, about 40° north, 36,000.
 */
export const WHOLE_VIEW: Scene = {
  ...{ latDeg: 0.4, lngDeg: 9.45, zoom: 8.51 },
  window: { width: 1280 + PANEL_PX, height: 720 + BAR_PX },
};

/** Cells of a scene, the first the nearest to its centre, as far as a window reaches in both directions. */
export function cellsAround({ latDeg, lngDeg, window }: Scene, most: number): readonly string[] {
  const { hi, lo } = latLngToCell(latDeg, lngDeg, PUBLIC_RESOLUTION);
  const height = (window.height - BAR_PX) * Math.cos((latDeg * Math.PI) / 180);
  const width = window.width - PANEL_PX;
  return gridDiskSlow(hi, lo, RINGS)
    .map((one) => {
      const at = cellToLatLng(one.hi, one.lo);
      const [across, up] = [Math.abs(at.lngDeg - lngDeg) / width, Math.abs(at.latDeg - latDeg) / height];
      return { cell: cellToString(one.hi, one.lo), away: Math.max(across, up) };
    })
    .sort((a, b) => a.away - b.away)
    .slice(0, most)
    .map(({ cell }) => cell);
}

/** An answer of /v1/map, every figure of a cell another. */
export function mapOfCells(cell: readonly string[]) {
  const column = (most: number) => cell.map((_, at) => (at * 7919) % most);
  return {
    epoch: 1,
    endMs: 1_800_000_000_000,
    resolution: PUBLIC_RESOLUTION,
    cell,
    hotspots: column(9),
    activeHotspots: column(5),
    beaconsValid: column(30),
    witnessReports: column(200),
    witnessesValid: column(150),
    medianExcessLossDdb: column(400),
    servedCredits: column(10_000),
    weightE4: column(10_000),
    scaleE4: column(10_000),
    shares: column(10),
    lastBeaconMs: column(100).map((hours) => 1_800_000_000_000 - hours * 3_600_000),
  };
}
