/** Which hotspot a gatewayId is, from the registry. The list is made anew when an unknown gateway asks, but not more often than now and then. */
import type { RegistryBook } from "../registry/registry-book.ts";

/** A stranger's packets must not make the meter walk 100,000 hotspots each time, ms. */
const MIN_REFRESH_MS = 10_000;

export class GatewayKeys {
  readonly #book: Pick<RegistryBook, "hotspots" | "hotspotCount">;
  readonly #steadyMs: () => number;
  readonly #keys = new Map<string, Uint8Array>();
  #refreshedMs = Number.NEGATIVE_INFINITY;

  constructor(book: Pick<RegistryBook, "hotspots" | "hotspotCount">, steadyMs: () => number) {
    this.#book = book;
    this.#steadyMs = steadyMs;
  }

  /** The 33-byte key of the hotspot with this gatewayId (16 hexadecimal digits), or undefined. */
  of(gatewayId: string): Uint8Array | undefined {
    const known = this.#keys.get(gatewayId);
    if (known !== undefined || this.#steadyMs() - this.#refreshedMs < MIN_REFRESH_MS) return known;
    this.#refreshedMs = this.#steadyMs();
    for (const { gatewayId, deviceKey } of this.#book.hotspots()) this.#keys.set(gatewayId.toHex(), deviceKey);
    return this.#keys.get(gatewayId);
  }
}
