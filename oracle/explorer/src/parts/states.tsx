/** What a page shows when it has nothing to show, or not what it should. */
import type { ComponentChildren } from "preact";
import { clock } from "../format.ts";
import type { AnswerWithRetry } from "../use-answer.ts";

export const NO_EPOCH_YET = "No epoch is closed yet. The first one is when its time and its grace are over.";

/** The value, or the state it is in. `empty` says when a value has nothing in it, and what to do about that. */
export function Shown<T>({
  answer,
  what,
  empty,
  children,
}: {
  readonly answer: AnswerWithRetry<T>;
  /** What is awaited: "the hotspot". */
  readonly what: string;
  readonly empty?: (value: T) => ComponentChildren | null;
  readonly children: (value: T) => ComponentChildren;
}) {
  switch (answer.state) {
    case "idle":
      return null;
    case "loading":
      return <Loading what={what} />;
    case "too-early":
      return <p class="note empty">{NO_EPOCH_YET}</p>;
    case "failed":
      return <Failed what={what} failure={answer.failure} retry={answer.retry} />;
    default: {
      const nothing = empty?.(answer.value) ?? null;
      return (
        <>
          {answer.state === "stale" && (
            <p class="note stale" role="status">
              The oracle does not answer. This is {what} as of {clock(answer.atMs)}.{" "}
              <button type="button" class="link" onClick={answer.retry}>
                Try again
              </button>
            </p>
          )}
          {nothing === null ? children(answer.value) : <p class="note empty">{nothing}</p>}
        </>
      );
    }
  }
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <div class="loading" role="status" aria-busy="true">
      <span class="bones" aria-hidden="true" />
      <span class="bones short" aria-hidden="true" />
      <span class="visually-hidden">Loading {what} …</span>
    </div>
  );
}

function Failed({
  what,
  failure,
  retry,
}: {
  readonly what: string;
  readonly failure: { readonly status: number; readonly code: string; readonly expected: string };
  readonly retry: () => void;
}) {
  const reason =
    failure.status === 0
      ? "The oracle does not answer. It may be starting, or the connection to it is gone."
      : failure.status === 404
        ? `There is none: expected ${failure.expected}.`
        : `The oracle refused (${failure.code}): expected ${failure.expected}.`;
  return (
    <div class="note failed" role="alert">
      <p>
        <strong>Could not show {what}.</strong> {reason}
      </p>
      {failure.status !== 404 && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
