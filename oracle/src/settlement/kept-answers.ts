/**
 * Answers of the chain, kept for some seconds, so that however many ask, an endpoint is asked once; and never waited for long: what does not
 * come in time, or fails, is undefined, unless the answer before is fresh enough to do.
 */
import type { Clock } from "../service/clock.ts";

export interface KeptAnswersOptions {
  readonly clock: Pick<Clock, "steadyMs" | "after">;
  /** An answer is not asked for again for this long, ms. */
  readonly freshMs: number;
  /** An old answer does for this long while there is no new one, ms. */
  readonly usableMs: number;
  /** Nobody waits longer, ms. */
  readonly waitMs: number;
  /** After a failure the same is not asked for this long, ms. */
  readonly pauseMs: number;
  /** Questions under way at a time. */
  readonly mostAsked: number;
  /** Answers kept. */
  readonly mostKept: number;
}

interface Kept {
  answer: { readonly value: unknown; readonly atMs: number } | undefined;
  asked: Promise<void> | undefined;
  failedAtMs: number;
}

export class KeptAnswers {
  readonly #options: KeptAnswersOptions;
  /** Oldest use first. */
  readonly #kept = new Map<string, Kept>();
  #underWay = 0;

  constructor(options: KeptAnswersOptions) {
    this.#options = options;
  }

  /** The answer to a question of this name; undefined where there is none in time. Never rejects. */
  async of<T>(name: string, question: () => Promise<T>): Promise<{ readonly value: T } | undefined> {
    const { clock, freshMs, usableMs, pauseMs, mostAsked } = this.#options;
    const kept = this.#entry(name);
    const isWithin = (sinceMs: number | undefined, ms: number) =>
      sinceMs !== undefined && clock.steadyMs() - sinceMs < ms;
    if (!isWithin(kept.answer?.atMs, freshMs)) {
      const mayAsk = this.#underWay < mostAsked && !isWithin(kept.failedAtMs, pauseMs);
      if (kept.asked === undefined && mayAsk) kept.asked = this.#ask(kept, question);
      if (kept.asked !== undefined) await this.#inTime(kept.asked);
    }
    const { answer } = kept;
    return answer !== undefined && isWithin(answer.atMs, usableMs) ? { value: answer.value as T } : undefined;
  }

  #entry(name: string): Kept {
    const kept = this.#kept.get(name) ?? { answer: undefined, asked: undefined, failedAtMs: Number.NEGATIVE_INFINITY };
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= this.#options.mostKept) break;
      this.#kept.delete(old);
    }
    return kept;
  }

  async #ask(kept: Kept, question: () => Promise<unknown>): Promise<void> {
    const { clock } = this.#options;
    this.#underWay++;
    try {
      const value = await question();
      kept.answer = { value, atMs: clock.steadyMs() };
    } catch {
      kept.failedAtMs = clock.steadyMs();
    } finally {
      kept.asked = undefined;
      this.#underWay--;
    }
  }

  #inTime(asked: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(this.#options.waitMs, resolve);
      void asked.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
