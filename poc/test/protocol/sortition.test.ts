import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  challengesOf,
  DEFAULT_SORTITION,
  deriveChallenge,
  findChallenge,
  intervalStart,
  minutesPerInterval,
  type SortitionTimes,
  sha256,
} from "../../src/protocol/index.ts";
import { SlotHash, slotThresholds } from "../../src/protocol/slot-hash.ts";
import { bytes, codeOf, edDevice, hex, seed, soak, vectors } from "./support.ts";

interface SortitionVectors {
  readonly start: number;
  readonly devices: readonly {
    key: string;
    challenge: {
      minute: number;
      entropy: string;
      challengeId: string;
      transmitMs: number;
      channelDraw: number;
    };
  }[];
}
const { start, devices } = vectors<SortitionVectors>("sortition.json");
const encoder = new TextEncoder();
const vectorEntropy = (minute: number) =>
  sha256(encoder.encode(`earshot protocol vector: entropy of minute ${minute}`));

/** Times with n minutes an interval. */
function times(n: number): SortitionTimes {
  return { ...DEFAULT_SORTITION, intervalMs: n * DEFAULT_SORTITION.entropyMs };
}

function entropyTable(minutes: number, salt: string): Uint8Array {
  const table = new Uint8Array(minutes * 32);
  for (let i = 0; i < minutes; i++) table.set(seed(`${salt} ${i}`), i * 32);
  return table;
}

function keyTable(hotspots: number, salt: string): Uint8Array {
  const table = new Uint8Array(hotspots * 33);
  for (let i = 0; i < hotspots; i++) {
    table[i * 33] = 0xed;
    table.set(seed(`${salt} key ${i}`), i * 33 + 1);
  }
  return table;
}

describe("a challenge", () => {
  test("is the vector's, minute, id, time and draws", () => {
    for (const { key, challenge } of devices) {
      const found = findChallenge(bytes(key), start, vectorEntropy)!;
      expect(hex(vectorEntropy(found.minute))).toBe(challenge.entropy);
      expect({ ...found, challengeId: hex(found.challengeId) }).toEqual({
        minute: challenge.minute,
        challengeId: challenge.challengeId,
        transmitMs: challenge.transmitMs,
        channelDraw: challenge.channelDraw,
      });
    }
  });

  test("is not known before the entropy of its minute", () => {
    for (const { key, challenge } of devices) {
      const until = (last: number) => (minute: number) => (minute <= last ? vectorEntropy(minute) : undefined);
      expect(findChallenge(bytes(key), start, until(challenge.minute - 1))).toBeUndefined();
      expect(findChallenge(bytes(key), start, until(challenge.minute))?.minute).toBe(challenge.minute);
    }
  });

  test("always comes in the last minute of an interval, and in the only one of an interval of one", () => {
    for (let i = 0; i < 50; i++) {
      expect(deriveChallenge(edDevice.publicKey, 359, seed(`last ${i}`))).toBeDefined();
      expect(deriveChallenge(edDevice.publicKey, i, seed(`only ${i}`), times(1))).toBeDefined();
    }
  });

  test("comes in the last but one minute exactly when the first bit of the digest is clear", () => {
    for (let i = 0; i < 64; i++) {
      const entropy = seed(`bit ${i}`);
      const digest = sha256(encoder.encode("slot"), entropy, edDevice.publicKey);
      expect(deriveChallenge(edDevice.publicKey, 358, entropy) !== undefined).toBe(digest[0]! < 0x80);
    }
  });

  test("is drawn below the threshold and not at it, in both words", () => {
    const slot = new SlotHash();
    slot.setKey(edDevice.publicKey, 0);
    slot.setEntropy(seed("edge"), 0);
    slot.draw();
    const digest = sha256(encoder.encode("slot"), seed("edge"), edDevice.publicKey);
    const view = new DataView(digest.buffer);
    const [hi, lo] = [view.getUint32(0), view.getUint32(4)];
    const isBelow = (high: number, low: number) =>
      slot.isBelow({ last: 1, high: Uint32Array.of(high), low: Uint32Array.of(low) }, 0);
    expect(isBelow(hi, lo)).toBe(false);
    expect(isBelow(hi, lo + 1)).toBe(true);
    expect(isBelow(hi, lo - 1)).toBe(false);
    expect(isBelow(hi + 1, 0)).toBe(true);
    expect(isBelow(hi - 1, 0xffff_ffff)).toBe(false);
  });

  test("has thresholds of 2^64 / (n - s), rounded down", () => {
    for (const n of [2, 3, 7, 360, 1440]) {
      const { last, high, low } = slotThresholds(n);
      expect(last).toBe(n - 1);
      for (let s = 0; s < last; s++) {
        expect((BigInt(high[s]!) << 32n) | BigInt(low[s]!)).toBe(2n ** 64n / BigInt(n - s));
      }
    }
  });

  test("transmits in the second half of its minute", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 0, max: 1e8 }),
        (entropy, interval) => {
          const minute = interval * 360 + 359;
          const { transmitMs } = deriveChallenge(edDevice.publicKey, minute, entropy)!;
          expect(transmitMs - minute * 60_000).toBeGreaterThanOrEqual(30_000);
          expect(transmitMs - minute * 60_000).toBeLessThan(60_000);
        },
      ),
      soak(200),
    );
  });
});

