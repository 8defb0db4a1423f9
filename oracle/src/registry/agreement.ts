/**
 * What enough endpoints say alike: one that lies or lags says something else, one that hangs or is gone says nothing in time. The one place
 * where answers of endpoints are counted.
 */
import { oracleError } from "../errors.ts";
import type { AccountSource } from "./account-source.ts";

export interface Quorum {
  /** How many must say alike. */
  readonly count: number;
  /** Told of an endpoint that says something else than enough others do: it lags, follows a fork or lies. */
  readonly onDissent?: (endpoint: string, what: string) => void;
}

/** What logs say of it. */
export const DISSENT = "an endpoint says something else than the others: it lags or lies";

export interface Asked<T> {
  readonly endpoint: string;
  readonly answer: Promise<T>;
}

export interface Question<T> {
  /** For logs and errors. */
  readonly what: string;
  readonly isAlike: (one: T, other: T) => boolean;
  /** How long the others are waited for once enough have answered and do not agree, ms; without it as long as they take. */
  readonly patienceMs?: number;
}

/**
 * Answers that `quorum.count` of those asked give alike, as soon as they have. Throws ORC_RPC_FAILED where no answer is given that often; it can
 * be asked for again.
 */
export function alike<T>(question: Question<T>, asked: readonly Asked<T>[], quorum: Quorum): Promise<readonly T[]> {
  const { what, isAlike, patienceMs } = question;
  const { promise, resolve, reject } = Promise.withResolvers<readonly T[]>();
  const given: { readonly endpoint: string; readonly answer: T }[] = [];
  let found: { readonly answer: T } | undefined;
  let failure: unknown;
  let left = asked.length;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const fail = () => {
    const why = `${what}: ${given.length} of ${asked.length} endpoints answered, no ${quorum.count} of them alike`;
    reject(oracleError("ORC_RPC_FAILED", why, { cause: failure, retryable: true }));
  };
  const take = (endpoint: string, answer: T) => {
    if (found !== undefined) {
      if (!isAlike(found.answer, answer)) quorum.onDissent?.(endpoint, what);
      return;
    }
    given.push({ endpoint, answer });
    const same = given.filter((one) => isAlike(one.answer, answer));
    if (same.length >= quorum.count) {
      found = { answer };
      resolve(same.map((one) => one.answer));
      for (const one of given) if (!same.includes(one)) quorum.onDissent?.(one.endpoint, what);
    } else if (given.length >= quorum.count && patienceMs !== undefined) {
      timer ??= setTimeout(fail, patienceMs);
    }
  };
  for (const { endpoint, answer } of asked) {
    answer
      .then((said) => take(endpoint, said))
      .catch((error) => {
        failure = error;
      })
      .finally(() => {
        if (--left === 0 && found === undefined) fail();
        if (left === 0 || found !== undefined) clearTimeout(timer);
      });
  }
  return promise;
}

/** The answer that enough of those asked give; two answers are one when they are `spelled` alike. Throws as `alike` does. */
export async function agreed<T>(
  what: string,
  asked: readonly Asked<T>[],
  quorum: Quorum,
  spelled: (answer: T) => string,
): Promise<T> {
  const spelling = asked.map(({ endpoint, answer }) => ({
    endpoint,
    answer: answer.then((said) => ({ said, text: spelled(said) })),
  }));
  const [first] = await alike({ what, isAlike: (one, other) => one.text === other.text }, spelling, quorum);
  return first!.said;
}

/** The history of several endpoints as one. */
export function agreedHistory(
  sources: readonly Pick<AccountSource, "name" | "wasUsed">[],
  quorum: Quorum,
): Pick<AccountSource, "wasUsed"> {
  return {
    wasUsed: (address, fromS, beforeS) =>
      agreed(
        `transactions of ${address.toHex()}`,
        sources.map((source) => ({ endpoint: source.name, answer: source.wasUsed(address, fromS, beforeS) })),
        quorum,
        String,
      ),
  };
}
