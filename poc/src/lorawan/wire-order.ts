/** Unsigned numbers as LoRaWAN sends them: least significant byte first. Refuses what does not fit. */
import { pocError } from "../errors.ts";

/** `length` bytes of an unsigned integer. Throws POC_BAD_FRAME when it is negative, fractional or too large. */
export function littleEndian(name: string, value: number | bigint, length: number): Uint8Array {
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  if (!isWhole || value < 0 || value >= 2 ** (8 * length)) {
    throw pocError("POC_BAD_FRAME", `${name}: expected an unsigned integer of ${length} bytes, got ${value}`);
  }
  const whole = BigInt(value);
  return Uint8Array.from({ length }, (_, index) => Number((whole >> BigInt(8 * index)) & 0xffn));
}
