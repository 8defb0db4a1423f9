/**
 * The curve of Ed25519 in WebAssembly: -x² + y² = 1 + d x² y² (RFC 8032, 5.1).
 *
 * A point in the making is X, Y, Z, T with x = X / Z, y = Y / Z, T = X Y / Z (160 bytes); a point that is added often is y + x, y - x,
 * 2 d x y (120 bytes). The formulas are those of Hisil, Wong, Carter and Dawson, "Twisted Edwards curves revisited" (add-2008-hwcd-3,
 * dbl-2008-hwcd); because -1 is a square and d is none they hold for every pair of points, those of small order too.
 */
import { FIELD_BYTES, type FieldFunctions } from "./field.ts";
import {
  add32,
  and32,
  type Code,
  get,
  i32,
  i64,
  isZero64,
  type Local,
  load64,
  or64,
  repeat,
  set,
  store64,
  sub32,
} from "./wasm-code.ts";
import type { FunctionWriter, ModuleWriter } from "./wasm-module.ts";

export const POINT_BYTES = 4 * FIELD_BYTES;
export const ADDEND_BYTES = 3 * FIELD_BYTES;
/** A scalar and a word for what runs over, 40 bytes. */
export const SCALAR_BYTES = 40;

/** Where the module finds constants and keeps what it is working on: the first bytes of the memory. */
export const CURVE_CONSTANTS = { d: 0, twiceD: 40, rootOfMinusOne: 80, one: 120, zero: 160 } as const;
const SCRATCH = 200;
/** From here on the memory is the caller's. */
export const FREE_FROM = 1024;

/** Functions over addresses. */
export interface CurveFunctions {
  /** (point, points): all become the neutral point. */
  readonly neutral: FunctionWriter;
  /** (sum, point, point) */
  readonly addPoints: FunctionWriter;
  /** (point, point) */
  readonly double: FunctionWriter;
  /** (point) → 1 for the neutral point. */
  readonly isNeutral: FunctionWriter;
  /** (point, addend): the point becomes the sum. */
  readonly addAddend: FunctionWriter;
  /** The same for the difference. */
  readonly subtractAddend: FunctionWriter;
  /** (element) → 1 if it is 0 modulo p. */
  readonly isZero: FunctionWriter;
}

/** Elements that functions work in, by place; the last one is for `isZero` alone. */
export const scratch = Array.from({ length: 10 }, (_, index) =>
  i32(SCRATCH + index * FIELD_BYTES),
) as unknown as readonly [Code, Code, Code, Code, Code, Code, Code, Code, Code, Code];
const [A, B, C, D, E, F, G, H, , J] = scratch;
/** The address of an element of a point or an addend. */
export const at = (address: Local, element: number): Code => add32(get(address), i32(element * FIELD_BYTES));
export const constant = (name: keyof typeof CURVE_CONSTANTS): Code => i32(CURVE_CONSTANTS[name]);

export function writeCurve(module: ModuleWriter, field: FieldFunctions): CurveFunctions {
  const isZero = writeIsZero(module, field);
  return {
    isZero,
    neutral: writeNeutral(module),
    addAddend: writeAddAddend(module, field, false),
    subtractAddend: writeAddAddend(module, field, true),
    addPoints: writeAddPoints(module, field),
    double: writeDouble(module, field),
    isNeutral: writeIsNeutral(module, field, isZero),
  };
}

function writeIsZero(module: ModuleWriter, { freeze }: FieldFunctions): FunctionWriter {
  const fn = module.declare(["i32"], "i32");
  const [element] = fn.params as [Local];
  const limbs = Array.from({ length: 5 }, (_, i) => load64(J, 8 * i));
  fn.body = [...freeze.call(J, get(element)), ...isZero64(limbs.reduce(or64))];
  return fn;
}

/** E to H hold what X Y Z T of a sum or a double are the products of. */
const product = ({ multiply }: FieldFunctions, to: Local): Code => [
  ...multiply.call(at(to, 0), E, F),
  ...multiply.call(at(to, 1), G, H),
  ...multiply.call(at(to, 2), F, G),
  ...multiply.call(at(to, 3), E, H),
];

