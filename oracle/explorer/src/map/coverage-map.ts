/** The map: hexagons over the base map, and the chosen cell with its links. With its folder the browser's door to MapLibre and deck.gl. */
import "maplibre-gl/dist/maplibre-gl.css";
import { MapLibreOverlay } from "@deck.gl/maplibre";
import { AttributionControl, Map as LibreMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { baseStyle, loadGeography, recolour, type Theme } from "./base-map.ts";
import { type CellIndex, resolutionAt } from "./cell-index.ts";
import { type CellMesh, cellMesh, cornerColours } from "./cell-mesh.ts";
import { cellToLatLng, latLngToCell } from "./h3.ts";
import { hexagonLayer } from "./hexagon-layer.ts";
import { type LinkOnMap, Marks } from "./marks.ts";
import { type CellFigures, type MapMode, SCALES } from "./palette.ts";

export interface MapEvents {
  /** A hexagon with figures, or none, was clicked; `point` is where. */
  readonly onPick: (cell: string | null, point: { readonly latDeg: number; readonly lngDeg: number }) => void;
  /** The view has come to rest. */
  readonly onView: (visible: readonly CellFigures[]) => void;
}

/** Cells at either end that the first view does not care for: a few far ones would make the rest a dot. */
const OUTLIERS = 0.04;
const MANY_PLACES = 100;
/** Where hotspots are in coarse cells is enough to find the first view, unless there are few. */
const FAR_RESOLUTION = 4;
const PUBLIC_RESOLUTION = 8;
const ENOUGH_PLACES = 12;
/** What a chosen cell is at least shown at. */
const CLOSE_ZOOM = 11;
/** The first view is not closer, however few hotspots there are. */
const FIRST_ZOOM = 12.5;
/** Around the centres of the outermost cells, so that they are in it as a whole. */
const FIRST_PADDING_PX = 70;
/** A view that has not moved for this long is at rest, ms: what is in it is summed then and not at every step. */
const REST_MS = 120;

export class CoverageMap {
  readonly #map: LibreMap;
  readonly #overlay: MapLibreOverlay;
  readonly #events: MapEvents;
  #cells: CellIndex | undefined;
  #mode: MapMode = "coverage";
  readonly #marks: Marks;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #drawn: { readonly cells: CellIndex; readonly mode: MapMode; readonly resolution: number } | undefined;
  #shapes: readonly CellFigures[] = [];
  #mesh: CellMesh = cellMesh([]);

  /** Throws what WebGL throws where there is none. */
  constructor(container: HTMLElement, theme: Theme, events: MapEvents) {
    setWorkerUrl(new URL(MAP_WORKER_PATH, location.origin).href);
    this.#events = events;
    this.#map = new LibreMap({
      container,
      style: baseStyle(theme),
      center: [0, 25],
      zoom: 1.2,
      maxZoom: 15,
      minZoom: 0.5,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      canvasContextAttributes: { antialias: isDrawnByGpu() },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.#map.addControl(new ScaleControl(), "bottom-right");
    this.#map.addControl(
      new AttributionControl({ compact: true, customAttribution: "Natural Earth · places: GeoNames, CC BY 4.0" }),
      "bottom-right",
    );
    this.#overlay = new MapLibreOverlay({
      // In the map's canvas, as its last layer: what MapLibre draws after deck.gl comes out wrong (ADR 0025).
      interleaved: true,
      layers: [],
      onAfterRender: () => {
        // The tests and the benchmark wait for it.
        if (this.#drawn !== undefined) container.dataset.drawn ??= String(Math.round(performance.now()));
      },
    });
    this.#map.addControl(this.#overlay);
    this.#marks = new Marks(this.#map);
    this.#map.on("load", () => loadGeography(this.#map));
    this.#map.on("zoomend", () => this.#draw());
    this.#map.on("moveend", () => {
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#tellView(), REST_MS);
    });
    this.#map.on("click", ({ lngLat }) => {
      const cell = latLngToCell(lngLat.lat, lngLat.lng, this.resolution);
      const isKnown = this.#cells?.at(this.resolution).has(cell) === true;
      this.#events.onPick(isKnown ? cell : null, { latDeg: lngLat.lat, lngDeg: lngLat.lng });
    });
    this.#map.on("mousemove", ({ lngLat }) => {
      const cell = latLngToCell(lngLat.lat, lngLat.lng, this.resolution);
      this.#map.getCanvas().style.cursor = this.#cells?.at(this.resolution).has(cell) === true ? "pointer" : "";
    });
  }

  /** Resolution of the hexagons at the current zoom. */
  get resolution(): number {
    return resolutionAt(this.#map.getZoom());
  }

  /** Draws other cells; the first ones move the view to where they are. */
  show(cells: CellIndex, mode: MapMode): void {
    const isFirst = this.#cells === undefined;
    this.#cells = cells;
    this.#mode = mode;
    if (isFirst && cells.count > 0) this.#lookAtAll(cells);
    this.#draw();
    this.#tellView();
  }

  /** Marks a cell, or none. */
  outline(cell: string | null): void {
    this.#marks.outline(cell);
  }

  /** Draws who heard whom. */
  links(links: readonly LinkOnMap[]): void {
    this.#marks.links(links);
  }

  /** Moves to a cell, without a flight for people who want no motion. */
  lookAt(cell: string, zoom = CLOSE_ZOOM): void {
    const [lat, lng] = cellToLatLng(cell);
    this.#map.easeTo({ center: [lng, lat], zoom: Math.max(zoom, this.#map.getZoom()), essential: false });
  }

  /** Where a cell's centre is in the map's container, pixels. */
  screenOf(cell: string): { readonly x: number; readonly y: number } {
    return this.#map.project(centreOf(cell));
  }

  setTheme(theme: Theme): void {
    if (this.#map.isStyleLoaded()) recolour(this.#map, theme);
    else this.#map.once("load", () => recolour(this.#map, theme));
  }

  resize(): void {
    this.#map.resize();
  }

  remove(): void {
    clearTimeout(this.#resting);
    this.#map.remove();
  }

  /** For the benchmark: the map itself. */
  get library(): LibreMap {
    return this.#map;
  }

  #draw(): void {
    const cells = this.#cells;
    if (cells === undefined) return;
    const { resolution } = this;
    const mode = this.#mode;
    const drawn = this.#drawn;
    if (drawn?.cells === cells && drawn.mode === mode && drawn.resolution === resolution) return;
    if (drawn?.cells !== cells || drawn.resolution !== resolution) {
      this.#shapes = [...cells.at(resolution).values()];
      this.#mesh = cellMesh(this.#shapes);
    }
    this.#drawn = { cells, mode, resolution };
    this.#setLayers();
  }

  /** Layers are told anew as a whole; deck.gl keeps what has not changed. */
  #setLayers(): void {
    const drawn = this.#drawn;
    if (drawn === undefined) return;
    const scale = SCALES[drawn.mode];
    const colourOf = (cell: number) => scale.steps[scale.stepOf(this.#shapes[cell]!)]!.colour;
    this.#overlay.setProps({ layers: [hexagonLayer(this.#mesh, cornerColours(this.#mesh, colourOf))] });
  }

  #tellView(): void {
    const cells = this.#cells;
    if (cells === undefined) return;
    const bounds = this.#map.getBounds();
    const edges = {
      south: bounds.getSouth(),
      west: bounds.getWest(),
      north: bounds.getNorth(),
      east: bounds.getEast(),
    };
    this.#events.onView(cells.within(this.resolution, edges));
  }

  #lookAtAll(cells: CellIndex): void {
    const centres = cells.centres(cells.at(FAR_RESOLUTION).size > ENOUGH_PLACES ? FAR_RESOLUTION : PUBLIC_RESOLUTION);
    const spread = (axis: 0 | 1): readonly [number, number] => {
      const sorted = centres.filter((_, at) => at % 2 === axis).sort();
      const cut = sorted.length < MANY_PLACES ? 0 : Math.floor(sorted.length * OUTLIERS);
      return [sorted[cut]!, sorted[sorted.length - 1 - cut]!];
    };
    const [south, north] = spread(0);
    const [west, east] = spread(1);
    this.#map.fitBounds([west, south, east, north], { padding: FIRST_PADDING_PX, maxZoom: FIRST_ZOOM, animate: false });
  }
}

/** Names of renderers that draw with the processor: Chromium's, Mesa's, Windows'. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Whether WebGL is not drawn in software, where smoothed edges cost four times the pixels. A browser that was told to draw in software
 * sees no caveat in it, so the renderer's name is asked for as well.
 */
function isDrawnByGpu(): boolean {
  const probe = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (probe === null) return false;
  const unmasked = probe.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL;
  const renderer = String(probe.getParameter(unmasked ?? probe.RENDERER));
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  return !SOFTWARE.test(renderer);
}

function centreOf(cell: string): [number, number] {
  const [lat, lng] = cellToLatLng(cell);
  return [lng, lat];
}
