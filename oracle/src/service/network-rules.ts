/** The rules a network runs under, found from its account on chain and the configuration, and what the service reads off them. */
import { readFileSync } from "node:fs";
import {
  boundTo,
  demo,
  earshot,
  type NetworkParameters,
  presetOfNetwork,
  type RewardAccounts,
  type SortitionChallengeParameters,
} from "@earshot/poc";
import { canonicalJsonBytes, NETWORK_NUMBERS, sha256 } from "@earshot/poc/protocol";
import { type RegionPlan, regionPlans } from "@earshot/poc/radio";
import type { WrittenConfig } from "../config/schema.ts";
import { parseParameters } from "../epoch-folder/parameters-file.ts";
import { oracleError } from "../errors.ts";
import { hiddenMs } from "../log/published-segments.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import { type ParameterHashes, parameterHashAt } from "../registry/parameter-hashes.ts";

export interface NetworkRules {
  /** Number of the network in protocol messages. */
  readonly network: number;
  readonly parameters: NetworkParameters;
  readonly challenge: SortitionChallengeParameters;
  /** SHA-256 of the canonical JSON of the parameters. */
  readonly parameterHash: Uint8Array;
  /** How long after its arrival nothing about an upload is told, ms: every window of a report in it is closed then. */
  readonly withholdMs: number;
  /** The epoch that a moment belongs to. */
  readonly epochAt: (unixMs: number) => number;
  readonly planOf: (region: number) => RegionPlan | undefined;
  readonly dataRateIn: (regionName: string) => number;
}

/** Throws ORC_WRONG_NETWORK, and what reading a parameter file throws. */
export function networkRules(
  { wireId, epochSeconds }: Pick<NetworkAccount, "wireId" | "epochSeconds">,
  written: Pick<WrittenConfig["network"], "parameters" | "parameters_file">,
  accounts: RewardAccounts,
): NetworkRules {
  const epochMs = epochSeconds * 1000;
  const parameters = chosenParameters(written, epochMs, accounts);
  const { time, challenge, radio } = parameters;
  if (time.epochMs !== epochMs) {
    throw oracleError(
      "ORC_WRONG_NETWORK",
      `parameters ${parameters.name} have epochs of ${time.epochMs} ms, the network on chain of ${epochMs} ms`,
    );
  }
  const isPublic = wireId === NETWORK_NUMBERS.main || wireId === NETWORK_NUMBERS.test;
  if (parameters.name === "demo" && isPublic) {
    throw oracleError("ORC_WRONG_NETWORK", `parameters demo are not for network ${wireId}, which is public`);
  }
  if (challenge.kind !== "sortition") {
    throw oracleError("ORC_WRONG_NETWORK", `parameters ${parameters.name} have no challenges to serve`);
  }
  const plans = new Map(regionPlans(radio.regionPlans).map((plan) => [plan.number, plan]));
  const dataRates = new Map(challenge.regionDataRates.map(({ region, dataRate }) => [region, dataRate]));
  return {
    network: wireId,
    parameters,
    challenge,
    parameterHash: sha256(canonicalJsonBytes(parameters)),
    withholdMs: hiddenMs(parameters),
    epochAt: (unixMs) => Math.floor(unixMs / time.epochMs),
    planOf: (region) => plans.get(region),
    dataRateIn: (name) => dataRates.get(name) ?? challenge.dataRate,
  };
}

/**
 * The rules that an oracle has: those of its network, and those that it is to change to. Throws as `networkRules`, and ORC_BAD_CONFIG where the
 * times of the two differ: logs and stores are cut by them, and no oracle of the network would start again when such rules begin.
 */
export function knownRules(
  network: Pick<NetworkAccount, "wireId" | "epochSeconds">,
  written: Pick<WrittenConfig["network"], "parameters" | "parameters_file" | "next_parameters_file">,
  accounts: RewardAccounts,
): readonly NetworkRules[] {
  const rules = [networkRules(network, written, accounts)];
  const { next_parameters_file } = written;
  if (next_parameters_file === "") return rules;
  const next = { ...written, parameters: "file", parameters_file: next_parameters_file } as const;
  const { time } = rules[0]!.parameters;
  const later = networkRules(network, next, accounts);
  for (const name of Object.keys(time) as (keyof typeof time)[]) {
    if (later.parameters.time[name] === time[name]) continue;
    throw oracleError(
      "ORC_BAD_CONFIG",
      `network.next_parameters_file: time.${name} is ${later.parameters.time[name]}; in a network that runs it stays ${time[name]}`,
    );
  }
  return [...rules, later];
}

/** Those of the rules that hold in an epoch by the chain; else why none does, as an operator can act on it. */
export function rulesOfEpoch(
  known: readonly NetworkRules[],
  hashes: ParameterHashes,
  epoch: number,
): NetworkRules | { readonly why: string } {
  const onChain = parameterHashAt(hashes, epoch);
  const found = known.find(({ parameterHash }) => Buffer.compare(onChain, parameterHash) === 0);
  if (found !== undefined) return found;
  const own = known.map(({ parameters: { name }, parameterHash }) => `${name} ${parameterHash.toHex()}`);
  return {
    why: `on chain the rules of epoch ${epoch} have the hash ${onChain.toHex()}; known here are ${own.join(", ")}`,
  };
}

function chosenParameters(
  { parameters, parameters_file }: Pick<WrittenConfig["network"], "parameters" | "parameters_file">,
  epochMs: number,
  accounts: RewardAccounts,
): NetworkParameters {
  switch (parameters) {
    case "earshot":
      return boundTo(earshot, accounts);
    case "demo":
      return boundTo(demo(epochMs), accounts);
    case "file":
      return parseParameters(readText(parameters_file), parameters_file);
    case "auto":
      return presetOfNetwork(epochMs, accounts);
  }
}

function readText(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw oracleError("ORC_BAD_CONFIG", `network.parameters_file: ${path}: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}
