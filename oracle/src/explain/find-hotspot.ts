/** Which hotspot a person means: its row number, its key as text, or the beginning of that. */
import type { EpochInput } from "@earshot/poc";
import { keyFromText, keyToTextUnchecked } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";

const KEY_BYTES = 33;
/** Shorter beginnings fit too many keys to be meant. */
const MIN_PREFIX = 4;

/** The key of a row as text, whether or not a signature could be checked with it. */
export function hotspotText(hotspots: Pick<EpochInput["hotspots"], "key">, row: number): string {
  return keyToTextUnchecked(hotspots.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES));
}

/** The row of the hotspot that is meant. Throws ORC_UNKNOWN_HOTSPOT when none or more than one is. */
export function findHotspot(hotspots: EpochInput["hotspots"], meant: string): number {
  const count = hotspots.region.length;
  if (/^[0-9]{1,9}$/.test(meant)) {
    if (Number(meant) < count) return Number(meant);
    throw oracleError("ORC_UNKNOWN_HOTSPOT", `row ${meant} of ${count} hotspots`);
  }
  if (meant.length < MIN_PREFIX) {
    throw oracleError(
      "ORC_UNKNOWN_HOTSPOT",
      `${meant}: give a row number or at least ${MIN_PREFIX} characters of the key`,
    );
  }
  const whole = wholeKey(meant);
  const fits: number[] = [];
  for (let row = 0; row < count; row++) {
    const key = hotspots.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);
    if (whole === undefined ? keyToTextUnchecked(key).startsWith(meant) : Buffer.compare(key, whole) === 0)
      fits.push(row);
  }
  if (fits.length === 1) return fits[0];
  if (fits.length === 0)
    throw oracleError("ORC_UNKNOWN_HOTSPOT", `${meant}: none of ${count} hotspots has a key like that`);
  const some = fits.slice(0, 4).map((row) => hotspotText(hotspots, row));
  throw oracleError("ORC_UNKNOWN_HOTSPOT", `${meant}: ${fits.length} hotspots, among them ${some.join(", ")}`);
}

/** The key when the text is a whole one. */
function wholeKey(text: string): Uint8Array | undefined {
  try {
    return keyFromText(text);
  } catch {
    return undefined;
  }
}
