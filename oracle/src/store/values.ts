/** What the databases give back, as the values the oracle works with: SQLite answers numbers where PostgreSQL answers digits. */
import { oracleError } from "../errors.ts";

/** An INT64 column up to 2^53. Throws ORC_BAD_SCHEMA for anything else. */
export function readInteger(value: unknown): number {
  const number = typeof value === "number" ? value : Number(value);
  if (value === null || !Number.isSafeInteger(number)) throw unexpected("a whole number below 2^53", value);
  return number;
}

/** An amount selected as `CAST(x AS TEXT)`. Throws ORC_BAD_SCHEMA. */
export function readAmount(value: unknown): bigint {
  if (typeof value !== "string" || !/^-?[0-9]+$/.test(value)) throw unexpected("digits", value);
  return BigInt(value);
}

/** A BYTES column. Throws ORC_BAD_SCHEMA. */
export function readBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw unexpected("bytes", value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** A TEXT column. Throws ORC_BAD_SCHEMA. */
export function readText(value: unknown): string {
  if (typeof value !== "string") throw unexpected("text", value);
  return value;
}

/** A column that may be NULL, with the reader for what is not. */
export function readNullable<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null ? null : read(value);
}

function unexpected(expected: string, value: unknown): Error {
  return oracleError(
    "ORC_BAD_SCHEMA",
    `expected ${expected} in a column, got ${value === null ? "NULL" : typeof value}`,
  );
}
