import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRefutation, encodeRefutation } from "../../src/lorawan/refutation-document.ts";

const frame = fc.uint8Array({ minLength: 12, maxLength: 255 });
const high = fc.nat(0xffff);
const documents = fc.record({
  nwkSKey: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  before: fc.record({ phyPayload: frame, fCntHigh: high }),
  after: fc.record({ phyPayload: frame, fCntHigh: high }),
  disputed: fc.array(frame, { minLength: 1, maxLength: 5 }),
});

test("a refutation is read back as it was written, and is nothing with a byte more or less", () => {
  fc.assert(
    fc.property(documents, (document) => {
      const bytes = encodeRefutation(document);
      expect(decodeRefutation(bytes)).toEqual(document);
      expect(decodeRefutation(bytes.subarray(0, -1))).toBeNull();
      expect(decodeRefutation(Uint8Array.from([...bytes, 0]))).toBeNull();
    }),
  );
});

test("any bytes are an answer", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const document = decodeRefutation(bytes);
      if (document !== null) expect(encodeRefutation(document)).toEqual(bytes);
    }),
  );
});

test("frames no device sends, and a key that is none, are a mistake of who writes", () => {
  const proof = { phyPayload: new Uint8Array(12), fCntHigh: 0 };
  const document = { nwkSKey: new Uint8Array(16), before: proof, after: proof, disputed: [new Uint8Array(12)] };
  expect(() => encodeRefutation({ ...document, disputed: [new Uint8Array(11)] })).toThrow("11 bytes");
  expect(() => encodeRefutation({ ...document, disputed: [] })).toThrow(RangeError);
  expect(() => encodeRefutation({ ...document, nwkSKey: new Uint8Array(15) })).toThrow(RangeError);
});
