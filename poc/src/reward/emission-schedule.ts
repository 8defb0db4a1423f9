/**
 * What a network issues in each epoch: a schedule of periods, as data.
 *
 * A period of n epochs that issues T base units issues floor(T(k+1)/n) − floor(Tk/n) in its k-th epoch, so that it issues T to
 * the unit; a constant per epoch would lose up to n − 1 of them (programs/rewards computes the same). Epochs outside every period
 * issue nothing. Refuses overlapping or unordered periods, a period without epochs, and totals that are not u64.
 */
import { pocError } from "../errors.ts";
import type { EmissionPeriod } from "../parameters/network-parameters.ts";
import { U64_MAX } from "./amount.ts";

/** A checked schedule: periods in order, totals as bigint. Made by `readEmissionSchedule`. */
export interface EmissionSchedule {
  readonly periods: readonly CheckedPeriod[];
}

interface CheckedPeriod {
  readonly startEpoch: number;
  readonly epochs: number;
  readonly totalAtoms: bigint;
}

/** Last epoch number that fits the tables: uint32. */
const LAST_EPOCH = 0xffffffff;

/** Checks the periods of the network parameters. Throws POC_BAD_PARAMETERS, or POC_BAD_AMOUNT for a total beyond u64. */
export function readEmissionSchedule(periods: readonly EmissionPeriod[]): EmissionSchedule {
  let free = 0;
  const checked: CheckedPeriod[] = [];
  for (const { startEpoch, epochs, totalAtoms } of periods) {
    if (!Number.isInteger(startEpoch) || startEpoch < free) {
      throw pocError("POC_BAD_PARAMETERS", `an emission period starts in epoch ${startEpoch}, before ${free} is free`);
    }
    if (!Number.isInteger(epochs) || epochs < 1 || startEpoch + epochs - 1 > LAST_EPOCH) {
      throw pocError("POC_BAD_PARAMETERS", `an emission period from epoch ${startEpoch} cannot last ${epochs} epochs`);
    }
    if (!/^(0|[1-9][0-9]*)$/.test(totalAtoms)) {
      throw pocError("POC_BAD_PARAMETERS", `${JSON.stringify(totalAtoms)} is not a decimal number of base units`);
    }
    const total = BigInt(totalAtoms);
    if (total > U64_MAX) throw pocError("POC_BAD_AMOUNT", `an emission period of ${total} base units does not fit u64`);
    checked.push({ startEpoch, epochs, totalAtoms: total });
    free = startEpoch + epochs;
  }
  return { periods: checked };
}

/** Base units issued in `epoch` (its number: days since 1970-01-01 where an epoch is a day); 0 outside every period. */
export function emissionAtoms(schedule: EmissionSchedule, epoch: number): bigint {
  if (!Number.isInteger(epoch)) throw pocError("POC_BAD_PARAMETERS", `${epoch} is not an epoch number`);
  for (const { startEpoch, epochs, totalAtoms } of schedule.periods) {
    if (epoch < startEpoch || epoch >= startEpoch + epochs) continue;
    const k = BigInt(epoch - startEpoch);
    const n = BigInt(epochs);
    return (totalAtoms * (k + 1n)) / n - (totalAtoms * k) / n;
  }
  return 0n;
}
