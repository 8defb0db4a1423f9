/**
 * The gateway ids of the network, which are the users at every customer's broker: all hotspots of the registry but for suspended ones, those too
 * that begin with the next epoch, so that a broker knows them before they come.
 */
import type { HotspotAccount } from "../registry/hotspot-account.ts";
import { timedAt } from "../registry/timed.ts";

export interface GatewayPage {
  /** 16 hexadecimal digits each, ascending. */
  readonly gatewayIds: readonly string[];
  /** `after` of the next page; null at the end. */
  readonly next: string | null;
}

export interface Hotspots {
  readonly hotspotCount: number;
  hotspots(): Iterable<Pick<HotspotAccount, "gatewayId" | "suspended">>;
}

export class GatewayList {
  readonly #registry: Hotspots;
  #sorted: readonly string[] = [];
  #key = "";

  constructor(registry: Hotspots) {
    this.#registry = registry;
  }

  /** Up to `limit` of them after `after`, as they are in an epoch. */
  page(epoch: number, after: string, limit: number): GatewayPage {
    const sorted = this.#at(epoch);
    const start = firstAfter(sorted, after);
    const gatewayIds = sorted.slice(start, start + limit);
    return { gatewayIds, next: start + limit < sorted.length ? gatewayIds.at(-1)! : null };
  }

  /** Sorted once for an epoch and a count: hotspots are never taken out, and a suspension holds from an epoch on. */
  #at(epoch: number): readonly string[] {
    const key = `${epoch} ${this.#registry.hotspotCount}`;
    if (key !== this.#key) {
      this.#sorted = [...this.#registry.hotspots()]
        .filter(({ suspended }) => !timedAt(suspended, epoch))
        .map(({ gatewayId }) => Buffer.from(gatewayId).toString("hex"))
        .sort();
      this.#key = key;
    }
    return this.#sorted;
  }
}

/** Index of the first entry above `value`. */
function firstAfter(sorted: readonly string[], value: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
