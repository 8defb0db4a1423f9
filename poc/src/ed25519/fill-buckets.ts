/** The loop that most of a sum of points is: every addend to the bucket of its digit. */
import { ADDEND_BYTES, type CurveFunctions, POINT_BYTES, SCALAR_BYTES } from "./curve.ts";
import {
  add32,
  and32,
  type Code,
  get,
  i32,
  type Local,
  load32,
  ltS32,
  mul32,
  repeat,
  set,
  shl32,
  shrU32,
  sub32,
  when,
} from "./wasm-code.ts";
import type { FunctionWriter, ModuleWriter } from "./wasm-module.ts";

/** (addends, scalars, count, first bit of the digits, bits of a digit, buckets): a digit is what the bits say less half of what they can. */
export function writeFillBuckets(module: ModuleWriter, { addAddend, subtractAddend }: CurveFunctions): FunctionWriter {
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
          subtractAddend.call(bucketOf(sub32(i32(0), get(digit))), get(addends)),
          when(get(digit), addAddend.call(bucketOf(get(digit)), get(addends))),
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
