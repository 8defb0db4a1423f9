/**
 * What the first look keeps of the receptions of the drawn beacons, so that nobody goes back to the epoch's rows for them: these lie all
 * over its memory, this lies beaconer by beaconer. Ten bytes each.
 */

export interface DrawnReceptions {
  /** By place of the drawn groups: where its receptions begin in the columns below, and one entry more. */
  readonly start: Uint32Array;
  /** By place of the drawn groups: row of the challenge. */
  readonly challenge: Uint32Array;
  /** Who made each reception, what was lost on its way, 0.1 dB, and on which frequency. */
  readonly witness: Uint32Array;
  readonly lossDdb: Int16Array;
  readonly frequencyHz: Int32Array;
}

/** Columns for at most so many receptions of so many groups; what stays unused is never touched. */
export function roomForReceptions(receptions: number, groups: number): DrawnReceptions {
  return {
    start: new Uint32Array(groups + 1),
    challenge: new Uint32Array(groups),
    witness: new Uint32Array(receptions),
    lossDdb: new Int16Array(receptions),
    frequencyHz: new Int32Array(receptions),
  };
}
