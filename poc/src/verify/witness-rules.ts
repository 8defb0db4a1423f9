/** NetworkParameters compiled to what the witness kernel compares with: numbers, tables, and the ordered checks. */
import { pocError } from "../errors.ts";
import type { NetworkParameters } from "../parameters/network-parameters.ts";
import { buildLossTable, type LossTable } from "../radio/path-loss.ts";
import { witnessCheckOrder } from "./witness-checks.ts";
import type { WitnessLimits } from "./witness-facts.ts";

export interface WitnessRules {
  /** Codes of the checks in order (witness-checks.ts). */
  readonly order: Uint8Array;
  /** By code: the bit of its place in the order, the first uppermost; 0 where the order lacks it. */
  readonly bits: Int32Array;
  /** Places of the checks that need more than words of the row and its lines; the last entry is beyond every place. */
  readonly costly: Uint8Array;
  readonly limits: WitnessLimits;
  readonly loss: LossTable;
  readonly toleranceDdb: number;
  readonly checksDataRate: boolean;
  readonly checksSnr: boolean;
  /** Distances within 1 cm of a half metre are decided by the double haversine of the cell centres. */
  readonly haversineRounding: boolean;
  /** Least SNR by spreading factor 0..15, 0.1 dB. */
  readonly snrFloorDdb: Int16Array;
}

/** The kernel takes resolution-11 cells farther apart than GRID_DECIDES_BELOW_M for at least this many steps apart. */
const MAX_GRID_CELLS = 8;

/** denied_edge, below_min_distance, max_distance_exceeded, bad_rssi. */
const COSTLY_CODES = [4, 14, 15, 17];

/** Throws POC_BAD_PARAMETERS when a list or a limit cannot be applied. */
export function compileWitnessRules(parameters: NetworkParameters): WitnessRules {
  const order = witnessCheckOrder(parameters.witnessChecks);
  const { radio, distance } = parameters;
  if (radio.snrFloorDdb.length !== 8) {
    throw pocError(
      "POC_BAD_PARAMETERS",
      `radio.snrFloorDdb: expected 8 values for SF5 to SF12, got ${radio.snrFloorDdb.length}`,
    );
  }
  if (distance.minimumKind === "grid" && distance.minimum > MAX_GRID_CELLS) {
    throw pocError(
      "POC_BAD_PARAMETERS",
      `distance.minimum: expected at most ${MAX_GRID_CELLS} grid cells, got ${distance.minimum}`,
    );
  }
  const snrFloorDdb = new Int16Array(16).fill(-32768);
  radio.snrFloorDdb.forEach((floor, index) => {
    snrFloorDdb[5 + index] = floor;
  });
  const applied = new Set(parameters.witnessChecks);
  return {
    order,
    bits: Int32Array.from({ length: 32 }, (_, code) => (order.includes(code) ? 1 << (31 - order.indexOf(code)) : 0)),
    costly: Uint8Array.of(...[...order.keys()].filter((place) => COSTLY_CODES.includes(order[place])), 32),
    limits: {
      frequencyToleranceHz: radio.frequencyToleranceHz,
      frequencyInt32: radio.frequencyDifference === "int32",
      minimumM: distance.minimumKind === "metres" ? distance.minimum : 0,
      minimumGridCells: distance.minimumKind === "grid" ? distance.minimum : 0,
      maximumM: distance.maximumM,
    },
    loss: buildLossTable(radio.speedOfLightMPerS),
    toleranceDdb: radio.rssiToleranceDdb,
    checksDataRate: applied.has("invalid_data_rate"),
    checksSnr: applied.has("bad_snr"),
    haversineRounding: distance.rounding === "haversine",
    snrFloorDdb,
  };
}
