/**
 * What is new: asks which epochs are closed, every few seconds while somebody looks, less often while nothing answers. Everything that
 * is shown follows from closed epochs, so a new number is all the news there is.
 */
import { useEffect, useState } from "preact/hooks";
import { ApiFailure, ask } from "./api.ts";

const EVERY_MS = 5000;
const SLOWEST_MS = 60_000;

export interface Live {
  /** Closed epochs, ascending; undefined before the first answer. */
  readonly epochs: readonly number[] | undefined;
  /** Why there is no answer at the moment. */
  readonly failure: ApiFailure | undefined;
  /** Counts epochs closed and outages ended since the page was loaded. */
  readonly news: number;
  /** When the oracle last answered, Unix ms; 0 for never. */
  readonly heardMs: number;
}

let current: Live = { epochs: undefined, failure: undefined, news: 0, heardMs: 0 };
const listeners = new Set<(live: Live) => void>();
let waitMs = EVERY_MS;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Begins to ask; once. */
export function startLive(): void {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void askNow();
  });
  void askNow();
}

/** Asks at once, for instance when a person presses "try again". */
export async function askNow(): Promise<void> {
  clearTimeout(timer);
  try {
    const { epochs } = await ask<{ readonly epochs: readonly number[] }>("/v1/epochs");
    const isSame = epochs.at(-1) === current.epochs?.at(-1) && epochs.length === current.epochs?.length;
    const isNews = current.failure !== undefined || (current.epochs !== undefined && !isSame);
    tell({
      epochs: isSame ? current.epochs : epochs,
      failure: undefined,
      news: current.news + (isNews ? 1 : 0),
      heardMs: Date.now(),
    });
    waitMs = EVERY_MS;
  } catch (failure) {
    const why = failure instanceof ApiFailure ? failure : new ApiFailure(0, "no_answer", String(failure));
    tell({ ...current, failure: why });
    waitMs = Math.min(SLOWEST_MS, waitMs * 2);
  }
  clearTimeout(timer);
  timer = setTimeout(() => (document.hidden ? undefined : void askNow()), waitMs);
}

export function useLive(): Live {
  const [live, setLive] = useState(current);
  useEffect(() => {
    setLive(current);
    listeners.add(setLive);
    return () => void listeners.delete(setLive);
  }, []);
  return live;
}

/** Changes when an epoch is closed, and when an outage ends. */
export function useEpochNews(): number {
  return useLive().news;
}

function tell(live: Live): void {
  current = live;
  for (const listener of listeners) listener(live);
}
