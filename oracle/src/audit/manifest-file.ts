/** What an auditor reads of a manifest that nobody has compared yet: its form first, since it may be anybody's bytes. */
import type { EpochManifest } from "@earshot/poc";

/** The manifest that bytes hold, as far as table hashes and refused uploads are read from it; undefined where they hold none. */
export function manifestOf(bytes: Uint8Array): EpochManifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  const { tables, uploads = { refused: {} } } = fieldsOf(value);
  const hasForm =
    isObject(tables) &&
    Object.values(tables).every((table) => isObject(fieldsOf(table).columns)) &&
    isObject(fieldsOf(uploads).refused);
  return hasForm ? (value as EpochManifest) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
