import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, canonicalJsonBytes } from "../../src/protocol/index.ts";
import { codeOf, soak, vectors } from "./support.ts";

const vector = vectors<{
  numbers: { ieee: string; text: string | null }[];
  documents: { input: string; canonical: string }[];
}>("canonical-json.json");

function double(ieee: string): number {
  return new DataView(Uint8Array.fromHex(ieee).buffer).getFloat64(0);
}

describe("canonical JSON", () => {
  test("writes the numbers of RFC 8785 and refuses those that are none", () => {
    for (const { ieee, text } of vector.numbers) {
      if (text === null) expect(codeOf(() => canonicalJson(double(ieee)))).toBe("POC_BAD_ENCODING");
      else expect(canonicalJson(double(ieee)), ieee).toBe(text);
    }
  });

  test("writes the documents of RFC 8785", () => {
    for (const { input, canonical } of vector.documents) expect(canonicalJson(JSON.parse(input))).toBe(canonical);
  });

  test("orders members by UTF-16 code unit, not by code point", () => {
    // U+1F600 is the pair d83d de00 and comes before U+FB33, though its code point is higher.
    expect(canonicalJson({ "\ufb33": 1, "\u{1f600}": 2 })).toBe('{"\u{1f600}":2,"\ufb33":1}');
    expect(canonicalJson({ "10": 1, "9": 2, "": 3 })).toBe('{"":3,"10":1,"9":2}');
  });

  test("is UTF-8 as bytes", () => {
    expect(canonicalJsonBytes("é").toHex()).toBe("22c3a922");
  });

  test("means the same value, and is its own canonical form, for any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(value);
        // -0 is the one value that JSON text does not bring back.
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(JSON.parse(JSON.stringify(sorted(value)))));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(text.replace(/"(?:[^"\\]|\\.)*"/g, "")).not.toMatch(/\s/);
      }),
      soak(200),
    );
  });

  test("does not depend on the order in which members were set", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (members) => {
        const reversed = Object.fromEntries(Object.entries(members).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(members));
      }),
      soak(100),
    );
  });

  test("refuses what JSON cannot say instead of dropping it", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    let deep: unknown = 0;
    for (let i = 0; i < 65; i++) deep = [deep];
    const bad: readonly unknown[] = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined,
      1n,
      Symbol("s"),
      () => 1,
      { member: undefined },
      { member: 1n },
      [undefined],
      new Array(2),
      "\ud800",
      { "\udc00": 1 },
      new Date(0),
      new Map(),
      new Uint8Array(2),
      Object("boxed"),
      { [Symbol("s")]: 1 },
      cycle,
      deep,
    ];
    bad.forEach((value, i) => {
      expect(
        codeOf(() => canonicalJson(value)),
        `value ${i}`,
      ).toBe("POC_BAD_ENCODING");
    });
  });

  test("takes objects without a prototype and 64 levels", () => {
    expect(canonicalJson(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
    let deep: unknown = 0;
    for (let i = 0; i < 64; i++) deep = [deep];
    expect(canonicalJson(deep)).toBe(`${"[".repeat(64)}0${"]".repeat(64)}`);
  });
});

/** The value with its members in code-unit order, by other means. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const result: Record<string, unknown> = Object.create(null);
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) result[name] = sorted((value as Record<string, unknown>)[name]);
  return result;
}
