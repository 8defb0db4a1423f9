import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import { cellToString, publicCell } from "../src/index.ts";
import { anyCell, codeOf, SOAK, split } from "./cells.ts";

describe("vectors", () => {
  test("shows the resolution-8 parent of a hotspot's cell, and that cell itself", () => {
    const { hi, lo } = split("8c283082838c1ff");
    expect(publicCell(hi, lo)).toEqual(split("8828308283fffff"));
    const already = split("8828308283fffff");
    expect(publicCell(already.hi, already.lo)).toEqual(already);
  });
});

describe("properties", () => {
  test("never tells a finer digit: all cells under one resolution-8 cell look the same", () => {
    fc.assert(
      fc.property(anyCell(8, 15), (text) => {
        const { hi, lo } = split(text);
        const shown = publicCell(hi, lo);
        expect(cellToString(shown.hi, shown.lo)).toBe(h3.cellToParent(text, 8));
      }),
      { numRuns: 500 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses a cell coarser than resolution 8", () => {
    const { hi, lo } = split("872830828ffffff");
    expect(codeOf(() => publicCell(hi, lo))).toBe("GEO_BAD_RESOLUTION");
  });
});
