/**
 * The field of 2^255 - 19 in WebAssembly: an element is five limbs of 51 bits (40 bytes, little-endian words), as in the 64-bit
 * code of Ed25519's authors (Bernstein, Duif, Lange, Schwabe, Yang, "High-speed high-security signatures", section 3).
 *
 * Limbs may run over: what is multiplied has limbs below 2^54, what a multiplication gives has limbs below 2^52, a sum of two of those
 * is below 2^53, a difference is carried once and is below 2^52 again. Only `freeze` gives the one canonical form.
 */
import {
  add64,
  addWide,
  and64,
  type Code,
  get,
  i32,
  i64,
  type Local,
  load64,
  mul64,
  mulWide,
  or64,
  repeat,
  set,
  shl64,
  shrU64,
  store64,
  sub32,
  sub64,
} from "./wasm-code.ts";
import type { FunctionWriter, ModuleWriter } from "./wasm-module.ts";

/** Bytes of an element. */
export const FIELD_BYTES = 40;
const LIMBS = 5;
const LIMB_BITS = 51n;
const MASK = (1n << LIMB_BITS) - 1n;
/** 16 p in limbs: more than any limb that is subtracted. */
const SIXTEEN_P = [(MASK - 18n) << 4n, ...Array<bigint>(4).fill(MASK << 4n)];

/** Functions over addresses of elements; the first names where the result goes, which may be an argument as well. */
export interface FieldFunctions {
  readonly multiply: FunctionWriter;
  readonly square: FunctionWriter;
  /** Squares as many times as the last argument says, at least once. */
  readonly squareTimes: FunctionWriter;
  readonly add: FunctionWriter;
  readonly subtract: FunctionWriter;
  /** The canonical form. */
  readonly freeze: FunctionWriter;
}

export function writeField(module: ModuleWriter): FieldFunctions {
  return {
    multiply: multiply(module),
    square: square(module),
    squareTimes: squareTimes(module),
    add: add(module),
    subtract: subtract(module),
    freeze: freeze(module),
  };
}

const loadLimbs = (limbs: readonly Local[], address: Local): Code =>
  limbs.flatMap((limb, i) => set(limb, load64(get(address), 8 * i)));

const storeLimbs = (address: Local, limbs: readonly Local[]): Code =>
  limbs.flatMap((limb, i) => store64(get(address), get(limb), 8 * i));

/** Sums of products below 2^115 each become limbs: what is above 51 bits goes to the next limb, from the last one 19 times to the first. */
function carryWide(fn: FunctionWriter, sums: readonly Code[], limbs: readonly Local[]): Code {
  const [low, high, carry] = fn.limbs(3) as [Local, Local, Local];
  const code: Code[] = [];
  for (const [i, sum] of sums.entries()) {
    code.push(i === 0 ? sum : addWide(sum, [...get(carry), ...i64(0n)]), set(high), set(low));
    code.push(set(limbs[i]!, and64(get(low), i64(MASK))));
    code.push(set(carry, or64(shl64(get(high), i64(64n - LIMB_BITS)), shrU64(get(low), i64(LIMB_BITS)))));
  }
  const [first, second] = limbs as [Local, Local];
  code.push(set(first, add64(get(first), mul64(get(carry), i64(19n)))));
  code.push(set(second, add64(get(second), shrU64(get(first), i64(LIMB_BITS)))));
  code.push(set(first, and64(get(first), i64(MASK))));
  return code.flat();
}

const sumOf = (products: readonly Code[]): Code => products.reduce((sum, product) => addWide(sum, product));

function multiply(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, left, right] = fn.params as [Local, Local, Local];
  const a = fn.limbs(LIMBS);
  const b = fn.limbs(LIMBS);
  const b19 = fn.limbs(LIMBS);
  // Apart from both arguments, because every sum reads all of them.
  const product = fn.limbs(LIMBS);
  const sums = a.map((_, k) =>
    sumOf(a.map((limb, i) => mulWide(get(limb), get((i <= k ? b : b19)[(k - i + LIMBS) % LIMBS]!)))),
  );
  fn.body = [
    ...loadLimbs(a, left),
    ...loadLimbs(b, right),
    ...b19.slice(1).flatMap((limb, i) => set(limb, mul64(get(b[i + 1]!), i64(19n)))),
    ...carryWide(fn, sums, product),
    ...storeLimbs(to, product),
  ];
  return fn;
}

