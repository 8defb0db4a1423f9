/** docs/reference/epoch-format.md from the table definitions. */
import { inputTables, outputTables, type TableDefinition } from "../../poc/src/epoch/tables.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

export function epochFormat(): string {
  const lines = [
    "# Epoch folder",
    "",
    GENERATED_NOTE,
    "",
    "An epoch on disk is a folder. `uploads/` holds the raw log in segments, `epoch.json` the header, `parameters.json` the rules; tables are",
    "uncompressed Arrow IPC files named after the table. `oracle score` makes the second group from the first, `oracle audit` starts from the raw",
    "uploads. `manifest.json` (RFC 8785) holds SHA-256 of every column: its values in the table's order, little-endian, never the Arrow container.",
    "",
  ];
  lines.push("## Input", "");
  for (const table of inputTables) lines.push(...tableLines(table));
  lines.push("## Output", "");
  for (const table of outputTables) lines.push(...tableLines(table));
  return `${lines.join("\n").trimEnd()}\n`;
}

function tableLines(table: TableDefinition): string[] {
  return [
    `### ${table.name}.arrow`,
    "",
    `Order: ${table.order}.`,
    "",
    "| column | type | meaning |",
    "|---|---|---|",
    ...table.columns.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`),
    "",
  ];
}
