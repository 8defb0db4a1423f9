/** Entropy from endpoints that may lie, lag, hang or prune; its file; and challenges that anybody derives again from either. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { findChallenge, intervalStart } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChallengeBook } from "../../src/challenges/challenge-book.ts";
import { EntropyBook } from "../../src/challenges/entropy-book.ts";
import { EntropyFile } from "../../src/challenges/entropy-file.ts";
import { agreedBlock, majority } from "../../src/challenges/entropy-quorum.ts";
import { EntropyWatch } from "../../src/challenges/entropy-watch.ts";
import { firstBlockAt } from "../../src/challenges/first-block.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { ManualClock } from "../service/manual-clock.ts";
import { TestDevice } from "../service/test-device.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";
import { chainOf, scanned, steadyChain, TestEndpoint } from "./test-chain.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const folders = new TemporaryFolders("entropy");
/** Ten intervals of six steps of a second. */
const TIMES = { entropyMs: 1000, intervalMs: 6000, transmitDelayMs: 500, transmitSpreadMs: 500 };
const START_S = 1_796_119_200;

describe("the first block of a minute", () => {
  test("is what a scan finds, wherever blocks are missing, times stand still and the search starts", async () => {
    const step = fc.record({ slots: fc.integer({ min: 1, max: 700 }), seconds: fc.integer({ min: 0, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: -2, max: 100 }),
        fc.nat(60),
        async (steps, second, anchor) => {
          let slot = 5;
          let time = START_S;
          const blocks = chainOf(
            steps.map(({ slots, seconds }) => {
              slot += slots;
              time += seconds;
              return [slot, time] as const;
            }),
          );
          const endpoint = new TestEndpoint("one", blocks);
          const timeMs = (START_S + second) * 1000;
          const known = blocks[Math.min(anchor, blocks.length - 1)];
          expect((await firstBlockAt(endpoint, timeMs, known))?.slot).toBe(scanned(blocks, timeMs)?.slot);
          expect((await firstBlockAt(endpoint, timeMs, undefined))?.slot).toBe(scanned(blocks, timeMs)?.slot);
        },
      ),
      { numRuns: 200 * soak },
    );
  });

  test("is found among a million slots with few questions", async () => {
    const blocks = steadyChain(300_000_000, START_S, 1_000_000);
    const endpoint = new TestEndpoint("one", blocks);
    const timeMs = (START_S + 123_456) * 1000;
    expect((await firstBlockAt(endpoint, timeMs, undefined))?.slot).toBe(scanned(blocks, timeMs)?.slot);
    expect(endpoint.calls).toBeLessThan(80);
  });

  test("is not searched for without end at an endpoint that claims slots without blocks", async () => {
    const blocks = steadyChain(1000, START_S, 300);
    const far = chainOf([[3_000_000_000, START_S + 200]]);
    const endpoint = new TestEndpoint("liar", [...blocks.slice(0, 10), ...far]);
    const timeMs = (START_S + 60) * 1000;
    expect(await messageOf(() => firstBlockAt(endpoint, timeMs, blocks[5]))).toContain("ORC_RPC_CONTRADICTION: liar");
    expect(endpoint.calls).toBeLessThan(5000);
  });

  test("is refused from an endpoint that hides the true one", async () => {
    const blocks = steadyChain(1000, START_S, 300);
    const endpoint = new TestEndpoint("liar", blocks);
    const timeMs = (START_S + 60) * 1000;
    endpoint.hidden.add(scanned(blocks, timeMs)!.slot);
    expect(await messageOf(() => firstBlockAt(endpoint, timeMs, undefined))).toContain("ORC_RPC_CONTRADICTION: liar");
  });
});

