import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FREE_FROM } from "../../src/ed25519/curve.ts";
import { writeField } from "../../src/ed25519/field.ts";
import { type FunctionWriter, ModuleWriter } from "../../src/ed25519/wasm-module.ts";
import { soak } from "../protocol/support.ts";
import { engine, fromLittleEndian, littleEndian, numberBelow, ORDER, P, readElement, writeElement } from "./support.ts";

const [TO, LEFT, RIGHT] = [FREE_FROM, FREE_FROM + 40, FREE_FROM + 80] as const;

const field = (() => {
  const module = new ModuleWriter();
  for (const [name, written] of Object.entries(writeField(module)) as [string, FunctionWriter][]) {
    module.export(name, written);
  }
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory } });
  return {
    call: exports as Record<keyof ReturnType<typeof writeField>, (...values: number[]) => void>,
    memory: new Uint8Array(memory.buffer),
  };
})();

const element = numberBelow(P);
const mod = (value: bigint) => ((value % P) + P) % P;

describe("the field of 2^255 - 19", () => {
  test("multiplies, squares, adds and subtracts as BigInt does", () => {
    fc.assert(
      fc.property(element, element, (left, right) => {
        writeElement(field.memory, LEFT, left);
        writeElement(field.memory, RIGHT, right);
        field.call.multiply(TO, LEFT, RIGHT);
        expect(readElement(field.memory, TO)).toBe(mod(left * right));
        field.call.square(TO, LEFT);
        expect(readElement(field.memory, TO)).toBe(mod(left * left));
        field.call.add(TO, LEFT, RIGHT);
        expect(readElement(field.memory, TO)).toBe(mod(left + right));
        field.call.subtract(TO, LEFT, RIGHT);
        expect(readElement(field.memory, TO)).toBe(mod(left - right));
      }),
      soak(2000),
    );
  });

  test("squares as often as it is told", () => {
    fc.assert(
      fc.property(element, fc.integer({ min: 1, max: 100 }), (value, times) => {
        writeElement(field.memory, LEFT, value);
        field.call.squareTimes(TO, LEFT, times);
        let expected = value;
        for (let i = 0; i < times; i++) expected = mod(expected * expected);
        expect(readElement(field.memory, TO)).toBe(expected);
      }),
      soak(200),
    );
  });

  test("multiplies limbs as full as sums and differences leave them", () => {
    const full = fc.array(numberBelow(1n << 54n), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(full, full, (left, right) => {
        for (let i = 0; i < 5; i++) {
          field.memory.set(littleEndian(left[i]!, 8), LEFT + 8 * i);
          field.memory.set(littleEndian(right[i]!, 8), RIGHT + 8 * i);
        }
        const [a, b] = [readElement(field.memory, LEFT), readElement(field.memory, RIGHT)];
        field.call.multiply(TO, LEFT, RIGHT);
        expect(readElement(field.memory, TO)).toBe(mod(a * b));
        for (let i = 0; i < 5; i++) {
          expect(fromLittleEndian(field.memory.slice(TO + 8 * i, TO + 8 * i + 8))).toBeLessThan(1n << 52n);
        }
        field.call.square(TO, LEFT);
        expect(readElement(field.memory, TO)).toBe(mod(a * a));
        field.call.subtract(TO, LEFT, RIGHT);
        expect(readElement(field.memory, TO)).toBe(mod(a - b));
      }),
      soak(1000),
    );
  });

  test("freezes p and what is above it to the one canonical form", () => {
    for (const value of [0n, 1n, 18n, P - 1n, P, P + 1n, P + 18n, (1n << 255n) - 1n]) {
      writeElement(field.memory, LEFT, value);
      field.call.freeze(TO, LEFT);
      const limbs = Array.from({ length: 5 }, (_, i) =>
        fromLittleEndian(field.memory.slice(TO + 8 * i, TO + 8 * i + 8)),
      );
      expect(limbs.reduce((sum, limb, i) => sum + (limb << BigInt(51 * i)), 0n)).toBe(value % P);
    }
  });
});

describe("numbers modulo the order of the base point", () => {
  const { scalar, bytes } = engine();
  const read = () => fromLittleEndian(bytes().slice(TO, TO + 32));
  const inverseOfR = (() => {
    // R^(L - 2): L is prime.
    let [result, base] = [1n, (1n << 256n) % ORDER];
    for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
      if (exponent & 1n) result = (result * base) % ORDER;
      base = (base * base) % ORDER;
    }
    return result;
  })();

  test("multiply after Montgomery, whatever 256 bits the left one has", () => {
    fc.assert(
      fc.property(numberBelow(1n << 256n), numberBelow(ORDER), (left, right) => {
        bytes().set(littleEndian(left, 32), LEFT);
        bytes().set(littleEndian(right, 32), RIGHT);
        scalar.multiply(TO, LEFT, RIGHT);
        expect(read()).toBe((((left * right) % ORDER) * inverseOfR) % ORDER);
      }),
      soak(2000),
    );
  });

  test("add below the order, and word by word with what runs over", () => {
    fc.assert(
      fc.property(numberBelow(ORDER), numberBelow(ORDER), (left, right) => {
        bytes().set(littleEndian(left, 40), LEFT);
        bytes().set(littleEndian(right, 40), RIGHT);
        scalar.add(TO, LEFT, RIGHT);
        expect(read()).toBe((left + right) % ORDER);
      }),
      soak(1000),
    );
    fc.assert(
      fc.property(numberBelow(1n << 300n), numberBelow(1n << 300n), (left, right) => {
        bytes().set(littleEndian(left, 40), LEFT);
        bytes().set(littleEndian(right, 40), RIGHT);
        scalar.addWords(TO, LEFT, RIGHT);
        expect(fromLittleEndian(bytes().slice(TO, TO + 40))).toBe(left + right);
      }),
      soak(1000),
    );
  });
});
