import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitLocation, openLocation, verifyOpening } from "../../src/protocol/index.ts";

const salt = new Uint8Array(32).fill(7);
const digits = [1, 2, 3, 4];

describe("a location commitment", () => {
  test("is the chain of the registry program, link by link from the finest digit", () => {
    const link = (r: number, inner: Uint8Array, digit: number) =>
      new Uint8Array(
        createHash("sha256")
          .update("earshot-cell")
          .update(Uint8Array.of(r, ...inner, digit))
          .digest(),
      );
    expect(commitLocation(digits, salt)).toEqual(link(9, link(10, link(11, link(12, salt, 4), 3), 2), 1));
  });

  test("opens down to any resolution and shows nothing finer", () => {
    const commitment = commitLocation(digits, salt);
    for (const resolution of [9, 10, 11, 12]) {
      const opening = openLocation(digits, salt, resolution);
      expect(opening.digits).toEqual(digits.slice(0, resolution - 8));
      expect(verifyOpening(commitment, opening)).toBe(true);
      expect(Buffer.compare(opening.behind, salt) === 0).toBe(resolution === 12);
    }
  });

  test("opens to no other digits, salt or length", () => {
    const commitment = commitLocation(digits, salt);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 8 }), { maxLength: 6 }),
        fc.uint8Array({ maxLength: 40 }),
        (other, behind) => {
          expect(verifyOpening(commitment, { digits: other, behind })).toBe(false);
        },
      ),
    );
    expect(verifyOpening(commitment, { digits: [1, 2, 3, 5], behind: salt })).toBe(false);
  });

  test("refuses digits and salts that are none", () => {
    expect(() => commitLocation([1, 2, 3], salt)).toThrow(/^POC_BAD_LENGTH: digits/);
    expect(() => commitLocation([1, 2, 3, 7], salt)).toThrow(/^POC_BAD_ENCODING: digits/);
    expect(() => commitLocation(digits, new Uint8Array(31))).toThrow(/^POC_BAD_LENGTH/);
    expect(() => openLocation(digits, salt, 8)).toThrow(/^POC_BAD_ENCODING: resolution/);
  });
});
