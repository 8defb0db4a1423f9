import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CURSOR_ENTRY_BYTES,
  type CursorEntry,
  encodeCursorEntries,
  readCursors,
  SUBSCRIBED,
} from "../../src/spool/cursor.ts";

const entries: readonly CursorEntry[] = [
  { offset: 8, index: SUBSCRIBED, destination: 3 },
  { offset: 8, index: 0, destination: 3 },
  { offset: 4_294_967_295, index: 65_534, destination: 3 },
  { offset: 8, index: 1, destination: 4 },
];

describe("a cursor file", () => {
  test("says per destination what is settled and from where it is meant", () => {
    const cursorOf = readCursors(encodeCursorEntries(entries));
    const [three, four, five] = [cursorOf(3), cursorOf(4), cursorOf(5)];
    expect([three.fromOffset, four.fromOffset, five.fromOffset]).toEqual([8, null, null]);
    expect([three.isSettled(8, 0), three.isSettled(8, 1), three.isSettled(4_294_967_295, 65_534)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([four.isSettled(8, 1), five.isSettled(8, 0)]).toEqual([true, false]);
  });

  test("means a destination from the first offset it names", () => {
    const twice = [500, 8, 900].map((offset) => ({ offset, index: SUBSCRIBED, destination: 0 }));
    expect(readCursors(encodeCursorEntries(twice))(0).fromOffset).toBe(8);
  });

  test("passes over a torn entry at the end", () => {
    const bytes = encodeCursorEntries(entries);
    const cursor = readCursors(bytes.subarray(0, CURSOR_ENTRY_BYTES + 5))(3);
    expect([cursor.fromOffset, cursor.isSettled(8, 0)]).toEqual([8, false]);
  });

  test("passes over an entry with a changed byte and a row of zeros, and reads the others", () => {
    fc.assert(
      fc.property(fc.nat(CURSOR_ENTRY_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, xor) => {
        const bytes = encodeCursorEntries(entries);
        bytes[CURSOR_ENTRY_BYTES + at] ^= xor;
        const cursor = readCursors(Buffer.concat([new Uint8Array(CURSOR_ENTRY_BYTES), bytes]))(3);
        expect([cursor.isSettled(8, 0), cursor.isSettled(4_294_967_295, 65_534)]).toEqual([false, true]);
      }),
    );
  });
});
