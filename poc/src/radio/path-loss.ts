/**
 * Free-space path loss in whole 0.1 dB, the same on every machine.
 *
 * FSPL = 20·log10(4π·d·f/c) between isotropic antennas, d in m, f in Hz. No logarithm is taken: the loss of a link is the
 * least k ≥ 0 with (d·f)² ≤ T[k], T[k] = 10^(k/100)·(c/4π)², so k = ceil(10·FSPL) and a link never loses less than k
 * says less 0.1 dB. T is computed exactly and rounded once (decibel.ts), an error of at most 2^-53 of T, which is 5e-16 dB.
 *
 * A witness RSSI is an integer S in 0.1 dB: "S ≤ power + gains − FSPL" holds exactly when S ≤ power + gains − k, so the
 * ceiling decides as the real number would.
 *
 * It does not model ground, terrain or antennas, and refuses nothing: distances of zero, see `lossDdb`.
 */
import { pocError } from "../errors.ts";
import { fixedOne, powerRatio, toDouble } from "./decibel.ts";

/** Speed of light, m/s: exact by the SI. */
export const SPEED_OF_LIGHT_M_PER_S = 299_792_458;
/** The value in Helium's verifier, m/s: 2.998e8. */
export const HELIUM_SPEED_OF_LIGHT_M_PER_S = 299_800_000;

/** Greatest loss in a table: 300 dB, which at 868 MHz is beyond 10^13 m. */
export const MAX_LOSS_DDB = 3000;

/**
 * log2 of the start table's entries per octave of (d·f)². 1/256 octave is 0.017 dB at most, so an entry holds at most one
 * threshold and one comparison is enough.
 */
const startBits = 8;
/** Shift of a double's upper word that leaves the slot in `LossTable.start`, for kernels that write `lossDdb` out. */
export const LOSS_SLOT_SHIFT = 20 - startBits;

/** π with 50 decimals, times fixedOne. */
const fixedPi = 314_159_265_358_979_323_846_264_338_327_950_288_419_716_939_937_510n;

/** What `lossDdb` reads: plain typed arrays, so that a kernel can hold them in local constants. */
export interface LossTable {
  readonly speedOfLightMPerS: number;
  /** T[k] in m²·Hz², k = 0 … MAX_LOSS_DDB, ascending. */
  readonly thresholds: Float64Array;
  /** 1 / T[k]. */
  readonly inverses: Float64Array;
  /** Loss of the lower end of each 1/256 octave of (d·f)² from T[0] on. */
  readonly start: Uint16Array;
  /** Sign, exponent and top mantissa bits of T[0]: index 0 of `start`. */
  readonly firstSlot: number;
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);
scratch[0] = 1;
/** Which half of a double holds its exponent: 1 on little-endian machines. */
const highWord = scratchWords[1] === 0 ? 0 : 1;

function slotOf(value: number): number {
  scratch[0] = value;
  return scratchWords[highWord] >>> LOSS_SLOT_SHIFT;
}

/** The double whose top bits are `slot` and whose other bits are zero. */
function lowerEnd(slot: number): number {
  scratch[0] = 0;
  scratchWords[highWord] = slot << LOSS_SLOT_SHIFT;
  return scratch[0];
}

/**
 * Thresholds and start table for a speed of light in whole m/s; about 75 kB. Build once, not per row.
 * Throws POC_BAD_PARAMETERS when `speedOfLightMPerS` is not an integer from 1 to 1e9.
 */
export function buildLossTable(speedOfLightMPerS: number): LossTable {
  if (!Number.isInteger(speedOfLightMPerS) || speedOfLightMPerS < 1 || speedOfLightMPerS > 1e9) {
    throw pocError("POC_BAD_PARAMETERS", `speed of light: expected whole m/s, got ${speedOfLightMPerS}`);
  }
  const fixedSpeed = BigInt(speedOfLightMPerS) * fixedOne;
  const unit = (fixedSpeed * fixedSpeed * fixedOne) / (16n * fixedPi * fixedPi);
  const thresholds = Float64Array.from({ length: MAX_LOSS_DDB + 1 }, (_, k) =>
    toDouble((unit * powerRatio(2 * k)) / fixedOne),
  );
  const firstSlot = slotOf(thresholds[0]);
  const start = new Uint16Array(slotOf(thresholds[MAX_LOSS_DDB]) - firstSlot + 1);
  for (let slot = 0, k = 0; slot < start.length; slot++) {
    const from = lowerEnd(firstSlot + slot);
    while (from > thresholds[k]) k++;
    start[slot] = k;
  }
  return { speedOfLightMPerS, thresholds, inverses: thresholds.map((threshold) => 1 / threshold), start, firstSlot };
}

/**
 * ceil(10·FSPL) in 0.1 dB of a link with `squared` = (d·f)², m²·Hz².
 *
 * Less than one whole wavelength over 4π is 0, not a gain: that near no free-space formula holds. So is d = 0 (Helium
 * sets no bound at all there: the caller decides) and NaN, which integer positions cannot produce. Losses above
 * MAX_LOSS_DDB are MAX_LOSS_DDB.
 */
export function lossDdb(table: LossTable, squared: number): number {
  const { thresholds } = table;
  if (!(squared > thresholds[0])) return 0;
  if (squared >= thresholds[MAX_LOSS_DDB]) return MAX_LOSS_DDB;
  scratch[0] = squared;
  const k = table.start[(scratchWords[highWord] >>> LOSS_SLOT_SHIFT) - table.firstSlot];
  return squared > thresholds[k] ? k + 1 : k;
}

/** The same for a distance in m and a frequency in Hz. */
export function linkLossDdb(table: LossTable, distanceM: number, frequencyHz: number): number {
  const product = distanceM * frequencyHz;
  return lossDdb(table, product * product);
}

/** FSPL in dB as a real number, for people: its last bits may differ by machine, so nothing may be decided by it. */
export function fsplDb(distanceM: number, frequencyHz: number, speedOfLightMPerS = SPEED_OF_LIGHT_M_PER_S): number {
  return 20 * Math.log10((4 * Math.PI * distanceM * frequencyHz) / speedOfLightMPerS);
}
