/**
 * Published proposals: the chain keeps hashes, so whoever proposes publishes the file, and an oracle shows those laid into its folder.
 *
 * `NUMBER.json` is what `earshot gov propose` takes, `{ description, instructions }`, and may have `parameters` beside them: the rules a
 * `setParameters` would set. Whether they are those is checked by their hash, and a file that cannot be read is listed with what is wrong.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
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

/** The proposals of a folder; a file is read and checked once, and again when it has changed. */
export class ProposalFolder {
  readonly #folder: string;
  readonly #known = new Map<number, { readonly stamp: string; readonly proposal: PublishedProposal }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Every proposal, the latest number first; a folder that is not there has none. */
  all(): PublishedProposal[] {
    if (!existsSync(this.#folder)) return [];
    const numbers = readdirSync(this.#folder)
      .filter((name) => /^[0-9]{1,9}\.json$/.test(name))
      .map((name) => Number(name.slice(0, -".json".length)))
      .sort((a, b) => b - a)
      .slice(0, MAX_FILES);
    for (const number of this.#known.keys()) if (!numbers.includes(number)) this.#known.delete(number);
    return numbers.map((number) => this.one(number));
  }

  /** One of them; a file that is not there is one with a fault. */
  one(number: number): PublishedProposal {
    const path = join(this.#folder, `${number}.json`);
    const file = statSync(path, { throwIfNoEntry: false });
    const known = this.#known.get(number);
    if (file === undefined) return readProposal(number, path);
    const stamp = `${file.ino} ${file.size} ${file.mtimeMs} ${file.ctimeMs}`;
    if (known?.stamp === stamp) return known.proposal;
    const proposal = readProposal(number, path);
    this.#known.set(number, { stamp, proposal });
    return proposal;
  }
}

function readProposal(number: number, path: string): PublishedProposal {
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
    const why = error instanceof Error ? error.message : String(error);
    // Everybody reads it: where the folder lies on this machine is nobody's.
    return { ...nothing, fault: why.replaceAll(path, basename(path)) };
  }
}

function epochOf(value: unknown): number | null {
  return Number.isSafeInteger(Number(value)) && value !== undefined ? Number(value) : null;
}
