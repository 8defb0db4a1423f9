/** An answer of the API as a page lives with it: loading, there, out of date, missing, failed. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiFailure, ask, lastAnswer } from "./api.ts";
import { askNow, useEpochNews, useLive } from "./live.ts";

export type Answer<T> =
  | { readonly state: "idle" }
  | { readonly state: "loading" }
  /** No epoch is closed yet, and what is asked for is of closed epochs. */
  | { readonly state: "too-early" }
  | { readonly state: "ready"; readonly value: T; readonly atMs: number }
  /** The oracle does not answer; this is what it said last. */
  | { readonly state: "stale"; readonly value: T; readonly atMs: number; readonly failure: ApiFailure }
  | { readonly state: "failed"; readonly failure: ApiFailure };

export type AnswerWithRetry<T> = Answer<T> & { readonly retry: () => void };

/**
 * Follows a path, asks again when an epoch is closed, and when `retry` is called. A null path asks nothing.
 */
export function useAnswer<T>(path: string | null): AnswerWithRetry<T> {
  const news = useEpochNews();
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<{ readonly path: string | null; readonly answer: Answer<T> }>({
    path,
    answer: { state: path === null ? "idle" : "loading" },
  });
  // a new epoch and a retry ask again.
  useEffect(() => {
    if (path === null) return setAnswer({ path, answer: { state: "idle" } });
    const stop = new AbortController();
    const last = lastAnswer(path);
    setAnswer((before) => (before.path === path ? before : { path, answer: firstOf(last) }));
    ask<T>(path, {}, stop.signal)
      .then((value) => {
        if (!stop.signal.aborted) setAnswer({ path, answer: { state: "ready", value, atMs: Date.now() } });
      })
      .catch((failure: unknown) => {
        if (stop.signal.aborted) return;
        const why = failure instanceof ApiFailure ? failure : new ApiFailure(0, "no_answer", String(failure));
        const before = lastAnswer(path);
        const isOutage = why.status === 0 || why.status >= 500;
        setAnswer({
          path,
          answer:
            before !== undefined && isOutage
              ? { state: "stale", value: before.body as T, atMs: before.atMs, failure: why }
              : { state: "failed", failure: why },
        });
      });
    return () => stop.abort();
  }, [path, news, attempt]);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  const current: Answer<T> = answer.path === path ? answer.answer : { state: path === null ? "idle" : "loading" };
  return { ...current, retry };
}

/**
 * Follows a path whose answer is made of a closed epoch: asks for nothing before there is one, since the oracle could only refuse, and
 * begins when the first is closed.
 */
export function useEpochAnswer<T>(path: string | null): AnswerWithRetry<T> {
  const { epochs, failure } = useLive();
  const hasEpoch = (epochs?.length ?? 0) > 0;
  const answer = useAnswer<T>(hasEpoch ? path : null);
  if (path === null || hasEpoch) return answer;
  const retry = () => void askNow();
  if (epochs !== undefined) return { state: "too-early", retry };
  return failure === undefined ? { state: "loading", retry } : { state: "failed", failure, retry };
}

/** The value, of whatever age, or undefined. */
export function lastValue<T>(answer: Answer<T>): T | undefined {
  return answer.state === "ready" || answer.state === "stale" ? answer.value : undefined;
}

function firstOf<T>(last: { readonly body: unknown; readonly atMs: number } | undefined): Answer<T> {
  return last === undefined ? { state: "loading" } : { state: "ready", value: last.body as T, atMs: last.atMs };
}
