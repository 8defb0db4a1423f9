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
  and64,
  type Code,
  type FunctionWriter,
  get,
  i32,
  i64,
  isZero32,
  isZero64,
  type Local,
  load32,
  load64,
  low32,
  ltS32,
  type ModuleWriter,
  mul32,
  or64,
  repeat,
  set,
  shl32,
  shrU32,
  shrU64,
  store64,
  sub32,
  when,
  xor64,
} from "./wasm-code.ts";

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
  /** (addend, encoding of 32 bytes) → 1, or 0 where the encoding is of no point or not the canonical one. */
  readonly decompress: FunctionWriter;
  /** (point, points): all become the neutral point. */
  readonly neutral: FunctionWriter;
  /** (sum, point, point) */
  readonly addPoints: FunctionWriter;
  /** (point, point) */
  readonly double: FunctionWriter;
  /** (point) → 1 for the neutral point. */
  readonly isNeutral: FunctionWriter;
  /** (addends, scalars, count, first bit of the digits, bits of a digit, buckets): adds each addend to the bucket of its digit. */
  readonly fillBuckets: FunctionWriter;
}

/** Elements in the scratch space by name. */
const slot = (index: number): Code => i32(SCRATCH + index * FIELD_BYTES);
const [A, B, C, D, E, F, G, H, I, J] = Array.from({ length: 10 }, (_, index) => slot(index)) as [
  Code,
  Code,
  Code,
  Code,
  Code,
  Code,
  Code,
  Code,
  Code,
  Code,
];
const at = (address: Local, element: number): Code => add32(get(address), i32(element * FIELD_BYTES));
const constant = (name: keyof typeof CURVE_CONSTANTS): Code => i32(CURVE_CONSTANTS[name]);

export function writeCurve(module: ModuleWriter, field: FieldFunctions): CurveFunctions {
  const isZero = writeIsZero(module, field);
  const addAddend = writeAddAddend(module, field, false);
  const subtractAddend = writeAddAddend(module, field, true);
  return {
    decompress: writeDecompress(module, field, isZero),
    neutral: writeNeutral(module),
    addPoints: writeAddPoints(module, field),
    double: writeDouble(module, field),
    isNeutral: writeIsNeutral(module, field, isZero),
    fillBuckets: writeFillBuckets(module, addAddend, subtractAddend),
  };
}

/** (element) → 1 if it is 0 modulo p. */
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

/** (point, addend): the point becomes the sum, or the difference. */
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

function writeFillBuckets(module: ModuleWriter, add: FunctionWriter, subtract: FunctionWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32", "i32", "i32", "i32"]);
  const [addends, scalars, count, firstBit, bits, buckets] = fn.params as [Local, Local, Local, Local, Local, Local];
  const digit = fn.local("i32");
  const half = fn.local("i32");
  const shift = fn.local("i32");
  const bucketOf = (positive: Code): Code => add32(get(buckets), mul32(sub32(positive, i32(1)), i32(POINT_BYTES)));
  const extracted = and32(shrU32(load32(get(scalars)), get(shift)), sub32(shl32(get(half), i32(1)), i32(1)));
  fn.body = [
    ...set(half, shl32(i32(1), sub32(get(bits), i32(1)))),
    ...set(shift, and32(get(firstBit), i32(7))),
    ...set(scalars, add32(get(scalars), shrU32(get(firstBit), i32(3)))),
    ...repeat(
      [
        ...set(digit, sub32(extracted, get(half))),
        ...when(
          ltS32(get(digit), i32(0)),
          subtract.call(bucketOf(sub32(i32(0), get(digit))), get(addends)),
          when(get(digit), add.call(bucketOf(get(digit)), get(addends))),
        ),
        ...set(addends, add32(get(addends), i32(ADDEND_BYTES))),
        ...set(scalars, add32(get(scalars), i32(SCALAR_BYTES))),
        ...set(count, sub32(get(count), i32(1))),
      ],
      get(count),
    ),
  ];
  return fn;
}

