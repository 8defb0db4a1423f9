/** The detectors' rules one by one: votes, links, levels, conduct. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accusingShareE4,
  badShareE4,
  compareLosses,
  contradictsPlace,
  contradictsReciprocity,
  countVoices,
  DETECTORS,
  earshotDetectors,
  type Link,
  leastExcessDdb,
  levelDdbm,
  levelOfShare,
  lossGapDdb,
  NO_RECEPTIONS,
  NO_SNR,
  nextCleanEpochs,
  nextConduct,
  nextLevel,
  type Vote,
  weightOfLevels,
  withReception,
} from "../../src/index.ts";
import { runs } from "../helium/soak.ts";

const quorum = { voters: earshotDetectors.minimumVoters, certainVoters: earshotDetectors.placement.certainVoters };
const vote = fc.record({
  owner: fc.nat(12),
  cell: fc.nat(12),
  accuses: fc.boolean(),
  isCertain: fc.boolean(),
});
const share = (votes: readonly Vote[]) => accusingShareE4(countVoices(votes), quorum);
const alone = (count: number, accuses: boolean, from = 0): Vote[] =>
  Array.from({ length: count }, (_, n) => ({ owner: from + n, cell: from + n, accuses }));

describe("voices", () => {
  test("ten hotspots of one owner are one voice, and so are ten wallets on one roof", () => {
    const ofOneOwner = Array.from({ length: 10 }, (_, cell) => ({ owner: 1, cell, accuses: true }));
    const onOneRoof = Array.from({ length: 10 }, (_, owner) => ({ owner, cell: 1, accuses: true }));
    expect(countVoices(ofOneOwner).accusing).toBe(1);
    expect(countVoices(onOneRoof).accusing).toBe(1);
    expect(countVoices(alone(10, true)).accusing).toBe(10);
  });

  test("four never condemn, five do; of certain ones three are enough", () => {
    expect(share(alone(4, true))).toBe(0);
    expect(share(alone(5, true))).toBe(10_000);
    const certain = (count: number) => alone(count, true).map((one) => ({ ...one, isCertain: true }));
    expect(share(certain(2))).toBe(0);
    expect(share(certain(3))).toBe(10_000);
    expect(share([])).toBe(0);
  });

  test("the order of votes does not matter, one more accuser never lowers the share, one more supporter never raises it", () => {
    fc.assert(
      fc.property(fc.array(vote, { maxLength: 30 }), vote, (votes, extra) => {
        expect(share([...votes].reverse())).toBe(share(votes));
        expect(share([...votes, { ...extra, accuses: true }])).toBeGreaterThanOrEqual(share(votes));
        expect(share([...votes, { ...extra, accuses: false }])).toBeLessThanOrEqual(share(votes));
      }),
      { numRuns: runs(300) },
    );
  });

  test("hostile voices below a third reach no level while honest ones err in no more than one in ten", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.nat(20),
        fc.array(fc.nat(3), { maxLength: 40 }),
        (honest, hostile, cells) => {
          fc.pre(hostile * 3 < hostile + honest);
          const wrong = Math.floor(honest / 10);
          const votes = [
            ...alone(honest - wrong, false),
            ...alone(wrong, true, 100),
            // However many wallets and places they have between them, these are what they are worth.
            ...alone(hostile, true, 200),
            ...(hostile === 0
              ? []
              : cells.map((cell) => ({ owner: 200 + (cell % hostile), cell: 200 + (cell % hostile), accuses: true }))),
          ];
          expect(levelOfShare(earshotDetectors.votes, share(votes))).toBe(0);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

function link(
  distanceM: number,
  sent: readonly (readonly [number, number])[],
  heard: readonly (readonly [number, number])[] = [],
): Link {
  const add = (receptions: readonly (readonly [number, number])[]) =>
    receptions.reduce((direction, [loss, excess]) => withReception(direction, loss, excess), NO_RECEPTIONS);
  return { distanceM, sent: add(sent), heard: add(heard) };
}

describe("placement", () => {
  const { placement } = earshotDetectors;

  test("limits rise with distance, and an equal loss passes", () => {
    expect([0, 1999, 2000, 4000, 6000, 8000, 90_000].map((m) => leastExcessDdb(placement, m))).toEqual([
      -100, -100, 0, 100, 150, 175, 175,
    ]);
    expect(contradictsPlace(placement, link(9000, [[1400, 174]]))).toBe(true);
    expect(contradictsPlace(placement, link(9000, [[1400, 175]]))).toBe(false);
    expect(contradictsPlace(placement, link(9000, [], [[1400, 174]]))).toBe(true);
  });

  test("a link nobody heard says nothing", () => {
    expect(contradictsPlace(placement, link(9000, []))).toBe(false);
    expect(contradictsReciprocity(earshotDetectors.reciprocity, link(9000, [[1400, 0]]))).toBeNull();
  });

  test("one more accusing reception never makes an accusing link speak for the place", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8000, max: 99_000 }),
        fc.array(fc.integer({ min: -300, max: 600 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: -300, max: 174 }),
        (distanceM, excesses, extra) => {
          const before = link(
            distanceM,
            excesses.map((excess) => [excess, excess] as const),
          );
          const after = link(
            distanceM,
            [...excesses, extra].map((excess) => [excess, excess] as const),
          );
          if (contradictsPlace(placement, before)) expect(contradictsPlace(placement, after)).toBe(true);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("without an SNR the level is the RSSI; with one it is less below the noise", () => {
    expect(levelDdbm(-1150, NO_SNR)).toBe(-1150);
    expect(levelDdbm(-1150, -100)).toBe(-1254);
    expect(levelDdbm(-900, 100)).toBe(-904);
  });
});

describe("reciprocity", () => {
  test("differences up to the tolerance pass, in either direction", () => {
    const { reciprocity } = earshotDetectors;
    expect(lossGapDdb(link(1000, [[1200, 0]], [[1320, 0]]))).toBe(120);
    expect(contradictsReciprocity(reciprocity, link(1000, [[1200, 0]], [[1320, 0]]))).toBe(false);
    expect(contradictsReciprocity(reciprocity, link(1000, [[1200, 0]], [[1321, 0]]))).toBe(true);
    expect(contradictsReciprocity(reciprocity, link(1000, [[1321, 0]], [[1200, 0]]))).toBe(true);
  });
});

describe("twins", () => {
  const { twins } = earshotDetectors;
  const free = [900, 1000, 900, 1000, 900];
  const losses = (values: readonly number[], freeSpace: readonly number[]) =>
    new Map(values.map((lossDdb, n) => [n, { lossDdb, freeSpaceDdb: freeSpace[n] }] as const));
  const here = [1100, 1230, 1305, 1280, 1190];
  const elsewhere = free.map((loss) => 1900 - loss);

  test("the same losses from clearly different places agree, less a constant that an attenuator makes", () => {
    expect(compareLosses(twins, losses(here, free), losses(here, elsewhere))).toEqual({
      agreeing: [1, 3],
      differing: [],
    });
    const quieter = here.map((loss) => loss + 200);
    expect(compareLosses(twins, losses(here, free), losses(quieter, elsewhere)).agreeing).toEqual([1, 3]);
  });

  test("the same losses over distances that are alike say nothing", () => {
    expect(compareLosses(twins, losses(here, free), losses(here, free))).toEqual({ agreeing: [], differing: [] });
  });

  test("losses that differ as free space asks for, however little, speak against it", () => {
    const asPlaced = here.map((loss, n) => loss + (elsewhere[n] - free[n]) / 2);
    expect(compareLosses(twins, losses(here, free), losses(asPlaced, elsewhere)).agreeing).toEqual([]);
  });

  test("counterparts of only one of the two speak against it", () => {
    const { agreeing, differing } = compareLosses(
      twins,
      losses(here.slice(0, 2), free),
      losses(here.slice(0, 1), elsewhere),
    );
    expect([agreeing, differing]).toEqual([[], [1]]);
    expect(compareLosses(twins, new Map(), new Map())).toEqual({ agreeing: [], differing: [] });
  });
});

describe("levels", () => {
  const { votes } = earshotDetectors;

  test("nothing up to 40 %, full from 66 % on, and in between in proportion", () => {
    expect([0, 4000, 4001, 5300, 6599, 6600, 10_000].map((one) => levelOfShare(votes, one))).toEqual([
      0, 0, 3, 5000, 9996, 10_000, 10_000,
    ]);
  });

  test("rise at once and fall only through time", () => {
    expect(nextLevel(earshotDetectors, 0, 10_000)).toBe(10_000);
    expect(nextLevel(earshotDetectors, 10_000, 0)).toBe(9000);
    expect(nextLevel(earshotDetectors, 10_000, 9500)).toBe(9500);
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), (before, fresh, more) => {
        const next = nextLevel(earshotDetectors, before, fresh);
        expect(nextLevel(earshotDetectors, before, Math.max(fresh, more))).toBeGreaterThanOrEqual(next);
        expect(nextLevel(earshotDetectors, Math.max(before, more), fresh)).toBeGreaterThanOrEqual(next);
      }),
    );
  });

  test("weight is what the highest level leaves, and all of it where the effect is 0", () => {
    expect(weightOfLevels(earshotDetectors, [])).toBe(10_000);
    expect(weightOfLevels(earshotDetectors, [0, 2500, 100])).toBe(7500);
    expect(weightOfLevels({ ...earshotDetectors, effectE4: 0 }, [10_000])).toBe(10_000);
    expect(weightOfLevels({ ...earshotDetectors, effectE4: 5000 }, [10_000])).toBe(5000);
  });

  test("clean epochs count only those a hotspot took part in, and end with the first that shows something", () => {
    expect(nextCleanEpochs(13, true, 0)).toBe(14);
    expect(nextCleanEpochs(13, false, 0)).toBe(13);
    expect(nextCleanEpochs(500, true, 1)).toBe(0);
    expect(nextCleanEpochs(0xffff, true, 0)).toBe(0xffff);
  });
});

describe("conduct", () => {
  const { behaviour, keptPerEpochE4 } = earshotDetectors;

  test("one slip among few acts does not count, many do, and both fade", () => {
    const once = nextConduct({ good16: 0, bad16: 0 }, 0, 1, keptPerEpochE4);
    expect(levelOfShare(behaviour, badShareE4(once, behaviour.priorCount))).toBeLessThan(5000);
    const often = nextConduct({ good16: 0, bad16: 0 }, 50, 20, keptPerEpochE4);
    expect(levelOfShare(behaviour, badShareE4(often, behaviour.priorCount))).toBe(10_000);
    const later = Array.from({ length: 60 }).reduce<typeof often>(
      (counts) => nextConduct(counts, 0, 0, keptPerEpochE4),
      often,
    );
    expect(badShareE4(later, behaviour.priorCount)).toBeLessThan(behaviour.fromE4);
    expect(badShareE4({ good16: 0, bad16: 0 }, 0)).toBe(0);
  });

  test("one more bad act never lowers the share", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(100_000), fc.nat(1000), fc.nat(1000), (good16, bad16, good, bad) => {
        const of = (more: number) => badShareE4(nextConduct({ good16, bad16 }, good, bad + more, keptPerEpochE4), 20);
        expect(of(1)).toBeGreaterThanOrEqual(of(0));
      }),
      { numRuns: runs(300) },
    );
  });
});

test("detectors are numbered as they stand, and their names are columns of the state", () => {
  expect(DETECTORS.map(({ number }) => number)).toEqual([...DETECTORS.keys()]);
  expect(new Set(DETECTORS.map(({ name }) => name)).size).toBe(DETECTORS.length);
});
