/** The configuration as the commented TOML a person edits: defaults as comments, what was set in force. Reads back as the same. */
import { configTables, type WrittenConfig } from "./schema.ts";

interface KeySchema {
  readonly description?: string;
  readonly default?: unknown;
}

export function printConfig(written: WrittenConfig): string {
  const values = written as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return Object.entries(configTables)
    .map(([name, table]) => {
      const { description } = table as KeySchema;
      const keys = Object.entries(table.properties as Readonly<Record<string, KeySchema>>).map(([key, schema]) => {
        const value = values[name]?.[key] ?? schema.default;
        const isDefault = Bun.deepEquals(value, schema.default);
        return `# ${schema.description ?? ""}\n${isDefault ? "# " : ""}${key} = ${JSON.stringify(value)}\n`;
      });
      return `# ${description ?? ""}\n[${name}]\n${keys.join("")}`;
    })
    .join("\n");
}
