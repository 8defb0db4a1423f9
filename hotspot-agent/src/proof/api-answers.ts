/**
 * JSON from oracles, checked member by member before anything reads it: wrong shapes are undefined, never a throw.
 */
import { API_ERRORS, type ApiErrorCode, type ApiErrorRule, type ChallengeAnswer } from "@earshot/poc/protocol";

/** The members of a JSON object in an answer's body; undefined if it is anything else. */
export function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** A non-negative safe integer, or undefined. */
export function asCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** The bytes of standard base64, or undefined. */
export function asBytes(value: unknown, maxBytes: number): Uint8Array | undefined {
  if (typeof value !== "string" || value.length > Math.ceil(maxBytes / 3) * 4) return undefined;
  try {
    return Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}

export interface ApiFailure extends ApiErrorRule {
  readonly code: ApiErrorCode;
  /** What the oracle says it got, for a person. */
  readonly got: string;
  readonly retryAfterMs: number | undefined;
  /** The signed chain head that 409 carries. */
  readonly head: Uint8Array | undefined;
}

/** Longest time an oracle can make the agent wait, ms. */
const MAX_RETRY_AFTER_MS = 600_000;

/** Words of an oracle that are shown as they are, characters. */
const MAX_WORDS = 120;

/** One line of text without controls, for a log or a page; empty where there is none. */
function plainText(value: unknown): string {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  return text.slice(0, MAX_WORDS).replace(/\p{C}/gu, "");
}

/** Reads an error body; undefined if it is not of the interface, such as the page of a proxy. */
export function parseFailure(body: Uint8Array): ApiFailure | undefined {
  const object = parseObject(body);
  const code = object?.code;
  if (object === undefined || typeof code !== "string" || !Object.hasOwn(API_ERRORS, code)) return undefined;
  const retryAfterMs = asCount(object.retryAfterMs);
  return {
    ...API_ERRORS[code as ApiErrorCode],
    code: code as ApiErrorCode,
    got: plainText(object.got),
    retryAfterMs: retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, MAX_RETRY_AFTER_MS),
    head: asBytes(object.head, 1024),
  };
}

/** A ChallengeAnswer whose binary parts are decoded; nothing in it is believed yet. */
export interface ClaimedChallenge extends Pick<ChallengeAnswer, "intervalStart" | "knownUntil" | "unchallenged"> {
  readonly challenge: {
    readonly minute: number;
    readonly challengeId: string;
    readonly transmitMs: number;
    readonly frequencyHz: number;
    readonly dataRate: number;
    readonly entropy: Uint8Array;
  } | null;
}

export function parseChallenge(object: Readonly<Record<string, unknown>>): ClaimedChallenge | undefined {
  const intervalStart = asCount(object.intervalStart);
  const knownUntil = asCount(object.knownUntil);
  if (intervalStart === undefined || knownUntil === undefined) return undefined;
  // Oracles of earlier versions say nothing of it.
  const unchallenged = plainText(object.unchallenged) || null;
  if (object.challenge === null) return { intervalStart, knownUntil, unchallenged, challenge: null };
  const claimed = asObject(object.challenge);
  const minute = asCount(claimed?.minute);
  const transmitMs = asCount(claimed?.transmitMs);
  const frequencyHz = asCount(claimed?.frequencyHz);
  const dataRate = asCount(claimed?.dataRate);
  const entropy = asBytes(claimed?.entropy, 1024);
  const challengeId = claimed?.challengeId;
  if (minute === undefined || transmitMs === undefined || frequencyHz === undefined) return undefined;
  if (dataRate === undefined || entropy === undefined || typeof challengeId !== "string") return undefined;
  return {
    intervalStart,
    knownUntil,
    unchallenged,
    challenge: { minute, challengeId, transmitMs, frequencyHz, dataRate, entropy },
  };
}
