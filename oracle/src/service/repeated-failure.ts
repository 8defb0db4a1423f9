/** Failures in a row of a step that is tried again and again: one is a matter for the log, several make the part not ready. */

/** So many in a row are a fault. */
const FAULT_AFTER = 5;

export class RepeatedFailure {
  #count = 0;
  #fault: string | undefined;

  /** Why the step fails, once it failed often enough; until it succeeds. */
  get fault(): string | undefined {
    return this.#fault;
  }

  succeeded(): void {
    this.#count = 0;
    this.#fault = undefined;
  }

  /** Counts a failure; returns what it says. */
  failed(error: unknown): string {
    const why = error instanceof Error ? error.message : String(error);
    this.#count++;
    if (this.#count >= FAULT_AFTER) this.#fault = why;
    return why;
  }
}
