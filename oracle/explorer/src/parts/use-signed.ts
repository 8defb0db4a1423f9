/** An answer that only a wallet may have; asked anew when the wallet changes. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiFailure } from "../api.ts";
import { useEpochNews } from "../live.ts";
import type { Answer, AnswerWithRetry } from "../use-answer.ts";
import { askSigned, type Session } from "../wallet/session.ts";

export function useSigned<T>(session: Session | undefined, path: string | null): AnswerWithRetry<T> {
  const news = useEpochNews();
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<Answer<T>>({ state: "idle" });
  useEffect(() => {
    if (session === undefined || path === null) return setAnswer({ state: "idle" });
    let isGone = false;
    setAnswer({ state: "loading" });
    askSigned<T>(session, path).then(
      (value) => {
        if (!isGone) setAnswer({ state: "ready", value, atMs: Date.now() });
      },
      (failure: unknown) => {
        const why = failure instanceof ApiFailure ? failure : new ApiFailure(0, "no_answer", String(failure));
        if (!isGone) setAnswer({ state: "failed", failure: why });
      },
    );
    return () => {
      isGone = true;
    };
  }, [session, path, news, attempt]);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  return { ...answer, retry };
}
