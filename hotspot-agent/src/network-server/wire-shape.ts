/**
 * Looks over protobuf bytes before the generated readers do: every field lies inside its message and has the wire type it must have.
 *
 * The readers of google-protobuf 3.21 believe a length that reaches beyond the message and read nothing at all, one step at a time:
 * six bytes from a broker would stop the agent for minutes. Nested messages are looked over by their shape; a field that no shape
 * names must only lie inside. Groups are refused: proto3 has none.
 */

/** `varint`: also packed, where a list of them may be. `bytes`: bytes and strings. */
export type FieldKind = "varint" | "fixed32" | "fixed64" | "bytes";
export type FieldShape = FieldKind | Shape;
/** By field number. */
export interface Shape {
  readonly [field: number]: FieldShape;
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

const wireTypes: Readonly<Record<FieldKind, number>> = {
  varint: WIRE_VARINT,
  fixed32: WIRE_FIXED32,
  fixed64: WIRE_FIXED64,
  bytes: WIRE_BYTES,
};

/** True if the generated readers can read `bytes` as a message of this shape without running out of it. */
export function fitsShape(bytes: Uint8Array, shape: Shape): boolean {
  return new Walker(bytes).fits(shape, bytes.length);
}

class Walker {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Walks a message up to `end`. */
  fits(shape: Shape, end: number): boolean {
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === null || tag > 0xffff_ffff) return false;
      if (!this.#field(tag % 8, shape[Math.floor(tag / 8)], end)) return false;
    }
    return true;
  }

  #field(wireType: number, expected: FieldShape | undefined, end: number): boolean {
    const isPacked = expected === "varint" && wireType === WIRE_BYTES;
    if (typeof expected === "string" && wireType !== wireTypes[expected as FieldKind] && !isPacked) return false;
    if (typeof expected === "object" && wireType !== WIRE_BYTES) return false;
    if (wireType === WIRE_VARINT) return this.#varint(end) !== null;
    if (wireType === WIRE_FIXED32) return this.#skip(4, end);
    if (wireType === WIRE_FIXED64) return this.#skip(8, end);
    if (wireType !== WIRE_BYTES) return false;
    const length = this.#varint(end);
    if (length === null || length > end - this.#at) return false;
    const fieldEnd = this.#at + length;
    if (typeof expected === "object") return this.fits(expected, fieldEnd);
    if (!isPacked) return this.#skip(length, end);
    while (this.#at < fieldEnd) if (this.#varint(fieldEnd) === null) return false;
    return true;
  }

  #skip(length: number, end: number): boolean {
    this.#at += length;
    return this.#at <= end;
  }

  /** The value, inexact above 2^53; null if it does not end before `end`. */
  #varint(end: number): number | null {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES && this.#at < end; i++) {
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return null;
  }
}
