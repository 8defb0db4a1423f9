/**
 * Shapes of JSON values: what is read from a file is checked against one before it is used as a type.
 *
 * A shape says in words what it expected where a value does not fit, beginning with the path of the value (`time.epochMs`).
 */

/** Checks a value and says what was expected where it is not, or undefined. */
export type Shape = (value: unknown, path: string) => string | undefined;

/** A whole number in a range, both ends included. */
export function integer(minimum: number, maximum: number): Shape {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : `${path}: expected an integer from ${minimum} to ${maximum}, got ${shown(value)}`;
}

/** One of a few values. */
export function oneOf(...values: readonly unknown[]): Shape {
  return (value, path) =>
    values.includes(value) ? undefined : `${path}: expected ${values.map(shown).join(" or ")}, got ${shown(value)}`;
}

/** A text that fits a pattern; `what` says which texts do. */
export function text(pattern: RegExp, what: string): Shape {
  return (value, path) =>
    typeof value === "string" && pattern.test(value) ? undefined : `${path}: expected ${what}, got ${shown(value)}`;
}

/** One of several objects, told apart by their field `kind`. */
export function byKind(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return `${path}: expected an object, got ${shown(value)}`;
    }
    const { kind } = value as { readonly kind?: unknown };
    return oneOf(...Object.keys(shapes))(kind, `${path}.kind`) ?? shapes[kind as string](value, path);
  };
}

/** A shape, and then how its fields must fit together: what is wrong, or undefined. */
export function fitting(shape: Shape, flawOf: (value: never) => string | undefined): Shape {
  return (value, path) => {
    const flaw = shape(value, path) ?? flawOf(value as never);
    return flaw === undefined || flaw.startsWith(path) ? flaw : `${path}: ${flaw}`;
  };
}

/** What a shape takes, or null. */
export function orNull(shape: Shape): Shape {
  return (value, path) => (value === null ? undefined : shape(value, path));
}

/** A list with as many entries as given, each of a shape. */
export function list(shape: Shape, minimum: number, maximum: number): Shape {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < minimum || value.length > maximum) {
      return `${path}: expected a list of ${minimum} to ${maximum}, got ${shown(value)}`;
    }
    return firstFlaw(value.map((entry, index) => () => shape(entry, `${path}[${index}]`)));
  };
}

/** A list of objects of which no two have the same value in a field. */
export function distinct(field: string, shape: Shape): Shape {
  return (value, path) => {
    const flaw = shape(value, path);
    if (flaw !== undefined) return flaw;
    const names = (value as readonly Readonly<Record<string, unknown>>[]).map((entry) => entry[field]);
    const again = names.find((name, index) => names.indexOf(name) !== index);
    return again === undefined ? undefined : `${path}: ${shown(again)} is named twice`;
  };
}

/** An object with exactly these fields; those in `optional` may be absent. */
export function object(fields: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return `${path}: expected an object, got ${shown(value)}`;
    }
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name) && !Object.hasOwn(optional, name));
    if (unknown !== undefined) return `${path}.${unknown}: unknown field`;
    const byName = value as Readonly<Record<string, unknown>>;
    const present = Object.entries(optional).filter(([name]) => Object.hasOwn(value, name));
    return firstFlaw(
      [...Object.entries(fields), ...present].map(
        ([name, shape]) =>
          () =>
            shape(byName[name], path === "" ? name : `${path}.${name}`),
      ),
    );
  };
}

/** An object of any names, checked by a shape of their own. */
export function record(name: Shape, shape: Shape): Shape {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return `${path}: expected an object, got ${shown(value)}`;
    }
    return firstFlaw(
      Object.entries(value).map(
        ([key, entry]) =>
          () =>
            name(key, `${path}: name`) ?? shape(entry, `${path}.${key}`),
      ),
    );
  };
}

function firstFlaw(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const flaw = check();
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  try {
    return JSON.stringify(value)?.slice(0, 60) ?? String(value);
  } catch {
    // JSON.parse follows any depth, JSON.stringify does not.
    return "a value nested too deep to be shown";
  }
}
