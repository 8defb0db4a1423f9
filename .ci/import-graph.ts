/**
 * Which file may import what: the direction of the packages, and one door per third-party library.
 *
 * `importFaults` reads every source of the tree and names each import the rules do not allow. The rules are data, so that moving a
 * boundary is one line here and one in ARCHITECTURE.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface ImportFault {
  readonly file: string;
  readonly line: number;
  readonly fault: string;
}

const root = join(import.meta.dirname, "..");

/** Package folder → workspace imports its src may use. Tests and benches may use fixtures as well. */
const DIRECTION: Readonly<Record<string, readonly string[]>> = {
  geo: [],
  fixtures: ["@earshot/geo"],
  // The whole network in one process tree: it stands above everything and nothing imports it.
  "fixtures/live": [
    "@earshot/fixtures",
    "@earshot/geo",
    "@earshot/poc",
    "@earshot/poc/protocol",
    "@earshot/poc/radio",
    "@earshot/poc/lorawan",
    "@earshot/oracle/route-credentials",
    "@earshot/oracle/simulated-radio",
    "@earshot/programs-client",
    "@earshot/programs-client/localnet",
    "@earshot/programs-client/local-network",
  ],
  poc: ["@earshot/geo", "@earshot/geo/errors"],
  // Pages for a browser: nothing of the oracle but its API.
  "oracle/explorer": [],
  oracle: [
    "@earshot/geo",
    "@earshot/poc",
    "@earshot/poc/protocol",
    "@earshot/poc/radio",
    "@earshot/poc/lorawan",
    "@earshot/fixtures",
    "@earshot/programs-client",
    "@earshot/programs-client/localnet",
  ],
  // Not all of geo: h3-js would be half of the agent's memory.
  "hotspot-agent": ["@earshot/geo/errors", "@earshot/poc/protocol", "@earshot/poc/radio", "@earshot/poc/lorawan"],
  "programs/client": ["@earshot/geo", "@earshot/poc", "@earshot/poc/protocol", "@earshot/poc/radio"],
};

/** Workspace package that not every file of a package may use → its doors in src. */
const WORKSPACE_DOORS: Readonly<Record<string, readonly string[]>> = {
  "@earshot/programs-client": ["oracle/src/settlement/", "oracle/src/cli/", "fixtures/live/src/chain/"],
  // LiteSVM is native code for some platforms only: tests, and who runs a local chain.
  "@earshot/programs-client/localnet": ["fixtures/live/src/chain/"],
  "@earshot/programs-client/local-network": ["fixtures/live/src/chain/"],
};

/** Third-party package → the files (or folders, ending in /) that may import it. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  "h3-js": ["geo/src/h3.ts", "oracle/explorer/src/map/h3.ts"],
  "maplibre-gl": ["oracle/explorer/src/map/"],
  "@deck.gl/layers": ["oracle/explorer/src/map/hexagon-layer.ts"],
  "@deck.gl/maplibre": ["oracle/explorer/src/map/coverage-map.ts"],
  "topojson-client": ["oracle/explorer/src/map/base-map.ts"],
  preact: ["oracle/explorer/src/"],
  uplot: ["oracle/explorer/src/charts/"],
  "apache-arrow": ["oracle/src/epoch-folder/arrow.ts"],
  "@stricli/core": [
    "oracle/src/cli/",
    "oracle/src/main.ts",
    "hotspot-agent/src/cli/",
    "hotspot-agent/src/main.ts",
    "programs/client/src/cli/",
    "fixtures/live/src/cli/",
  ],
  aedes: ["fixtures/live/src/customer/broker.ts"],
  mqtt: [
    "hotspot-agent/src/network-server/mqtt-link.ts",
    "oracle/src/meter/broker-feed.ts",
    "fixtures/live/src/customer/broker-bridge.ts",
  ],
  "@chirpstack/chirpstack-api": [
    "hotspot-agent/src/network-server/protobuf/",
    "fixtures/live/src/customer/gateway-messages.ts",
    "fixtures/live/src/customer/chirpstack-api.ts",
    "fixtures/live/src/customer/chirpstack-devices.ts",
  ],
  "google-protobuf": ["hotspot-agent/src/network-server/protobuf/", "fixtures/live/src/customer/gateway-messages.ts"],
  typebox: [
    "hotspot-agent/src/config.ts",
    "hotspot-agent/src/config/",
    "oracle/src/routes/",
    "oracle/src/billing/",
    "oracle/src/organisations/",
    "oracle/src/log-routes/",
    "oracle/src/settlement/",
    "oracle/src/api/",
    "oracle/src/proposals/",
    "oracle/src/config/",
    "oracle/src/service/",
  ],
  "@nats-io/jetstream": ["oracle/src/log/jetstream/"],
  "@nats-io/transport-node": ["oracle/src/log/jetstream/"],
  litesvm: ["programs/client/src/localnet/svm.ts"],
  fastify: ["oracle/src/service/http.ts"],
  "@fastify/type-provider-typebox": ["oracle/src/service/http.ts"],
  "@fastify/swagger": ["oracle/src/service/openapi.ts"],
  "@fastify/swagger-ui": ["oracle/src/service/openapi.ts"],
  pino: ["oracle/src/service/log.ts"],
  "prom-client": ["oracle/src/service/telemetry.ts"],
  "@solana/web3.js": [
    "fixtures/live/src/chain/",
    "oracle/src/chain/",
    "programs/client/src/sdk/",
    "programs/client/src/cli/",
    "programs/client/src/generated/",
    // Text of the files it generates.
    "programs/client/src/generate-client.ts",
  ],
  "@coral-xyz/anchor": ["programs/client/src/sdk/programs.ts"],
  "angry-purple-tiger": [
    "hotspot-agent/src/animal-name.ts",
    "oracle/src/api/animal-names.ts",
    "oracle/explorer/src/format.ts",
  ],
};

/** The only files of geo and poc that may reach beyond the language: hashing, signatures and one block cipher. */
const CRYPTO_DOORS = ["poc/src/protocol/hash.ts", "poc/src/protocol/signature.ts", "poc/src/lorawan/aes-cmac.ts"];
const IMPURE = /\b(process\.|Bun\.|Date\.now|new Date\(\)|Math\.random|performance\.now|crypto\.getRandomValues)/;

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;

