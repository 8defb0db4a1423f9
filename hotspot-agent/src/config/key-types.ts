/** Kinds of keys in the configuration of an agent: what each may hold, and what an error says was expected. */
import Type, { type TSchema } from "typebox";
import { DURATION_PATTERN, ENDPOINT_PATTERN, EUI_PATTERN, POSITIVE_DURATION_PATTERN, SIZE_PATTERN } from "./values.ts";

/** Our additions to JSON Schema: what an error says was expected, and whether a key can be left out of the printed file. */
export interface Notes {
  readonly description: string;
  readonly expected?: string;
}

export const duration = (fallback: string, description: string) =>
  Type.String({
    pattern: DURATION_PATTERN,
    default: fallback,
    description,
    expected: 'a duration such as "5 s" or "10 min"',
  });
/** A duration that is more than nothing: a pause, a limit or an interval of 0 would stop or flood something. */
export const positiveDuration = (fallback: string, description: string) => ({
  ...duration(fallback, description),
  pattern: POSITIVE_DURATION_PATTERN,
  expected: 'a duration above 0 such as "5 s" or "10 min"',
});
export const size = (fallback: string, description: string) =>
  Type.String({ pattern: SIZE_PATTERN, default: fallback, description, expected: 'a size such as "512 MiB"' });
export const endpoint = (fallback: string, description: string) =>
  Type.String({
    pattern: ENDPOINT_PATTERN,
    default: fallback,
    description,
    expected: 'HOST:PORT such as "127.0.0.1:1680"',
  });
export const path = (notes: Notes) => Type.String({ minLength: 1, ...notes, expected: "a path" });
export const flag = (fallback: boolean, description: string) =>
  Type.Boolean({ default: fallback, description, expected: "true or false" });
export const oneOf = <const T extends readonly string[]>(values: T, notes: Notes & { readonly default?: T[number] }) =>
  Type.Unsafe<T[number]>({
    enum: values,
    ...notes,
    expected: values.map((value) => JSON.stringify(value)).join(" or "),
  });
export const list = <T extends TSchema>(items: T, notes: Notes) => Type.Array(items, { default: [], ...notes });
export const table = <T extends Record<string, TSchema>>(properties: T, notes: Notes) =>
  Type.Object(properties, { additionalProperties: false, default: {}, ...notes });

export const euis = (description: string) =>
  list(Type.String({ pattern: EUI_PATTERN, expected: "16 hex digits" }), { description, expected: "a list of EUIs" });
export const prefixes = (pattern: string, example: string, description: string) =>
  list(Type.String({ pattern, expected: `a prefix such as "${example}"` }), {
    description,
    expected: `a list of prefixes such as ["${example}"]`,
  });
