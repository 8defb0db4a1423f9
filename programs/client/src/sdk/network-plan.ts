/** What a new network is to be: every number it is created with. Amounts are base units, times are seconds. */
import type { PublicKey } from "@solana/web3.js";
import type { DcParameters, FeedArgs } from "../generated/data-credits.ts";
import type { GovRules } from "../generated/governance.ts";
import type { NetworkSettings } from "../generated/registry.ts";
import type { DistributorConfig, EmissionPeriod, IssueSettings, OracleArgs } from "../generated/rewards.ts";

export interface NetworkPlan {
  readonly decimals: number;
  /** Number of the network in protocol messages. */
  readonly wireId: number;
  readonly epochSeconds: number;
  /** SHA-256 of the canonical JSON of the network's parameters. */
  readonly parameterHash: Uint8Array;
  readonly guardian: PublicKey;
  /** Tokens that exist before the first epoch. */
  readonly genesis: readonly { readonly wallet: PublicKey; readonly amountAtoms: bigint }[];
  /** The window of every limit below. */
  readonly windowSeconds: number;
  readonly mintLimit: bigint;
  readonly mintLifetimeCap: bigint;
  readonly vaultLimit: bigint;
  readonly treasuryLimit: bigint;
  readonly dcMintLimit: bigint;
  readonly firstEpoch: bigint;
  readonly dataCredits: DcParameters;
  readonly feed: FeedArgs;
  readonly settings: NetworkSettings;
  readonly distributor: DistributorConfig;
  readonly issue: IssueSettings;
  readonly oracles: OracleArgs;
  readonly periods: readonly EmissionPeriod[];
  readonly governance: GovRules;
}

/** One token: 8 decimals. */
export const ATOMS = 100_000_000n;
const DAY = 86_400;

/**
 * The network `localnet` starts with: Helium's fees and gains, a day an epoch, five oracles of which four decide, and 75,000 tokens a day
 * for four years. Guardian may pause; admin is who creates it.
 */
export function standardPlan({
  admin,
  guardian,
  oracles,
  genesis,
  parameterHash,
  firstEpoch,
  epochSeconds = DAY,
}: {
  readonly admin: PublicKey;
  readonly guardian: PublicKey;
  readonly oracles: readonly PublicKey[];
  readonly genesis: NetworkPlan["genesis"];
  readonly parameterHash: Uint8Array;
  readonly firstEpoch: bigint;
  readonly epochSeconds?: number;
}): NetworkPlan {
  const epochs = 4 * 365;
  const perEpochAtoms = 75_000n * ATOMS;
  const emitted = perEpochAtoms * BigInt(epochs);
  return {
    decimals: 8,
    wireId: 1,
    epochSeconds,
    parameterHash,
    guardian,
    genesis,
    windowSeconds: epochSeconds,
    mintLimit: 4n * perEpochAtoms,
    mintLifetimeCap: 2n * emitted,
    vaultLimit: 30n * perEpochAtoms,
    treasuryLimit: perEpochAtoms,
    dcMintLimit: 1_000_000_000_000n,
    firstEpoch,
    dataCredits: {
      guardian,
      burnAuthority: admin,
      priceSource: { feed: {} },
      maxPriceAgeS: epochSeconds,
      maxConfidenceBps: 500,
    },
    feed: {
      oracles,
      quorum: Math.floor(oracles.length / 2) + 1,
      maxSubmissionAgeS: epochSeconds,
      maxStepBps: 2_000,
      stepSeconds: 60,
    },
    settings: {
      fees: { fullOnboard: 4_000_000n, fullAssert: 1_000_000n, lightOnboard: 50_000n, lightAssert: 50_000n },
      rules: {
        gainMinDdbi: 10,
        gainMaxDdbi: 150,
        elevationMinM: -500,
        elevationMaxM: 9_000,
        assertsPerEpoch: 3,
        makerStake: 0n,
      },
      denylistAuthority: admin,
      metadataUri: "",
    },
    distributor: { guardian, vetoSeconds: epochSeconds, logSeconds: Math.ceil(epochSeconds / 24), rootRetention: 30 },
    issue: { reissueCap: perEpochAtoms / 10n, averageEpochs: 7, treasuryBps: 700 },
    oracles: { oracles, threshold: Math.floor((2 * oracles.length) / 3) + 1 },
    periods: [{ startEpoch: firstEpoch, epochs, total: emitted }],
    governance: {
      quorum: 1_000n * ATOMS,
      proposerMin: 100n * ATOMS,
      passBps: 6_667,
      voteSeconds: 7 * epochSeconds,
      timelockSeconds: 2 * epochSeconds,
      executeSeconds: 7 * epochSeconds,
      minLockSeconds: 7 * epochSeconds,
      maxLockSeconds: 4 * 365 * epochSeconds,
    },
  };
}
