/**
 * Everything that anybody may read of a service: each GET route of its OpenAPI description with parameters that mean something, and its
 * metrics and log. A route whose parameters this file does not know fails the test that reads: it cannot be forgotten.
 */
import { cellToString } from "@earshot/geo";
import { keyToText } from "@earshot/poc/protocol";
import { ownerOf, type WholeService } from "./whole-service.ts";

/** Metrics of the process itself and of these very reads. */
const OWN_METRICS = /^(# .*|(process|nodejs)_|oracle_http_)/;

type Values = Readonly<Record<string, readonly (string | number)[]>>;

export interface Asked {
  /** Ids of the challenges that a reader knows, hex: whoever has the entropy knows all. */
  readonly challenges: readonly string[];
  /** Rows of the hotspots that are asked about. */
  readonly hotspots: readonly number[];
}

/** Values of each parameter; a route is asked with the first of each, and once more with each other one. */
function valuesOf(service: WholeService, { challenges, hotspots }: Asked): { path: Values; query: Values } {
  const { input, signers, meter } = service.epochs[0]!;
  const keys = hotspots.map((row) => keyToText(signers[row]!.publicKey));
  const cells = hotspots.map((row) => {
    const cell = input.hotspots.cell_public[row]!;
    return cellToString(Number(cell >> 32n), Number(cell & 0xffff_ffffn));
  });
  const epoch = service.rules.epochAt(service.nowMs);
  return {
    path: {
      key: keys,
      routeKey: [keyToText(meter.publicKey)],
      // Whoever knows the id of an upload has its bytes.
      uploadId: ["00".repeat(32)],
      minute: [Math.floor(service.nowMs / service.rules.parameters.time.entropyMs)],
      number: [0, 1],
      epoch: [epoch - 1, epoch],
      "*": ["manifest.json", "segments.json"],
      wallet: [ownerOf(service.epochs[0]!)],
      routeId: [1],
      challenge: challenges,
      cell: cells,
      id: ["00".repeat(6)],
      member: [ownerOf(service.epochs[0]!)],
    },
    query: { lat: [37.7], lng: [-122.4], q: ["a"], west: [-123], south: [37], east: [-122], north: [38], zoom: [8] },
  };
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>>>;
}

/** The addresses that are asked for; throws for a parameter without a value. */
export async function publicUrls(service: WholeService, asked: Asked): Promise<string[]> {
  const description = (await service.app.inject({ method: "GET", url: "/openapi.json" })).json() as Description;
  const { path: pathValues, query: queryValues } = valuesOf(service, asked);
  const urls: string[] = ["/openapi.json"];
  for (const [path, { get }] of Object.entries(description.paths)) {
    if (get === undefined || path === "/metrics") continue;
    const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
    const query = (get.parameters ?? []).filter((one) => one.in === "query" && one.required === true);
    for (const name of names) if (pathValues[name] === undefined) throw unknown(path, name);
    for (const { name } of query) if (queryValues[name] === undefined) throw unknown(path, name);
    const search = query.map(({ name }) => `${name}=${queryValues[name]![0]}`).join("&");
    const most = Math.max(1, ...names.map((name) => pathValues[name]!.length));
    for (let at = 0; at < most; at++) {
      const filled = path.replace(/\{([^}]+)\}/g, (_, name: string) => {
        const values = pathValues[name]!;
        return String(values[Math.min(at, values.length - 1)]);
      });
      urls.push(search === "" ? filled : `${filled}?${search}`);
    }
  }
  return urls;
}

function unknown(path: string, name: string): Error {
  return new Error(`${path}: give the parameter ${name} a value in oracle/test/service/public-reads.ts`);
}

/** Every answer by its address, metrics and log, without what only tells of the process and of these reads. */
export async function readAll(service: WholeService, urls: readonly string[]): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const url of urls) {
    const { statusCode, body } = await service.app.inject({ method: "GET", url });
    texts[url] = `${statusCode} ${body}`;
  }
  const metrics = (await service.app.inject({ method: "GET", url: "/metrics" })).body;
  texts.metrics = metrics
    .split("\n")
    .filter((line) => !OWN_METRICS.test(line))
    .join("\n");
  texts.log = service.logLines.join("");
  return texts;
}
