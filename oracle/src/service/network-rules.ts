/** The rules a network runs under, found from its account on chain and the configuration, and what the service reads off them. */
import { readFileSync } from "node:fs";
import { demo, earshot, type NetworkParameters, type SortitionChallengeParameters } from "@earshot/poc";
import { canonicalJsonBytes, NETWORK_NUMBERS, sha256 } from "@earshot/poc/protocol";
import { type RegionPlan, regionPlans } from "@earshot/poc/radio";
import type { WrittenConfig } from "../config/schema.ts";
import { parseParameters } from "../epoch-folder/parameters-file.ts";
import { oracleError } from "../errors.ts";
import { hiddenMs } from "../log/published-segments.ts";
import type { NetworkAccount } from "../registry/network-account.ts";

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
  written: WrittenConfig["network"],
): NetworkRules {
  const epochMs = epochSeconds * 1000;
  const parameters = chosenParameters(written, epochMs);
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

function chosenParameters(
  { parameters, parameters_file }: WrittenConfig["network"],
  epochMs: number,
): NetworkParameters {
  switch (parameters) {
    case "earshot":
      return earshot;
    case "demo":
      return demo(epochMs);
    case "file":
      return parseParameters(readText(parameters_file), parameters_file);
    case "auto":
      return epochMs === earshot.time.epochMs ? earshot : demo(epochMs);
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
