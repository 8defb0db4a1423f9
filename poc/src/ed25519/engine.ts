/** The module of this folder, made and ready: its functions as TypeScript calls them, over one memory that grows. */
import { ED25519_D, ED25519_P } from "../protocol/ed25519-curve.ts";
import { CURVE_CONSTANTS, type CurveFunctions, writeCurve } from "./curve.ts";
import { writeDecompress } from "./decode-point.ts";
import { writeField } from "./field.ts";
import { writeFillBuckets } from "./fill-buckets.ts";
import { type ScalarFunctions, writeScalars } from "./scalar.ts";
import { type FunctionWriter, ModuleWriter } from "./wasm-module.ts";

/** 2^((p - 1) / 4) modulo p. */
const ROOT_OF_MINUS_ONE = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;

type Calls<Functions> = { readonly [Name in keyof Functions]: (...values: number[]) => number };

interface PointFunctions extends CurveFunctions {
  /** (addend, encoding of 32 bytes) → 1, or 0 where the encoding is of no point or not its canonical one. */
  readonly decompress: FunctionWriter;
  /** (addends, scalars, count, first bit of the digits, bits of a digit, buckets): adds each addend to the bucket of its digit. */
  readonly fillBuckets: FunctionWriter;
}

export interface Engine {
  readonly curve: Calls<PointFunctions>;
  readonly scalar: Calls<ScalarFunctions>;
  /** The memory as it is now; ask again after `reserve`. */
  bytes(): Uint8Array;
  /** Makes sure that there are as many bytes. */
  reserve(bytes: number): void;
}

const PAGE_BYTES = 65_536;

let compiled: WebAssembly.Module | undefined | null = null;

/** The compiled module, or undefined where the runtime has no 128-bit products. */
function compile(): WebAssembly.Module | undefined {
  if (compiled !== null) return compiled;
  const module = new ModuleWriter();
  const field = writeField(module);
  const curve = writeCurve(module, field);
  const points: PointFunctions = {
    ...curve,
    decompress: writeDecompress(module, field, curve),
    fillBuckets: writeFillBuckets(module, curve),
  };
  for (const functions of [points, writeScalars(module)]) {
    for (const [name, written] of Object.entries(functions) as [string, FunctionWriter][]) module.export(name, written);
  }
  const bytes = module.bytes();
  compiled = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
  return compiled;
}

/** An engine with a memory of its own, or undefined where the runtime has no 128-bit products. */
export function makeEngine(): Engine | undefined {
  const module = compile();
  if (module === undefined) return undefined;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const calls = exports as Calls<PointFunctions & ScalarFunctions>;
  const limbs = new BigUint64Array(memory.buffer);
  const constants = {
    d: ED25519_D,
    twiceD: (2n * ED25519_D) % ED25519_P,
    rootOfMinusOne: ROOT_OF_MINUS_ONE,
    one: 1n,
    zero: 0n,
  };
  for (const [name, value] of Object.entries(constants)) {
    const from = CURVE_CONSTANTS[name as keyof typeof constants] / 8;
    for (let i = 0; i < 5; i++) limbs[from + i] = (value >> BigInt(51 * i)) & ((1n << 51n) - 1n);
  }
  return {
    curve: calls,
    scalar: calls,
    bytes: () => new Uint8Array(memory.buffer),
    reserve: (bytes) => {
      const missing = bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    },
  };
}
