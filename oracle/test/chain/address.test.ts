import { base58Bytes, base58Text } from "@earshot/poc/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressOf } from "../../src/chain/address.ts";

test("an address of 32 bytes is what base58 says, whatever its bytes, and any other text is none", () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const zeros = fc.nat(32).chain((count) => bytes.map((one) => one.fill(0, 0, count)));
  fc.assert(
    fc.property(fc.oneof(bytes, zeros), (one) => {
      expect(addressOf(base58Text(one))).toEqual(one);
    }),
  );
  const texts = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 40 }).map(base58Text),
    fc.string({ unit: fc.constantFrom("1", "z", "2"), maxLength: 50 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const known = base58Bytes(text);
      if (known?.length === 32) expect(addressOf(text)).toEqual(known);
      else expect(() => addressOf(text)).toThrow(RangeError);
    }),
  );
});
