/**
 * The commitment to the digits of a location that are finer than resolution 8, the same bytes as the registry program's.
 *
 *   c12 = SHA-256("earshot-cell" || 12 u8 || salt 32 || digit 12 u8)
 *   c_r = SHA-256("earshot-cell" || r u8  || c_(r+1) || digit r u8)     r = 11, 10, 9
 *   commitment = c9
 *
 * So an owner can show the digits down to any resolution: the digits, and the link behind the last of them (the salt, for 12).
 */

import { pocError } from "../errors.ts";
import { bytesEqual, checkBytes } from "./byte-codec.ts";
import { sha256 } from "./hash.ts";

export const LOCATION_SALT_BYTES = 32;
export const COARSEST_DIGIT = 9;
export const FINEST_DIGIT = 12;
const DIGITS = FINEST_DIGIT - COARSEST_DIGIT + 1;
const MOST_DIGIT = 6;
const domain = new TextEncoder().encode("earshot-cell");

/** Digits from resolution 9 on, and what is behind the last one: salt or link, 32 bytes. */
export interface LocationOpening {
  readonly digits: readonly number[];
  readonly behind: Uint8Array;
}

/** The commitment to four digits, 0 to 6 each. Throws POC_BAD_LENGTH, POC_BAD_ENCODING. */
export function commitLocation(digits: readonly number[], salt: Uint8Array): Uint8Array {
  return linksOf(checkDigits(digits, DIGITS), checkBytes(salt, LOCATION_SALT_BYTES, "salt"), FINEST_DIGIT)[0];
}

/** What shows the location down to `resolution` (9 to 12) and no further. Throws POC_BAD_LENGTH, POC_BAD_ENCODING. */
export function openLocation(digits: readonly number[], salt: Uint8Array, resolution: number): LocationOpening {
  if (!Number.isInteger(resolution) || resolution < COARSEST_DIGIT || resolution > FINEST_DIGIT) {
    throw pocError(
      "POC_BAD_ENCODING",
      `resolution of an opening: expected ${COARSEST_DIGIT} to ${FINEST_DIGIT}, got ${resolution}`,
    );
  }
  const links = linksOf(checkDigits(digits, DIGITS), checkBytes(salt, LOCATION_SALT_BYTES, "salt"), FINEST_DIGIT);
  const shown = resolution - COARSEST_DIGIT + 1;
  return { digits: digits.slice(0, shown), behind: links[shown] };
}

/** Whether an opening, from outside, leads to a commitment. Never throws. */
export function verifyOpening(commitment: Uint8Array, { digits, behind }: LocationOpening): boolean {
  if (behind.length !== 32 || commitment.length !== 32 || digits.length < 1 || digits.length > DIGITS) return false;
  if (!digits.every(isDigit)) return false;
  const [root] = linksOf(digits, behind, COARSEST_DIGIT + digits.length - 1);
  return bytesEqual(root, commitment);
}

/** The links of digits whose last has `resolution`, coarsest first, and what is behind them last. */
function linksOf(digits: readonly number[], behind: Uint8Array, resolution: number): Uint8Array[] {
  const links = [behind];
  for (let at = digits.length - 1, r = resolution; at >= 0; at--, r--) {
    links.unshift(sha256(Uint8Array.of(...domain, r, ...links[0], digits[at])));
  }
  return links;
}

function isDigit(digit: number): boolean {
  return Number.isInteger(digit) && digit >= 0 && digit <= MOST_DIGIT;
}

function checkDigits(digits: readonly number[], count: number): readonly number[] {
  if (digits.length !== count) throw pocError("POC_BAD_LENGTH", `digits: expected ${count}, got ${digits.length}`);
  if (!digits.every(isDigit))
    throw pocError("POC_BAD_ENCODING", `digits: expected 0 to ${MOST_DIGIT}, got ${digits.join()}`);
  return digits;
}