describe("several endpoints", () => {
  test("decide by how many name a block, and not when as many name another", () => {
    const [a, b] = [1, 2].map((slot) => ({ slot, blockTimeS: 1, blockhash: new Uint8Array(32).fill(slot) })) as [
      { slot: number; blockTimeS: number; blockhash: Uint8Array },
      { slot: number; blockTimeS: number; blockhash: Uint8Array },
    ];
    expect([1, 2, 3, 4, 5].map(majority)).toEqual([1, 2, 2, 3, 3]);
    expect(agreedBlock([a, b, a], 2)).toBe(a);
    expect(agreedBlock([a, b], 2)).toBeUndefined();
    expect(agreedBlock([a, b], 1)).toBeUndefined();
    expect(agreedBlock([a], 2)).toBeUndefined();
    expect(agreedBlock([a], 1)).toBe(a);
  });

  /** Runs a watch over honest and dishonest endpoints until the minute is known. */
  async function learn(endpoints: readonly TestEndpoint[], until: number, onTurn: (turn: number) => void = () => {}) {
    const clock = new ManualClock(until * TIMES.entropyMs + 900);
    const book = new EntropyBook();
    const stop = new AbortController();
    const answers: string[] = [];
    const watch = new EntropyWatch({
      readers: endpoints,
      quorum: majority(endpoints.length),
      times: TIMES,
      book,
      keep() {},
      nowMs: () => clock.wallMs(),
      since: (minute) => minute - 20,
      clock,
      log: SILENT_LOG,
      onAnswer: (endpoint, outcome) => answers.push(`${endpoint} ${outcome}`),
    });
    const running = watch.run(stop.signal);
    const isDone = () => book.firstMissing(until - 20, until) === undefined;
    for (let turn = 0; turn < 20_000 && !isDone(); turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 50 === 49) clock.advance(100);
      onTurn(turn);
    }
    stop.abort();
    await running;
    return { book, answers, isDone: isDone() };
  }

  const honest = steadyChain(5000, START_S - 60, 400);
  const minute = START_S + 40;

  test("are believed although one lies, one hangs, or one lags", async () => {
    const liar = new TestEndpoint("liar", steadyChain(5000, START_S - 60, 400, 1));
    const hanging = new TestEndpoint("hanging", honest);
    hanging.isHanging = true;
    const lagging = new TestEndpoint("lagging", honest);
    lagging.lag = 300;
    for (const bad of [liar, hanging, lagging]) {
      const { book, answers, isDone } = await learn(
        [bad, new TestEndpoint("one", honest), new TestEndpoint("two", honest)],
        minute,
      );
      expect(isDone).toBe(true);
      for (let at = minute - 20; at <= minute; at++) {
        expect(book.get(at)?.slot).toBe(scanned(honest, at * TIMES.entropyMs)?.slot);
      }
      expect(answers).not.toContain(`${bad.name} agreed`);
    }
  });

  test("are asked again when a block becomes final, though one of them has not ended the first answer", async () => {
    const [one, two, hanging] = ["one", "two", "hanging"].map(
      (name) => new TestEndpoint(name, honest.slice(0, 200)),
    ) as [TestEndpoint, TestEndpoint, TestEndpoint];
    hanging.isHanging = true;
    const { isDone } = await learn([hanging, one, two], minute, (turn) => {
      if (turn === 300) for (const endpoint of [one, two]) endpoint.blocks = honest;
    });
    expect(isDone).toBe(true);
  });

  test("are believed although one lies and another one needs longer than a round", async () => {
    const liar = new TestEndpoint("liar", steadyChain(5000, START_S - 60, 400, 1));
    const slow = new TestEndpoint("slow", honest);
    slow.turns = 4;
    const { book } = await learn([liar, slow, new TestEndpoint("one", honest)], minute);
    expect(book.get(minute)?.slot).toBe(scanned(honest, minute * TIMES.entropyMs)?.slot);
  });

  test("are not believed when two of three lie apart", async () => {
    const liars = [1, 2].map((fork) => new TestEndpoint(`liar ${fork}`, steadyChain(5000, START_S - 60, 400, fork)));
    const { book, isDone } = await learn([...liars, new TestEndpoint("one", honest)], minute);
    expect(isDone).toBe(false);
    expect(book.range).toBeUndefined();
  });

  test("give every step of a pause of the chain the block after it", async () => {
    const paused = [
      ...steadyChain(5000, START_S - 60, 200).map(({ slot, blockTimeS }) => [slot, blockTimeS] as const),
      [6000, START_S + 39] as const,
      [6001, START_S + 41] as const,
    ];
    const { book, isDone } = await learn([new TestEndpoint("one", chainOf(paused))], minute);
    expect(isDone).toBe(true);
    expect([25, 30, 39, 40].map((after) => book.get(START_S + after)?.slot)).toEqual([6000, 6000, 6000, 6001]);
  });
});

