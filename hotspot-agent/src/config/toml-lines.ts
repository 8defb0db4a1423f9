/**
 * Says on which line of a TOML text a key stands, since the parser does not keep positions.
 *
 * Knows what a configuration of this agent contains: tables, arrays of tables, bare and quoted keys, dotted keys, inline
 * tables and multi-line strings as values (which it steps over). It never judges: the text has already been parsed.
 */

/** Lines (from 1) by key path; the parts of a path are joined by dots, elements of arrays of tables count from 0. */
export function tomlLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const tableCounts = new Map<string, number>();
  let table: readonly string[] = [];
  let closing: string | undefined;
  let depth = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (closing !== undefined) {
      if (line.includes(closing)) closing = undefined;
      continue;
    }
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    if (depth > 0) {
      depth += bracketBalance(content);
      continue;
    }
    const header = /^\[(\[?)\s*(.+?)\s*\]\]?\s*(#.*)?$/.exec(content);
    if (header !== null) {
      table = tablePath(keyParts(header[2]!), header[1] === "[", tableCounts);
      lines.set(table.join("."), index + 1);
      continue;
    }
    const equals = indexOfEquals(content);
    if (equals < 0) continue;
    lines.set([...table, ...keyParts(content.slice(0, equals))].join("."), index + 1);
    const value = content.slice(equals + 1).trim();
    closing = openMultiLine(value);
    if (closing === undefined) depth = bracketBalance(value);
  }
  return lines;
}

/** The line of the longest known part of a key path, or undefined if not even its table is in the text. */
export function lineOf(lines: ReadonlyMap<string, number>, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(path.slice(0, length).join("."));
    if (line !== undefined) return line;
  }
  return undefined;
}

/** The path of a header, with the number of each array of tables it lies in. */
function tablePath(parts: readonly string[], isArray: boolean, counts: Map<string, number>): readonly string[] {
  const path: string[] = [];
  for (const [i, part] of parts.entries()) {
    path.push(part);
    const name = path.join(".");
    if (isArray && i === parts.length - 1) counts.set(name, (counts.get(name) ?? -1) + 1);
    const count = counts.get(name);
    if (count !== undefined) path.push(String(count));
  }
  return path;
}

/** The parts of a dotted key, quotes taken off. */
function keyParts(key: string): readonly string[] {
  return (key.match(/"[^"]*"|'[^']*'|[^.\s]+/g) ?? []).map((part) => part.replace(/^(["'])(.*)\1$/, "$2"));
}

/** Where the `=` between key and value is: the first outside quotes; -1 without one. */
function indexOfEquals(line: string): number {
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "=") return i;
  }
  return -1;
}

/** The delimiter that must close a multi-line string which this value opens, if it opens one. */
function openMultiLine(value: string): string | undefined {
  const delimiter = ['"""', "'''"].find((candidate) => value.startsWith(candidate));
  return delimiter !== undefined && !value.slice(3).includes(delimiter) ? delimiter : undefined;
}

/** Opened minus closed brackets outside strings and comments: above 0 means the value goes on in the next line. */
function bracketBalance(value: string): number {
  const bare = value.replace(/"(\\.|[^"\\])*"|'[^']*'/g, "").replace(/#.*$/, "");
  let balance = 0;
  for (const character of bare) {
    if (character === "[" || character === "{") balance++;
    else if (character === "]" || character === "}") balance--;
  }
  return balance;
}
