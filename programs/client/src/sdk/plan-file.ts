/**
 * A network plan as JSON: what `network plan` prints, people edit, and `network create` reads. Amounts are text, hashes hex. The hash of the
 * rules may be "preset": the preset names the network's own accounts, which there are only when its mints have keys.
 */
import { ClientError } from "../errors.ts";
import type { ProgramName } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import type { IdlValueType } from "./idl-values.ts";
import { address } from "./json-values.ts";
import type { NetworkPlan } from "./network-plan.ts";
import { presetHash } from "./preset-hash.ts";
import type { Programs } from "./programs.ts";

/** Stands for the hash of the rules that an oracle takes by itself. */
export const PRESET = "preset";

const defined = (name: string): IdlValueType => ({ defined: { name } });

/** Field → the program that takes it and its type there. */
const FIELDS: { readonly [Field in Exclude<keyof NetworkPlan, "genesis">]: readonly [ProgramName, IdlValueType] } = {
  decimals: ["registry", "u8"],
  wireId: ["registry", "u16"],
  epochSeconds: ["registry", "u32"],
  parameterHash: ["registry", { array: ["u8", 32] }],
  guardian: ["guard", "pubkey"],
  windowSeconds: ["guard", "u32"],
  mintLimit: ["guard", "u64"],
  mintLifetimeCap: ["guard", "u64"],
  vaultLimit: ["guard", "u64"],
  treasuryLimit: ["guard", "u64"],
  dcMintLimit: ["guard", "u64"],
  firstEpoch: ["rewards", "u64"],
  dataCredits: ["dataCredits", defined("dcParameters")],
  feed: ["dataCredits", defined("feedArgs")],
  settings: ["registry", defined("networkSettings")],
  distributor: ["rewards", defined("distributorConfig")],
  issue: ["rewards", defined("issueSettings")],
  oracles: ["rewards", defined("oracleArgs")],
  periods: ["rewards", { vec: defined("emissionPeriod") }],
  governance: ["governance", defined("govRules")],
};

/** The plan a JSON value holds for a network: every field, no other. Throws PRG_BAD_VALUE with the path. */
export function readPlan(programs: Programs, json: unknown, network: NetworkAddresses): NetworkPlan {
  if (typeof json !== "object" || json === null) throw bad("plan", "an object");
  const given: Record<string, unknown> = { ...json };
  const stray = Object.keys(given).find((name) => name !== "genesis" && !Object.hasOwn(FIELDS, name));
  if (stray !== undefined) throw bad(`plan.${stray}`, `no such field; there are ${Object.keys(FIELDS).join(", ")}`);
  if (given.parameterHash === PRESET) given.parameterHash = presetOf(given.epochSeconds, network);
  if (given.parameterHash === "0".repeat(64))
    throw bad("plan.parameterHash", `"${PRESET}" or the hash of the network's parameters`);
  const fields = Object.entries(FIELDS).map(([name, [program, type]]) => [
    name,
    programs.fromJson(program, type, given[name], `plan.${name}`),
  ]);
  if (!Array.isArray(given.genesis)) throw bad("plan.genesis", "a list");
  const genesis = given.genesis.map((one: Readonly<Record<string, unknown>>, at) => ({
    wallet: address(one?.wallet, `plan.genesis[${at}].wallet`),
    amountAtoms: programs.fromJson("guard", "u64", one?.amountAtoms, `plan.genesis[${at}].amountAtoms`) as bigint,
  }));
  return { ...(Object.fromEntries(fields) as unknown as Omit<NetworkPlan, "genesis">), genesis };
}

function presetOf(epochSeconds: unknown, network: NetworkAddresses): string {
  try {
    return Buffer.from(presetHash(epochSeconds as number, network)).toString("hex");
  } catch (cause) {
    const expected = `the seconds of an epoch that a preset has, got ${JSON.stringify(epochSeconds)}`;
    throw new ClientError("PRG_BAD_VALUE", `plan.epochSeconds: expected ${expected}`, { cause });
  }
}

function bad(path: string, expected: string): ClientError {
  return new ClientError("PRG_BAD_VALUE", `${path}: expected ${expected}`);
}
