/** An answer that only a wallet may have; asked anew when an epoch is closed, and kept on the page meanwhile. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiFailure } from "../api.ts";
import { useEpochNews } from "../live.ts";
import { type Answer, type AnswerWithRetry, lastValue } from "../use-answer.ts";
import { askSigned, type Session } from "../wallet/session.ts";

export type SignedAnswer<T> = AnswerWithRetry<T> & {
  /** What is shown may be old: the oracle is being asked. */
  readonly isAsking: boolean;
};

export function useSigned<T>(session: Session | undefined, path: string | null): SignedAnswer<T> {
  const news = useEpochNews();
  const [attempt, setAttempt] = useState(0);
  const of = session === undefined || path === null ? null : `${session.wallet} ${path}`;
  const question = `${of} ${news} ${attempt}`;
  const [told, setTold] = useState<{ readonly of: string | null; readonly question: string; answer: Answer<T> }>();
  useEffect(() => {
    if (session === undefined || path === null) return;
    let isGone = false;
    askSigned<T>(session, path).then(
      (value) => {
        if (!isGone) setTold({ of, question, answer: { state: "ready", value, atMs: Date.now() } });
      },
      (failure: unknown) => {
        if (isGone) return;
        const why = failure instanceof ApiFailure ? failure : new ApiFailure(0, "no_answer", String(failure));
        setTold((before) => ({ of, question, answer: failed(before?.of === of ? before?.answer : undefined, why) }));
      },
    );
    return () => {
      isGone = true;
    };
  }, [session, path, news, attempt]);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  const answer: Answer<T> = of === null ? { state: "idle" } : told?.of === of ? told.answer : { state: "loading" };
  return { ...answer, retry, isAsking: of !== null && told?.question !== question };
}

/** In an outage what was told last stays, and is marked as old. */
function failed<T>(before: Answer<T> | undefined, failure: ApiFailure): Answer<T> {
  const value = before === undefined ? undefined : lastValue(before);
  const isOutage = failure.status === 0 || failure.status >= 500;
  if (value === undefined || !isOutage) return { state: "failed", failure };
  const atMs = before?.state === "ready" || before?.state === "stale" ? before.atMs : 0;
  return { state: "stale", value, atMs, failure };
}
