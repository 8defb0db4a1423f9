/** One thing an audit found wrong: where, and what was expected there. */

export interface Finding {
  /** Path of the file. */
  readonly file: string;
  /** Column of a table, or path inside a JSON file. */
  readonly column?: string;
  /** First row that differs, as it lies in the file. */
  readonly row?: number;
  /** Rows that differ in any column. */
  readonly rows?: number;
  readonly expected?: string;
  readonly found?: string;
  /** What is wrong, in words. */
  readonly what: string;
}

/** The finding as one line. */
export function findingText({ file, column, row, rows, expected, found, what }: Finding): string {
  const place = [file, column, row === undefined ? undefined : `row ${row}`].filter((part) => part !== undefined);
  const values = expected === undefined ? "" : ` (expected ${expected}, found ${found})`;
  const others = rows === undefined || rows < 2 ? "" : `; ${rows} rows differ`;
  return `${place.join(": ")}: ${what}${values}${others}`;
}
