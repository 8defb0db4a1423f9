/** The point that 32 bytes stand for, in WebAssembly: RFC 8032, 5.1.3, which takes most of the time that a signature's R does. */
import { at, type CurveFunctions, constant, scratch } from "./curve.ts";
import type { FieldFunctions } from "./field.ts";
import {
  and32,
  and64,
  type Code,
  get,
  i32,
  i64,
  isZero32,
  isZero64,
  type Local,
  load64,
  low32,
  or64,
  set,
  shrU64,
  store64,
  when,
  xor64,
} from "./wasm-code.ts";
import type { FunctionWriter, ModuleWriter } from "./wasm-module.ts";

const [A, B, C, D, E, F, G, H, I] = scratch;

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

/** (addend, encoding) → 1, or 0 where the encoding is of no point or not its canonical one. */
export function writeDecompress(
  module: ModuleWriter,
  field: FieldFunctions,
  { isZero }: CurveFunctions,
): FunctionWriter {
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
