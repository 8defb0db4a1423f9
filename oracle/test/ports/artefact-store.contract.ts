/** The contract of ports/artefact-store.ts as tests; every adapter runs it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/epoch-folder/durable-file.ts";
import type { ArtefactStore } from "../../src/ports/artefact-store.ts";
import { messageOf } from "../temporary-folder.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);

export interface ArtefactContract {
  readonly name: string;
  /** More names than the store gives in one answer. */
  readonly manyNames: number;
  /** A new, empty store, and a way to write into it what it would not. */
  readonly make: () => Promise<{
    readonly store: ArtefactStore;
    readonly overwrite: (key: string, text: string) => Promise<void>;
    /** Lays something there past the store. */
    readonly write: (key: string, text: string) => Promise<void>;
  }>;
}

export function testArtefactStore({ name, manyNames, make }: ArtefactContract, skipReason?: string): void {
  const title = `the artefact store in ${name}${skipReason === undefined ? "" : ` (${skipReason})`}`;
  describe.skipIf(skipReason !== undefined)(title, () => {
    test("gives back any bytes under their SHA-256, however often they are put", async () => {
      const { store } = await make();
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
          const sha256 = await store.put(bytes);
          expect(sha256).toBe(sha256Hex(bytes));
          expect(await store.put(bytes)).toBe(sha256);
          expect(await store.has(sha256)).toBe(true);
          expect([...(await store.get(sha256))!]).toEqual([...bytes]);
        }),
        { numRuns: 15 * soak },
      );
      const large = new Uint8Array(9 * 1024 * 1024).fill(3);
      expect(Buffer.compare((await store.get(await store.put(large)))!, large)).toBe(0);
    });

    test("opens bytes of any size to be passed on piece by piece", async () => {
      const { store } = await make();
      for (const size of [0, 1, 9 * 1024 * 1024]) {
        const bytes = new Uint8Array(size).fill(7);
        const sha256 = await store.put(bytes);
        const open = (await store.open(sha256))!;
        expect(open.bytes).toBe(size);
        let read = 0;
        let pieces = 0;
        for await (const piece of open.stream) {
          expect(piece.every((byte) => byte === 7)).toBe(true);
          read += piece.length;
          pieces++;
        }
        expect(read).toBe(size);
        if (size > 1024 * 1024) expect(pieces).toBeGreaterThan(1);
      }
      // Whoever goes away in the middle leaves nothing open.
      const large = (await store.open(await store.put(new Uint8Array(9 * 1024 * 1024).fill(7))))!;
      await large.stream.cancel();
    });

    test("says undefined for what was never put or named", async () => {
      const { store } = await make();
      const nothing = "0".repeat(64);
      expect(await store.open(nothing)).toBeUndefined();
      expect(await store.get(nothing)).toBeUndefined();
      expect(await store.has(nothing)).toBe(false);
      expect(await store.resolve("epoch/1/manifest.json")).toBeUndefined();
      expect(await store.names("")).toEqual([]);
      expect(await store.names("epoch/1/")).toEqual([]);
    });

    test("points names at blobs, replaces a pointer, and lists names of a folder in order", async () => {
      const { store } = await make();
      const first = await store.put(Uint8Array.of(1));
      const second = await store.put(Uint8Array.of(2));
      for (const name of [
        "epoch/10/b.arrow",
        "epoch/10/a.arrow",
        "epoch/10/uploads/x-1/000000.seg",
        "epoch/1",
        "epoch/1/m",
        "log",
      ]) {
        await store.link(name, first);
      }
      await store.link("log", second);
      expect(await store.resolve("log")).toBe(second);
      expect(await store.resolve("epoch/1")).toBe(first);
      expect(await store.names("epoch/10/")).toEqual([
        "epoch/10/a.arrow",
        "epoch/10/b.arrow",
        "epoch/10/uploads/x-1/000000.seg",
      ]);
      expect(await store.names("epoch/1/")).toEqual(["epoch/1/m"]);
      expect((await store.names("")).length).toBe(6);
      expect(await store.names("epoch/2/")).toEqual([]);
    });

    test("lists more names than a server gives in one answer", async () => {
      const { store } = await make();
      const sha256 = await store.put(Uint8Array.of(1));
      const names = Array.from({ length: manyNames }, (_, at) => `many/${String(at).padStart(4, "0")}`);
      for (let from = 0; from < names.length; from += 50) {
        await Promise.all(names.slice(from, from + 50).map((one) => store.link(one, sha256)));
      }
      expect(await store.names("many/")).toEqual(names);
    });

    test("lists nothing that is no name, whatever else lies there", async () => {
      const { store, write } = await make();
      const sha256 = await store.put(Uint8Array.of(1));
      for (const name of ["a/b", "a/c"]) await store.link(name, sha256);
      for (const stranger of [
        "names/a/.b~",
        "names/a/b~~",
        "names/a/b c~",
        "names/a/c",
        `names/a/${"x".repeat(201)}~`,
      ]) {
        await write(stranger, `${sha256}\n`);
      }
      expect(await store.names("")).toEqual(["a/b", "a/c"]);
      expect(await store.names("a/")).toEqual(["a/b", "a/c"]);
    });

    test("refuses names and hashes that are none, and pointers to nothing", async () => {
      const { store } = await make();
      const sha256 = await store.put(Uint8Array.of(1));
      for (const bad of ["", "/a", "a/", "a//b", "../a", "a/.hidden", "a b", "ä", "a~", "a".repeat(201)]) {
        expect(await messageOf(() => store.link(bad, sha256))).toMatch(/^ORC_BAD_OPTION/);
        expect(await messageOf(() => store.resolve(bad))).toMatch(/^ORC_BAD_OPTION/);
      }
      for (const bad of ["", "abc", "G".repeat(64), "A".repeat(64), "../../../../etc/passwd"]) {
        expect(await messageOf(() => store.get(bad))).toMatch(/^ORC_BAD_OPTION/);
        expect(await messageOf(() => store.open(bad))).toMatch(/^ORC_BAD_OPTION/);
        expect(await messageOf(() => store.has(bad))).toMatch(/^ORC_BAD_OPTION/);
      }
      expect(await messageOf(() => store.link("a", "1".repeat(64)))).toMatch(/^ORC_BAD_OPTION: a: 1+ is not stored/);
      expect(await messageOf(() => store.names("epoch"))).toMatch(/^ORC_BAD_OPTION/);
      expect(store.publicUrl(sha256)).toBeUndefined();
    });

    test("says so when what it holds is not what its name says", async () => {
      const { store, overwrite } = await make();
      const sha256 = await store.put(Uint8Array.of(1, 2, 3));
      await store.link("a", sha256);
      await overwrite(`blobs/${sha256.slice(0, 2)}/${sha256}`, "something else");
      await overwrite("names/a~", "not a hash");
      expect(await messageOf(() => store.get(sha256))).toMatch(/^ORC_DAMAGED_FILE: .*its SHA-256 is/);
      expect(await messageOf(() => store.resolve("a"))).toMatch(/^ORC_DAMAGED_FILE: .*expected a SHA-256/);
    });
  });
}
