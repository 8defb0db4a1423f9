/**
 * Writes WebAssembly: as much of the binary format as the arithmetic of this folder needs, and no more.
 *
 * Code is the bytes of instructions in order. An expression leaves its value on the stack, a statement leaves nothing; both are put
 * together by plain functions, so that the arithmetic reads like arithmetic. Opcodes are those of the WebAssembly core specification,
 * 5.4, and of its wide arithmetic (64 × 64 → 128 bits), without which no field of 255 bits is quick.
 */
export type Code = readonly number[];

export type ValueType = "i32" | "i64";

const VALUE_TYPE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e };
const BLOCK_OF_NOTHING = 0x40;

/** A local variable or parameter of the function that is being written. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
};

const signed = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
};

const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, opcode];

export const get = ({ index }: Local): Code => [0x20, ...unsigned(index)];
export const set = ({ index }: Local, value: Code = []): Code => [...value, 0x21, ...unsigned(index)];
export const drop: Code = [0x1a];
export const i32 = (value: number): Code => [0x41, ...signed(BigInt(value | 0))];
export const i64 = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];

export const add32 = binary(0x6a);
export const sub32 = binary(0x6b);
export const mul32 = binary(0x6c);
export const and32 = binary(0x71);
export const or32 = binary(0x72);
export const shl32 = binary(0x74);
export const shrS32 = binary(0x75);
export const shrU32 = binary(0x76);
export const ltU32 = binary(0x49);
export const ltS32 = binary(0x48);
export const eq32 = binary(0x46);
export const isZero32 = (value: Code): Code => [...value, 0x45];

export const add64 = binary(0x7c);
export const sub64 = binary(0x7d);
export const mul64 = binary(0x7e);
export const and64 = binary(0x83);
export const or64 = binary(0x84);
export const xor64 = binary(0x85);
export const shl64 = binary(0x86);
export const shrS64 = binary(0x87);
export const shrU64 = binary(0x88);
export const isZero64 = (value: Code): Code => [...value, 0x50];
export const low32 = (value: Code): Code => [...value, 0xa7];

/** 128 bits on the stack, low half first: the whole product, and the sum of two such. */
export const mulWide = (left: Code, right: Code): Code => [...left, ...right, 0xfc, 0x16];
export const addWide = (left: Code, right: Code): Code => [...left, ...right, 0xfc, 0x13];
export const subWide = (left: Code, right: Code): Code => [...left, ...right, 0xfc, 0x14];

/** Addresses need not be aligned: WebAssembly reads any. */
export const load64 = (address: Code, offset = 0): Code => [...address, 0x29, 3, ...unsigned(offset)];
export const store64 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x37,
  3,
  ...unsigned(offset),
];
export const load32 = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];

/** Both values are worked out; the first is taken where `condition` is not zero. */
export const select = (condition: Code, yes: Code, no: Code): Code => [...yes, ...no, ...condition, 0x1b];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  BLOCK_OF_NOTHING,
  ...then,
  ...(otherwise.length === 0 ? [] : [0x05, ...otherwise]),
  0x0b,
];
/** Does `body`, and again as long as `condition`, worked out after it, is not zero. */
export const repeat = (body: Code, condition: Code): Code => [
  0x03,
  BLOCK_OF_NOTHING,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
];

/** A function of a module that is being written. */
export class FunctionWriter {
  readonly index: number;
  readonly params: readonly Local[];
  readonly result: ValueType | undefined;
  readonly #locals: ValueType[] = [];
  body: Code = [];

  constructor(index: number, params: readonly ValueType[], result: ValueType | undefined) {
    this.index = index;
    this.params = params.map((type, at) => ({ index: at, type }));
    this.result = result;
  }

  local(type: ValueType): Local {
    this.#locals.push(type);
    return { index: this.params.length + this.#locals.length - 1, type };
  }

  /** `count` locals of 64 bits: the limbs of an element of the field. */
  limbs(count: number): Local[] {
    return Array.from({ length: count }, () => this.local("i64"));
  }

  call(...values: readonly Code[]): Code {
    return [...values.flat(), 0x10, ...unsigned(this.index)];
  }

  get type(): Code {
    const { params, result } = this;
    const results = result === undefined ? [0] : [1, VALUE_TYPE[result]];
    return [0x60, ...unsigned(params.length), ...params.map(({ type }) => VALUE_TYPE[type]), ...results];
  }

  get code(): Code {
    const locals = this.#locals.flatMap((type) => [1, VALUE_TYPE[type]]);
    const bytes = [...unsigned(this.#locals.length), ...locals, ...this.body, 0x0b];
    return [...unsigned(bytes.length), ...bytes];
  }
}

/** A module of functions over one memory that the caller brings, as `memory` of `env`. */
export class ModuleWriter {
  readonly #functions: FunctionWriter[] = [];
  readonly #exports = new Map<string, FunctionWriter>();

  /** Declares a function; its body may call any that is declared. */
  declare(params: readonly ValueType[], result?: ValueType): FunctionWriter {
    const declared = new FunctionWriter(this.#functions.length, params, result);
    this.#functions.push(declared);
    return declared;
  }

  export(name: string, exported: FunctionWriter): void {
    this.#exports.set(name, exported);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const functions = this.#functions;
    const exported = [...this.#exports].flatMap(([name, { index }]) => [...text(name), 0, ...unsigned(index)]);
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(
        1,
        functions.length,
        functions.flatMap(({ type }) => type),
      ),
      ...section(2, 1, [...text("env"), ...text("memory"), 2, 0, 1]),
      ...section(
        3,
        functions.length,
        functions.flatMap(({ index }) => unsigned(index)),
      ),
      ...section(7, this.#exports.size, exported),
      ...section(
        10,
        functions.length,
        functions.flatMap(({ code }) => code),
      ),
    ]);
  }
}

function section(id: number, count: number, content: Code): number[] {
  const bytes = [...unsigned(count), ...content];
  return [id, ...unsigned(bytes.length), ...bytes];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}
