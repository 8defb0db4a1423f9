/**
 * Closes an epoch: partitions merged, density, cell weights, shares, rewards, the next state. Pure and the same for any partitioning.
 */

import { neighbours } from "@earshot/geo";
import { detectAnomalies } from "../anomaly/detect.ts";
import { dropVoidLinks, weighShares } from "../anomaly/outcome.ts";
import { servedCells } from "../score/cell-served.ts";
import { cellWeights } from "../score/cell-weight.ts";
import { buildDensityMap, type DensityMap } from "../score/density.ts";
import { buildRewardUnitTable, type RewardUnitTable } from "../score/reward-units.ts";
import { LINE, LINE_STRIDE, META } from "../verify/hotspot-lines.ts";
import { REASONS } from "../verify/reason.ts";
import { hotspotOfRow } from "../verify/witness-job.ts";
import { assembleVerdicts, type FinalBeacons, finalBeacons, VERDICT_KIND } from "./assemble-verdicts.ts";
import { type CellSums, sumCells } from "./cell-sums.ts";
import { type CellDemand, cellReasonsTableOf, cellsTableOf } from "./cells-table.ts";
import { allocateColumns, type Columns } from "./columns.ts";
import { type Demand, readDemand } from "./demand.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { EpochOutput, EpochSummary } from "./epoch-output.ts";
import { type HotspotHistory, writeHistory } from "./history.ts";
import { budgetEpoch, type EpochBudget, payEpoch } from "./pay-epoch.ts";
import { applyRunningReciprocity, closedHistory } from "./reciprocity.ts";
import { sampleWitnesses } from "./sample-witnesses.ts";
import { type ShareSums, sumShares } from "./share-sums.ts";
import { sharesTable, type verdictsTable } from "./tables.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

const ONE_E4 = 10_000;

/**
 * The epoch's output from the verdicts of all its partitions; writes into them where reciprocity runs in log order. `onStepDone` is
 * called where much that a step needed has become garbage, for callers who collect it: large columns lie outside the engine's heap.
 */
export function closeEpoch(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  onStepDone: () => void = () => {},
): EpochOutput {
  const { input } = context;
  const { parameters } = input;
  const history = settleHistory(context, partitions);
  const units = buildRewardUnitTable(parameters.units, parameters.selection.maximumWitnesses);
  const demand = readDemand(context, parameters.cellWeight?.epochs ?? 1);
  const detection =
    parameters.anomaly === undefined
      ? undefined
      : detectAnomalies(context, partitions, parameters.anomaly, demand.ownerOf, onStepDone);
  onStepDone();
  if (detection !== undefined)
    dropVoidLinks(context.beacons.hotspot, partitions, detection.voidLinks, context.hotspots.count);
  const sums = sumCells(context, partitions, demand.ownerOf);
  const barred = barOwnCells(context, partitions, sums);
  const beacons = finalBeacons(context, partitions);
  const active = activeHotspots(context, partitions, history);
  // Who is paid nothing takes no room from others.
  detection?.weightE4.forEach((weight, hotspot) => {
    if (weight === 0) active[hotspot] = 0;
  });
  const { hi, lo } = context.places;
  const density = densityOf(context, active);
  const scaleE4 = density.scalesE4(hi, lo, parameters.density.defaultScaleE4);
  const budget = budgetEpoch(input, demand.creditsByHotspot);
  const cellShares = sharesBeforeWeight(context, beacons, scaleE4, units);
  const { servedE4, weightE4 } = weigh(context, cellShares, demand, budget, barred);
  const transmitE8 = Float64Array.from(
    scaleE4,
    (scale, hotspot) => scale * (weightE4[context.cells8.of[hotspot]] ?? 0),
  );
  const shares = weighShares(sumShares(context, partitions, units, transmitE8), detection?.weightE4);
  const pay = payEpoch(input, budget, shares, demand.creditsByHotspot);
  const cellDemand: CellDemand = {
    servedE4,
    weightE4,
    shares: BigUint64Array.from(cellShares, (unweighted, cell) => BigInt(unweighted) * BigInt(weightE4[cell] ?? 0)),
  };
  onStepDone();
  const verdicts = assembleVerdicts(context, partitions, beacons, units);
  return {
    verdicts,
    cells: cellsTableOf(context, density, sums, beacons, cellDemand),
    cellReasons: cellReasonsTableOf(context, sums),
    shares: sharesTableOf(context, scaleE4, weightE4, shares, demand),
    rewards: pay.rewards,
    splitRewards: pay.splitRewards,
    stateOut: writeHistory(input.hotspots, history),
    servedOut: demand.servedOut,
    ledgerOut: pay.ledgerOut,
    ...(detection === undefined ? {} : { suspicionOut: detection.suspicionOut, evidence: detection.evidence }),
    tree: pay.tree,
    summary: {
      ...countVerdicts(verdicts),
      hotspots: context.hotspots.count,
      packets: input.packets.log_index.length,
      dataCredits: demand.creditsByHotspot.reduce((sum, credits) => sum + BigInt(credits), 0n),
      budgetAtoms: budget.budgetAtoms,
      coverageAtoms: pay.coverageAtoms,
      dataAtoms: pay.dataAtoms,
      treasuryAtoms: pay.treasuryAtoms,
      activeHotspots: active.reduce((sum, flag) => sum + flag, 0),
    },
  };
}

