/**
 * The one error class of the project and geo's catalogue of codes.
 *
 * A broken contract throws a `CodedError`. A bad report never does: it gets a verdict. Codes are stable, never reused, and
 * the table in docs/reference/errors.md is generated from the catalogues.
 */

/** What a code means and what the caller can do; one line each, shown in docs/reference/errors.md. */
export type ErrorCatalogue = Readonly<Record<string, string>>;

export interface CodedErrorOptions {
  readonly cause?: unknown;
  /** True only where the outside world failed and the same call may succeed later. */
  readonly retryable?: boolean;
}

/** An error with a stable code; `message` is `CODE: detail`. */
export class CodedError extends Error {
  override readonly name = "CodedError";
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, detail: string, options: CodedErrorOptions = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

export const geoErrors = {
  GEO_BAD_CELL: "The value is not an H3 cell index (mode, resolution, base cell or digits are wrong).",
  GEO_BAD_RESOLUTION: "The resolution is not an integer from 0 to 15, or is finer than the cell's own.",
  GEO_BAD_COORDINATE: "Latitude or longitude is not a finite number in range.",
  GEO_TOO_MANY_CELLS: "More cells than a 32-bit dense id can name.",
  GEO_BAD_INDEX: "Bytes are not a cell index as it is serialised: damaged, cut short, or of another version.",
  GEO_BAD_LENGTH: "Two parallel columns differ in length.",
} as const satisfies ErrorCatalogue;

export type GeoErrorCode = keyof typeof geoErrors;

/** Builds (does not throw) a geo error; `detail` says what was expected and what was given. */
export function geoError(code: GeoErrorCode, detail: string, options?: CodedErrorOptions): CodedError {
  return new CodedError(code, detail, options);
}
