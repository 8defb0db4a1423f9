/**
 * From file, environment (`ORACLE__HTTP__LISTEN`) and flags (`--set http.listen=…`), each over the one before, to a checked configuration;
 * or to one error that names every wrong key, where it was written and what would be right.
 */
import { readFileSync } from "node:fs";
import { Default, Errors } from "typebox/value";
import { oracleError } from "../errors.ts";
import { isNetwork } from "../service/client-places.ts";
import { nearestName } from "./nearest-name.ts";
import { configSchema, configTables, type WrittenConfig } from "./schema.ts";
import { hostAndPort } from "./values.ts";

/** Where an installation keeps it. */
export const DEFAULT_CONFIG_PATH = "/etc/earshot/oracle.toml";
const ENVIRONMENT_PREFIX = "ORACLE__";

export interface ConfigSources {
  /** Undefined: there is no file. */
  readonly file: { readonly path: string; readonly text: string } | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `KEY=VALUE` each. */
  readonly flags: readonly string[];
}

/** The file's text; a missing file is no configuration when nobody named it, and ORC_BAD_CONFIG when somebody did. */
export function readConfigFile(path: string, isNamed: boolean): ConfigSources["file"] {
  try {
    return { path, text: readFileSync(path, "utf8") };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" && !isNamed) return undefined;
    throw oracleError("ORC_BAD_CONFIG", `${path}: ${code === "ENOENT" ? "there is no such file" : code}`, { cause });
  }
}

/** Merges and checks the layers. Throws ORC_BAD_CONFIG with one line for each problem. */
export function readConfig({ file, environment, flags }: ConfigSources): WrittenConfig {
  const merged = file === undefined ? {} : parseToml(file.path, file.text);
  const sources = new Map<string, string>();
  const problems: string[] = [];
  for (const { key, text, source } of [...environmentValues(environment), ...flagValues(flags)]) {
    const [table, name, ...rest] = key.split(".");
    if (table === undefined || name === undefined || rest.length > 0) {
      problems.push(`${source}: names no key; expected TABLE.KEY such as http.listen`);
      continue;
    }
    const place = merged[table];
    if (place !== undefined && !isTable(place)) problems.push(`${table}: expected a table`);
    else merged[table] = { ...place, [name]: readValue(text, table, name) };
    sources.set(key, source);
  }
  const where = (key: string) => ` (${sources.get(key) ?? file?.path ?? "defaults"})`;
  const value = Default(configSchema, merged);
  problems.push(...schemaProblems(value, where));
  if (problems.length === 0) problems.push(...ruleProblems(value as WrittenConfig));
  if (problems.length > 0) throw oracleError("ORC_BAD_CONFIG", problems.join("\n  "));
  return value as WrittenConfig;
}

function parseToml(path: string, text: string): Record<string, unknown> {
  try {
    return Bun.TOML.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw oracleError("ORC_BAD_CONFIG", `${path}: ${(cause as Error).message}`, { cause });
  }
}

interface Override {
  readonly key: string;
  readonly text: string;
  /** How a person finds it. */
  readonly source: string;
}

function environmentValues(environment: ConfigSources["environment"]): Override[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(ENVIRONMENT_PREFIX))
    .sort()
    .map((name) => ({
      key: name.slice(ENVIRONMENT_PREFIX.length).toLowerCase().replace(/__/g, "."),
      text: environment[name] ?? "",
      source: name,
    }));
}

function flagValues(flags: readonly string[]): Override[] {
  return flags.map((flag) => {
    const equals = flag.indexOf("=");
    const key = equals < 0 ? "" : flag.slice(0, equals).trim();
    return { key, text: flag.slice(equals + 1).trim(), source: `--set ${key === "" ? flag : key}` };
  });
}

/** Text where the schema wants text, else what it says in TOML. */
function readValue(text: string, table: string, name: string): unknown {
  const schema = configTables[table]?.properties[name] as { readonly type?: string } | undefined;
  if (schema === undefined || schema.type === "string") return text;
  try {
    return (Bun.TOML.parse(`value = ${text}`) as { readonly value?: unknown }).value;
  } catch {
    return text;
  }
}

