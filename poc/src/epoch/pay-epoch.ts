/**
 * From shares to base units: the budget of the epoch, what data and coverage are paid, and the ledger of wallets.
 *
 * `weighted` are the rules of this network, `helium` the buckets and roundings of the last Helium rules. Under both the sum over
 * hotspots and treasury is the emission of the epoch, to the last base unit.
 */
import { pocError } from "../errors.ts";
import type {
  HeliumRewardParameters,
  NetworkParameters,
  WeightedRewardParameters,
} from "../parameters/network-parameters.ts";
import { emissionAtoms, readEmissionSchedule } from "../reward/emission-schedule.ts";
import {
  type BudgetParts,
  type DataPay,
  payCoverage,
  payData,
  splitEpochBudget,
  treasuryAtoms,
} from "../reward/epoch-budget.ts";
import { heliumRewards } from "../reward/helium-rewards.ts";
import { closeLedger } from "../reward/ledger.ts";
import { buildMerkleSumTree, type MerkleSumTree } from "../reward/merkle-sum-tree.ts";
import { type DataCreditPrice, dataCreditPrice } from "../score/data-credit-price.ts";
import { allocateColumns, type Columns } from "./columns.ts";
import type { EpochInput } from "./epoch-input.ts";
import { hexToBytes } from "./hex.ts";
import type { ShareSums } from "./share-sums.ts";
import { paymentsOf, splitRewards } from "./split-rewards.ts";
import { type ledgerOutTable, NO_ROW, rewardsTable, type splitRewardsTable } from "./tables.ts";

const WALLET_BYTES = 32;
/** Shares are kept in 1e-12; Helium's formulas take 1e-8. */
const HELIUM_SHARE_DIVISOR = 10_000n;

export interface EpochBudget {
  readonly budgetAtoms: bigint;
  readonly parts: BudgetParts;
  readonly data: DataPay;
  readonly price: DataCreditPrice;
  /** What coverage shares are paid from: its part and what data left. */
  readonly coveragePoolAtoms: bigint;
}

/** Budget and data pay, known before any share is. Throws POC_BAD_PARAMETERS or POC_BAD_AMOUNT. */
export function budgetEpoch(input: EpochInput, creditsByHotspot: Float64Array): EpochBudget {
  const { rewards } = input.parameters;
  const { epoch, budgetAtoms: issued } = input.header;
  const budgetAtoms =
    issued === undefined ? emissionAtoms(readEmissionSchedule(rewards.emission), epoch) : BigInt(issued);
  const price = dataCreditPrice(
    BigInt(input.header.tokenPriceUsdE8),
    BigInt(rewards.atomsPerToken),
    BigInt(rewards.dataCreditUsdE8),
  );
  const parts = splitEpochBudget(budgetAtoms, partsOf(rewards));
  const data = payData(parts.dataAtoms, creditsByHotspot, price);
  return { budgetAtoms, parts, data, price, coveragePoolAtoms: parts.coverageAtoms + data.unusedAtoms };
}

/** What data may take at most, and the rest: under Helium's rules only a bound on what a cell's weight may lift. */
function partsOf(rewards: NetworkParameters["rewards"]): Pick<WeightedRewardParameters, "coverageE4" | "dataE4"> {
  return rewards.kind === "weighted" ? rewards : { coverageE4: 10_000 - rewards.dataE4, dataE4: rewards.dataE4 };
}

export interface EpochPay {
  readonly rewards: Columns<typeof rewardsTable>;
  readonly splitRewards: Columns<typeof splitRewardsTable>;
  readonly ledgerOut: Columns<typeof ledgerOutTable>;
  readonly tree: MerkleSumTree;
  readonly coverageAtoms: bigint;
  readonly dataAtoms: bigint;
  readonly treasuryAtoms: bigint;
}

