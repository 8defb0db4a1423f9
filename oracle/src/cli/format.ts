/** How numbers and tables are written for people. Machines get JSON with the integers themselves. */

/** But for tabs and the ends of lines. */
const CONTROL_CHARACTERS = /(?![\t\n]|\r\n)\p{Cc}/gu;

/** A count with thousands separated. */
export function count(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** An integer in 1e-`decimals` as a decimal number, all decimals written. */
export function fixedPoint(value: number | bigint, decimals: number): string {
  const digits = BigInt(value)
    .toString()
    .padStart(decimals + 1, "0");
  return `${count(BigInt(digits.slice(0, -decimals)))}.${digits.slice(-decimals)}`;
}

/** Base units as tokens. */
export function tokens(atoms: bigint, atomsPerToken: bigint): string {
  return fixedPoint(atoms, atomsPerToken.toString().length - 1);
}

/** A part of a whole in per cent with one decimal; a dash where there is no whole. */
export function percent(part: number | bigint, all: number | bigint): string {
  return Number(all) === 0 ? "–" : `${((100 * Number(part)) / Number(all)).toFixed(1)} %`;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Text as a terminal may show it: names and answers of others may hold what would move its cursor or name its window. */
export function printable(text: string): string {
  return text.replace(CONTROL_CHARACTERS, "\ufffd");
}

/** Rows as aligned columns; `right` names the columns whose cells stand to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = [], indent = "  "): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join("  ");
  return rows.map((row) => `${indent}${line(row).trimEnd()}\n`).join("");
}

/** JSON in which bigints are decimal strings and byte arrays hexadecimal ones, on one line. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return part.toString();
    return part instanceof Uint8Array ? Buffer.from(part).toString("hex") : part;
  })}\n`;
}
