/**
 * From a template with fragments to the template that is sent: lists and rows become one placeholder per value.
 *
 * Our own, because Bun's helper takes a list of keys for a list of columns, and since a statement's first word says whether it
 * reads. Text never comes from values.
 */
import { oracleError } from "../errors.ts";
import type { SqlFragment, SqlScalar, SqlValue } from "../ports/store.ts";

/** Most values of one statement: below the 32,766 of SQLite and the 65,535 of PostgreSQL. */
export const MAX_VALUES = 30_000;
const COLUMN = /^[a-z][a-z0-9_]*$/;

interface Pieces extends SqlFragment {
  readonly fragment: { readonly strings: readonly string[]; readonly values: readonly SqlScalar[] };
}

export interface ExpandedSql {
  readonly strings: TemplateStringsArray;
  readonly values: readonly SqlScalar[];
  /** Begins with SELECT. */
  readonly isRead: boolean;
}

/** `(a, b) VALUES (…), (…)`. Throws ORC_BAD_SCHEMA for no rows, different fields or too many values. */
export function rowsFragment(rows: readonly Readonly<Record<string, SqlScalar>>[]): Pieces {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) throw oracleError("ORC_BAD_SCHEMA", "expected at least one row with a column");
  for (const column of columns) if (!COLUMN.test(column)) throw oracleError("ORC_BAD_SCHEMA", `column "${column}"`);
  const values: SqlScalar[] = [];
  const strings: string[] = [];
  for (const row of rows) {
    for (const [at, column] of columns.entries()) {
      const value = row[column];
      if (value === undefined) throw oracleError("ORC_BAD_SCHEMA", `a row without "${column}"`);
      strings.push(strings.length === 0 ? `(${columns.join(", ")}) VALUES (` : at === 0 ? "), (" : ", ");
      values.push(value);
    }
  }
  strings.push(")");
  checkCount(values.length);
  return { fragment: { strings, values } };
}

/** `(…, …)`. Throws ORC_BAD_SCHEMA for no values or too many. */
export function listFragment(values: readonly SqlScalar[]): Pieces {
  if (values.length === 0) throw oracleError("ORC_BAD_SCHEMA", "expected at least one value in a list");
  checkCount(values.length);
  const strings = ["(", ...Array<string>(values.length - 1).fill(", "), ")"];
  return { fragment: { strings, values } };
}

/** The statement with its fragments expanded. */
export function expandSql(strings: readonly string[], values: readonly SqlValue[]): ExpandedSql {
  const texts: string[] = [strings[0] ?? ""];
  const scalars: SqlScalar[] = [];
  for (const [at, value] of values.entries()) {
    const after = strings[at + 1] ?? "";
    if (isFragment(value)) {
      const inner = value.fragment;
      texts[texts.length - 1] += inner.strings[0];
      texts.push(...inner.strings.slice(1, -1), `${inner.strings.at(-1)}${after}`);
      scalars.push(...inner.values);
    } else {
      texts.push(after);
      scalars.push(value as SqlScalar);
    }
  }
  const template = Object.defineProperty(texts, "raw", { value: texts }) as unknown as TemplateStringsArray;
  return { strings: template, values: scalars, isRead: /^\s*SELECT\b/i.test(texts[0]!) };
}

function isFragment(value: SqlValue): value is Pieces {
  return typeof value === "object" && value !== null && "fragment" in value;
}

function checkCount(values: number): void {
  if (values > MAX_VALUES)
    throw oracleError("ORC_BAD_SCHEMA", `${values} values in a statement, at most ${MAX_VALUES}`);
}
