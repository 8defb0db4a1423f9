/**
 * Where a hotspot says it is, as the registry takes it: the resolution-8 cell for everybody, and a commitment to the digits of resolutions
 * 9 to 12 that its owner can open, one resolution after the other. Source: DESIGN "Location privacy", programs/registry location.rs.
 */
import { createHash } from "node:crypto";
import { type Cell, cellDigit, cellResolution, cellToBigInt, publicCell } from "@earshot/geo";
import { ClientError } from "../errors.ts";
import type { Opening } from "../generated/registry.ts";

export const FINE_RESOLUTION = 12;
const FIRST_HIDDEN_RESOLUTION = 9;
const DOMAIN = new TextEncoder().encode("earshot-cell");

export interface HiddenLocation {
  /** The resolution-8 cell. */
  readonly cellPublic: bigint;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  readonly opening: Opening;
}

/** What is asserted of a resolution-12 cell under a salt of 32 random bytes. Throws PRG_BAD_OPTION. */
export function hiddenLocation({ hi, lo }: Cell, salt: Uint8Array): HiddenLocation {
  if (cellResolution(hi) !== FINE_RESOLUTION)
    throw new ClientError("PRG_BAD_OPTION", `a location is a cell of resolution 12, not ${cellResolution(hi)}`);
  if (salt.length !== 32) throw new ClientError("PRG_BAD_OPTION", `a salt has 32 bytes, not ${salt.length}`);
  const digits = Uint8Array.from([9, 10, 11, 12], (resolution) => cellDigit(hi, lo, resolution));
  const cell = publicCell(hi, lo);
  return {
    cellPublic: cellToBigInt(cell.hi, cell.lo),
    commitment: commitmentOf({ salt, digits }),
    opening: { salt, digits },
  };
}

/** What a salt and four digits commit to: a hash a resolution, the finest first. */
export function commitmentOf({ salt, digits }: Opening): Uint8Array {
  let link = salt;
  for (let at = digits.length - 1; at >= 0; at--)
    link = createHash("sha256")
      .update(DOMAIN)
      .update(Uint8Array.of(FIRST_HIDDEN_RESOLUTION + at))
      .update(link)
      .update(Uint8Array.of(digits[at]!))
      .digest();
  return new Uint8Array(link);
}