/** The five sums of a square, with the products that occur twice worked out once. */
function squareSums(a: readonly Local[], twice: readonly Local[], nineteen: readonly Local[]): Code[] {
  const [a0, a1, a2, a3, a4] = a.map(get) as [Code, Code, Code, Code, Code];
  const [d0, d1, d2, d3] = twice.map(get) as [Code, Code, Code, Code];
  const [n3, n4] = nineteen.map(get) as [Code, Code];
  return [
    sumOf([mulWide(a0, a0), mulWide(d1, n4), mulWide(d2, n3)]),
    sumOf([mulWide(a3, n3), mulWide(d0, a1), mulWide(d2, n4)]),
    sumOf([mulWide(a1, a1), mulWide(d0, a2), mulWide(d3, n4)]),
    sumOf([mulWide(a4, n4), mulWide(d0, a3), mulWide(d1, a2)]),
    sumOf([mulWide(a2, a2), mulWide(d0, a4), mulWide(d1, a3)]),
  ];
}

function squareInto(fn: FunctionWriter, a: readonly Local[], squared: readonly Local[]): Code {
  const twice = fn.limbs(4);
  const nineteen = fn.limbs(2);
  return [
    ...twice.flatMap((limb, i) => set(limb, shl64(get(a[i]!), i64(1n)))),
    ...nineteen.flatMap((limb, i) => set(limb, mul64(get(a[i + 3]!), i64(19n)))),
    ...carryWide(fn, squareSums(a, twice, nineteen), squared),
  ];
}

function square(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32"]);
  const [to, from] = fn.params as [Local, Local];
  const a = fn.limbs(LIMBS);
  const squared = fn.limbs(LIMBS);
  fn.body = [...loadLimbs(a, from), ...squareInto(fn, a, squared), ...storeLimbs(to, squared)];
  return fn;
}

function squareTimes(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, from, times] = fn.params as [Local, Local, Local];
  const a = fn.limbs(LIMBS);
  const squared = fn.limbs(LIMBS);
  const once = [...squareInto(fn, a, squared), ...squared.flatMap((limb, i) => set(a[i]!, get(limb)))];
  fn.body = [
    ...loadLimbs(a, from),
    ...repeat([...once, ...set(times, sub32(get(times), i32(1)))], get(times)),
    ...storeLimbs(to, a),
  ];
  return fn;
}

function add(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, left, right] = fn.params as [Local, Local, Local];
  fn.body = Array.from({ length: LIMBS }, (_, i) =>
    store64(get(to), add64(load64(get(left), 8 * i), load64(get(right), 8 * i)), 8 * i),
  ).flat();
  return fn;
}

/** One round of carries between limbs of 64 bits. */
function carry(limbs: readonly Local[], carried: readonly Local[]): Code {
  return [
    ...carried.flatMap((limb, i) => set(limb, shrU64(get(limbs[i]!), i64(LIMB_BITS)))),
    ...limbs.flatMap((limb, i) => {
      const below = carried[(i + LIMBS - 1) % LIMBS]!;
      const more = i === 0 ? mul64(get(below), i64(19n)) : get(below);
      return set(limb, add64(and64(get(limb), i64(MASK)), more));
    }),
  ];
}

function subtract(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, left, right] = fn.params as [Local, Local, Local];
  const limbs = fn.limbs(LIMBS);
  fn.body = [
    ...limbs.flatMap((limb, i) =>
      set(limb, sub64(add64(load64(get(left), 8 * i), i64(SIXTEEN_P[i]!)), load64(get(right), 8 * i))),
    ),
    ...carry(limbs, fn.limbs(LIMBS)),
    ...storeLimbs(to, limbs),
  ];
  return fn;
}

/** Two rounds leave less than 2^255 + a little; adding 19 tells by its carry whether that is p or more. */
function freeze(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32"]);
  const [to, from] = fn.params as [Local, Local];
  const limbs = fn.limbs(LIMBS);
  const carried = fn.limbs(LIMBS);
  const over = fn.local("i64");
  fn.body = [
    ...loadLimbs(limbs, from),
    ...carry(limbs, carried),
    ...carry(limbs, carried),
    ...set(over, i64(19n)),
    ...limbs.flatMap((limb) => set(over, shrU64(add64(get(limb), get(over)), i64(LIMB_BITS)))),
    ...set(over, mul64(get(over), i64(19n))),
    ...limbs.flatMap((limb) => [
      ...set(limb, add64(get(limb), get(over))),
      ...set(over, shrU64(get(limb), i64(LIMB_BITS))),
      ...set(limb, and64(get(limb), i64(MASK))),
    ]),
    ...storeLimbs(to, limbs),
  ];
  return fn;
}
