/** Land, borders and names below the hexagons: files of this site, in the colours of the theme. */
import type { GeoJSONSourceSpecification, Map as LibreMap, LngLatLike, StyleSpecification } from "maplibre-gl";
import { Marker } from "maplibre-gl";
import { feature } from "topojson-client";

export type Theme = "light" | "dark";

const COLOURS: Readonly<Record<Theme, Readonly<Record<"sea" | "land" | "border" | "coast", string>>>> = {
  light: { sea: "#dbe7ee", land: "#f7f6f2", border: "#b9b6ab", coast: "#9fb2bd" },
  dark: { sea: "#0e1a22", land: "#1b2932", border: "#43555f", coast: "#38505e" },
};
/** Above this zoom the coast is the fine one. */
const FINE_FROM_ZOOM = 4.5;
/** Names on screen at once, and how far they stay from each other, pixels. */
const MOST_NAMES = 14;
const APART_PX = 90;
/** Names are chosen anew when the view has not moved for this long, ms. */
const REST_MS = 120;

type Place = readonly [name: string, lngDeg: number, latDeg: number, population: number];
const nothing: GeoJSONSourceSpecification = { type: "geojson", data: { type: "FeatureCollection", features: [] } };

export function baseStyle(theme: Theme): StyleSpecification {
  const { sea, land, border, coast } = COLOURS[theme];
  return {
    version: 8,
    sources: { world: nothing, coast: { ...nothing, maxzoom: 12, tolerance: 0.2 } },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": sea } },
      { id: "land", type: "fill", source: "world", paint: { "fill-color": land } },
      { id: "land-fine", type: "fill", source: "coast", minzoom: FINE_FROM_ZOOM, paint: { "fill-color": land } },
      { id: "coast-fine", type: "line", source: "coast", minzoom: FINE_FROM_ZOOM, paint: { "line-color": coast } },
      { id: "border", type: "line", source: "world", maxzoom: 6, paint: { "line-color": border, "line-width": 0.7 } },
    ],
  };
}

/** Puts other colours on a map that is there. */
export function recolour(map: LibreMap, theme: Theme): void {
  const { sea, land, border, coast } = COLOURS[theme];
  map.setPaintProperty("sea", "background-color", sea);
  map.setPaintProperty("land", "fill-color", land);
  map.setPaintProperty("land-fine", "fill-color", land);
  map.setPaintProperty("coast-fine", "line-color", coast);
  map.setPaintProperty("border", "line-color", border);
}

/** Loads the coarse world at once and the rest when it is looked at. A file that does not come leaves a plainer map. */
export function loadGeography(map: LibreMap): void {
  let isFineAsked = false;
  const fineWhenClose = () => {
    if (isFineAsked || map.getZoom() < FINE_FROM_ZOOM) return;
    isFineAsked = true;
    void loadTopology(map, "coast", "/explorer/coast-10m.json", "land").then(() => coarseUntilFine(map));
  };
  void loadTopology(map, "world", "/explorer/world-110m.json", "countries");
  map.once("idle", fineWhenClose);
  map.on("moveend", fineWhenClose);
  void fetch("/explorer/places.json")
    .then((answer) => answer.json() as Promise<readonly Place[]>)
    .then((places) => new PlaceNames(map, places))
    .catch(() => undefined);
}

/** The coarse land lies under the hexagons until the fine one is drawn. */
function coarseUntilFine(map: LibreMap): void {
  map.once("idle", () => {
    if (map.isSourceLoaded("coast")) map.setLayerZoomRange("land", 0, FINE_FROM_ZOOM);
    else coarseUntilFine(map);
  });
}

async function loadTopology(map: LibreMap, source: string, path: string, name: string): Promise<void> {
  try {
    const topology = (await (await fetch(path)).json()) as { readonly objects: Readonly<Record<string, unknown>> };
    const shapes = feature(topology, topology.objects[name]);
    const target = map.getSource(source);
    if (target !== undefined && "setData" in target) (target as { setData(data: unknown): void }).setData(shapes);
  } catch {
    // Hexagons are shown without it.
  }
}

/** Names of the largest places in view, as text of the page: no fonts to load, and read by screen readers in no order, so hidden from them. */
class PlaceNames {
  readonly #map: LibreMap;
  readonly #places: readonly Place[];
  #shown: Marker[] = [];
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(map: LibreMap, places: readonly Place[]) {
    this.#map = map;
    this.#places = places;
    map.on("moveend", () => {
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#show(), REST_MS);
    });
    map.once("remove", () => clearTimeout(this.#resting));
    this.#show();
  }

  #show(): void {
    for (const marker of this.#shown) marker.remove();
    const bounds = this.#map.getBounds();
    const width = this.#map.getContainer().clientWidth;
    const taken: { readonly x: number; readonly y: number }[] = [];
    this.#shown = [];
    // The list is ordered by population.
    for (const [name, lng, lat] of this.#places) {
      if (this.#shown.length === MOST_NAMES) break;
      const place: LngLatLike = [lng, lat];
      if (!bounds.contains(place)) continue;
      const at = this.#map.project(place);
      // A name across the edge could not be read.
      if (at.x < APART_PX / 2 || at.x > width - APART_PX / 2) continue;
      if (taken.some(({ x, y }) => Math.abs(x - at.x) < APART_PX && Math.abs(y - at.y) < APART_PX / 3)) continue;
      taken.push(at);
      const element = document.createElement("span");
      element.className = "place-name";
      element.textContent = name;
      element.setAttribute("aria-hidden", "true");
      const marker = new Marker({ element, anchor: "center" }).setLngLat(place).addTo(this.#map);
      // MapLibre makes a button of every marker; a name is none.
      element.removeAttribute("role");
      element.removeAttribute("aria-label");
      element.removeAttribute("tabindex");
      this.#shown.push(marker);
    }
  }
}
