/**
 * Reads the fields of a protobuf message, and nothing beyond its bytes.
 *
 * The generated readers of google-protobuf 3.21 believe a length that reaches past the message and then read nothing, one step at a
 * time: six bytes from a broker stop a process for minutes. The meter needs six fields of two messages, so it reads those and leaves the
 * rest alone. Groups are refused: proto3 has none.
 */

/** The values of one field in the order of the message: numbers of varints, bytes of everything that has a length. */
export interface FieldValues {
  readonly numbers: readonly number[];
  readonly bytes: readonly Uint8Array[];
}

const NO_VALUES: FieldValues = { numbers: [], bytes: [] };
const MAX_VARINT_BYTES = 10;

/** The fields of a message by number; null if the bytes are no message. Numbers above 2^53 are inexact. */
export function readFields(message: Uint8Array): ((field: number) => FieldValues) | null {
  const fields = new Map<number, { numbers: number[]; bytes: Uint8Array[] }>();
  let at = 0;
  const varint = (): number | null => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES && at < message.length; i++) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (at < message.length) {
    const tag = varint();
    if (tag === null || tag > 0xffff_ffff) return null;
    const field = Math.floor(tag / 8);
    const values = fields.get(field) ?? { numbers: [], bytes: [] };
    fields.set(field, values);
    const wireType = tag % 8;
    if (wireType === 0) {
      const value = varint();
      if (value === null) return null;
      values.numbers.push(value);
      continue;
    }
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? varint() : null;
    if (length === null || length > message.length - at) return null;
    values.bytes.push(message.subarray(at, at + length));
    at += length;
  }
  return (field) => fields.get(field) ?? NO_VALUES;
}