function schemaProblems(value: unknown, where: (key: string) => string): string[] {
  const problems = new Map<string, string>();
  for (const { instancePath, keyword, message } of Errors(configSchema, value)) {
    const path = instancePath.split("/").slice(1);
    const key = path.join(".");
    // The table of an unknown key complains once more; the key's own complaint says it all.
    if (keyword === "additionalProperties" || problems.has(key)) continue;
    const [table, name] = path;
    if (keyword === "boolean") problems.set(key, `${key}${where(key)}: no such ${hint(path)}`);
    else {
      const schema = configTables[table ?? ""]?.properties[name ?? ""] as { readonly expected?: string } | undefined;
      const expected = schema?.expected ?? (name === undefined ? "a table" : message);
      problems.set(key, `${key}${where(key)}: expected ${expected}, got ${shown(valueAt(value, path))}`);
    }
  }
  return [...problems.values()];
}

/** The nearest name in its table, else the table that knows the name. */
function hint([table, name]: readonly string[]): string {
  const tables = Object.keys(configTables);
  if (name === undefined || table === undefined) {
    const near = nearestName(table ?? "", tables);
    return `table; ${near === undefined ? `there are ${tables.join(", ")}` : `did you mean ${near}?`}`;
  }
  const near = nearestName(name, Object.keys(configTables[table]?.properties ?? {}));
  if (near !== undefined) return `key; did you mean ${table}.${near}?`;
  const other = tables.find((one) => Object.hasOwn(configTables[one]!.properties, name));
  return other === undefined ? "key" : `key; did you mean ${other}.${name}?`;
}

/** Rules that no single key can show. */
function ruleProblems(config: WrittenConfig): string[] {
  const { http, network, chain, ingest } = config;
  const problems = storageProblems(config);
  if (hostAndPort(http.listen).port > 65_535)
    problems.push(`http.listen: port ${hostAndPort(http.listen).port} is above 65535`);
  if ((network.parameters === "file") !== (network.parameters_file !== "")) {
    problems.push('network.parameters_file: goes with network.parameters = "file"');
  }
  for (const proxy of http.proxies)
    if (!isNetwork(proxy))
      problems.push(`http.proxies: expected an address or ADDRESS/BITS, got ${JSON.stringify(proxy)}`);
  if (chain.rpc.length === 0) problems.push("chain.rpc: expected one address or more");
  if (new Set(chain.rpc).size < chain.rpc.length) problems.push("chain.rpc: an address is there twice");
  if (chain.quorum > chain.rpc.length) problems.push(`chain.quorum: ${chain.quorum} of ${chain.rpc.length} endpoints`);
  if (!Number.isInteger(Math.log2(ingest.partitions))) problems.push("ingest.partitions: expected a power of two");
  return problems;
}

/** Rules about where things are kept. */
function storageProblems({ store, artefacts, report_log, peers }: WrittenConfig): string[] {
  const problems: string[] = [];
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)?$/.test(store.url))
    problems.push("store.url: expected sqlite:PATH or postgres://…");
  // What is in the configuration is printed.
  if (/^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(store.url))
    problems.push("store.url: a password stands in store.password_file");
  if (artefacts.endpoint !== "") {
    if (!/^https?:\/\/[^\s]+$/.test(artefacts.endpoint))
      problems.push("artefacts.endpoint: expected http(s)://HOST[:PORT]");
    for (const key of ["bucket", "credentials_file"] as const)
      if (artefacts[key] === "") problems.push(`artefacts.${key}: goes with artefacts.endpoint`);
    if (artefacts.folder !== "") problems.push("artefacts.folder: either a folder or an endpoint");
  }
  if (!/^([^/]+\/)*$/.test(artefacts.prefix)) problems.push("artefacts.prefix: expected to end in a slash");
  if (report_log.token_file !== "" && report_log.user !== "")
    problems.push("report_log.user: either a user or a token");
  if (new Set(peers.ingests.map((peer) => peer.split("@")[0])).size < peers.ingests.length) {
    problems.push("peers.ingests: a key is there twice");
  }
  return problems;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const part of path) at = (at as Record<string, unknown> | undefined)?.[part];
  return at;
}

/** A value for people; a password in an address is not repeated. */
function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? "nothing").replace(/\/\/[^/@]*@/g, "//…@");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