describe("sortition", () => {
  test("challenges every hotspot exactly once in every interval, whatever the entropy", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.string(),
        (n, intervals, firstInterval, salt) => {
          const keys = keyTable(7, salt);
          const first = firstInterval * n;
          const columns = challengesOf(keys, first, entropyTable(n * intervals, salt), times(n));
          expect(columns.length).toBe(7 * intervals);
          const seen = new Set<string>();
          for (let row = 0; row < columns.length; row++) {
            seen.add(`${columns.hotspot[row]} ${Math.floor((columns.minute[row]! - first) / n)}`);
          }
          expect(seen.size).toBe(7 * intervals);
        },
      ),
      soak(60),
    );
  });

  test("gives as columns what it gives one by one, in order of minute and hotspot", () => {
    const n = 24;
    const first = 24 * 1000;
    const keys = keyTable(40, "columns");
    const entropy = entropyTable(n * 3, "columns");
    const columns = challengesOf(keys, first, entropy, times(n));
    const expected = [];
    for (let interval = 0; interval < 3; interval++) {
      for (let hotspot = 0; hotspot < 40; hotspot++) {
        const key = keys.slice(hotspot * 33, hotspot * 33 + 33);
        const entropyOf = (minute: number) => entropy.slice((minute - first) * 32, (minute - first + 1) * 32);
        expected.push({ hotspot, ...findChallenge(key, first + interval * n, entropyOf, times(n))! });
      }
    }
    expected.sort((a, b) => a.minute - b.minute || a.hotspot - b.hotspot);
    const given = expected.map((_, row) => ({
      hotspot: columns.hotspot[row],
      minute: columns.minute[row],
      challengeId: columns.challengeId.slice(row * 32, row * 32 + 32),
      transmitMs: first * 60_000 + columns.transmitOffsetMs[row]!,
      channelDraw: columns.channelDraw[row],
    }));
    expect(given).toEqual(expected);
  });

  test("draws minutes, channels and seconds evenly", () => {
    // 6,000 hotspots in 24 minutes: 250 a minute expected; five standard deviations are 77. The inputs are fixed.
    const n = 24;
    const columns = challengesOf(keyTable(6000, "even"), 0, entropyTable(n, "even"), times(n));
    const perMinute = new Array<number>(n).fill(0);
    const perChannel = new Array<number>(8).fill(0);
    const perSecond = new Array<number>(30).fill(0);
    for (let row = 0; row < columns.length; row++) {
      perMinute[columns.minute[row]!]!++;
      perChannel[columns.channelDraw[row]! % 8]!++;
      perSecond[Math.floor((columns.transmitOffsetMs[row]! % 60_000) / 1000) - 30]!++;
    }
    for (const count of perMinute) expect(Math.abs(count - 250)).toBeLessThan(77);
    for (const count of perChannel) expect(Math.abs(count - 750)).toBeLessThan(128);
    for (const count of perSecond) expect(Math.abs(count - 200)).toBeLessThan(70);
  });

  test("changes nothing for others when a hotspot joins", () => {
    const keys = keyTable(10, "join");
    const entropy = entropyTable(360, "join");
    const all = challengesOf(keys, 0, entropy);
    const fewer = challengesOf(keys.subarray(0, 9 * 33), 0, entropy);
    const ids = (columns: typeof all) => {
      const rows = new Map<number, string>();
      for (let row = 0; row < columns.length; row++) {
        rows.set(columns.hotspot[row]!, hex(columns.challengeId.subarray(row * 32, row * 32 + 32)));
      }
      return rows;
    };
    const after = ids(all);
    for (const [hotspot, id] of ids(fewer)) expect(after.get(hotspot)).toBe(id);
  });

  test("makes no rows of no hotspots or no minutes", () => {
    expect(challengesOf(new Uint8Array(0), 0, entropyTable(360, "none")).length).toBe(0);
    expect(challengesOf(keyTable(3, "none"), 0, new Uint8Array(0)).length).toBe(0);
  });

  test("aligns intervals to the Unix epoch", () => {
    expect(minutesPerInterval(DEFAULT_SORTITION)).toBe(360);
    expect([0, 359, 360, 719].map((minute) => intervalStart(minute))).toEqual([0, 0, 360, 360]);
    expect(codeOf(() => challengesOf(keyTable(1, "x"), 1, entropyTable(360, "x")))).toBe("POC_BAD_PARAMETERS");
    expect(codeOf(() => findChallenge(edDevice.publicKey, 359, () => undefined))).toBe("POC_BAD_PARAMETERS");
  });

  test("refuses times that do not fit together, tables of part rows and numbers out of range", () => {
    const bad: Partial<SortitionTimes>[] = [
      { entropyMs: 0 },
      { entropyMs: Number.NaN },
      { intervalMs: 90_000 },
      { intervalMs: 0 },
      { intervalMs: 1441 * 60_000 },
      { transmitSpreadMs: 0 },
      { transmitDelayMs: -1 },
      { transmitDelayMs: 30_001 },
    ];
    for (const change of bad) {
      expect(codeOf(() => minutesPerInterval({ ...DEFAULT_SORTITION, ...change }))).toBe("POC_BAD_PARAMETERS");
    }
    const entropy = entropyTable(360, "x");
    expect(codeOf(() => challengesOf(new Uint8Array(34), 0, entropy))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => challengesOf(new Uint8Array(33), 0, entropy.subarray(32)))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => challengesOf(new Uint8Array(33), 360 * 12_000_000, entropy))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => deriveChallenge(new Uint8Array(32), 0, seed("e")))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => deriveChallenge(edDevice.publicKey, 0, new Uint8Array(31)))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => deriveChallenge(edDevice.publicKey, -1, seed("e")))).toBe("POC_BAD_ENCODING");
  });
});