/** Every import, and every use of clock, randomness or process in the pure packages, that the rules do not allow. */
export function importFaults(): ImportFault[] {
  return Object.keys(DIRECTION).flatMap((name) =>
    sourcesUnder(join(root, name)).flatMap((path) =>
      faultsIn(relative(root, path).replaceAll("\\", "/"), readFileSync(path, "utf8")),
    ),
  );
}

/** The faults of one source, given its path from the root (`poc/src/…`) and its text. */
export function faultsIn(file: string, text: string): ImportFault[] {
  const packages = Object.keys(DIRECTION).filter((candidate) => file.startsWith(`${candidate}/`));
  const name = packages.sort((a, b) => b.length - a.length)[0] ?? "";
  const isSource = file.startsWith(`${name}/src/`);
  const faults: ImportFault[] = [];
  for (const match of text.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const fault = isSource ? sourceFault(name, file, specifier) : otherFault(name, specifier);
    if (fault !== null) faults.push({ file, line: lineOf(text, match.index), fault });
  }
  if (isSource && (name === "geo" || name === "poc") && !CRYPTO_DOORS.includes(file)) {
    const impure = IMPURE.exec(withoutComments(text));
    if (impure !== null) faults.push({ file, line: 1, fault: `uses ${impure[0]} in a pure package` });
  }
  return faults;
}

function sourceFault(name: string, file: string, specifier: string): string | null {
  if (specifier.startsWith(".")) {
    const target = join(file, "..", specifier);
    const home = name === "fixtures" ? "fixtures/" : `${name}/src/`;
    return target.startsWith(home) || target === `${name}/package.json`
      ? null
      : `reaches out of its package: ${specifier}`;
  }
  if (specifier.startsWith("@earshot/")) {
    if (DIRECTION[name]?.includes(specifier) !== true) return `${name} must not import ${specifier}`;
    return isBehind(file, WORKSPACE_DOORS[specifier]) ? null : `${specifier} is not for ${file}`;
  }
  if (specifier.startsWith("node:") || specifier === "bun" || specifier.startsWith("bun:")) {
    const isPure = (name === "geo" || name === "poc") && !CRYPTO_DOORS.includes(file);
    return isPure ? `${specifier} in a pure package` : null;
  }
  const library = libraryOf(specifier);
  const doors = DOORS[library];
  if (doors === undefined) return `${library} has no door: add it to .ci/import-graph.ts`;
  return isBehind(file, doors) ? null : `${library} belongs behind ${doors.join(" or ")}`;
}

/** True if one of the doors is the file, or a folder above it; without doors everything is open. */
function isBehind(file: string, doors: readonly string[] | undefined): boolean {
  return doors === undefined || doors.some((door) => file === door || (door.endsWith("/") && file.startsWith(door)));
}

/** Tests, benches and generators may use any library their package declares, but no package above their own. */
function otherFault(name: string, specifier: string): string | null {
  if (!specifier.startsWith("@earshot/")) return null;
  const allowed = [...(DIRECTION[name] ?? []), "@earshot/fixtures", `@earshot/${name}`];
  return allowed.some((prefix) => specifier === prefix || specifier.startsWith(`${prefix}/`))
    ? null
    : `${name} must not import ${specifier}`;
}

function libraryOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

/** Folders that hold no source of ours. */
const NO_SOURCES: readonly string[] = ["node_modules", "target", "dist"];

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      // A package inside a package is looked at as its own.
      const isOther = NO_SOURCES.includes(entry.name) || DIRECTION[relative(root, path)] !== undefined;
      return isOther ? [] : sourcesUnder(path);
    }
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/[^\n]*/g, "");
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index + 1).split("\n").length;
}
