/** Values of an IDL's types from JSON: 64-bit integers as numbers or text, bytes in hex, addresses in base58, enums as the variant's name. */
import { PublicKey } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { IdlTypes, IdlValueField, IdlValueType } from "./idl-values.ts";
import type { Value } from "./programs.ts";

/** The value JSON means for a type. Throws PRG_BAD_VALUE with the path; ranges are the encoder's to check. */
export function valueFromJson(types: IdlTypes, type: IdlValueType, json: unknown, path: string): Value {
  if (typeof type === "string") return scalar(type, json, path);
  if ("option" in type) return json === null ? null : valueFromJson(types, type.option, json, path);
  if ("defined" in type) return defined(types, type.defined.name, json, path);
  const item = "vec" in type ? type.vec : type.array[0];
  if (item === "u8") return bytes(json, path);
  if (!Array.isArray(json)) throw unfit(path, "a list", json);
  return json.map((one, at) => valueFromJson(types, item, one, `${path}[${at}]`));
}

/** The fields of a struct, all of them and no other. Throws PRG_BAD_VALUE. */
export function fieldsFromJson(
  types: IdlTypes,
  fields: readonly IdlValueField[],
  json: unknown,
  path: string,
): Readonly<Record<string, Value>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw unfit(path, "an object", json);
  const given = json as Record<string, unknown>;
  const names = fields.map(({ name }) => name);
  const stray = Object.keys(given).find((name) => !names.includes(name));
  if (stray !== undefined) throw unfit(`${path}.${stray}`, `one of ${names.join(", ")}`, stray);
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      if (!Object.hasOwn(given, name)) throw unfit(`${path}.${name}`, "a value", undefined);
      return [name, valueFromJson(types, type, given[name], `${path}.${name}`)];
    }),
  );
}

function defined(types: IdlTypes, name: string, json: unknown, path: string): Value {
  const definition = types.get(name);
  if (definition === undefined) throw new TypeError(`the IDL has no type ${name}`);
  if (definition.kind === "struct") return fieldsFromJson(types, definition.fields ?? [], json, path);
  const variants = definition.variants.map((variant) => variant.name);
  const chosen = typeof json === "string" ? { [json]: {} } : (json as Record<string, unknown>);
  const [variant, ...more] = Object.keys(chosen ?? {});
  const found = definition.variants.find((one) => one.name === variant);
  if (found === undefined || more.length > 0) throw unfit(path, `one of ${variants.join(", ")}`, json);
  return { [found.name]: fieldsFromJson(types, found.fields ?? [], chosen[found.name], `${path}.${found.name}`) };
}

function scalar(type: string, json: unknown, path: string): Value {
  if (/^[iu](8|16|32)$/.test(type) && typeof json === "number") return json;
  if (/^[iu](64|128)$/.test(type)) {
    if (typeof json === "string" && /^-?[0-9]{1,39}$/.test(json)) return BigInt(json);
    if (Number.isSafeInteger(json)) return BigInt(json as number);
    throw unfit(path, "a whole number, as text where it is above 2^53", json);
  }
  if (type === "pubkey" && typeof json === "string") return address(json, path);
  if (type === "bool" && typeof json === "boolean") return json;
  if (type === "string" && typeof json === "string") return json;
  if (type === "bytes") return bytes(json, path);
  throw unfit(path, type, json);
}

function bytes(json: unknown, path: string): Uint8Array {
  if (typeof json !== "string" || !/^([0-9a-f]{2})*$/i.test(json)) throw unfit(path, "bytes in hex", json);
  return new Uint8Array(Buffer.from(json, "hex"));
}

/** A base58 address. Throws PRG_BAD_VALUE. */
export function address(text: unknown, path: string): PublicKey {
  try {
    return new PublicKey(text as string);
  } catch {
    throw unfit(path, "an address", text);
  }
}

function unfit(path: string, expected: string, json: unknown): ClientError {
  return new ClientError("PRG_BAD_VALUE", `${path}: expected ${expected}, got ${JSON.stringify(json)}`);
}
