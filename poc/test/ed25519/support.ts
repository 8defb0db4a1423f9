/** What the tests of the arithmetic share: elements, points and scalars between BigInt, @noble/curves and the engine's memory. */
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { FREE_FROM, POINT_BYTES, SCALAR_BYTES } from "../../src/ed25519/curve.ts";
import { type Engine, makeEngine } from "../../src/ed25519/engine.ts";

export const P = ed25519.Point.CURVE().p;
export const ORDER = ed25519.Point.Fn.ORDER;
export type Point = InstanceType<typeof ed25519.Point>;

/** The generator of the eight points of small order. */
export const EIGHT_TORSION = ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

export function engine(): Engine {
  const made = makeEngine();
  if (made === undefined) throw new Error("this runtime has no 128-bit products in WebAssembly");
  made.reserve(FREE_FROM + 64 * POINT_BYTES);
  return made;
}

/** Numbers below `bound`, of which the ends and what is close to powers of two come often. */
export function numberBelow(bound: bigint): fc.Arbitrary<bigint> {
  const nearPower = fc
    .tuple(fc.integer({ min: 0, max: 256 }), fc.integer({ min: -20, max: 20 }))
    .map(([bit, by]) => (1n << BigInt(bit)) + BigInt(by));
  const nearEnd = fc.integer({ min: 1, max: 40 }).map((by) => bound - BigInt(by));
  return fc
    .oneof(fc.bigInt({ min: 0n, max: bound - 1n }), nearPower, nearEnd)
    .filter((value) => value >= 0n && value < bound);
}

export function littleEndian(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toReversed().toHex()}`);
}

/** Five limbs of 51 bits. */
export function writeElement(memory: Uint8Array, address: number, value: bigint): void {
  for (let i = 0; i < 5; i++) {
    memory.set(littleEndian((value >> BigInt(51 * i)) & ((1n << 51n) - 1n), 8), address + 8 * i);
  }
}

/** Whatever the limbs are, what they stand for. */
export function readElement(memory: Uint8Array, address: number): bigint {
  let value = 0n;
  for (let i = 0; i < 5; i++) {
    value += fromLittleEndian(memory.slice(address + 8 * i, address + 8 * i + 8)) << BigInt(51 * i);
  }
  return value % P;
}

/** A point as X, Y, Z, T times some Z, as the engine has it in the middle of a sum. */
export function writePoint(memory: Uint8Array, address: number, point: Point, z = 1n): void {
  const { x, y } = point.toAffine();
  for (const [i, value] of [x * z, y * z, z, x * y * z].entries()) writeElement(memory, address + 40 * i, value % P);
}

export function readPoint(memory: Uint8Array, address: number): Point {
  const { Fp } = ed25519.Point;
  const [x, y, z, t] = [0, 1, 2, 3].map((i) => readElement(memory, address + 40 * i)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  if (Fp.mul(x, y) !== Fp.mul(z, t)) throw new Error("T is not X Y / Z");
  const inverse = Fp.inv(z);
  return ed25519.Point.fromAffine({ x: Fp.mul(x, inverse), y: Fp.mul(y, inverse) });
}

/** Any point of the curve: of prime order, of small order, or of both. */
export const anyPoint: fc.Arbitrary<Point> = fc
  .tuple(fc.oneof(fc.constant(0n), numberBelow(ORDER)), fc.integer({ min: 0, max: 7 }))
  .map(([scalar, small]) => multiple(ed25519.Point.BASE, scalar).add(multiple(EIGHT_TORSION, BigInt(small))));

/** @noble/curves does not multiply by zero. */
export function multiple(point: Point, by: bigint): Point {
  return by === 0n ? ed25519.Point.ZERO : point.multiplyUnsafe(by);
}

/** Writes addends of points and their scalars, one after the other, and says where. */
export function writeTerms(
  { bytes, reserve, curve }: Engine,
  from: number,
  terms: readonly { readonly point: Point; readonly scalar: bigint }[],
) {
  const scalars = from + terms.length * 120;
  const encoded = scalars + terms.length * SCALAR_BYTES;
  reserve(encoded + 32);
  for (const [i, { point, scalar }] of terms.entries()) {
    bytes().set(point.toBytes(), encoded);
    curve.decompress(from + i * 120, encoded);
    bytes().set(littleEndian(scalar, SCALAR_BYTES), scalars + i * SCALAR_BYTES);
  }
  return { addends: from, scalars, count: terms.length };
}
