/**
 * The chosen cell and its links, drawn as SVG over the hexagons: a few lines, sharp at any zoom, and no shader to compile for them.
 */
import type { Map as LibreMap } from "maplibre-gl";
import { cellToBoundary, cellToLatLng } from "./h3.ts";

export interface LinkOnMap {
  readonly from: string;
  readonly to: string;
  readonly isValid: boolean;
}

const SVG = "http://www.w3.org/2000/svg";

export class Marks {
  readonly #map: LibreMap;
  readonly #svg: SVGSVGElement;
  readonly #links: SVGGElement;
  readonly #cell: SVGPathElement;
  /** Ends of each line as longitude and latitude, with its element. */
  #lines: readonly { readonly element: SVGLineElement; readonly ends: readonly [Place, Place] }[] = [];
  #ring: readonly Place[] = [];

  constructor(map: LibreMap) {
    this.#map = map;
    this.#svg = document.createElementNS(SVG, "svg");
    this.#svg.setAttribute("class", "marks");
    this.#svg.setAttribute("aria-hidden", "true");
    this.#links = this.#svg.appendChild(document.createElementNS(SVG, "g"));
    this.#cell = this.#svg.appendChild(document.createElementNS(SVG, "path"));
    map.getContainer().append(this.#svg);
    map.on("move", () => this.#place());
    map.on("resize", () => this.#place());
  }

  /** Marks a cell, or none. */
  outline(cell: string | null): void {
    this.#ring = cell === null ? [] : cellToBoundary(cell).map(([lat, lng]) => [lng, lat]);
    this.#place();
  }

  /** Draws who heard whom. */
  links(links: readonly LinkOnMap[]): void {
    this.#links.replaceChildren();
    this.#lines = links.map(({ from, to, isValid }) => {
      const element = this.#links.appendChild(document.createElementNS(SVG, "line"));
      element.setAttribute("class", isValid ? "valid" : "other");
      return { element, ends: [centreOf(from), centreOf(to)] };
    });
    this.#place();
  }

  #place(): void {
    const corners = this.#ring.map((corner) => this.#map.project(corner as [number, number]));
    const path = corners.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
    this.#cell.setAttribute("d", path === "" ? "" : `M${path}Z`);
    for (const { element, ends } of this.#lines) {
      const [from, to] = ends.map((end) => this.#map.project(end as [number, number]));
      for (const [name, value] of [
        ["x1", from!.x],
        ["y1", from!.y],
        ["x2", to!.x],
        ["y2", to!.y],
      ] as const) {
        element.setAttribute(name, value.toFixed(1));
      }
    }
  }
}

type Place = readonly [lngDeg: number, latDeg: number];

function centreOf(cell: string): Place {
  const [lat, lng] = cellToLatLng(cell);
  return [lng, lat];
}
