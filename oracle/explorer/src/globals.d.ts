/** Set by the bundler: where the map's worker is served. */
declare const MAP_WORKER_PATH: string;

declare module "*.css";

declare module "angry-purple-tiger" {
  export default function animalHash(text: string): string;
}

declare module "topojson-client" {
  /** The object of that name as GeoJSON. */
  export function feature(topology: { readonly objects: Readonly<Record<string, unknown>> }, object: unknown): unknown;
}
