/**
 * Tokens of PULL_RESPs to one gateway: which transmission a TX_ACK answers.
 *
 * Sixteen bits, taken in turn, never one that is still remembered. They are the agent's own: two servers may use the same
 * downlink_id. A token is forgotten `lifetimeMs` after it was given; when all are taken the oldest is.
 */

/** How long a TX_ACK may take, ms. */
export const TOKEN_LIFETIME_MS = 60_000;

const tokenCount = 65_536;

export class Tokens<Value> {
  readonly #lifetimeMs: number;
  /** In the order given, so that the oldest is first. */
  readonly #given = new Map<number, { readonly value: Value; readonly givenMs: number }>();
  #next: number;

  constructor(firstToken = 0, lifetimeMs = TOKEN_LIFETIME_MS) {
    this.#next = firstToken % tokenCount;
    this.#lifetimeMs = lifetimeMs;
  }

  /** A token that now stands for `value`. */
  give(value: Value, nowMs: number): number {
    this.#forget(nowMs);
    while (this.#given.has(this.#next)) this.#next = (this.#next + 1) % tokenCount;
    const token = this.#next;
    this.#next = (token + 1) % tokenCount;
    this.#given.set(token, { value, givenMs: nowMs });
    return token;
  }

  /** What a token stands for, once: a second TX_ACK with it is as unknown as any. */
  take(token: number, nowMs: number): Value | null {
    this.#forget(nowMs);
    const found = this.#given.get(token);
    this.#given.delete(token);
    return found?.value ?? null;
  }

  #forget(nowMs: number): void {
    for (const [token, { givenMs }] of this.#given) {
      const isOld = nowMs - givenMs > this.#lifetimeMs;
      if (!isOld && this.#given.size < tokenCount) return;
      this.#given.delete(token);
    }
  }
}
