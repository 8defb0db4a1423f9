/** docs/reference/api.md from the schemas of the routes: what can be asked, what is answered, member by member. */
import { answerSchema, apiPaths, type RouteDescription, type SchemaNode } from "./api-description.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

/** What each group of routes is for, in the order of the page; a group without a line here is an error. */
const GROUPS: Readonly<Record<string, string>> = {
  hotspots: "Hotspots of closed epochs: who they are, what they sent and heard, why they earned what they earned.",
  cells: "Cells of closed epochs, coverage at a point, and where a hotspot would earn most.",
  epochs: "Closed epochs, their files for an audit, and the proofs of what a wallet is owed.",
  "running epoch": "The epoch that runs. Nothing of a window is told before it is closed.",
  proposals: "What is proposed, and what the latest epoch would have paid under it.",
  chain: "What the chain says, as this oracle reads it.",
  deliveries: "How packets got through.",
  routes: "Customers' routes.",
  organisations: "Payers' people, routes, keys for programs and warnings. Every change is signed (ADR 0020).",
  invoices: "What a payer owes. The payer signs.",
  contests: "Packets that hotspots hold and their payer did not pay.",
  uploads: "What hotspots and payers send: sealed, signed, receipted.",
  notices: "Refutations of payers and appeals of hotspots, logged like uploads.",
  challenges: "What decides who beacons when.",
  log: "The public log that every result follows from.",
  network: "The rules in force.",
  operation: "For those who run the oracle.",
};
/** Depth at which members are told apart; deeper ones are told as JSON. */
const DEEPEST = 5;

export function apiPages(): string {
  const groups = routesByGroup();
  const lines = [
    "# API of the oracle",
    "",
    GENERATED_NOTE,
    "",
    "The same is served by a running oracle as OpenAPI at `/openapi.json`, and at `/docs` as a page to try it on.",
    "",
    "Answers are JSON unless a route says otherwise. Amounts are decimal strings in base units, since numbers of JSON end at 2^53; names end",
    "in the unit: `Ms`, `Hz`, `Ddbm` (0.1 dBm), `E4` (1e-4), `E12` (1e-12). Cells are H3 in hexadecimal, keys of hotspots and wallets base58.",
    "Routes of closed epochs take `epoch`; without it they answer from the latest, with an ETag that changes with it. What is refused is",
    "answered with `{ code, expected, got }`; errors.md lists the codes. Lists come in pages: `next` of one is `after` of the following.",
    "",
  ];
  for (const [group, routes] of groups) {
    lines.push(`## ${group}`, "", GROUPS[group]!, "");
    for (const [method, path, route] of routes) lines.push(...routeLines(method, path, route));
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

type Route = readonly [method: string, path: string, route: RouteDescription];

function routesByGroup(): readonly (readonly [string, readonly Route[]])[] {
  const groups = new Map<string, Route[]>(Object.keys(GROUPS).map((group) => [group, []]));
  for (const [path, methods] of Object.entries(apiPaths).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const [method, route] of Object.entries(methods)) {
      const group = route.tags?.[0] ?? "";
      const routes = groups.get(group);
      if (routes === undefined) throw new Error(`api-pages.ts has no line for the group "${group}" of ${path}`);
      routes.push([method.toUpperCase(), path, route]);
    }
  }
  return [...groups].filter(([, routes]) => routes.length > 0);
}

function routeLines(method: string, path: string, route: RouteDescription): string[] {
  const lines = [
    `### ${method} ${path}`,
    "",
    ...[route.summary, route.description].filter((one) => one !== undefined),
    "",
  ];
  const parameters = route.parameters ?? [];
  if (parameters.length > 0) {
    lines.push("| parameter | in | holds | meaning |", "|---|---|---|---|");
    for (const { name, in: where, required, schema, description } of parameters) {
      const holds = `${typeText(schema)}${limitText(schema)}${required === true ? "" : ", optional"}`;
      lines.push(`| \`${name}\` | ${where} | ${holds} | ${cellText(description ?? schema.description)} |`);
    }
    lines.push("");
  }
  const body = Object.keys(route.requestBody?.content ?? {});
  if (body.length > 0) lines.push(`Body: ${body.map((type) => `\`${type}\``).join(" or ")}.`, "");
  const answer = answerSchema(route);
  const members = answer === undefined ? [] : membersOf(answer, "", 0);
  if (members.length > 0) {
    lines.push("| answer | holds | meaning |", "|---|---|---|");
    for (const { name, holds, meaning } of members) lines.push(`| \`${name}\` | ${holds} | ${meaning} |`);
    lines.push("");
  } else {
    lines.push(`Answer: ${answer === undefined ? otherAnswer(route) : typeText(answer)}.`, "");
  }
  const refused = Object.keys(route.responses).filter((status) => Number(status) >= 400);
  if (refused.length > 0) lines.push(`Refused with ${refused.join(", ")}.`, "");
  return lines;
}

function otherAnswer({ responses }: RouteDescription): string {
  const types = Object.keys(responses["200"]?.content ?? {});
  return types.length > 0 ? types.map((type) => `\`${type}\``).join(" or ") : "bytes or text";
}

interface Member {
  readonly name: string;
  readonly holds: string;
  readonly meaning: string;
}

/** Members of an object, those of objects and lists in it below them: `hotspots[].pay.atoms`. */
function membersOf(schema: SchemaNode, above: string, depth: number): Member[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    const path = above === "" ? name : `${above}.${name}`;
    const isOptional = schema.required?.includes(name) !== true;
    const own = {
      name: path,
      holds: `${typeText(node)}${limitText(node)}${isOptional ? ", may be missing" : ""}`,
      meaning: cellText(node.description ?? node.items?.description),
    };
    const inner = innerObject(node);
    const below =
      inner === undefined || depth >= DEEPEST ? [] : membersOf(inner.object, `${path}${inner.suffix}`, depth + 1);
    return [own, ...below];
  });
}

/** The object that a member is, lists, or may be instead of null. */
function innerObject(node: SchemaNode): { readonly object: SchemaNode; readonly suffix: string } | undefined {
  if (node.properties !== undefined) return { object: node, suffix: "" };
  if (node.items?.properties !== undefined) return { object: node.items, suffix: "[]" };
  const object = node.anyOf?.find(({ properties }) => properties !== undefined);
  return object === undefined ? undefined : { object, suffix: "" };
}

function typeText(node: SchemaNode): string {
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeText))].join(" or ");
  if (node.enum !== undefined) return node.enum.map((one) => `\`${String(one)}\``).join(", ");
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.type === "array") return `list of ${node.items === undefined ? "anything" : typeText(node.items)}`;
  if (node.type === "object" && node.properties === undefined) return "object by name";
  if (node.type === undefined) return "any JSON";
  return typeof node.type === "string" ? node.type : node.type.join(" or ");
}

function limitText({ minimum, maximum, default: standard }: SchemaNode): string {
  const limits = [
    minimum === undefined || maximum === undefined ? "" : ` ${minimum} … ${maximum}`,
    standard === undefined ? "" : `, default ${String(standard)}`,
  ];
  return limits.join("");
}

function cellText(text: string | undefined): string {
  return (text ?? "").replaceAll("|", "\\|").replaceAll("\n", " ");
}
