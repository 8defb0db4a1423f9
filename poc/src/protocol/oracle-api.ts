/**
 * The HTTP interface of an oracle as agents and oracles both see it: paths, bodies, answers and error codes, as plain data.
 *
 * Uploads go up as the raw sealed bytes. Answers are JSON; binary values in it are standard base64 with padding, keys are in
 * their text form, times are ms since the Unix epoch. What must be provable later (receipt, heads, entropy) is the signed
 * statement itself, in base64. Every error is `ApiError` with a code of `API_ERRORS`, whose HTTP status and retry rule are fixed.
 * Before the window of a challenge is closed no answer tells anything about reports of it.
 */
import type { UploadRefusalCode } from "./upload-verify.ts";

/** Content type of a sealed upload. */
export const UPLOAD_CONTENT_TYPE = "application/vnd.earshot.upload";

export interface ApiRoute {
  readonly method: "GET" | "POST";
  /** Parts in braces are parameters. */
  readonly path: string;
  readonly meaning: string;
}

export const ORACLE_API = {
  submitUpload: { method: "POST", path: "/v1/uploads", meaning: "Takes a sealed upload; answers when it is durable." },
  getReceipt: {
    method: "GET",
    path: "/v1/uploads/{uploadId}/receipt",
    meaning: "The receipt given before; id in hex.",
  },
  getChainHead: { method: "GET", path: "/v1/devices/{key}/head", meaning: "The signed head of a device's chain." },
  getChallenge: {
    method: "GET",
    path: "/v1/devices/{key}/challenge",
    meaning: "The device's challenge in this interval.",
  },
  getRoutes: {
    method: "GET",
    path: "/v1/devices/{key}/routes",
    meaning: "The signed route list of a hotspot, which signs its request (signed-request.ts).",
  },
  getEntropy: { method: "GET", path: "/v1/entropy/{minute}", meaning: "The signed entropy of a minute." },
  getLogHead: { method: "GET", path: "/v1/log/head", meaning: "The signed head of the ingest's log." },
  getLogSegments: {
    method: "GET",
    path: "/v1/log/segments",
    meaning: "Published segments of the log, from `?from=` on.",
  },
  getParameters: { method: "GET", path: "/v1/parameters", meaning: "The network parameters in force and their hash." },
} as const satisfies Record<string, ApiRoute>;

export type ApiRouteName = keyof typeof ORACLE_API;

type Parameters<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Parameters<Rest>
  : never;

/** The path of a route with its parameters filled in, each percent-encoded. */
export function apiPath<Name extends ApiRouteName>(
  name: Name,
  parameters: Readonly<Record<Parameters<(typeof ORACLE_API)[Name]["path"]>, string | number>>,
): string {
  const values = parameters as Readonly<Record<string, string | number>>;
  return ORACLE_API[name].path.replace(/\{(\w+)\}/g, (_, parameter: string) =>
    encodeURIComponent(String(values[parameter])),
  );
}

/** Standard base64 with padding. */
export type Base64 = string;
/** Lower-case hexadecimal. */
export type Hex = string;
/** Text form of a key (device-key.ts). */
export type KeyText = string;

/** 200 to submitUpload: `duplicate` when these bytes were logged before; the receipt is then the first one. */
export interface UploadAccepted {
  readonly status: "accepted" | "duplicate";
  readonly receipt: Base64;
}

/** 409 to submitUpload: the signed chain head to go on from. */
export interface ChainConflict extends ApiError {
  readonly code: "wrong_predecessor" | "chain_fork";
  readonly head: Base64;
}

export interface ReceiptAnswer {
  readonly receipt: Base64;
}

export interface ChainHeadAnswer {
  readonly head: Base64;
}

/** `challenge` is null while the interval has not drawn the device yet. */
export interface ChallengeAnswer {
  readonly serverMs: number;
  /** First minute of the interval, and the last one whose entropy the oracle knows. */
  readonly intervalStart: number;
  readonly knownUntil: number;
  /** Why the device is never challenged as it is registered, for a person; null where it is. */
  readonly unchallenged: string | null;
  readonly challenge: {
    readonly minute: number;
    readonly challengeId: Hex;
    readonly transmitMs: number;
    readonly frequencyHz: number;
    readonly dataRate: number;
    /** Signed entropy of the minute: the device derives the rest from it and need not believe this answer. */
    readonly entropy: Base64;
  } | null;
}

export interface EntropyAnswer {
  readonly entropy: Base64;
}

