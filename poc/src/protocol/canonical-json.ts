/**
 * JSON with one form per value (RFC 8785): what parameter hashes, manifests and route lists are computed over.
 *
 * Members are sorted by their names' UTF-16 code units, there is no white space, numbers are written as ECMAScript writes a
 * double, strings are escaped as JSON.stringify escapes them. Only what JSON can say is taken: NaN, infinities, undefined,
 * bigint, symbols, functions, lone surrogates, holes, objects with a prototype of their own (dates, typed arrays) and cycles
 * are refused with POC_BAD_ENCODING rather than dropped or converted.
 */
import { pocError } from "../errors.ts";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Deeper nesting is a cycle or an attack. */
const MAX_DEPTH = 64;

/** The canonical text of a value; its UTF-8 bytes are what is hashed. Throws POC_BAD_ENCODING. */
export function canonicalJson(value: unknown): string {
  return serialise(value, "$", 0);
}

/** The UTF-8 bytes of the canonical text. Throws POC_BAD_ENCODING. */
export function canonicalJsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

function serialise(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw pocError("POC_BAD_ENCODING", `${path}: nested more than ${MAX_DEPTH} deep`);
  switch (typeof value) {
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) throw pocError("POC_BAD_ENCODING", `${path}: ${value} is not JSON`);
      return JSON.stringify(value);
    case "string":
      return quote(value, path);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? serialiseArray(value, path, depth) : serialiseObject(value, path, depth);
    default:
      throw pocError("POC_BAD_ENCODING", `${path}: ${typeof value} is not JSON`);
  }
}

function serialiseArray(values: readonly unknown[], path: string, depth: number): string {
  const parts: string[] = [];
  // By index and not by iterator methods, which would skip a hole instead of refusing it.
  for (let i = 0; i < values.length; i++) parts.push(serialise(values[i], `${path}[${i}]`, depth + 1));
  return `[${parts.join(",")}]`;
}

function serialiseObject(value: object, path: string, depth: number): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw pocError("POC_BAD_ENCODING", `${path}: ${value.constructor?.name ?? "object"} is not a plain object`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw pocError("POC_BAD_ENCODING", `${path}: a member named by a symbol`);
  }
  // The default sort of strings is by UTF-16 code unit, which is what RFC 8785, 3.2.3 asks for.
  const members = Object.keys(value)
    .sort()
    .map((name) => {
      const member = (value as Record<string, unknown>)[name];
      return `${quote(name, path)}:${serialise(member, `${path}.${name}`, depth + 1)}`;
    });
  return `{${members.join(",")}}`;
}

function quote(text: string, path: string): string {
  if (!text.isWellFormed()) throw pocError("POC_BAD_ENCODING", `${path}: a surrogate without its pair`);
  return JSON.stringify(text);
}
