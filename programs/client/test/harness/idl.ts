/**
 * The committed IDLs, as the tests use them: every instruction with its slots, and values to bytes and back.
 *
 * An encoder of its own, beside Anchor's: what the tests send does not depend on the client they test. Names are camel-case, integers of
 * 64 bits and more are bigints, an option is null or the value, an enum is `{ variant: fields }`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PublicKey } from "@solana/web3.js";
import { PROGRAM_NAMES, type ProgramName } from "../../src/sdk/addresses.ts";
import { ARTIFACTS, type Value } from "../../src/sdk/programs.ts";

export interface Slot {
  readonly name: string;
  readonly isSigner: boolean;
  readonly isWritable: boolean;
  readonly isOptional: boolean;
  /** A constant address, or null. */
  readonly address: string | null;
}

export interface InstructionIdl {
  readonly program: ProgramName;
  readonly name: string;
  readonly discriminator: readonly number[];
  readonly args: readonly FieldIdl[];
  readonly slots: readonly Slot[];
}

export type TypeIdl =
  | string
  | { readonly option: TypeIdl }
  | { readonly vec: TypeIdl }
  | { readonly array: readonly [TypeIdl, number] }
  | { readonly defined: { readonly name: string } };

export interface FieldIdl {
  readonly name: string;
  readonly docs?: readonly string[];
  readonly type: TypeIdl;
}

interface NamedType {
  readonly name: string;
  readonly type:
    | { readonly kind: "struct"; readonly fields?: readonly FieldIdl[] }
    | {
        readonly kind: "enum";
        readonly variants: readonly { readonly name: string; readonly fields?: readonly FieldIdl[] }[];
      };
}

export interface RawIdl {
  readonly address: string;
  readonly instructions: readonly {
    readonly name: string;
    readonly discriminator: readonly number[];
    readonly args: readonly FieldIdl[];
    readonly accounts: readonly {
      readonly name: string;
      readonly signer?: boolean;
      readonly writable?: boolean;
      readonly optional?: boolean;
      readonly address?: string;
    }[];
  }[];
  readonly accounts: readonly { readonly name: string; readonly discriminator: readonly number[] }[];
  readonly errors: readonly { readonly code: number; readonly name: string }[];
  readonly types: readonly NamedType[];
}

const FILES: Readonly<Record<ProgramName, string>> = {
  guard: "guard",
  registry: "registry",
  dataCredits: "data_credits",
  rewards: "rewards",
  governance: "governance",
};

export const IDLS = Object.fromEntries(
  PROGRAM_NAMES.map((name) => [name, JSON.parse(readFileSync(join(ARTIFACTS, `${FILES[name]}.json`), "utf8"))]),
) as Readonly<Record<ProgramName, RawIdl>>;

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Every instruction of the five programs. */
export const INSTRUCTIONS: readonly InstructionIdl[] = PROGRAM_NAMES.flatMap((program) =>
  IDLS[program].instructions.map(({ name, discriminator, args, accounts }) => ({
    program,
    name: camel(name),
    discriminator,
    args,
    slots: accounts.map(({ name, signer, writable, optional, address }) => ({
      name: camel(name),
      isSigner: signer === true,
      isWritable: writable === true,
      isOptional: optional === true,
      address: address ?? null,
    })),
  })),
);

const byName = new Map(INSTRUCTIONS.map((one) => [`${one.program}.${one.name}`, one]));
const types = new Map(
  PROGRAM_NAMES.flatMap((program) =>
    IDLS[program].types.map(({ name, type }) => [`${program}.${name}`, type] as [string, NamedType["type"]]),
  ),
);
const discriminators = new Map(
  PROGRAM_NAMES.flatMap((program) =>
    IDLS[program].accounts.map(
      ({ name, discriminator }) => [`${program}.${name}`, discriminator] as [string, readonly number[]],
    ),
  ),
);

/** An instruction by its program and camel-case name. */
export function instructionIdl(program: ProgramName, name: string): InstructionIdl {
  const found = byName.get(`${program}.${name}`);
  if (found === undefined) throw new TypeError(`${program} has no instruction ${name}`);
  return found;
}

/** The name of a program's error code, or null. */
export function errorName(program: ProgramName, code: number): string | null {
  return IDLS[program].errors.find((one) => one.code === code)?.name ?? null;
}

/** An argument: a value, or an object of values with a type of its own. */
export type Arg = Value | object;

/** Discriminator and arguments of an instruction. */
export function encodeInstruction(
  { program, discriminator, args }: InstructionIdl,
  values: readonly Arg[],
): Uint8Array {
  const out = [...discriminator];
  if (args.length !== values.length) throw new TypeError(`${args.length} arguments, not ${values.length}`);
  args.forEach(({ type }, index) => {
    write(program, type, values[index] as Value, out);
  });
  return Uint8Array.from(out);
}