function settleHistory(context: EpochContext, partitions: readonly PartitionVerdicts[]): HotspotHistory {
  if (context.input.parameters.reciprocity.kind === "closed-state") return closedHistory(context, partitions);
  const history = applyRunningReciprocity(context, partitions);
  for (const verdicts of partitions) sampleWitnesses(context, verdicts);
  return history;
}

/** 1 by hotspot for those that density counts. */
function activeHotspots(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  history: HotspotHistory,
): Uint8Array {
  const { density, time } = context.input.parameters;
  const count = context.hotspots.count;
  if (density.active === "recent-beacon") {
    const sinceMs = context.epochStartMs + time.epochMs - density.withinMs;
    return Uint8Array.from({ length: count }, (_, hotspot) =>
      history.lastReciprocalBeaconMs[hotspot] >= Math.max(sinceMs, 1) ? 1 : 0,
    );
  }
  const active = new Uint8Array(count);
  for (const verdicts of partitions) {
    for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
      if (verdicts.selectedCount[group] > 0) active[context.beacons.hotspot[verdicts.beaconOfGroup[group]]] = 1;
    }
    for (let row = 0; row < verdicts.selected.length; row++)
      if (verdicts.selected[row] === 1) active[hotspotOfRow(verdicts.rows, row)] = 1;
  }
  return active;
}

function densityOf(context: EpochContext, active: Uint8Array): DensityMap {
  const { hi, lo, privateCount } = context.places;
  const placed: number[] = [];
  active.forEach((flag, hotspot) => {
    if (flag === 1 && (context.hotspots.lines[hotspot * LINE_STRIDE + LINE.meta] & META.notAsserted) === 0)
      placed.push(hotspot);
  });
  return buildDensityMap(
    Uint32Array.from(placed, (hotspot) => hi[hotspot]),
    Uint32Array.from(placed, (hotspot) => lo[hotspot]),
    context.input.parameters.density.limits,
    privateCount > 0,
  );
}

/** Shares of all proofs sent from each resolution-8 cell before its weight, 1e-8: exact integers. */
function sharesBeforeWeight(
  context: EpochContext,
  beacons: FinalBeacons,
  scaleE4: Uint16Array,
  units: RewardUnitTable,
): Float64Array {
  const { cells8 } = context;
  const shares = new Float64Array(cells8.hi.length);
  for (let beacon = 0; beacon < beacons.selectedCount.length; beacon++) {
    const paid = beacons.selectedCount[beacon];
    const beaconer = context.beacons.hotspot[beacon];
    const cell = cells8.of[beaconer];
    if (paid === 0 || cell >= shares.length) continue;
    shares[cell] += (units.beaconerE4[paid] + paid * units.witnessE4[paid]) * scaleE4[beaconer];
  }
  return shares;
}

