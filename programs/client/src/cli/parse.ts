/** Reads the values of flags and arguments; what cannot be read is an error of the command line. */
import { ClientError } from "../errors.ts";

/** An integer from `minimum` to `maximum`. */
export function integerParser(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum))
      throw new RangeError(`expected an integer from ${minimum} to ${maximum}, got ${JSON.stringify(text)}`);
    return value;
  };
}

/** A whole number of 64 bits. */
export function wholeParser(text: string): bigint {
  const value = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (value >= 0n && value < 2n ** 64n) return value;
  throw new RangeError(`expected a whole number below 2^64, got ${JSON.stringify(text)}`);
}

/** Text that is not empty. */
export function textParser(text: string): string {
  if (text === "") throw new RangeError("expected some text, got none");
  return text;
}

/** 32 bytes in hex that are not all zero. */
export function hashParser(text: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(text) || /^0+$/.test(text))
    throw new RangeError(`expected 64 hex digits that are not all 0, got ${JSON.stringify(text)}`);
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** An amount of tokens as people write it: digits, and perhaps a point and more digits. */
export interface TokenAmount {
  readonly text: string;
  /** Base units of a token of so many decimals. Throws PRG_BAD_OPTION for more digits than the token has. */
  readonly atoms: (decimals: number) => bigint;
}

export function tokenParser(text: string): TokenAmount {
  const match = /^([0-9]{1,19})(?:\.([0-9]{1,18}))?$/.exec(text);
  if (match === null) throw new RangeError(`expected an amount of tokens like 12 or 0.5, got ${JSON.stringify(text)}`);
  const [, whole = "0", fraction = ""] = match;
  return {
    text,
    atoms(decimals) {
      if (fraction.length > decimals)
        throw new ClientError("PRG_BAD_OPTION", `${text}: the token has ${decimals} decimals`);
      return BigInt(whole + fraction.padEnd(decimals, "0"));
    },
  };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, y: 31_536_000 };

/** A time like 30d, 12h or 1y, in seconds; a year has 365 days. */
export function durationParser(text: string): number {
  const match = /^([0-9]{1,9})([smhdy])$/.exec(text);
  const seconds = match === null ? Number.NaN : Number(match[1]) * SECONDS[match[2]!]!;
  if (seconds > 0 && seconds < 2 ** 32) return seconds;
  throw new RangeError(`expected a time like 30d, 12h or 1y, got ${JSON.stringify(text)}`);
}
