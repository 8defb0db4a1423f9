/** Lines that say again and again what somebody waits for: one is told when it is news, and once in a while so that it is known to last. */
import type { WorkerEvent } from "../pipeline/run-worker.ts";

/** What may repeat: waiting, and work that fails and is tried again. */
function subjectOf(event: WorkerEvent): string | undefined {
  if (event.kind === "waits") return "waits";
  return event.kind === "failed" ? `failed ${event.work}` : undefined;
}

export class RepeatedLines {
  readonly #intervalMs: number;
  readonly #told = new Map<string, { readonly line: string; readonly atMs: number }>();

  /** Tells what has not changed once in `intervalMs`. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Whether the line of an event is to be told at a steady time, ms. */
  isNews(event: WorkerEvent, line: string, steadyMs: number): boolean {
    const subject = subjectOf(event);
    if (subject === undefined) return true;
    const told = this.#told.get(subject);
    if (told?.line === line && steadyMs - told.atMs < this.#intervalMs) return false;
    this.#told.set(subject, { line, atMs: steadyMs });
    return true;
  }
}
