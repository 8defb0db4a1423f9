import { describe, expect, test } from "vitest";
import { fixedPoint, jsonLine, percent, printable, table, tokens } from "../../src/cli/format.ts";
import { integerParser, placeParser, positiveParser, textParser } from "../../src/cli/parse.ts";

describe("numbers for people", () => {
  test("write every decimal of a fixed-point number and never round", () => {
    expect(fixedPoint(18926, 4)).toBe("1.8926");
    expect(fixedPoint(5n, 12)).toBe("0.000000000005");
    expect(fixedPoint(0, 4)).toBe("0.0000");
    expect(fixedPoint(12_345_678_901_234n, 8)).toBe("123,456.78901234");
    expect(tokens(0xffff_ffff_ffff_ffffn, 100_000_000n)).toBe("184,467,440,737.09551615");
  });

  test("give a dash for a part of nothing", () => {
    expect(percent(1, 8)).toBe("12.5 %");
    expect(percent(0n, 0n)).toBe("–");
  });

  test("align columns", () => {
    expect(
      table(
        [
          ["a", "1", "x"],
          ["bcd", "100", ""],
        ],
        [1],
      ),
    ).toBe("  a      1  x\n  bcd  100\n");
  });

  test("become JSON with amounts as decimal strings and bytes as hexadecimal", () => {
    expect(jsonLine({ atoms: 2n ** 60n, id: Uint8Array.of(0, 255), list: [1] })).toBe(
      '{"atoms":"1152921504606846976","id":"00ff","list":[1]}\n',
    );
  });
});

describe("values of flags", () => {
  test("are read in their whole range and refused outside of it", () => {
    const days = integerParser(1, 10);
    expect([days("1"), days("10")]).toEqual([1, 10]);
    for (const text of ["0", "11", "1.5", "", "ten", "1e1", "NaN"]) expect(() => days(text)).toThrow(RangeError);
    expect(positiveParser(25)("0.5")).toBe(0.5);
    for (const text of ["0", "-1", "25.1", "Infinity", "0x5", ""])
      expect(() => positiveParser(25)(text)).toThrow(RangeError);
    expect(placeParser("37.77,-122.42")).toEqual({ latDeg: 37.77, lngDeg: -122.42 });
    expect(placeParser("-90, 180")).toEqual({ latDeg: -90, lngDeg: 180 });
    for (const text of ["37.77", "91,0", "0,181", "1,2,3", "a,b", "", "1,"]) {
      expect(() => placeParser(text)).toThrow(RangeError);
    }
    expect(() => textParser("")).toThrow(RangeError);
  });
});

test("what a terminal shows keeps its lines, and nothing that would steer the terminal", () => {
  expect(printable("a\tb\r\nc\n")).toBe("a\tb\r\nc\n");
  expect(printable("a\rb\u001b[2J\u009b1m\u0000\u007f")).toBe("a�b�[2J�1m��");
});
