/**
 * Asks the oracle this page came from. An answer is kept with its ETag, so that asking again costs a 304, and what was seen last can
 * still be shown when the oracle does not answer.
 */

export interface Kept {
  readonly body: unknown;
  readonly tag: string | null;
  /** When it was last known to hold, Unix ms. */
  readonly atMs: number;
}

/** The oracle refused, or nothing answered (`status` 0). */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly status: number;
  readonly code: string;
  readonly expected: string;

  constructor(status: number, code: string, expected: string) {
    super(`${code}: expected ${expected}`);
    this.status = status;
    this.code = code;
    this.expected = expected;
  }
}

/** The oracle's clock less this one, ms, as its last answer had it. */
let clockDifferenceMs = 0;

/** The oracle's time as far as it is known, Unix ms: signed requests are good for a minute of it. */
export function oracleNowMs(): number {
  return Date.now() + clockDifferenceMs;
}

const MOST_KEPT = 200;
const kept = new Map<string, Kept>();

/** What was answered last, or undefined. */
export function lastAnswer(path: string): Kept | undefined {
  return kept.get(path);
}

/** The answer of a path such as `/v1/epochs`. Throws ApiFailure. */
export async function ask<T>(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  stop?: AbortSignal,
): Promise<T> {
  const isPrivate = Object.keys(headers).length > 0;
  const known = isPrivate ? undefined : kept.get(path);
  const conditional: Record<string, string> = known?.tag ? { "if-none-match": known.tag } : {};
  const answer = await fetch(path, {
    headers: { ...conditional, ...headers },
    cache: "no-store",
    ...(stop ? { signal: stop } : {}),
  }).catch((cause: Error) => {
    if (cause.name === "AbortError") throw cause;
    throw new ApiFailure(0, "no_answer", "an answer of the oracle");
  });
  noteClock(answer.headers);
  if (answer.status === 304 && known !== undefined) {
    kept.set(path, { ...known, atMs: Date.now() });
    return known.body as T;
  }
  const body = await bodyOf(answer, stop);
  if (!isPrivate) keep(path, { body, tag: answer.headers.get("etag"), atMs: Date.now() });
  return body as T;
}

/** Reads the oracle's time off an answer, which a cache on the way may have kept for as long as it says (RFC 9111, 5.1). */
function noteClock(headers: Headers): void {
  const ageMs = 1000 * (Number(headers.get("age")) || 0);
  const differenceMs = Date.parse(headers.get("date") ?? "") + ageMs - Date.now();
  if (Number.isNaN(differenceMs)) return;
  // The headers have whole seconds: nearer than that there is no difference.
  clockDifferenceMs = Math.abs(differenceMs) > 2000 ? differenceMs : 0;
}

/** The JSON of an answer. Throws ApiFailure where it is none or an error of the API, and what aborting throws. */
async function bodyOf(answer: Response, stop?: AbortSignal): Promise<unknown> {
  const body: unknown = await answer.json().catch(() => undefined);
  stop?.throwIfAborted();
  const { code, expected } = (body ?? {}) as { code?: string; expected?: unknown };
  if (!answer.ok || body === undefined) {
    throw new ApiFailure(answer.status, code ?? "no_answer", String(expected ?? "an answer in JSON"));
  }
  return body;
}

function keep(path: string, answer: Kept): void {
  kept.delete(path);
  kept.set(path, answer);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
}
