/**
 * From the texts of the layers to a checked configuration, or to an error that names every wrong key, its line and what would
 * be right. Opens nothing but the file it is told to read.
 */
import { readFileSync } from "node:fs";
import { schemaProblems, type WrittenConfig, withDefaults } from "../config.ts";
import { agentError } from "../errors.ts";
import { type AgentConfig, agentConfig, ruleProblems } from "./agent-config.ts";
import { applyOverride, environmentOverrides, flagOverride, type Override } from "./layers.ts";
import { hintFor, nodeAt, type SchemaNode } from "./schema-walk.ts";
import { lineOf, tomlLines } from "./toml-lines.ts";

/** Where a Debian installation keeps it. */
export const DEFAULT_CONFIG_PATH = "/etc/earshot/hotspot-agent.toml";

export interface ConfigSources {
  /** Undefined: there is no file. */
  readonly file: { readonly path: string; readonly text: string } | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `KEY=VALUE` each. */
  readonly flags: readonly string[];
}

export interface ReadConfig {
  readonly written: WrittenConfig;
  readonly config: AgentConfig;
}

/**
 * The file's text; a missing file is no configuration when nobody named it (`isNamed`), and an error when somebody did.
 * @throws AGT_NO_CONFIG
 */
export function readConfigFile(path: string, isNamed: boolean): ConfigSources["file"] {
  try {
    return { path, text: readFileSync(path, "utf8") };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" && !isNamed) return undefined;
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "no permission to read it" : String(code);
    throw agentError("AGT_NO_CONFIG", `${path}: ${why}; "hotspot-agent init" writes one`, { cause });
  }
}

/**
 * Merges and checks the layers.
 * @throws AGT_BAD_CONFIG with one line for each problem.
 */
export function readConfig({ file, environment, flags }: ConfigSources): ReadConfig {
  const merged = parseToml(file);
  const lines = file === undefined ? new Map<string, number>() : tomlLines(file.text);
  const sources = new Map<string, string>();
  for (const override of [...environmentOverrides(environment), ...flagOverrides(flags)]) {
    if (!applyOverride(merged, override)) refuse([`${override.source}: names no place in the configuration`]);
    sources.set(override.path.join("."), override.source);
  }
  const place = (path: readonly string[]): string => {
    const key = path.join(".");
    // A table that nobody knows may be there only by what was set below it.
    const source = sources.get(key) ?? [...sources].find(([below]) => below.startsWith(`${key}.`))?.[1];
    if (source !== undefined) return ` (${source})`;
    const line = lineOf(lines, path);
    return line === undefined ? "" : ` (${file?.path}, line ${line})`;
  };
  const value = withDefaults(merged);
  const problems = schemaLines(value, place);
  if (problems.length > 0) refuse(problems);
  const written = value as WrittenConfig;
  refuse(ruleProblems(written).map(({ path, message }) => `${path.join(".")}${place(path)}: ${message}`));
  return { written, config: agentConfig(written) };
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw agentError("AGT_BAD_CONFIG", problems.join("\n  "));
}

function parseToml(file: ConfigSources["file"]): Record<string, unknown> {
  if (file === undefined) return {};
  try {
    return Bun.TOML.parse(file.text) as Record<string, unknown>;
  } catch (cause) {
    throw agentError("AGT_BAD_CONFIG", `${file.path}: ${tomlComplaint(file.text, cause)}`, { cause });
  }
}

/** The parser tells no line: it is the one after the longest run of lines that parses. */
function tomlComplaint(text: string, cause: unknown): string {
  const lines = text.split("\n");
  let good = lines.length - 1;
  while (good > 0 && !isToml(lines.slice(0, good).join("\n"))) good--;
  const complaint = (cause as Error).message.replace(/^TOML Parse error: /, "");
  const table = /^\s*\[([^[\]]+)\]/.exec(lines[good] ?? "")?.[1];
  const first = table === undefined ? undefined : tomlLines(lines.slice(0, good).join("\n")).get(table);
  const remedy = first === undefined ? "" : `; [${table}] stands on line ${first} already: put its keys there`;
  return `line ${good + 1}: ${complaint}${remedy}`;
}

function isToml(text: string): boolean {
  try {
    Bun.TOML.parse(text);
    return true;
  } catch {
    return false;
  }
}

function flagOverrides(flags: readonly string[]): readonly Override[] {
  return flags.map((flag) => flagOverride(flag) ?? { path: [flag], text: "", source: `--set ${flag}` });
}

/** One line for each key that the schema refuses. */
function schemaLines(value: unknown, place: (path: readonly string[]) => string): readonly string[] {
  const lines = new Map<string, string>();
  for (const { path, keyword, message } of schemaProblems(value)) {
    // The table of an unknown key complains once more; the key's own complaint says it all.
    if (keyword === "additionalProperties") continue;
    if (keyword === "required") {
      for (const name of missing(value, path)) {
        const key = [...path, name];
        lines.set(key.join("."), `${key.join(".")}${place(path)}: is missing; ${expectation(key, "it must be set")}`);
      }
      continue;
    }
    const key = path.join(".");
    if (lines.has(key)) continue;
    if (keyword === "boolean") {
      const hint = hintFor(path);
      lines.set(key, `${key}${place(path)}: no such key${hint === undefined ? "" : `; did you mean ${hint}?`}`);
    } else lines.set(key, `${key}${place(path)}: ${expectation(path, message)}, got ${shown(valueAt(value, path))}`);
  }
  return [...lines.values()];
}

function expectation(path: readonly string[], otherwise: string): string {
  const node = nodeAt(path);
  const expected = node === undefined ? undefined : (node.expected ?? tableExpected(node, path));
  return expected === undefined ? otherwise : `expected ${expected}`;
}

/** How TOML writes a table, or a list of them. */
function tableExpected(node: SchemaNode, path: readonly string[]): string | undefined {
  if (node.type === "object") return `a table, as under [${path.join(".")}]`;
  if (node.type === "array" && node.items?.type === "object")
    return `a list of tables, [[${path.join(".")}]] above each`;
  return undefined;
}

function missing(value: unknown, path: readonly string[]): readonly string[] {
  const table = valueAt(value, path);
  if (typeof table !== "object" || table === null) return [];
  return (nodeAt(path)?.required ?? []).filter((name) => !Object.hasOwn(table, name));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const part of path) at = (at as Record<string, unknown> | undefined)?.[part];
  return at;
}

/** A value for people; a password that somebody wrote into an address is not repeated. */
function shown(value: unknown): string {
  const written = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "nothing");
  const text = written.replace(/\/\/[^/@]*@/g, "//…@");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
