/** A route's file as a customer writes it, TOML or JSON. */
import { readWhole } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";

/**
 * What a file holds, to be checked by whoever uses it; TOML has no null, so a broker without an authority of its own names none. Throws
 * ORC_BAD_OPTION for what is no table, and what reading throws.
 */
export function routeFile(path: string): Record<string, unknown> {
  const text = new TextDecoder().decode(readWhole(path, "expected a route in TOML, or JSON where it ends in .json"));
  let value: unknown;
  try {
    value = path.endsWith(".json") ? JSON.parse(text) : Bun.TOML.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw oracleError("ORC_BAD_OPTION", `${path}: expected a route in TOML, or JSON where it ends in .json: ${why}`, {
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw oracleError("ORC_BAD_OPTION", `${path}: expected a table of a route's keys`);
  }
  const route = value as Record<string, unknown>;
  const { server } = route;
  if (typeof server !== "object" || server === null) return route;
  return { ...route, server: { certificateAuthority: null, ...server } };
}
