/**
 * Published proposals: the chain keeps hashes, so whoever proposes publishes the file, and an oracle shows those laid into its folder.
 *
 * `NUMBER.json` is what `earshot gov propose` takes, `{ description, instructions }`, and may have `parameters` beside them: the rules a
 * `setParameters` would set. Whether they are those is checked by their hash, and a file that cannot be read is listed with what is wrong.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type NetworkParameters, parameterHash } from "@earshot/poc";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { parseJsonFile, parseParameters } from "../epoch-folder/parameters-file.ts";

export interface PublishedProposal {
  readonly number: number;
  readonly description: string;
  /** As written, for people to read. */
  readonly instructions: readonly unknown[];
  /** The rules it would set, checked against the hash in its instructions; null for any other proposal. */
  readonly parameters: NetworkParameters | null;
  readonly parameterHash: string | null;
  /** First epoch the rules would hold in. */
  readonly fromEpoch: number | null;
  /** What is wrong with the file, or null. */
  readonly fault: string | null;
}

const MAX_FILES = 1000;

/** Every proposal in a folder, the latest number first; a folder that is not there has none. */
export function readProposals(folder: string): PublishedProposal[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[0-9]{1,9}\.json$/.test(name))
    .map((name) => Number(name.slice(0, -".json".length)))
    .sort((a, b) => b - a)
    .slice(0, MAX_FILES)
    .map((number) => readProposal(folder, number));
}

/** One of them; a file that is not there is one with a fault. */
export function readProposal(folder: string, number: number): PublishedProposal {
  const path = join(folder, `${number}.json`);
  const nothing = { number, description: "", instructions: [], parameters: null, parameterHash: null, fromEpoch: null };
  try {
    const { description, instructions, parameters } = parseJsonFile(readWhole(path), path);
    if (typeof description !== "string" || !Array.isArray(instructions)) {
      return { ...nothing, fault: "expected { description, instructions }" };
    }
    const set = instructions.find((one) => one?.program === "registry" && one?.instruction === "setParameters");
    const named = typeof set?.args?.hash === "string" ? set.args.hash : null;
    const read = {
      ...nothing,
      description,
      instructions,
      parameterHash: named,
      fromEpoch: epochOf(set?.args?.fromEpoch),
    };
    if (parameters === undefined) return { ...read, fault: null };
    const rules = parseParameters(Buffer.from(JSON.stringify(parameters)), `${path}: parameters`);
    const hash = parameterHash(rules);
    if (named !== hash) return { ...read, fault: `its parameters have the hash ${hash}, its instruction another` };
    return { ...read, parameters: rules, fault: null };
  } catch (error) {
    return { ...nothing, fault: error instanceof Error ? error.message : String(error) };
  }
}

function epochOf(value: unknown): number | null {
  return Number.isSafeInteger(Number(value)) && value !== undefined ? Number(value) : null;
}
