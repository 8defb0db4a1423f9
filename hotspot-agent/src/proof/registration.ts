/**
 * Whether the network knows a hotspot, as oracles say it: by challenges and heads they give, by uploads they take, and by how they refuse.
 *
 * The last word counts. A refusal comes with the oracle's reason, for people: it is shown and never compared.
 */
import type { ApiFailure } from "./api-answers.ts";

export class Registration {
  #isRegistered: boolean | null = null;
  #reason: string | null = null;

  /** Null while no oracle has said. */
  get isRegistered(): boolean | null {
    return this.#isRegistered;
  }

  /** Why not, in an oracle's words; null where it is registered or nobody said. */
  get reason(): string | null {
    return this.#reason;
  }

  /** An oracle answered what it answers registered hotspots alone. */
  confirmed(): void {
    this.#isRegistered = true;
    this.#reason = null;
  }

  /** An oracle refused something; most refusals say nothing of the registration. */
  refused({ code, got }: Pick<ApiFailure, "code" | "got">): void {
    if (code !== "not_registered" && code !== "unknown_key") return;
    this.#isRegistered = false;
    this.#reason = got;
  }
}
