/** Tables of this bench, in Markdown. */

/** A level or loss of 0.1 dB in dB. */
export function db(ddb: number): string {
  return (ddb / 10).toFixed(1);
}

export function table(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [`**${title}**`, "", line(header), line(header.map(() => "---")), ...rows.map(line), ""].join("\n");
}
