/** What differs between two rule sets, value by value, by the path that docs/reference/parameters.md names it by. */

export interface ParameterChange {
  /** Such as `density.limits[3].target`. */
  readonly path: string;
  /** As JSON; null where there was none. */
  readonly from: string | null;
  readonly to: string | null;
}

/** Changes in the order of the first value's members, new members last. */
export function parameterChanges(from: unknown, to: unknown, path = ""): ParameterChange[] {
  if (isTree(from) && isTree(to) && Array.isArray(from) === Array.isArray(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return names.flatMap((name) => parameterChanges(from[name], to[name], joined(path, name, Array.isArray(from))));
  }
  const [before, after] = [textOf(from), textOf(to)];
  return before === after ? [] : [{ path, from: before, to: after }];
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function joined(path: string, name: string, isList: boolean): string {
  if (isList) return `${path}[${name}]`;
  return path === "" ? name : `${path}.${name}`;
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
