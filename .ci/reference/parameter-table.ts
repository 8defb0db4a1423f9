/** docs/reference/parameters.md: every network parameter with its meaning (from the doc comments) and its value in each preset. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demo } from "../../poc/src/parameters/presets/demo.ts";
import { earshot } from "../../poc/src/parameters/presets/earshot.ts";
import { helium } from "../../poc/src/parameters/presets/helium.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

/** Epoch of the demo column: two minutes. */
const DEMO_EPOCH_MS = 120_000;
const sources = ["parameters/network-parameters.ts", "anomaly/anomaly-parameters.ts"].map((path) =>
  join(import.meta.dirname, "../../poc/src", path),
);

export function parameterTable(): string {
  const meanings = fieldMeanings(sources.map((path) => readFileSync(path, "utf8")).join("\n"));
  const presets = [earshot, helium, demo(DEMO_EPOCH_MS)];
  const paths = [...new Set(presets.flatMap((preset) => [...flatten(preset).keys()]))];
  const values = presets.map((preset) => flatten(preset));
  const lines = [
    "# Network parameters",
    "",
    GENERATED_NOTE,
    "",
    `A network runs under one such value; its SHA-256 stands in every manifest. The \`demo\` column is for epochs of ${DEMO_EPOCH_MS / 1000} s.`,
    "",
    "| parameter | meaning | `earshot` | `helium` | `demo` |",
    "|---|---|---|---|---|",
  ];
  for (const path of paths) {
    const cells = values.map((preset) => preset.get(path) ?? "none");
    lines.push(`| \`${path}\` | ${meanings.get(path) ?? ""} | ${cells.join(" | ")} |`);
  }
  return `${lines.join("\n")}\n`;
}

/** Leaves of a preset by dotted path; arrays and null are leaves. */
function flatten(value: object, prefix = ""): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [name, field] of Object.entries(value)) {
    const path = prefix + name;
    if (field !== null && typeof field === "object" && !Array.isArray(field)) {
      for (const [inner, text] of flatten(field, `${path}.`)) leaves.set(inner, text);
    } else {
      leaves.set(path, Array.isArray(field) ? arrayText(field) : `\`${String(field)}\``);
    }
  }
  return leaves;
}

function arrayText(items: readonly unknown[]): string {
  if (items.length === 0) return "empty";
  if (items.length > 8 && typeof items[0] === "object") return `${items.length} periods`;
  return items
    .map((item) => (typeof item === "object" ? `\`${JSON.stringify(item)}\`` : `\`${String(item)}\``))
    .join(" ");
}

/** Dotted path → doc comment on one line, by following the interfaces from NetworkParameters. */
function fieldMeanings(text: string): Map<string, string> {
  const meanings = new Map<string, string>();
  collect(text, "NetworkParameters", "", meanings);
  return meanings;
}

/** Fields of an interface, those it extends before its own; a field whose type is one of several kinds has the fields of all. */
function collect(text: string, name: string, prefix: string, meanings: Map<string, string>): void {
  const header = new RegExp(`export interface ${name}(?: extends (\\w+))? \\{([\\s\\S]*?)\\n\\}`).exec(text);
  if (header === null) return;
  const [, parent, body = ""] = header;
  if (parent !== undefined) collect(text, parent, prefix, meanings);
  for (const match of body.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*?)\*\/\s*)?readonly (\w+)\??: ([^;]+);/g)) {
    const [, comment, field, type = ""] = match;
    const path = `${prefix}${field}`;
    const meaning = (comment ?? "").replace(/\s*\n\s*\*\s?/g, " ").trim();
    // Of a field that several kinds have, the first kind says what it means.
    if ((meanings.get(path) ?? "") === "") meanings.set(path, meaning.replaceAll("|", "\\|"));
    for (const nested of type.split(" | ")) {
      if (/^\w+Parameters$/.test(nested)) collect(text, nested, `${path}.`, meanings);
    }
  }
}
