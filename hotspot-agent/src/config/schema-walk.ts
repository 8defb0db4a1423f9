/** Reads the configuration schema as the plain JSON Schema that it is: what stands at a key, and which names are known there. */
import { configSchema } from "../config.ts";
import { nearestName } from "./nearest-name.ts";

/** The parts of JSON Schema that the configuration uses, and our own `expected`. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly expected?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
}

export const rootNode = configSchema as unknown as SchemaNode;

/** The schema at a key path (elements of lists by number), or undefined where the schema knows no such key. */
export function nodeAt(path: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = rootNode;
  for (const part of path) {
    if (node === undefined) return undefined;
    if (node.type === "array") node = /^[0-9]+$/.test(part) ? node.items : undefined;
    else node = propertyOf(node.properties, part) ?? Object.values(node.patternProperties ?? {})[0];
  }
  return node;
}

/** A hint for a key that nothing knows: the nearest name in its table, else the same name in another table. */
export function hintFor(path: readonly string[]): string | undefined {
  const name = path.at(-1) ?? "";
  const known = Object.keys(nodeAt(path.slice(0, -1))?.properties ?? {});
  const near = nearestName(name, known);
  if (near !== undefined) return near;
  const elsewhere = Object.entries(rootNode.properties ?? {}).find(
    ([, section]) => propertyOf(tableOf(section), name) !== undefined,
  );
  return elsewhere === undefined ? undefined : `${elsewhere[0]}.${name}`;
}

/** What the schema itself has under a name, never what every object has (`constructor`). */
function propertyOf(properties: SchemaNode["properties"], name: string): SchemaNode | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function tableOf(section: SchemaNode): Readonly<Record<string, SchemaNode>> | undefined {
  return section.properties ?? section.items?.properties;
}
