/** The catalogue of codes that `poc` throws; see geo/src/errors.ts for the rule of what is an error and what a verdict. */
import { CodedError, type CodedErrorOptions, type ErrorCatalogue } from "@earshot/geo/errors";

export const pocErrors = {
  POC_BAD_LENGTH: "A byte array or column has another length than its format says.",
  POC_BAD_ENCODING: "Bytes do not follow the canonical encoding of their format.",
  POC_BAD_KEY: "A device key has an unknown tag, is not a point of its curve, or has small order.",
  POC_BAD_SIGNATURE: "A signature is not canonical or does not verify.",
  POC_BAD_PARAMETERS: "A network parameter is missing, of the wrong type, or out of its range.",
  POC_BAD_REGION: "The region is unknown or has no channel that can carry a beacon.",
  POC_BAD_COLUMNS: "A table lacks a column, or its columns differ in type or length.",
  POC_BAD_AMOUNT: "An amount is negative or does not fit its integer width.",
  POC_BAD_FRAME: "A LoRaWAN frame is shorter or longer than its type allows.",
  POC_INVARIANT: "An invariant of the engine does not hold; the result must not be used.",
} as const satisfies ErrorCatalogue;

export type PocErrorCode = keyof typeof pocErrors;

/** Builds (does not throw) a poc error; `detail` says what was expected and what was given. */
export function pocError(code: PocErrorCode, detail: string, options?: CodedErrorOptions): CodedError {
  return new CodedError(code, detail, options);
}
