/**
 * oracle/explorer/src/api-types.ts: the answers of the API as types for the pages, from the schemas of the routes. The explorer imports
 * nothing of the oracle, so that its bundle cannot; written from the same description, the two cannot drift either.
 */
import { answerSchema, apiPaths, type SchemaNode } from "./api-description.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

/** Name of a type → the route that answers it, and the member of the answer it is, if not the whole. */
const NAMES: Readonly<Record<string, readonly [path: string, ...members: string[]]>> = {
  MapColumns: ["/v1/map"],
  Pay: ["/v1/hotspots/{key}", "hotspot", "pay"],
  Cell: ["/v1/cells/{cell}", "cell"],
  WholeCell: ["/v1/cells/{cell}"],
  Hotspot: ["/v1/hotspots/{key}", "hotspot"],
  HotspotPage: ["/v1/hotspots"],
  WholeHotspot: ["/v1/hotspots/{key}"],
  Verdict: ["/v1/hotspots/{key}/beacons", "beacons", "verdict"],
  Party: ["/v1/hotspots/{key}/beacons", "beacons", "beaconer"],
  Reception: ["/v1/hotspots/{key}/receptions", "receptions"],
  Beacon: ["/v1/hotspots/{key}/beacons", "beacons"],
  BeaconPage: ["/v1/hotspots/{key}/beacons"],
  Explanation: ["/v1/hotspots/{key}/explanation"],
  ExplainedVerdict: ["/v1/hotspots/{key}/explanation", "beacons", "verdict"],
  DensityStep: ["/v1/hotspots/{key}/explanation", "density", "steps"],
  Statement: ["/v1/hotspots/{key}/rewards"],
  Root: ["/v1/wallets/{wallet}/proof", "root"],
  Proof: ["/v1/wallets/{wallet}/proof"],
  Coverage: ["/v1/coverage"],
  Standing: ["/v1/leaderboard", "hotspots"],
  Leaderboard: ["/v1/leaderboard"],
  EpochSummary: ["/v1/history", "epochs"],
  History: ["/v1/history"],
  Gap: ["/v1/gaps", "gaps"],
  GapPage: ["/v1/gaps"],
  FoundHotspot: ["/v1/search", "hotspots"],
  OwnedHotspot: ["/v1/wallets/{wallet}/hotspots", "hotspots"],
  OwnedHotspotPage: ["/v1/wallets/{wallet}/hotspots"],
  Contests: ["/v1/contests/{epoch}"],
  ChainEpochs: ["/v1/chain/epochs"],
  ChainProposal: ["/v1/chain/proposals", "proposals"],
  ChainProposalList: ["/v1/chain/proposals"],
  ChainWallet: ["/v1/chain/wallets/{wallet}"],
  Uptime: ["/v1/hotspots/{key}/uptime", "uptime"],
  UptimeAnswer: ["/v1/hotspots/{key}/uptime"],
  Delivery: ["/v1/deliveries", "deliveries"],
  DeliveryPage: ["/v1/deliveries"],
  Proposal: ["/v1/proposals", "proposals"],
  ProposalList: ["/v1/proposals"],
  ProposalEffect: ["/v1/proposals/{number}/effect"],
};

export function explorerTypes(): string {
  const named = Object.entries(NAMES).map(([name, [path, ...members]]) => [name, schemaAt(path, members)] as const);
  const names = new Map(named.map(([name, schema]) => [shapeOf(schema), name]));
  const lines = [
    "/**",
    ` * The answers of the public API as the pages read them; docs/reference/api.md says what each member is.`,
    ` * ${GENERATED_NOTE}`,
    " */",
  ];
  for (const [name, schema] of named) lines.push("", `export interface ${name} ${objectText(schema, names, 0)}`);
  return `${lines.join("\n")}\n`;
}

/** The object that a route answers, or the one a member of it is, lists, or may be instead of null. Throws where there is none. */
function schemaAt(path: string, members: readonly string[]): SchemaNode {
  const route = apiPaths[path]?.get;
  let at = route === undefined ? undefined : answerSchema(route);
  for (const member of members) at = objectIn(at?.properties?.[member]);
  if (at?.properties === undefined) throw new Error(`explorer-types.ts: ${[path, ...members].join(" ")} is no object`);
  return at;
}

function objectIn(node: SchemaNode | undefined): SchemaNode | undefined {
  if (node?.properties !== undefined) return node;
  if (node?.items !== undefined) return objectIn(node.items);
  return node?.anyOf?.find(({ properties }) => properties !== undefined);
}

/** What two schemas of one shape have in common: everything but words. */
function shapeOf(schema: SchemaNode): string {
  return JSON.stringify(schema, (name, value) =>
    name === "description" && typeof value === "string" ? undefined : value,
  );
}

type Names = ReadonlyMap<string, string>;

function objectText(schema: SchemaNode, names: Names, depth: number): string {
  const indent = "  ".repeat(depth + 1);
  const members = Object.entries(schema.properties ?? {}).map(([name, node]) => {
    const mark = schema.required?.includes(name) === true ? "" : "?";
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `readonly ${key}${mark}: ${typeText(node, names, depth + 1)};`;
  });
  // The formatter leaves members on lines of their own where they are.
  return `{\n${members.map((member) => `${indent}${member}\n`).join("")}${indent.slice(2)}}`;
}

function typeText(node: SchemaNode, names: Names, depth: number): string {
  const name = names.get(shapeOf(node));
  if (name !== undefined && node.properties !== undefined) return name;
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map((one) => typeText(one, names, depth)))].join(" | ");
  if (node.enum !== undefined) return node.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.properties !== undefined) return objectText(node, names, depth);
  switch (node.type) {
    case "array": {
      const item = typeText(node.items ?? {}, names, depth);
      return item.includes(" | ") && !item.startsWith("{") ? `readonly (${item})[]` : `readonly ${item}[]`;
    }
    case "object": {
      const values = Object.values(node.patternProperties ?? {})[0] ?? node.additionalProperties;
      return `Readonly<Record<string, ${typeof values === "object" ? typeText(values, names, depth) : "unknown"}>>`;
    }
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return node.type;
    default:
      return "unknown";
  }
}