/** Pays every hotspot and the treasury, and closes the ledger. */
export function payEpoch(
  input: EpochInput,
  budget: EpochBudget,
  shares: ShareSums,
  creditsByHotspot: Float64Array,
): EpochPay {
  const { rewards: rules } = input.parameters;
  const { beacon, witness, data, treasury } =
    rules.kind === "helium" ? payHelium(input, budget, shares, creditsByHotspot, rules) : payWeighted(budget, shares);
  const hotspots = beacon.length;
  const rewards = allocateColumns(rewardsTable, hotspots + 1);
  const treasuryWallet = hexToBytes(input.parameters.rewards.treasury, WALLET_BYTES, "rewards.treasury");
  for (let hotspot = 0; hotspot < hotspots; hotspot++) rewards.hotspot[hotspot] = hotspot;
  rewards.hotspot[hotspots] = NO_ROW;
  rewards.beneficiary.set(input.hotspots.beneficiary);
  rewards.beneficiary.set(treasuryWallet, hotspots * WALLET_BYTES);
  rewards.beacon_atoms.set(beacon);
  rewards.witness_atoms.set(witness);
  rewards.data_atoms.set(data);
  // The treasury's row tells its amount where data would stand: it is neither beacon nor reception.
  rewards.data_atoms[hotspots] = treasury;

  let coverageAtoms = 0n;
  let dataAtoms = 0n;
  for (let hotspot = 0; hotspot < hotspots; hotspot++) {
    coverageAtoms += beacon[hotspot] + witness[hotspot];
    dataAtoms += data[hotspot];
  }
  if (coverageAtoms + dataAtoms + treasury !== budget.budgetAtoms) {
    throw pocError(
      "POC_INVARIANT",
      `budget ${budget.budgetAtoms}, coverage ${coverageAtoms}, data ${dataAtoms}, treasury ${treasury}`,
    );
  }
  const split = splitRewards(input.splits, rewards);
  const ledger = closeLedger(
    { wallets: input.ledgerIn.beneficiary, cumulativeAtoms: input.ledgerIn.cumulative_atoms },
    paymentsOf(rewards, split),
    treasuryWallet,
    treasury,
  );
  const distributor = hexToBytes(input.parameters.rewards.distributor, WALLET_BYTES, "rewards.distributor");
  return {
    rewards,
    splitRewards: split,
    ledgerOut: {
      beneficiary: ledger.wallets,
      epoch_atoms: ledger.epochAtoms,
      cumulative_atoms: ledger.cumulativeAtoms,
    },
    tree: buildMerkleSumTree(distributor, ledger.wallets, ledger.cumulativeAtoms),
    coverageAtoms,
    dataAtoms,
    treasuryAtoms: treasury,
  };
}

interface Amounts {
  readonly beacon: BigUint64Array;
  readonly witness: BigUint64Array;
  readonly data: BigUint64Array;
  readonly treasury: bigint;
}

function payWeighted(budget: EpochBudget, shares: ShareSums): Amounts {
  const coverage = payCoverage(budget.coveragePoolAtoms, shares.beacon, shares.witness);
  return {
    beacon: coverage.beaconAmounts,
    witness: coverage.witnessAmounts,
    data: budget.data.amounts,
    treasury: treasuryAtoms(budget.budgetAtoms, budget.data, coverage),
  };
}

/** What Helium left to operations, oracles, delegators and nobody is the treasury's here. */
function payHelium(
  input: EpochInput,
  budget: EpochBudget,
  shares: ShareSums,
  creditsByHotspot: Float64Array,
  rules: HeliumRewardParameters,
): Amounts {
  const columns = {
    beaconE8: Float64Array.from(shares.beacon, (share) => Number(share / HELIUM_SHARE_DIVISOR)),
    witnessE8: Float64Array.from(shares.witness, (share) => Number(share / HELIUM_SHARE_DIVISOR)),
    dataCredits: creditsByHotspot,
  };
  const paid = heliumRewards(budget.budgetAtoms, BigInt(input.header.tokenPriceUsdE8), columns, rules);
  return {
    beacon: paid.beaconAtoms,
    witness: paid.witnessAtoms,
    data: paid.dataAtoms,
    treasury: budget.budgetAtoms - paid.paidAtoms,
  };
}
