import fc from "fast-check";
import { expect, test } from "vitest";
import { keyOrder } from "../../src/anomaly/key-order.ts";
import { compareByteRows } from "../../src/byte-rows.ts";
import { runs } from "../helium/soak.ts";

const WIDTH = 6;

test("keys are ordered as their bytes are, whichever rows are asked for and however many begin alike", () => {
  // Few values of a byte, so that many keys differ in their last ones only.
  const byte = fc.constantFrom(0, 1, 7, 8, 0x7f, 0x80, 0xff);
  fc.assert(
    fc.property(fc.array(fc.array(byte, { minLength: WIDTH, maxLength: WIDTH }), { maxLength: 40 }), (keys) => {
      const bytes = Uint8Array.from(keys.flat());
      const rows = keys.flatMap((_, row) => (row % 3 === 0 ? [] : [row]));
      const expected = [...rows].sort((a, b) => compareByteRows(bytes, a, bytes, b, WIDTH) || a - b);
      expect([...keyOrder(bytes, WIDTH, rows)]).toEqual(expected);
    }),
    { numRuns: runs(300) },
  );
});
