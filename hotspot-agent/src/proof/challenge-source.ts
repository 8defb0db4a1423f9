/**
 * Where challenges come from, and the check that a claimed one is what entropy and key give.
 *
 * The entropy is signed by a trusted oracle; minute, id and time are derived from it here and must be the claimed ones. That no
 * earlier minute of the interval had drawn the hotspot is taken on trust: to know it takes the chain (chain-challenges.ts).
 */
import { type Challenge, deriveChallenge, intervalStart } from "@earshot/poc/protocol";
import type { ClaimedChallenge } from "./api-answers.ts";
import type { ProofParameters } from "./proof-parameters.ts";
import type { TrustedSigners } from "./trusted-signers.ts";

/** A challenge with what its source says it is transmitted with; null where the source does not say. */
export interface DrawnChallenge {
  readonly challenge: Challenge;
  readonly frequencyHz: number | null;
  readonly dataRate: number | null;
}

export type ChallengeNews =
  | { readonly kind: "drawn"; readonly drawn: DrawnChallenge }
  /** Not drawn up to this minute of the interval; the minute before the interval where nothing is known of it yet. */
  | { readonly kind: "not_drawn"; readonly knownUntil: number }
  /** Never drawn as it is registered, and why, in an oracle's words. */
  | { readonly kind: "unchallenged"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface ChallengeSource {
  /** The challenge in the interval that starts at minute `start`; may take up to `waitMs` longer where news is near. */
  ask(start: number, parameters: ProofParameters, waitMs: number, stop: AbortSignal): Promise<ChallengeNews>;
}

/** What a claimed answer is worth for the interval that starts at minute `start`. */
export function judgeClaim(
  claimed: ClaimedChallenge,
  start: number,
  key: Uint8Array,
  { times }: ProofParameters,
  signers: TrustedSigners,
): ChallengeNews {
  if (claimed.intervalStart !== start) return { kind: "failed", reason: "another interval" };
  const claim = claimed.challenge;
  if (claim === null && claimed.unchallenged !== null) return { kind: "unchallenged", reason: claimed.unchallenged };
  if (claim === null) return { kind: "not_drawn", knownUntil: claimed.knownUntil };
  const record = signers.entropy(claim.entropy, times.entropyMs);
  if (record === undefined) return { kind: "failed", reason: "entropy that no trusted oracle signed" };
  if (record.minute !== claim.minute) return { kind: "failed", reason: "entropy of another minute" };
  if (intervalStart(claim.minute, times) !== start) return { kind: "failed", reason: "a minute of another interval" };
  const challenge = deriveChallenge(key, claim.minute, record.blockhash, times);
  if (challenge === undefined) return { kind: "failed", reason: "a minute that does not draw this key" };
  if (challenge.challengeId.toHex() !== claim.challengeId || challenge.transmitMs !== claim.transmitMs) {
    return { kind: "failed", reason: "an id or time that does not follow from the entropy" };
  }
  return { kind: "drawn", drawn: { challenge, frequencyHz: claim.frequencyHz, dataRate: claim.dataRate } };
}