/** The fields of an account, given its IDL name (`Distributor`). Throws when the bytes are of another type. */
export function decodeAccount<T>(program: ProgramName, name: string, data: Uint8Array): T {
  const expected = discriminators.get(`${program}.${name}`);
  if (expected === undefined || expected.some((byte, index) => data[index] !== byte))
    throw new TypeError(`the account is no ${program}.${name}`);
  return new Reader(program, data, 8).read({ defined: { name } }) as T;
}

function write(program: ProgramName, type: TypeIdl, value: Value, out: number[]): void {
  if (typeof type === "string") {
    writePlain(type, value, out);
    return;
  }
  if ("option" in type) {
    out.push(value === null ? 0 : 1);
    if (value !== null) write(program, type.option, value, out);
    return;
  }
  if ("vec" in type) {
    const items = value as readonly Value[];
    writeInteger(BigInt(items.length), 4, out);
    for (const item of items) write(program, type.vec, item, out);
    return;
  }
  if ("array" in type) {
    const items = [...(value as readonly Value[])];
    if (items.length !== type.array[1]) throw new TypeError(`${items.length} items, not ${type.array[1]}`);
    for (const item of items) write(program, type.array[0], item, out);
    return;
  }
  const defined = types.get(`${program}.${type.defined.name}`);
  const fields = value as Readonly<Record<string, Value>>;
  if (defined?.kind === "struct") {
    for (const field of defined.fields ?? []) write(program, field.type, fieldOf(fields, field.name), out);
    return;
  }
  const name = Object.keys(fields)[0];
  const index = defined?.variants.findIndex((variant) => lowerFirst(variant.name) === name) ?? -1;
  if (index < 0) throw new TypeError(`${type.defined.name} has no variant ${name}`);
  out.push(index);
  const inner = fields[name as string] as Readonly<Record<string, Value>>;
  for (const field of defined?.variants[index]?.fields ?? [])
    write(program, field.type, fieldOf(inner, field.name), out);
}

function fieldOf(fields: Readonly<Record<string, Value>>, name: string): Value {
  const value = fields[camel(name)];
  if (value === undefined) throw new TypeError(`the field ${camel(name)} is missing`);
  return value;
}

const SIZES: Readonly<Record<string, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  u64: 8,
  i64: 8,
  u128: 16,
};

function writePlain(type: string, value: Value, out: number[]): void {
  if (type === "pubkey") return void out.push(...(value as PublicKey).toBytes());
  if (type === "bool") return void out.push(value === true ? 1 : 0);
  if (type === "string" || type === "bytes") {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : (value as Uint8Array);
    writeInteger(BigInt(bytes.length), 4, out);
    return void out.push(...bytes);
  }
  writeInteger(BigInt(value as number | bigint), sizeOf(type), out);
}

function writeInteger(value: bigint, size: number, out: number[]): void {
  for (let at = 0; at < size; at++) out.push(Number((value >> BigInt(8 * at)) & 0xffn));
}

function sizeOf(type: string): number {
  const size = SIZES[type];
  if (size === undefined) throw new TypeError(`the type ${type} is not read`);
  return size;
}

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

class Reader {
  readonly #program: ProgramName;
  readonly #data: Uint8Array;
  #at: number;

  constructor(program: ProgramName, data: Uint8Array, at: number) {
    this.#program = program;
    this.#data = data;
    this.#at = at;
  }

  read(type: TypeIdl): Value {
    if (typeof type === "string") return this.#plain(type);
    if ("option" in type) return this.#take(1)[0] === 0 ? null : this.read(type.option);
    if ("vec" in type) return this.#items(type.vec, Number(this.#integer("u32")));
    if ("array" in type) {
      const [item, length] = type.array;
      return item === "u8" ? this.#take(length).slice() : this.#items(item, length);
    }
    const defined = types.get(`${this.#program}.${type.defined.name}`);
    if (defined?.kind === "struct") return this.#fields(defined.fields ?? []);
    const variant = defined?.variants[this.#take(1)[0] as number];
    if (variant === undefined) throw new TypeError(`${type.defined.name}: a variant that is not there`);
    return { [lowerFirst(variant.name)]: this.#fields(variant.fields ?? []) };
  }

  #items(type: TypeIdl, length: number): Value[] {
    return Array.from({ length }, () => this.read(type));
  }

  #fields(fields: readonly FieldIdl[]): Value {
    return Object.fromEntries(fields.map(({ name, type }) => [camel(name), this.read(type)]));
  }

  #plain(type: string): Value {
    if (type === "pubkey") return new PublicKey(this.#take(32));
    if (type === "bool") return this.#take(1)[0] !== 0;
    if (type === "string") return new TextDecoder().decode(this.#take(Number(this.#integer("u32"))));
    const value = this.#integer(type);
    return sizeOf(type) > 4 ? value : Number(value);
  }

  #integer(type: string): bigint {
    const bytes = this.#take(sizeOf(type));
    let value = 0n;
    for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] as number);
    return type.startsWith("i") ? BigInt.asIntN(8 * bytes.length, value) : value;
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#data.length) throw new TypeError("the account ends too early");
    this.#at += length;
    return this.#data.subarray(this.#at - length, this.#at);
  }
}
