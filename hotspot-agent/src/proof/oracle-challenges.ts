/** Challenges from oracles: the first one in order that has a believable answer; where it fails, the next. */
import { type ChallengeNews, type ChallengeSource, judgeClaim } from "./challenge-source.ts";
import type { OracleClient } from "./oracle-client.ts";
import type { ProofParameters } from "./proof-parameters.ts";
import type { Registration } from "./registration.ts";
import type { TrustedSigners } from "./trusted-signers.ts";

export class OracleChallenges implements ChallengeSource {
  readonly #clients: readonly OracleClient[];
  readonly #signers: TrustedSigners;
  readonly #device: { readonly key: Uint8Array; readonly keyText: string };
  readonly #registration: Registration;

  constructor(
    clients: readonly OracleClient[],
    signers: TrustedSigners,
    device: { readonly key: Uint8Array; readonly keyText: string },
    registration: Registration,
  ) {
    this.#clients = clients;
    this.#signers = signers;
    this.#device = device;
    this.#registration = registration;
  }

  async ask(start: number, parameters: ProofParameters, waitMs: number, stop: AbortSignal): Promise<ChallengeNews> {
    const reasons: string[] = [];
    for (const client of this.#clients) {
      if (stop.aborted) break;
      const answer = await client.challenge(this.#device.keyText, waitMs, stop);
      if (answer.status !== "ok") {
        if (answer.status === "refused") this.#registration.refused(answer.failure);
        reasons.push(`${client.name}: ${answer.status === "refused" ? answer.failure.code : answer.reason}`);
        continue;
      }
      this.#registration.confirmed();
      const news = judgeClaim(answer.claimed, start, this.#device.key, parameters, this.#signers);
      if (news.kind !== "failed") return news;
      reasons.push(`${client.name}: ${news.reason}`);
    }
    return { kind: "failed", reason: reasons.join("; ") || "stopped" };
  }
}
