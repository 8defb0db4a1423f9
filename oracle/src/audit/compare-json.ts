/** Where two JSON values first differ, by path. */

export interface JsonDifference {
  /** `summary.beacons`; empty for the whole value. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** The first difference in the order of the expected members, or undefined. */
export function compareJson(expected: unknown, found: unknown, path = ""): JsonDifference | undefined {
  if (isObject(expected) && isObject(found)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const difference = compareJson(expected[name], found[name], path === "" ? name : `${path}.${name}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  const want = textOf(expected);
  const have = textOf(found);
  return want === have ? undefined : { path, expected: want, found: have };
}

/** What is found comes from outside and may be nested deeper than JSON.stringify can follow. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "nothing";
  } catch {
    return "a value nested too deep to be shown";
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
