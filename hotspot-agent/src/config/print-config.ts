/**
 * Writes a configuration as the commented file a person edits: each key with its meaning, defaults commented out, what was
 * set in force. What it writes reads back as the same configuration.
 */
import type { WrittenConfig } from "../config.ts";
import { rootNode, type SchemaNode } from "./schema-walk.ts";

const WIDTH = 100;

/** The commented TOML of `written`; the configuration of nothing but defaults gives the file for a new installation. */
export function printConfig(written: WrittenConfig): string {
  const sections = Object.entries(rootNode.properties!).map(([name, node]) => {
    const value = (written as Readonly<Record<string, unknown>>)[name];
    return node.type === "array"
      ? listText(name, node, value as readonly unknown[])
      : tableText(`[${name}]`, node, value);
  });
  return `${sections.join("\n")}`;
}

/** Every element as a table of its own; without any, an example that is commented out. */
function listText(name: string, node: SchemaNode, values: readonly unknown[]): string {
  const item = node.items!;
  if (values.length === 0) {
    const example = tableText(`[[${name}]]`, item, {}).replace(/^(?!#|$)/gm, "# ");
    return example;
  }
  return values.map((value) => tableText(`[[${name}]]`, item, value)).join("\n");
}

function tableText(header: string, node: SchemaNode, value: unknown): string {
  const blocks = Object.entries(node.properties!).map(([name, key]) => {
    const set = (value as Readonly<Record<string, unknown>>)[name];
    const isDefault = set === undefined || Bun.deepEquals(set, key.default);
    const text = `${name} = ${tomlValue(set ?? key.default ?? "")}`;
    return `${comment(key.description ?? "")}${isDefault ? "# " : ""}${text}\n`;
  });
  return `${comment(node.description ?? "")}${header}\n${blocks.join("")}`;
}

function comment(text: string): string {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return text === "" ? "" : `${[...lines, line].join("\n")}\n`;
}

/** A value as TOML; tables inside values as inline tables. */
export function tomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)} = ${tomlValue(inner)}`);
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return JSON.stringify(value);
}
