/** Organisations' routes as they are told to hotspots: read from the Store, and only while the chain says that their payer is the wallet's. */
import type { Db } from "../ports/store.ts";
import type { ReadyRoute } from "../routes/route-list.ts";
import { allRoutes, type OrganisationRoute } from "./route-table.ts";

export class StoredRoutes {
  readonly #store: Db;
  readonly #routeKeysOf: (wallet: string) => readonly string[];
  readonly #refused: ReadonlySet<string>;
  #stored: readonly OrganisationRoute[] = [];
  #routes: readonly ReadyRoute[] = [];

  /** `refused`: wallets whose routes are told to nobody. */
  constructor(store: Db, routeKeysOf: (wallet: string) => readonly string[], refused: ReadonlySet<string>) {
    this.#store = store;
    this.#routeKeysOf = routeKeysOf;
    this.#refused = refused;
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
    const told = this.#stored.filter(
      ({ wallet, route }) => !this.#refused.has(wallet) && this.#routeKeysOf(wallet).includes(route.payer),
    );
    const isSame =
      told.length === this.#routes.length &&
      told.every(({ route }, at) => JSON.stringify(route) === JSON.stringify(this.#routes[at]!.route));
    if (!isSame) this.#routes = told.map(({ route, ranges }) => ({ route, ranges }));
  }
}
