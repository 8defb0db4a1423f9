/** docs/reference/config.md from the two configuration schemas: every key, its default, what it may hold and its meaning. */

import { configSchema as agentSchema } from "../../hotspot-agent/src/config.ts";
import { configSchema as oracleSchema } from "../../oracle/src/config/schema.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

/** The parts of JSON Schema, and our own `expected`, that the schemas use. */
interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly expected?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

const PROGRAMS = [
  ["hotspot-agent", "/etc/earshot/hotspot-agent.toml", "AGENT", agentSchema],
  ["oracle", "/etc/earshot/oracle.toml", "ORACLE", oracleSchema],
] as const;

export function configTables(): string {
  const lines = [
    "# Configuration",
    "",
    GENERATED_NOTE,
    "",
    "Files are TOML. Over the file comes the environment (`PROGRAM__TABLE__KEY=…`), over that `--set table.key=…`. `config print` writes the",
    "file with these meanings, `config check` tries one without starting anything. A wrong key is answered with the nearest known one.",
    "",
  ];
  for (const [program, path, prefix, schema] of PROGRAMS) {
    lines.push(
      `## ${program}`,
      "",
      `Read from \`${path}\`, or from what \`--config\` names. In the environment: \`${prefix}__…\`.`,
      "",
    );
    for (const [name, node] of Object.entries((schema as unknown as SchemaNode).properties ?? {})) {
      lines.push(...tableLines(name, node));
    }
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

function tableLines(name: string, node: SchemaNode): string[] {
  const isList = node.type === "array";
  const table = isList ? node.items : node;
  return [
    `### \`${isList ? `[[${name}]]` : `[${name}]`}\``,
    "",
    ...sentences(node.description, isList ? table?.description : undefined),
    "",
    "| key | default | holds | meaning |",
    "|---|---|---|---|",
    ...Object.entries(table?.properties ?? {}).map(([key, schema]) => keyLine(key, schema)),
    "",
  ];
}

function sentences(...texts: (string | undefined)[]): string[] {
  const given = texts.filter((text) => text !== undefined && text !== "");
  return given.length === 0 ? [] : [given.join(" ")];
}

function keyLine(key: string, schema: SchemaNode): string {
  const { description = "", default: fallback } = schema;
  const shown = fallback === undefined || fallback === "" ? "" : `\`${JSON.stringify(fallback)}\``;
  return `| \`${key}\` | ${cellText(shown)} | ${cellText(holds(schema))} | ${cellText(description)} |`;
}

function holds({ expected, type, minimum, maximum, items }: SchemaNode): string {
  if (expected !== undefined) return expected;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (type === "array" && items?.expected !== undefined) return `a list of: ${items.expected}`;
  return type === "string" ? "text" : type === "array" ? "a list" : (type ?? "");
}

function cellText(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