function writeAddAddend(module: ModuleWriter, field: FieldFunctions, isNegative: boolean): FunctionWriter {
  const { multiply, add, subtract } = field;
  const fn = module.declare(["i32", "i32"]);
  const [point, addend] = fn.params as [Local, Local];
  // The negative of a point has x of the other sign: y + x and y - x change places, and so does what is added to 2 Z and subtracted.
  const [sum, difference] = isNegative ? [1, 0] : [0, 1];
  const [plus, minus] = isNegative ? [F, G] : [G, F];
  fn.body = [
    ...subtract.call(A, at(point, 1), at(point, 0)),
    ...multiply.call(A, A, at(addend, difference)),
    ...add.call(B, at(point, 1), at(point, 0)),
    ...multiply.call(B, B, at(addend, sum)),
    ...multiply.call(C, at(point, 3), at(addend, 2)),
    ...add.call(D, at(point, 2), at(point, 2)),
    ...subtract.call(E, B, A),
    ...subtract.call(minus, D, C),
    ...add.call(plus, D, C),
    ...add.call(H, B, A),
    ...product(field, point),
  ];
  return fn;
}

function writeAddPoints(module: ModuleWriter, field: FieldFunctions): FunctionWriter {
  const { multiply, add, subtract } = field;
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, left, right] = fn.params as [Local, Local, Local];
  fn.body = [
    ...subtract.call(A, at(left, 1), at(left, 0)),
    ...subtract.call(B, at(right, 1), at(right, 0)),
    ...multiply.call(A, A, B),
    ...add.call(B, at(left, 1), at(left, 0)),
    ...add.call(C, at(right, 1), at(right, 0)),
    ...multiply.call(B, B, C),
    ...multiply.call(C, at(left, 3), at(right, 3)),
    ...multiply.call(C, C, constant("twiceD")),
    ...multiply.call(D, at(left, 2), at(right, 2)),
    ...add.call(D, D, D),
    ...subtract.call(E, B, A),
    ...subtract.call(F, D, C),
    ...add.call(G, D, C),
    ...add.call(H, B, A),
    ...product(field, to),
  ];
  return fn;
}

function writeDouble(module: ModuleWriter, field: FieldFunctions): FunctionWriter {
  const { square, add, subtract } = field;
  const fn = module.declare(["i32", "i32"]);
  const [to, from] = fn.params as [Local, Local];
  fn.body = [
    ...square.call(A, at(from, 0)),
    ...square.call(B, at(from, 1)),
    ...square.call(C, at(from, 2)),
    ...add.call(C, C, C),
    ...add.call(H, A, B),
    ...add.call(E, at(from, 0), at(from, 1)),
    ...square.call(E, E),
    ...subtract.call(E, H, E),
    ...subtract.call(G, A, B),
    ...add.call(F, C, G),
    ...product(field, to),
  ];
  return fn;
}

function writeIsNeutral(module: ModuleWriter, { subtract }: FieldFunctions, isZero: FunctionWriter): FunctionWriter {
  const fn = module.declare(["i32"], "i32");
  const [point] = fn.params as [Local];
  fn.body = [...subtract.call(A, at(point, 1), at(point, 2)), ...and32(isZero.call(at(point, 0)), isZero.call(A))];
  return fn;
}

function writeNeutral(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32"]);
  const [point, points] = fn.params as [Local, Local];
  const words = Array.from({ length: POINT_BYTES / 8 }, (_, word) => {
    const isOne = word === FIELD_BYTES / 8 || word === (2 * FIELD_BYTES) / 8;
    return store64(get(point), i64(isOne ? 1n : 0n), 8 * word);
  });
  fn.body = repeat(
    [...words.flat(), ...set(point, add32(get(point), i32(POINT_BYTES))), ...set(points, sub32(get(points), i32(1)))],
    get(points),
  );
  return fn;
}
