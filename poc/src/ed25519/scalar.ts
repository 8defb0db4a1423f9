/**
 * Numbers modulo the order L of Ed25519's base point in WebAssembly: four words of 64 bits, little-endian, multiplied after Montgomery
 * ("Modular multiplication without trial division", 1985) with R = 2^256.
 */
import { ED25519_ORDER } from "../protocol/ed25519-curve.ts";
import {
  add64,
  addWide,
  and64,
  type Code,
  drop,
  get,
  i64,
  type Local,
  load64,
  mul64,
  mulWide,
  set,
  store64,
  subWide,
  xor64,
} from "./wasm-code.ts";
import type { FunctionWriter, ModuleWriter } from "./wasm-module.ts";

const WORDS = 4;
const WORD_MASK = (1n << 64n) - 1n;
const ORDER_WORDS = Array.from({ length: WORDS }, (_, i) => (ED25519_ORDER >> BigInt(64 * i)) & WORD_MASK);
/** -1 / L modulo 2^64: by Newton's iteration, which doubles the bits that are right, from the three that are right of L itself. */
const NEGATIVE_INVERSE = (() => {
  let inverse = ORDER_WORDS[0]!;
  for (let bits = 3; bits < 64; bits *= 2) inverse = BigInt.asUintN(64, inverse * (2n - ORDER_WORDS[0]! * inverse));
  return BigInt.asUintN(64, -inverse);
})();

/** Functions over addresses; the first names where the result goes, which may be an argument as well. */
export interface ScalarFunctions {
  /** left × right / R modulo L, below L, for any left of 256 bits and a right below L. */
  readonly multiply: FunctionWriter;
  /** The sum modulo L of two below L. */
  readonly add: FunctionWriter;
  /** The plain sum of five words each. */
  readonly addWords: FunctionWriter;
}

export function writeScalars(module: ModuleWriter): ScalarFunctions {
  return { multiply: writeMultiply(module), add: writeAdd(module), addWords: writeAddWords(module) };
}

const wide = (low: Code): Code => [...low, ...i64(0n)];

/** Takes L away from `words` (below 2 L) unless that leaves less than nothing, and stores what there is then. */
function storeReduced(fn: FunctionWriter, to: Local, words: readonly Local[]): Code {
  const reduced = fn.limbs(WORDS);
  const borrow = fn.local("i64");
  return [
    ...set(borrow, i64(0n)),
    ...words.flatMap((word, i) => [
      ...addWide(subWide(wide(get(word)), wide(i64(ORDER_WORDS[i]!))), [...get(borrow), ...get(borrow)]),
      ...set(borrow),
      ...set(reduced[i]!),
    ]),
    // The borrow is 0 or all ones: it selects.
    ...words.flatMap((word, i) => {
      const left = get(reduced[i]!);
      return store64(get(to), xor64(left, and64(xor64(left, get(word)), get(borrow))), 8 * i);
    }),
  ];
}

function writeMultiply(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, left, right] = fn.params as [Local, Local, Local];
  const b = fn.limbs(WORDS);
  const sum = fn.limbs(WORDS + 1);
  const [factor, carry] = fn.limbs(2) as [Local, Local];
  const addProduct = (by: Local, of: readonly Code[], into: (word: number) => Local | undefined): Code => [
    ...set(carry, i64(0n)),
    ...of.flatMap((word, i) => {
      const place = into(i);
      return [
        ...addWide(addWide(mulWide(get(by), word), wide(get(sum[i]!))), wide(get(carry))),
        ...set(carry),
        // The lowest word of a reduction is zero.
        ...(place === undefined ? drop : set(place)),
      ];
    }),
  ];
  const top = sum[WORDS]!;
  const rounds = Array.from({ length: WORDS }, (_, i) => [
    ...set(factor, load64(get(left), 8 * i)),
    ...addProduct(factor, b.map(get), (word) => sum[word]),
    ...set(top, add64(get(top), get(carry))),
    ...set(factor, mul64(get(sum[0]!), i64(NEGATIVE_INVERSE))),
    ...addProduct(factor, ORDER_WORDS.map(i64), (word) => sum[word - 1]),
    ...addWide(wide(get(top)), wide(get(carry))),
    ...set(top),
    ...set(sum[WORDS - 1]!),
  ]);
  fn.body = [
    ...b.flatMap((word, i) => set(word, load64(get(right), 8 * i))),
    ...rounds.flat(),
    ...storeReduced(fn, to, sum.slice(0, WORDS)),
  ];
  return fn;
}

/** Adds word by word; what is over the last one is left in `carry`. */
function sums(words: readonly Local[], carry: Local, left: Local, right: Local): Code {
  return [
    ...set(carry, i64(0n)),
    ...words.flatMap((word, i) => [
      ...addWide(addWide(wide(load64(get(left), 8 * i)), wide(load64(get(right), 8 * i))), wide(get(carry))),
      ...set(carry),
      ...set(word),
    ]),
  ];
}

function writeAdd(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, left, right] = fn.params as [Local, Local, Local];
  const words = fn.limbs(WORDS);
  fn.body = [...sums(words, fn.local("i64"), left, right), ...storeReduced(fn, to, words)];
  return fn;
}

function writeAddWords(module: ModuleWriter): FunctionWriter {
  const fn = module.declare(["i32", "i32", "i32"]);
  const [to, left, right] = fn.params as [Local, Local, Local];
  const words = fn.limbs(WORDS + 1);
  fn.body = [
    ...sums(words, fn.local("i64"), left, right),
    ...words.flatMap((word, i) => store64(get(to), get(word), 8 * i)),
  ];
  return fn;
}
