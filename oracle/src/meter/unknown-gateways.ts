/**
 * Copies of gateways that are no hotspots, as far as the meter knows: they may become ones, for a registry is read after the start and a new
 * hotspot is heard of late. Kept a while and asked for again; a payer's own gateways are among them for good.
 */
import type { ConfirmedCopy } from "./copy-matcher.ts";

export interface UnknownGatewaysOptions {
  /** How long a copy is kept, ms. */
  readonly keepMs: number;
  /** Most copies; the oldest go first. */
  readonly most: number;
}

interface Kept {
  readonly copy: ConfirmedCopy;
  readonly sinceMs: number;
}

export class UnknownGateways {
  readonly #options: UnknownGatewaysOptions;
  /** By gateway, oldest first. */
  readonly #kept = new Map<string, Kept[]>();
  #copies = 0;

  constructor(options: UnknownGatewaysOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#copies;
  }

  /** Keeps a copy; times must not go back. */
  add(copy: ConfirmedCopy, nowMs: number): void {
    this.#forget(nowMs - this.#options.keepMs);
    if (this.#copies >= this.#options.most) this.#forget(this.#oldestMs());
    const kept = this.#kept.get(copy.gatewayId) ?? [];
    kept.push({ copy, sinceMs: nowMs });
    this.#kept.set(copy.gatewayId, kept);
    this.#copies++;
  }

  /** Takes out the copies of gateways that `isKnown` now; one question for each gateway. */
  take(isKnown: (gatewayId: string) => boolean, nowMs: number): readonly ConfirmedCopy[] {
    this.#forget(nowMs - this.#options.keepMs);
    const taken: ConfirmedCopy[] = [];
    for (const [gatewayId, kept] of this.#kept) {
      if (!isKnown(gatewayId)) continue;
      for (const { copy } of kept) taken.push(copy);
      this.#kept.delete(gatewayId);
      this.#copies -= kept.length;
    }
    return taken;
  }

  #oldestMs(): number {
    return this.#kept.values().reduce((oldest, kept) => Math.min(oldest, kept[0]!.sinceMs), Number.POSITIVE_INFINITY);
  }

  /** Drops what was added at a time or before. */
  #forget(untilMs: number): void {
    for (const [gatewayId, kept] of this.#kept) {
      const from = kept.findIndex(({ sinceMs }) => sinceMs > untilMs);
      if (from === 0) continue;
      const gone = from < 0 ? kept.length : from;
      this.#copies -= gone;
      if (gone === kept.length) this.#kept.delete(gatewayId);
      else kept.splice(0, gone);
    }
  }
}
