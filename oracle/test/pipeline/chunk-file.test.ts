import { CodedError } from "@earshot/geo";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifierOf } from "../../src/load/load-uploads.ts";
import { decodeChunk, encodeChunk } from "../../src/pipeline/chunk-file.ts";
import { EPOCH_START_MS, smallEpoch } from "../small-epoch.ts";

const { input, records } = smallEpoch();
const verifier = verifierOf({ ...input, network: input.header.network });
const junk = { receiveMs: EPOCH_START_MS, bytes: Uint8Array.of(1, 2, 3) };
const chunk = verifier.chunk([...records, junk]);
const soak = Number(process.env.EARSHOT_SOAK ?? 1);

describe("a chunk file", () => {
  test("gives back what was written, from an aligned place and from another", () => {
    const bytes = encodeChunk(chunk);
    expect(decodeChunk(bytes, "chunk")).toEqual(chunk);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeChunk(shifted.subarray(1), "chunk")).toEqual(chunk);
  });

  test("holds a chunk without any upload", () => {
    const empty = verifier.chunk([junk]);
    expect(empty.refused).toEqual({ bad_magic: 1 });
    expect(decodeChunk(encodeChunk(empty), "chunk")).toEqual(empty);
  });

  test("is refused by name when it is cut off, longer, or its head is changed, and never throws anything else", () => {
    const bytes = encodeChunk(chunk);
    expect(() => decodeChunk(bytes.subarray(0, 7), "chunk")).toThrow("ORC_DAMAGED_FILE: chunk: not a chunk of uploads");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(200), (cut, flip, at) => {
        for (const damaged of [bytes.slice(0, cut), Uint8Array.of(...bytes, 0), bytes.with(at, bytes[at] ^ flip)]) {
          try {
            decodeChunk(damaged, "chunk");
          } catch (error) {
            expect(error).toBeInstanceOf(CodedError);
          }
        }
        expect(() => decodeChunk(bytes.slice(0, cut), "chunk")).toThrow("ORC_DAMAGED_FILE: chunk: ");
      }),
      { numRuns: 20 * soak },
    );
  });
});
