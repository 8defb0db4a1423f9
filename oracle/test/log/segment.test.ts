import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readLog, readSegment } from "../../src/log/segment-reader.ts";
import { SegmentWriter } from "../../src/log/segment-writer.ts";

const root = mkdtempSync(join(tmpdir(), "earshot-log-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const soak = Number(process.env.EARSHOT_SOAK ?? 1);
let folders = 0;

function writeLog(records: readonly [number, Uint8Array][], targetBytes?: number): string {
  const folder = join(root, `log-${folders++}`);
  const writer = new SegmentWriter(folder, targetBytes);
  for (const [receiveMs, bytes] of records) writer.append(receiveMs, bytes);
  writer.close();
  return folder;
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof CodedError ? error.message : `uncoded: ${error}`;
  }
  return "no error";
}

const three: [number, Uint8Array][] = [
  [1_700_000_000_000, Uint8Array.of(1, 2, 3)],
  [1_699_999_999_999, new Uint8Array(0)],
  [Number.MAX_SAFE_INTEGER, new Uint8Array(300).fill(9)],
];

describe("a log segment", () => {
  test("has the bytes its format says", () => {
    // CRC-32 and SHA-256 from Python's zlib and hashlib.
    const folder = writeLog([[0x0102030405, Uint8Array.of(0xaa, 0xbb)]]);
    expect(readFileSync(join(folder, "000000.seg")).toString("hex")).toBe(
      [
        "45534c4f470001000000000000000000",
        "02000000360958820504030201000000aabb",
        "ffffffff010000000dd24b2fe073bc46055b8ab07a8e3c623f9994d1e64e6c54918f11e39a825315",
      ].join(""),
    );
  });

  test("gives back receive times and bytes in the order they were appended, over several segments", () => {
    for (const targetBytes of [1, 40, 1000]) {
      const folder = writeLog(three, targetBytes);
      expect(readdirSync(folder).length).toBe(targetBytes === 1 ? 3 : targetBytes === 40 ? 2 : 1);
      expect(Array.from(readLog(folder), ({ receiveMs, bytes }) => [receiveMs, bytes.slice()])).toEqual(three);
    }
  });

  test("may be empty", () => {
    expect([...readLog(writeLog([]))]).toEqual([]);
  });
});

describe("readLog", () => {
  test("gives back what any sequence of appends wrote", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.maxSafeNat(), fc.uint8Array({ maxLength: 80 })), { maxLength: 20 }),
        fc.integer({ min: 1, max: 400 }),
        (records, targetBytes) => {
          const folder = writeLog(records, targetBytes);
          expect(Array.from(readLog(folder), ({ receiveMs, bytes }) => [receiveMs, bytes.slice()])).toEqual(records);
        },
      ),
      { numRuns: 50 * soak },
    );
  });

  test("refuses a segment cut off at any length, naming file and offset", () => {
    const folder = writeLog(three);
    const whole = new Uint8Array(readFileSync(join(folder, "000000.seg")));
    for (let length = 0; length < whole.length; length++) {
      expect(messageOf(() => readSegment(whole.slice(0, length), 0, "uploads/000000.seg"))).toMatch(
        /^ORC_BAD_LOG: uploads\/000000\.seg: offset \d+: /,
      );
    }
  });

  test("refuses any flipped bit and any appended byte", () => {
    const folder = writeLog(three);
    const whole = new Uint8Array(readFileSync(join(folder, "000000.seg")));
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expect(
        messageOf(() => readSegment(flipped, 0, "a.seg")),
        `bit ${bit}`,
      ).toMatch(/^ORC_(BAD_LOG|FOREIGN_FILE): a\.seg: /);
    }
    expect(messageOf(() => readSegment(Uint8Array.of(...whole, 0), 0, "a.seg"))).toMatch(/trailer has 41 of 40 bytes/);
  });

  test("refuses a missing segment, a renumbered one, a foreign file and a folder that is not there", () => {
    const folder = writeLog(three, 1);
    renameSync(join(folder, "000001.seg"), join(root, "away.seg"));
    expect(messageOf(() => [...readLog(folder)])).toBe(
      `ORC_MISSING_FILE: ${join(folder, "000001.seg")}: a segment is missing before 000002.seg`,
    );
    renameSync(join(folder, "000002.seg"), join(folder, "000001.seg"));
    expect(messageOf(() => [...readLog(folder)])).toContain("offset 8: expected segment 1, got 2");
    writeFileSync(join(folder, "notes.txt"), "x");
    expect(messageOf(() => [...readLog(folder)])).toContain("notes.txt: not a segment of an upload log");
    expect(messageOf(() => [...readLog(join(root, "nowhere"))])).toMatch(/^ORC_MISSING_FILE: .*nowhere: no such file/);
  });
});

describe("the segments of several ingests", () => {
  test("are read folder after folder, from whatever number each begins with", () => {
    const folder = join(root, "ingests");
    const second = writeLog(three, 1);
    mkdirSync(join(folder, "b"), { recursive: true });
    for (const name of ["000001.seg", "000002.seg"]) copyFileSync(join(second, name), join(folder, "b", name));
    renameSync(writeLog(three, 1), join(folder, "a"));
    const bytes = (records: Iterable<{ readonly bytes: Uint8Array }>) =>
      Array.from(records, (record) => [...record.bytes]);
    const own = bytes(readLog(second));
    expect(bytes(readLog(folder))).toEqual([...own, ...own.slice(1)]);
  });

  test("are refused with a gap in one of them, or a foreign folder beside them", () => {
    const folder = join(root, "gap");
    mkdirSync(folder);
    renameSync(writeLog(three, 1), join(folder, "a"));
    renameSync(join(folder, "a", "000001.seg"), join(root, "gone.seg"));
    expect(messageOf(() => [...readLog(folder)])).toBe(
      `ORC_MISSING_FILE: ${join(folder, "a", "000001.seg")}: a segment is missing before 000002.seg`,
    );
    mkdirSync(join(folder, ".hidden"));
    expect(messageOf(() => [...readLog(folder)])).toContain(".hidden: not an ingest's folder");
  });
});

describe("SegmentWriter", () => {
  test("refuses receive times that are no time and uploads longer than an upload can be", () => {
    const writer = new SegmentWriter(join(root, "misuse"));
    for (const time of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(messageOf(() => writer.append(time, new Uint8Array(1)))).toMatch(/^ORC_BAD_LOG: receive time/);
    }
    expect(messageOf(() => writer.append(0, new Uint8Array(4 * 1024 * 1024 + 1)))).toMatch(
      /^ORC_BAD_LOG: an upload of/,
    );
  });

  test("answers a path it cannot write to with a coded error", () => {
    writeFileSync(join(root, "a-file"), "");
    expect(messageOf(() => new SegmentWriter(join(root, "a-file", "uploads")))).toMatch(/^ORC_WRITE_FAILED: /);
  });
});
