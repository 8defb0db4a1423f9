/**
 * How much each of many may do: a bucket of tokens by name, filled at a steady rate up to a size.
 *
 * A bucket that is full is not kept, so memory is bounded by those that did something lately, and by `most`: when more names are busy than
 * that, the ones that were quiet longest are forgotten, that is: full again.
 */
export interface BucketRule {
  /** Tokens a second. */
  readonly perSecond: number;
  /** Tokens a full bucket holds. */
  readonly size: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export class TokenBuckets {
  readonly #rule: BucketRule;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rule: BucketRule, most = 500_000) {
    this.#rule = rule;
    this.#most = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes tokens at a steady time; 0 when they were there, else how long until they will be, ms, and nothing is taken. */
  take(name: string, steadyMs: number, tokens = 1): number {
    const waitMs = this.waitMs(name, steadyMs, tokens);
    if (waitMs > 0) return waitMs;
    const left = this.#tokensAt(name, steadyMs) - tokens;
    // Behind all others: the map's order is that of the last use.
    this.#buckets.delete(name);
    this.#buckets.set(name, { tokens: left, atMs: steadyMs });
    if (this.#buckets.size > this.#most) this.#buckets.delete(this.#buckets.keys().next().value!);
    return 0;
  }

  /** How long until so many tokens are there, ms; 0 when they are. Takes nothing. */
  waitMs(name: string, steadyMs: number, tokens = 1): number {
    const missing = tokens - this.#tokensAt(name, steadyMs);
    return missing <= 0 ? 0 : Math.ceil((missing / this.#rule.perSecond) * 1000);
  }

  /** Forgets buckets that have filled up again. */
  sweep(steadyMs: number): void {
    for (const name of this.#buckets.keys()) {
      if (this.#tokensAt(name, steadyMs) >= this.#rule.size) this.#buckets.delete(name);
    }
  }

  #tokensAt(name: string, steadyMs: number): number {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return this.#rule.size;
    return Math.min(this.#rule.size, bucket.tokens + ((steadyMs - bucket.atMs) / 1000) * this.#rule.perSecond);
  }
}
