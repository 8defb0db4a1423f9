/**
 * Values between our types and Anchor's coder, by the types of an IDL: bigints for BN, Uint8Array for byte arrays. What does not fit a
 * type is refused with the path to it, before it is bytes.
 */
import { ClientError } from "../errors.ts";

export type IdlValueType =
  | string
  | { readonly option: IdlValueType }
  | { readonly vec: IdlValueType }
  | { readonly array: readonly [IdlValueType, number] }
  | { readonly defined: { readonly name: string } };

export interface IdlValueField {
  readonly name: string;
  readonly type: IdlValueType;
}

export type IdlTypes = ReadonlyMap<
  string,
  | { readonly kind: "struct"; readonly fields?: readonly IdlValueField[] }
  | {
      readonly kind: "enum";
      readonly variants: readonly { readonly name: string; readonly fields?: readonly IdlValueField[] }[];
    }
>;

/** How a 64 or 128-bit integer and an address become what the coder takes, and back. */
export interface ValueCodec {
  readonly types: IdlTypes;
  readonly integerOf: (value: bigint) => unknown;
  readonly bigintOf: (value: unknown) => bigint;
  readonly isAddress: (value: unknown) => boolean;
}

/** A value of ours as the coder takes it. Throws PRG_BAD_VALUE. */
export function encodeValue(codec: ValueCodec, type: IdlValueType, value: unknown, path: string): unknown {
  if (typeof type === "string") return encodeScalar(codec, type, value, path);
  if ("option" in type) return value === null ? null : encodeValue(codec, type.option, value, path);
  if ("defined" in type) return encodeDefined(codec, type.defined.name, value, path);
  const [item, length] = "vec" in type ? [type.vec, undefined] : type.array;
  const isList = item === "u8" ? value instanceof Uint8Array : Array.isArray(value);
  if (!isList) throw unfit(path, item === "u8" ? "bytes" : "a list", value);
  const items = value as readonly unknown[];
  if (length !== undefined && items.length !== length) throw unfit(path, `${length} items`, `${items.length}`);
  return item === "u8" ? [...items] : items.map((one, at) => encodeValue(codec, item, one, `${path}[${at}]`));
}

/** A value of the coder as ours. */
export function decodeValue(codec: ValueCodec, type: IdlValueType, value: unknown): unknown {
  if (typeof type === "string") {
    if (integerBits(type) > 32) return codec.bigintOf(value);
    return type === "bytes" ? Uint8Array.from(value as Iterable<number>) : value;
  }
  if ("option" in type) return value === null ? null : decodeValue(codec, type.option, value);
  if ("defined" in type) return decodeDefined(codec, type.defined.name, value as Record<string, unknown>);
  const item = "vec" in type ? type.vec : type.array[0];
  if (item === "u8") return Uint8Array.from(value as Iterable<number>);
  return (value as readonly unknown[]).map((one) => decodeValue(codec, item, one));
}

function encodeScalar(codec: ValueCodec, type: string, value: unknown, path: string): unknown {
  const bits = integerBits(type);
  if (bits > 0) {
    const isWide = bits > 32;
    if (typeof value !== (isWide ? "bigint" : "number") || (!isWide && !Number.isInteger(value)))
      throw unfit(path, isWide ? "a bigint" : "an integer", value);
    const integer = BigInt(value as number | bigint);
    const [least, most] = type.startsWith("u")
      ? [0n, 2n ** BigInt(bits) - 1n]
      : [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
    if (integer < least || integer > most) throw unfit(path, `${least} to ${most}`, value);
    return isWide ? codec.integerOf(integer) : value;
  }
  if (type === "bytes" && value instanceof Uint8Array) return Buffer.from(value);
  if (type === "pubkey" && codec.isAddress(value)) return value;
  if (type === "bool" && typeof value === "boolean") return value;
  if (type === "string" && typeof value === "string") return value;
  throw unfit(path, type, value);
}

function encodeDefined(codec: ValueCodec, name: string, value: unknown, path: string): unknown {
  const definition = codec.types.get(name);
  if (definition === undefined || typeof value !== "object" || value === null) throw unfit(path, name, value);
  const given = value as Record<string, unknown>;
  if (definition.kind === "struct") return encodeFields(codec, definition.fields ?? [], given, path);
  const chosen = definition.variants.filter((variant) => Object.hasOwn(given, variant.name));
  if (chosen.length !== 1 || Object.keys(given).length !== 1)
    throw unfit(path, `one of ${definition.variants.map((variant) => variant.name).join(", ")}`, Object.keys(given));
  const [{ name: variant, fields = [] }] = chosen as [(typeof chosen)[0]];
  return {
    [variant]: encodeFields(codec, fields, given[variant] as Record<string, unknown>, `${path}.${variant}`),
  };
}

function encodeFields(
  codec: ValueCodec,
  fields: readonly IdlValueField[],
  given: Record<string, unknown>,
  path: string,
): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) throw unfit(path, "no other field", unknown);
  return Object.fromEntries(
    fields.map(({ name, type }) => [name, encodeValue(codec, type, given[name], `${path}.${name}`)]),
  );
}

function decodeDefined(codec: ValueCodec, name: string, value: Record<string, unknown>): unknown {
  const definition = codec.types.get(name);
  if (definition === undefined) throw new TypeError(`the IDL has no type ${name}`);
  if (definition.kind === "struct") return decodeFields(codec, definition.fields ?? [], value);
  const variant = definition.variants.find((one) => Object.hasOwn(value, one.name));
  if (variant === undefined) throw new TypeError(`${name} has no variant ${Object.keys(value)}`);
  return {
    [variant.name]: decodeFields(codec, variant.fields ?? [], value[variant.name] as Record<string, unknown>),
  };
}

/** The fields of a struct, an account or an event. */
export function decodeFields(
  codec: ValueCodec,
  fields: readonly IdlValueField[],
  value: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name, type }) => [name, decodeValue(codec, type, value[name])]));
}

function integerBits(type: string): number {
  return /^[iu](8|16|32|64|128)$/.test(type) ? Number(type.slice(1)) : 0;
}

function unfit(path: string, expected: string, value: unknown): ClientError {
  const given = typeof value === "bigint" || typeof value !== "object" ? String(value) : "another value";
  return new ClientError("PRG_BAD_VALUE", `${path}: expected ${expected}, got ${given}`);
}