describe("what is known", () => {
  const record = (minute: number, slot: number) => ({
    minute,
    slot,
    blockTimeS: minute,
    blockhash: new Uint8Array(32),
  });

  test("never goes back in the chain, and never changes", async () => {
    const book = new EntropyBook();
    book.add(record(10, 100));
    book.add(record(10, 100));
    book.add(record(12, 120));
    expect(await messageOf(() => book.add(record(10, 101)))).toContain("ORC_RPC_CONTRADICTION");
    expect(await messageOf(() => book.add(record(11, 99)))).toContain("goes back");
    expect(await messageOf(() => book.add(record(11, 121)))).toContain("goes back");
    expect([book.knownUntil(9), book.knownUntil(10), book.firstMissing(10, 12)]).toEqual([8, 10, 11]);
    book.add(record(11, 110));
    expect([book.knownUntil(10), book.firstMissing(10, 12), book.blockBefore(12)?.slot]).toEqual([12, undefined, 110]);
  });

  test("is in a file that survives a torn end, and is refused when damaged or of another kind", async () => {
    const path = `${folders.next()}/entropy.records`;
    const file = new EntropyFile(path, 1000);
    for (const minute of [10, 11, 12]) file.append(record(minute, minute * 10));
    file.close();
    const whole = readFileSync(path);
    appendFileSync(path, whole.subarray(8, 40));
    const torn = new EntropyFile(path, 1000);
    expect(torn.takeRecords().map(({ minute }) => minute)).toEqual([10, 11, 12]);
    torn.append(record(13, 130));
    torn.close();
    const again = new EntropyFile(path, 1000);
    expect(again.takeRecords().map(({ slot }) => slot)).toEqual([100, 110, 120, 130]);
    again.close();

    truncateSync(path, 4);
    const empty = new EntropyFile(path, 1000);
    expect(empty.takeRecords()).toEqual([]);
    empty.close();

    const damaged = whole.slice();
    damaged[30]! ^= 1;
    writeFileSync(path, damaged);
    expect(await messageOf(() => new EntropyFile(path, 1000))).toContain("ORC_DAMAGED_FILE");
    writeFileSync(path, "something else entirely");
    expect(await messageOf(() => new EntropyFile(path, 1000))).toContain("ORC_FOREIGN_FILE");
  });

  test("gives each device the challenge that anybody derives, once the minute of it is known and not before", () => {
    const book = new EntropyBook();
    const challenges = new ChallengeBook(book, TIMES);
    const blocks = steadyChain(5000, START_S, 100);
    const start = intervalStart(START_S, TIMES);
    const devices = Array.from({ length: 40 }, (_, i) => new TestDevice(i + 1));
    for (let minute = start; minute < start + 6; minute++) {
      for (const { key } of devices) {
        const derived = findChallenge(key, start, (at) => scannedEntropy(at, minute - 1), TIMES);
        expect(challenges.challengeOf(key, start)).toEqual(derived);
      }
      const { slot, blockTimeS, blockhash } = scanned(blocks, minute * 1000)!;
      book.add({ minute, slot, blockTimeS, blockhash });
    }
    for (const { key } of devices) expect(challenges.challengeOf(key, start)).toBeDefined();

    function scannedEntropy(minute: number, known: number): Uint8Array | undefined {
      return minute > known ? undefined : scanned(blocks, minute * 1000)?.blockhash;
    }
  });
});
