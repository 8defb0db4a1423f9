/** docs/reference/spoofing.md: text by hand, tables between marks that name the command that wrote them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const spoofingPage = join(import.meta.dirname, "../../../docs/reference/spoofing.md");

/** Replaces what stands between the marks of a command. Throws when the page lacks them. */
export function replaceSection(command: string, text: string, path: string = spoofingPage): void {
  const page = readFileSync(path, "utf8");
  const from = `<!-- begin: ${command} --write -->\n`;
  const to = `<!-- end: ${command} -->`;
  const start = page.indexOf(from);
  const end = page.indexOf(to);
  if (start < 0 || end < start) throw new Error(`${path}: lacks the marks of ${command}`);
  writeFileSync(path, `${page.slice(0, start)}${from}\n${text}\n${page.slice(end)}`);
}
