/**
 * The customers' routes of this oracle: the operator's, one TOML file each, read again when a file changes, and those of organisations. A file goes
 * before an organisation's route of its number.
 *
 * A file that cannot be read or is wrong is complained about by name and line of thought, and the route stays as it was: a slip of the
 * pen must not cut a customer off. Two files with one number are both refused, since nobody can say which was meant.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../service/log.ts";
import { readRoute } from "./route-definition.ts";
import { MOST_ROUTES, type ReadyRoute } from "./route-list.ts";

interface RouteFile {
  readonly stamp: string;
  /** Null while the file was never right. */
  readonly route: ReadyRoute | null;
}

const NO_ROUTES: readonly ReadyRoute[] = [];

export class RouteBook {
  readonly #folder: string;
  readonly #log: Log;
  readonly #ofOrganisations: () => readonly ReadyRoute[];
  readonly #files = new Map<string, RouteFile>();
  #fromFiles: readonly ReadyRoute[] = [];
  #merged: { readonly files: unknown; readonly others: unknown; readonly routes: readonly ReadyRoute[] } | undefined;

  /** The folder need not be there yet. `ofOrganisations` gives the same list until something changed. */
  constructor(folder: string, log: Log, ofOrganisations: () => readonly ReadyRoute[] = () => NO_ROUTES) {
    this.#folder = folder;
    this.#log = log;
    this.#ofOrganisations = ofOrganisations;
    this.refresh();
  }

  /** All of them, by route id. */
  get routes(): readonly ReadyRoute[] {
    const files = this.#fromFiles;
    const others = this.#ofOrganisations();
    if (this.#merged?.files !== files || this.#merged.others !== others) {
      this.#merged = { files, others, routes: this.#merge(files, others) };
    }
    return this.#merged.routes;
  }

  /** Those of files alone, by route id. */
  get fileRoutes(): readonly ReadyRoute[] {
    return this.#fromFiles;
  }

  /** Reads what changed; cheap when nothing did. */
  refresh(): void {
    const names = this.#names();
    let hasChanged = [...this.#files.keys()].some((name) => !names.includes(name));
    for (const name of names) {
      const stamp = stampOf(join(this.#folder, name));
      const known = this.#files.get(name);
      if (stamp === undefined || known?.stamp === stamp) continue;
      this.#files.set(name, { stamp, route: this.#read(name) ?? known?.route ?? null });
      hasChanged = true;
    }
    if (!hasChanged) return;
    for (const name of this.#files.keys()) if (!names.includes(name)) this.#files.delete(name);
    this.#fromFiles = this.#distinct();
  }

  #merge(files: readonly ReadyRoute[], others: readonly ReadyRoute[]): readonly ReadyRoute[] {
    const numbers = new Set(files.map(({ route }) => route.routeId));
    const room = Math.max(0, MOST_ROUTES - files.length);
    const added = others.filter(({ route }) => !numbers.has(route.routeId));
    if (added.length > room) {
      this.#log.error("agents take no more routes; those of organisations with the highest numbers are left out", {
        left: added.length - room,
      });
    }
    return [...files, ...added.slice(0, room)].sort((a, b) => a.route.routeId - b.route.routeId);
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith(".toml"))
        .sort();
    } catch {
      return [];
    }
  }

  #read(name: string): ReadyRoute | undefined {
    const path = join(this.#folder, name);
    try {
      const answer = readRoute(Bun.TOML.parse(readFileSync(path, "utf8")));
      if (answer.status === "ok") return answer;
      for (const { path: at, expected } of answer.faults) {
        this.#log.error("a route is wrong and stays as it was", { file: path, at, expected });
      }
    } catch (error) {
      this.#log.error("a route cannot be read and stays as it was", { file: path, reason: String(error) });
    }
    return undefined;
  }

  #distinct(): readonly ReadyRoute[] {
    const byId = new Map<number, string[]>();
    for (const [name, { route }] of this.#files) {
      if (route !== null) byId.set(route.route.routeId, [...(byId.get(route.route.routeId) ?? []), name]);
    }
    const routes: ReadyRoute[] = [];
    for (const [routeId, names] of [...byId].sort(([a], [b]) => a - b)) {
      const route = this.#files.get(names[0]!)?.route;
      if (names.length === 1 && route !== null && route !== undefined) routes.push(route);
      else this.#log.error("two files have one route id; neither counts", { routeId, files: names.join(" ") });
    }
    return routes;
  }
}

function stampOf(path: string): string | undefined {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return undefined;
  }
}
