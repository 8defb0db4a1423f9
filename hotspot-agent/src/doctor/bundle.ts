/**
 * The bundle that an owner hands to whoever helps: findings, status, metrics and configuration in one JSON file, without secrets,
 * user names, host names, addresses or exact positions.
 */
import { writeFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import type { Endpoint } from "../config/values.ts";
import type { WrittenConfig } from "../config.ts";
import { agentError } from "../errors.ts";
import type { AgentStatus } from "../status.ts";
import { agentVersion } from "../version.ts";
import type { Finding } from "./finding.ts";

interface BundleParts {
  readonly found: readonly Finding[];
  readonly status: AgentStatus | undefined;
  readonly written: WrittenConfig;
  readonly page: Endpoint;
}

const PATIENCE_MS = 2000;
/** Keys whose value is about a person or a place, wherever they stand. */
const PRIVATE_KEYS = new Set([
  "username",
  "client_id",
  "password_file",
  "ca_file",
  "cert_file",
  "key_file",
  "address",
  "commands",
]);

/**
 * Writes the bundle to `path`, readable by the owner alone.
 * @throws AGT_BAD_OPTION if the file cannot be written.
 */
export async function writeBundle(path: string, parts: BundleParts): Promise<void> {
  const bundle = makeBundle(parts, await fetchMetrics(parts.page));
  try {
    writeFileSync(path, `${JSON.stringify(bundle, null, 2)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw agentError("AGT_BAD_OPTION", `--bundle ${path}: cannot be written`, { cause });
  }
}

/** What the bundle holds, private values replaced. */
export function makeBundle({ found, status, written }: BundleParts, metrics: string | undefined): unknown {
  const whole = {
    version: agentVersion,
    findings: found,
    status: status ?? null,
    configuration: written,
    metrics: metrics ?? null,
  };
  return redact(whole, hostsIn(JSON.stringify(whole)));
}

/** The host of an address, in brackets where it is IPv6. */
const ADDRESS = /\b(mqtts?|https?):\/\/(\[[^\]\s"]*\]|[^\s/":]+)/g;
const LOOPBACK = /^(127\.[0-9.]+|localhost|\[::1\])$/;

/** Hosts beyond this machine that some address names: errors name them without one. */
function hostsIn(text: string): readonly string[] {
  const hosts = new Set([...text.matchAll(ADDRESS)].map(([, , host]) => host!.toLowerCase()));
  // Longer ones first: one may end like another.
  return [...hosts].filter((host) => !LOOPBACK.test(host)).sort((a, b) => b.length - a.length);
}

function redact(value: unknown, hosts: readonly string[], key = ""): unknown {
  if (PRIVATE_KEYS.has(key) && value !== "" && value !== null) return "(removed)";
  if (typeof value === "string") return redactText(value, hosts);
  if (Array.isArray(value)) return value.map((inner) => redact(inner, hosts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redact(inner, hosts, name)]));
}

/** Hosts of addresses, by name or number, wherever they stand in a text. */
function redactText(text: string, hosts: readonly string[]): string {
  const withoutHosts = hosts.reduce(
    (left, host) => left.replace(new RegExp(RegExp.escape(host), "gi"), "(removed)"),
    text,
  );
  return withoutHosts
    .replace(/\b(?!127\.|0\.0\.0\.0)[0-9]{1,3}(\.[0-9]{1,3}){3}\b/g, "(removed)")
    .replace(/[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,8}/gi, (found) =>
      isIPv6(found) && found !== "::1" ? "(removed)" : found,
    );
}

async function fetchMetrics({ host, port }: Endpoint): Promise<string | undefined> {
  try {
    const name = host.includes(":") ? `[${host}]` : host;
    const response = await fetch(`http://${name}:${port}/metrics`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
