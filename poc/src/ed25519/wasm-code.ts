/**
 * Writes instructions of WebAssembly: as many as the arithmetic of this folder needs, and no more.
 *
 * Code is the bytes of instructions in order. An expression leaves its value on the stack, a statement leaves nothing; both are put
 * together by plain functions, so that the arithmetic reads like arithmetic. Opcodes are those of the WebAssembly core specification,
 * 5.4, and of its wide arithmetic (64 × 64 → 128 bits), without which no field of 255 bits is quick.
 */
export type Code = readonly number[];

export type ValueType = "i32" | "i64";

const BLOCK_OF_NOTHING = 0x40;

/** A local variable or parameter of the function that is being written. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** LEB128, as all numbers of the format are. */
export const unsigned = (value: number): number[] => {
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
export const shl32 = binary(0x74);
export const shrU32 = binary(0x76);
export const ltS32 = binary(0x48);
export const isZero32 = (value: Code): Code => [...value, 0x45];

export const add64 = binary(0x7c);
export const sub64 = binary(0x7d);
export const mul64 = binary(0x7e);
export const and64 = binary(0x83);
export const or64 = binary(0x84);
export const xor64 = binary(0x85);
export const shl64 = binary(0x86);
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
