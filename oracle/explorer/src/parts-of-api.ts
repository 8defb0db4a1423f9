/** Which parts of the API this oracle has: one that shows epochs from disk has no chain, no bills and no routes. */
import { type AnswerWithRetry, lastValue, useAnswer } from "./use-answer.ts";

export interface ApiParts {
  readonly chain: boolean;
  readonly contests: boolean;
  readonly invoices: boolean;
  readonly organisations: boolean;
  readonly proposals: boolean;
  readonly routes: boolean;
}

export function useParts(): AnswerWithRetry<ApiParts> {
  return useAnswer<ApiParts>("/explorer/parts.json");
}

/** Whether a part is there; undefined until that is known. */
export function useHas(part: keyof ApiParts): boolean | undefined {
  return lastValue(useParts())?.[part];
}