/**
 * Takes back the selection of proofs from cells whose valid witnesses all belong to the beaconer's owner: they are not paid, so they do
 * not count for density either. Returns 1 by dense cell id for such cells.
 */
function barOwnCells(context: EpochContext, partitions: readonly PartitionVerdicts[], sums: CellSums): Uint8Array {
  const { cells8, input, beacons } = context;
  const barred = new Uint8Array(cells8.hi.length + 1);
  if (!input.parameters.foreignWitnessRequired) return barred;
  for (let cell = 0; cell < barred.length; cell++) {
    if (sums.witnessesValid[cell] === 0 || sums.hasForeignValid[cell] > 0) continue;
    barred[cell] = 1;
    sums.witnessesSelected[cell] = 0;
  }
  for (const verdicts of partitions) {
    for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
      if (barred[cells8.of[beacons.hotspot[verdicts.beaconOfGroup[group]]]] === 0) continue;
      verdicts.selectedCount[group] = 0;
      verdicts.selected.fill(0, verdicts.starts[group], verdicts.starts[group + 1]);
    }
  }
  return barred;
}

/** Weight by dense cell id; 1 where the rules have no weights, 0 in cells that are barred. */
function weigh(
  context: EpochContext,
  cellShares: Float64Array,
  demand: Demand,
  budget: EpochBudget,
  barred: Uint8Array,
) {
  const { input, cells8 } = context;
  const { cellWeight } = input.parameters;
  const weights =
    cellWeight === null
      ? { servedE4: new Float64Array(cells8.hi.length), weightE4: new Uint16Array(cells8.hi.length).fill(ONE_E4) }
      : cellWeights(
          { cellHi: cells8.hi, cellLo: cells8.lo, shares: cellShares },
          servedCells(demand.history, demand.owners, input.header.epoch, cellWeight, neighbours),
          budget.coveragePoolAtoms,
          budget.price,
          cellWeight,
        );
  for (let cell = 0; cell < cells8.hi.length; cell++) if (barred[cell] === 1) weights.weightE4[cell] = 0;
  return weights;
}

function sharesTableOf(
  context: EpochContext,
  scaleE4: Uint16Array,
  weightE4: Uint16Array,
  shares: ShareSums,
  demand: Demand,
): Columns<typeof sharesTable> {
  const count = context.hotspots.count;
  const out = allocateColumns(sharesTable, count);
  out.scale_e4.set(scaleE4);
  out.beacon_shares.set(shares.beacon);
  out.witness_shares.set(shares.witness);
  for (let hotspot = 0; hotspot < count; hotspot++) {
    out.hotspot[hotspot] = hotspot;
    out.weight_e4[hotspot] = weightE4[context.cells8.of[hotspot]] ?? 0;
    out.data_credits[hotspot] = BigInt(demand.creditsByHotspot[hotspot]);
  }
  return out;
}

function countVerdicts(
  verdicts: Columns<typeof verdictsTable>,
): Pick<
  EpochSummary,
  "beacons" | "beaconsValid" | "witnesses" | "witnessesValid" | "witnessesSelected" | "beaconReasons" | "witnessReasons"
> {
  const beacon = new Uint32Array(256);
  const witness = new Uint32Array(256);
  let witnessesSelected = 0;
  for (let row = 0; row < verdicts.kind.length; row++) {
    if (verdicts.kind[row] === VERDICT_KIND.beacon) {
      beacon[verdicts.reason[row]]++;
    } else {
      witness[verdicts.reason[row]]++;
      witnessesSelected += verdicts.selected[row];
    }
  }
  const named = (counts: Uint32Array) =>
    Object.fromEntries(
      REASONS.filter(({ number }) => counts[number] > 0).map(({ name, number }) => [name, counts[number]]),
    );
  const total = (counts: Uint32Array) => counts.reduce((sum, count) => sum + count, 0);
  return {
    beacons: total(beacon),
    beaconsValid: beacon[0],
    witnesses: total(witness),
    witnessesValid: witness[0],
    witnessesSelected,
    beaconReasons: named(beacon),
    witnessReasons: named(witness),
  };
}