/** z^((p - 5) / 8) from A to A; uses B to E. The exponent is 2^252 - 3: runs of ones are put together from shorter ones. */
function powerForRoot({ multiply, square, squareTimes }: FieldFunctions): Code {
  // `by` is read after `to` was written: they differ.
  const run = (to: Code, from: Code, times: number, by: Code): Code => [
    ...squareTimes.call(to, from, i32(times)),
    ...multiply.call(to, to, by),
  ];
  return [
    ...square.call(B, A), // 2
    ...squareTimes.call(C, B, i32(2)), // 8
    ...multiply.call(C, C, A), // 9
    ...multiply.call(B, B, C), // 11
    ...square.call(B, B), // 22
    ...multiply.call(B, B, C), // 2^5 - 1
    ...run(C, B, 5, B), // 2^10 - 1
    ...run(D, C, 10, C), // 2^20 - 1
    ...run(E, D, 20, D), // 2^40 - 1
    ...run(E, E, 10, C), // 2^50 - 1
    ...run(C, E, 50, E), // 2^100 - 1
    ...run(D, C, 100, C), // 2^200 - 1
    ...run(D, D, 50, E), // 2^250 - 1
    ...squareTimes.call(D, D, i32(2)), // 2^252 - 4
    ...multiply.call(A, D, A), // 2^252 - 3
  ];
}

/** The 255 bits of y as limbs, and the sign of x in the bit above. */
function loadY(bytes: Local): Code {
  const from = [0, 6, 12, 19, 24];
  const shift = [0n, 3n, 6n, 1n, 12n];
  return from.flatMap((offset, i) =>
    store64(F, and64(shrU64(load64(get(bytes), offset), i64(shift[i]!)), i64((1n << 51n) - 1n)), 8 * i),
  );
}

function writeDecompress(module: ModuleWriter, field: FieldFunctions, isZero: FunctionWriter): FunctionWriter {
  const { multiply, square, add, subtract, freeze } = field;
  const fn = module.declare(["i32", "i32"], "i32");
  const [to, bytes] = fn.params as [Local, Local];
  const isRoot = fn.local("i32");
  const sign = fn.local("i64");
  const parity = xor64(and64(load64(I), i64(1n)), get(sign));
  const sameLimbs = isZero64(
    Array.from({ length: 5 }, (_, i) => xor64(load64(F, 8 * i), load64(G, 8 * i))).reduce(or64),
  );
  fn.body = [
    ...loadY(bytes),
    ...set(sign, shrU64(load64(get(bytes), 24), i64(63n))),
    // y is below p if it is its own canonical form.
    ...freeze.call(G, F),
    ...set(isRoot, sameLimbs),
    // G: u = y² - 1, H: v = d y² + 1, I: v³.
    ...square.call(G, F),
    ...multiply.call(H, G, constant("d")),
    ...add.call(H, H, constant("one")),
    ...subtract.call(G, G, constant("one")),
    ...square.call(I, H),
    ...multiply.call(I, I, H),
    // A = u v⁷; x = u v³ A^((p - 5) / 8) is a root of u / v, or of its negative.
    ...square.call(A, I),
    ...multiply.call(A, A, H),
    ...multiply.call(A, A, G),
    ...powerForRoot(field),
    ...multiply.call(A, A, I),
    ...multiply.call(A, A, G),
    ...square.call(B, A),
    ...multiply.call(B, B, H),
    ...subtract.call(C, B, G),
    ...when(isZero32(isZero.call(C)), [
      ...add.call(C, B, G),
      ...set(isRoot, and32(get(isRoot), isZero.call(C))),
      ...multiply.call(A, A, constant("rootOfMinusOne")),
    ]),
    ...freeze.call(I, A),
    ...when(low32(parity), freezeNegative(field)),
    // Zero has no other sign.
    ...set(isRoot, and32(get(isRoot), isZero32(low32(parity)))),
    ...add.call(at(to, 0), F, I),
    ...subtract.call(at(to, 1), F, I),
    ...multiply.call(A, F, I),
    ...multiply.call(at(to, 2), A, constant("twiceD")),
    ...get(isRoot),
  ];
  return fn;
}

const freezeNegative = ({ subtract, freeze }: FieldFunctions): Code => [
  ...subtract.call(I, constant("zero"), I),
  ...freeze.call(I, I),
];
