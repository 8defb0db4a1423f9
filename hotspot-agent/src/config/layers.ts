/**
 * Puts the configuration together: file, then environment (`AGENT__FORWARDER__LISTEN`), then flags (`forwarder.listen=…`).
 *
 * Reads nothing itself: text and variables are arguments. A value from environment or flags is read as what the schema wants
 * at that key: text as it stands, everything else as TOML. Problems of these layers name the variable or flag.
 */
import type { SchemaNode } from "./schema-walk.ts";
import { nodeAt } from "./schema-walk.ts";

const ENVIRONMENT_PREFIX = "AGENT__";

export interface Override {
  readonly path: readonly string[];
  readonly text: string;
  /** How a person finds it: the variable's name or the flag. */
  readonly source: string;
}

/** The overrides in an environment, in the order of their names. */
export function environmentOverrides(environment: Readonly<Record<string, string | undefined>>): readonly Override[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(ENVIRONMENT_PREFIX))
    .sort()
    .map((name) => ({
      path: name.slice(ENVIRONMENT_PREFIX.length).toLowerCase().split("__"),
      text: environment[name] ?? "",
      source: name,
    }));
}

/** The override of a flag `--set KEY=VALUE`, or undefined without an `=`. */
export function flagOverride(flag: string): Override | undefined {
  const equals = flag.indexOf("=");
  if (equals <= 0) return undefined;
  const key = flag.slice(0, equals).trim();
  return { path: key.split("."), text: flag.slice(equals + 1).trim(), source: `--set ${key}` };
}

/** Writes an override into `config`, making the tables and list elements on its way. False if a value is in the way. */
export function applyOverride(config: Record<string, unknown>, { path, text }: Override): boolean {
  let place = config as Record<string, unknown> | unknown[];
  for (const [i, part] of path.slice(0, -1).entries()) {
    const next = readMember(place, part);
    const made = next ?? (nodeAt(path.slice(0, i + 1))?.type === "array" ? [] : {});
    if (typeof made !== "object") return false;
    if (next === undefined && !writeMember(place, part, made)) return false;
    place = made as Record<string, unknown> | unknown[];
  }
  return writeMember(place, path.at(-1)!, readValue(text, nodeAt(path)));
}

function readValue(text: string, node: SchemaNode | undefined): unknown {
  if (node === undefined || node.type === "string" || node.enum !== undefined) return text;
  try {
    return (Bun.TOML.parse(`value = ${text}`) as { readonly value?: unknown }).value;
  } catch {
    return text;
  }
}

function readMember(place: Record<string, unknown> | unknown[], part: string): unknown {
  return Array.isArray(place) ? place[Number(part)] : Object.hasOwn(place, part) ? place[part] : undefined;
}

/** False for an element of a list that would leave a gap. */
function writeMember(place: Record<string, unknown> | unknown[], part: string, value: unknown): boolean {
  if (!Array.isArray(place)) {
    place[part] = value;
    return part !== "__proto__";
  }
  const index = /^[0-9]{1,4}$/.test(part) ? Number(part) : place.length + 1;
  if (index > place.length) return false;
  place[index] = value;
  return true;
}
