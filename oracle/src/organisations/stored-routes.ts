/** Organisations' routes as they are told to hotspots: read from the Store, and only while the chain says that their payer is the wallet's. */
import type { Db } from "../ports/store.ts";
import type { ReadyRoute } from "../routes/route-list.ts";
import { allRoutes, type OrganisationRoute } from "./route-table.ts";

export class StoredRoutes {
  readonly #store: Db;
  readonly #routeKeysOf: (wallet: string) => readonly string[];
  #stored: readonly OrganisationRoute[] = [];
  #routes: readonly ReadyRoute[] = [];

  constructor(store: Db, routeKeysOf: (wallet: string) => readonly string[]) {
    this.#store = store;
    this.#routeKeysOf = routeKeysOf;
  }

  /** Those that are told, by number. The same list until something changed. */
  get routes(): readonly ReadyRoute[] {
    return this.#routes;
  }

  /** All of a wallet's, told or not. */
  routesOf(wallet: string): readonly OrganisationRoute[] {
    return this.#stored.filter((route) => route.wallet === wallet);
  }

  /** Reads them anew. Throws as the store does; what was known then stays. */
  async refresh(): Promise<void> {
    this.#stored = await allRoutes(this.#store);
    const told = this.#stored.filter(({ wallet, route }) => this.#routeKeysOf(wallet).includes(route.payer));
    const isSame =
      told.length === this.#routes.length &&
      told.every(({ route }, at) => JSON.stringify(route) === JSON.stringify(this.#routes[at]!.route));
    if (!isSame) this.#routes = told.map(({ route, ranges }) => ({ route, ranges }));
  }
}
