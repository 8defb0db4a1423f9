/** What enough endpoints say alike: one that lies says something else, one that hangs or is gone says nothing in time. */
import { oracleError } from "../errors.ts";
import type { AccountSource } from "./account-source.ts";

/**
 * The answer that `quorum` of those asked give, as soon as they have; two answers are one when they are `spelled` alike.
 * Throws ORC_RPC_FAILED where nobody's answer is given that often; it can be asked for again.
 */
export function agreed<T>(
  what: string,
  asked: readonly Promise<T>[],
  quorum: number,
  spelled: (answer: T) => string,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const counts = new Map<string, number>();
  let left = asked.length;
  let failure: unknown;
  const ends = () => {
    if (--left > 0) return;
    const answers = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const why = `${what}: ${answers} of ${asked.length} endpoints answered, no ${quorum} of them alike`;
    reject(oracleError("ORC_RPC_FAILED", why, { cause: failure, retryable: true }));
  };
  for (const ask of asked) {
    ask
      .then((answer) => {
        const text = spelled(answer);
        const count = (counts.get(text) ?? 0) + 1;
        counts.set(text, count);
        if (count >= quorum) resolve(answer);
      })
      .catch((error) => {
        failure = error;
      })
      .finally(ends);
  }
  return promise;
}

/** The history of several endpoints as one. */
export function agreedHistory(
  sources: readonly Pick<AccountSource, "wasUsed">[],
  quorum: number,
): Pick<AccountSource, "wasUsed"> {
  return {
    wasUsed: (address, fromS, beforeS) =>
      agreed(
        `transactions of ${address.toHex()}`,
        sources.map((source) => source.wasUsed(address, fromS, beforeS)),
        quorum,
        String,
      ),
  };
}