export interface LogHeadAnswer {
  readonly head: Base64;
}

export interface LogSegmentsAnswer {
  readonly segments: readonly {
    readonly number: number;
    readonly firstReceiveMs: number;
    readonly lastReceiveMs: number;
    readonly uploads: number;
    readonly bytes: number;
    readonly sha256: Hex;
    /** Where its bytes are: an address of this server or of another one. */
    readonly href: string;
  }[];
  /** `from` of the next page; null at the end of what is published. */
  readonly next: number | null;
}

export interface ParametersAnswer {
  /** SHA-256 of the canonical JSON of `parameters`. */
  readonly parameterHash: Hex;
  readonly effectiveEpoch: number;
  readonly parameters: unknown;
}

/** An inclusive range of DevAddr, as numbers. */
export interface DevAddrRange {
  readonly first: number;
  readonly last: number;
}

/** Where a hotspot delivers packets of a customer, and which. */
export interface Route {
  readonly routeId: number;
  readonly server: {
    readonly host: string;
    readonly port: number;
    /** PEM of the authority that signed the server's certificate; null for the system's authorities. */
    readonly certificateAuthority: string | null;
  };
  /** Broker credentials of this hotspot alone; their rules admit only its gatewayId. */
  readonly credentials: { readonly username: string; readonly password: string };
  readonly topicPrefix: string;
  readonly devAddrRanges: readonly DevAddrRange[];
  /** JoinEUIs whose join requests are delivered, 16 hex digits each. */
  readonly joinEuis: readonly Hex[];
  /** Copies of a packet the customer pays for. */
  readonly maxCopies: number;
}

/** What the oracle signs: the list for one hotspot, useless after `validUntilMs`. */
export interface RouteList {
  readonly hotspot: KeyText;
  readonly network: number;
  readonly issuedMs: number;
  readonly validUntilMs: number;
  readonly routes: readonly Route[];
}

/** The signature is over "earshot-routes" || SHA-256 of the canonical JSON of `list`. */
export interface RoutesAnswer {
  readonly list: RouteList;
  readonly signer: KeyText;
  readonly signature: Base64;
}

/** Body of every answer that is not 2xx. */
export interface ApiError {
  readonly code: ApiErrorCode;
  /** What was expected and what came, for a person. */
  readonly expected: string | number;
  readonly got: string | number;
  /** With `overloaded` and what is unavailable: do not try again sooner. */
  readonly retryAfterMs?: number;
}

export interface ApiErrorRule {
  readonly status: number;
  /** True if the same request may succeed later; an upload refused without it is never sent again. */
  readonly retryable: boolean;
}

export type ApiErrorCode =
  | UploadRefusalCode
  | "wrong_predecessor"
  | "chain_fork"
  | "not_registered"
  | "not_found"
  | "not_yet_known"
  | "bad_request"
  | "not_permitted"
  | "stale_revision"
  | "route_overlap"
  | "limit_reached"
  | "overloaded"
  | "log_unavailable"
  | "chain_unavailable";

export const API_ERRORS: Readonly<Record<ApiErrorCode, ApiErrorRule>> = {
  truncated: { status: 400, retryable: false },
  oversized: { status: 413, retryable: false },
  trailing_bytes: { status: 400, retryable: false },
  bad_magic: { status: 400, retryable: false },
  bad_version: { status: 400, retryable: false },
  bad_flags: { status: 400, retryable: false },
  bad_counts: { status: 400, retryable: false },
  bad_sequence: { status: 400, retryable: false },
  bad_key: { status: 400, retryable: false },
  wrong_network: { status: 400, retryable: false },
  non_canonical: { status: 400, retryable: false },
  bad_signature: { status: 401, retryable: false },
  unknown_key: { status: 403, retryable: true },
  not_registered: { status: 403, retryable: true },
  not_found: { status: 404, retryable: false },
  not_yet_known: { status: 404, retryable: true },
  bad_request: { status: 400, retryable: false },
  wrong_predecessor: { status: 409, retryable: false },
  chain_fork: { status: 409, retryable: false },
  not_permitted: { status: 403, retryable: false },
  stale_revision: { status: 409, retryable: false },
  route_overlap: { status: 409, retryable: false },
  limit_reached: { status: 409, retryable: false },
  overloaded: { status: 429, retryable: true },
  log_unavailable: { status: 503, retryable: true },
  chain_unavailable: { status: 503, retryable: true },
};
