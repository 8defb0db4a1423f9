/** The detectors' rules one by one: votes, links, levels, conduct. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AlikePair,
  accusingShareE4,
  agreementOf,
  areSetsAlike,
  badShareE4,
  bearingSector,
  compareLosses,
  contradictsPlace,
  contradictsReciprocity,
  contradictsReciprocitySurely,
  countVoices,
  DETECTORS,
  earshotDetectors,
  isHalfAsFar,
  type Link,
  type LossProfile,
  leastExcessDdb,
  levelDdbm,
  levelOfShare,
  lossGapDdb,
  NO_RECEPTIONS,
  NO_SNR,
  nextCleanEpochs,
  nextConduct,
  nextLevel,
  SECTORS,
  type Vote,
  visitOneRoofLinks,
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

  test("voices are a maximum matching of owners and cells, however they are counted", () => {
    const pairs = fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 14 });
    fc.assert(
      fc.property(pairs, (votes) => {
        const voices = countVoices(votes.map(([owner, cell]) => ({ owner, cell, accuses: true }))).accusing;
        expect(voices).toBe(matchingByTrial(votes));
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

/** Most pairs without an owner or a cell twice, by trying every choice of cells for one owner after the other. */
function matchingByTrial(votes: readonly (readonly [number, number])[]): number {
  const owners = [...new Set(votes.map(([owner]) => owner))];
  const best = (at: number, taken: ReadonlySet<number>): number => {
    if (at === owners.length) return 0;
    const free = votes.filter(([owner, cell]) => owner === owners[at] && !taken.has(cell)).map(([, cell]) => cell);
    const chosen = [...new Set(free)].map((cell) => 1 + best(at + 1, new Set([...taken, cell])));
    return Math.max(best(at + 1, taken), ...chosen);
  };
  return best(0, new Set());
}

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

  test("a single link contradicts itself from so many receptions each way on", () => {
    const { reciprocity } = earshotDetectors;
    const receptions = (count: number, loss: number) => new Array(count).fill([loss, 0] as const);
    expect(contradictsReciprocitySurely(reciprocity, link(1000, receptions(3, 1200), receptions(3, 1351)))).toBe(true);
    expect(contradictsReciprocitySurely(reciprocity, link(1000, receptions(2, 1200), receptions(9, 1351)))).toBe(false);
    expect(contradictsReciprocitySurely(reciprocity, link(1000, receptions(9, 1200), receptions(9, 1350)))).toBe(false);
    expect(contradictsReciprocitySurely(reciprocity, link(1000, receptions(9, 1200)))).toBe(false);
  });
});

describe("twins", () => {
  const { twins } = earshotDetectors;
  const free = [900, 1000, 900, 1000, 900];
  const losses = (values: readonly number[], freeSpace: readonly number[]): LossProfile => ({
    counterpart: Uint32Array.from(values.keys()),
    lossDdb: Int32Array.from(values),
    freeSpaceDdb: Int32Array.from(freeSpace.slice(0, values.length)),
  });
  const here = [1100, 1230, 1305, 1280, 1190];
  const elsewhere = free.map((loss) => 1900 - loss);

  test("the same losses from clearly different places agree, less a constant that an attenuator makes", () => {
    expect(compareLosses(twins, losses(here, free), losses(here, elsewhere), false)).toEqual({
      agreeing: [1, 3],
      differing: [],
    });
    const quieter = here.map((loss) => loss + 200);
    expect(compareLosses(twins, losses(here, free), losses(quieter, elsewhere), false).agreeing).toEqual([1, 3]);
  });

  test("the same losses over distances that are alike say nothing where everybody hears everybody, and all where few do", () => {
    expect(compareLosses(twins, losses(here, free), losses(here, free), false)).toEqual({
      agreeing: [],
      differing: [],
    });
    expect(compareLosses(twins, losses(here, free), losses(here, free), true).agreeing).toEqual([0, 1, 2, 3, 4]);
    const other = here.map((loss, n) => loss + (n % 2 === 0 ? 0 : twins.withinDdb + 1));
    expect(compareLosses(twins, losses(here, free), losses(other, free), true).agreeing).toEqual([0, 2, 4]);
  });

  test("losses that differ as free space asks for, however little, speak against it", () => {
    const asPlaced = here.map((loss, n) => loss + (elsewhere[n] - free[n]) / 2);
    expect(compareLosses(twins, losses(here, free), losses(asPlaced, elsewhere), false).agreeing).toEqual([]);
  });

  test("counterparts of only one of the two speak against it", () => {
    const both = [losses(here.slice(0, 2), free), losses(here.slice(0, 1), elsewhere)] as const;
    expect(compareLosses(twins, ...both, false)).toEqual({ agreeing: [], differing: [1] });
    const none = losses([], []);
    expect(compareLosses(twins, none, none, true)).toEqual({ agreeing: [], differing: [] });
  });

  test("sets of which less than half is common are not compared", () => {
    const set = (...ids: number[]) => Uint32Array.from(ids);
    expect(areSetsAlike(set(1, 2, 3), set(1, 2, 3))).toBe(true);
    expect(areSetsAlike(set(1, 2, 3, 4), set(3, 4, 5))).toBe(false);
    expect(areSetsAlike(set(1, 2, 4), set(1, 2, 3))).toBe(true);
    expect(areSetsAlike(set(1), set(1, 2, 3))).toBe(false);
  });
});

describe("one roof", () => {
  const losses = (values: Readonly<Record<number, number>>): LossProfile => ({
    counterpart: Uint32Array.from(Object.keys(values).map(Number)),
    lossDdb: Int32Array.from(Object.values(values)),
    freeSpaceDdb: new Int32Array(Object.keys(values).length),
  });
  const linksOf = (pairs: readonly AlikePair[], least: number) => {
    const links = new Set<string>();
    visitOneRoofLinks(pairs, least, (hotspot, counterpart) =>
      links.add([hotspot, counterpart].sort((a, b) => a - b).join()),
    );
    return [...links].sort();
  };

  test("equal losses agree up to the difference, without a constant, and counterparts of one alone count among all", () => {
    const a = losses({ 1: 1000, 2: 1100, 5: 1200 });
    expect(agreementOf(50, a, losses({ 1: 1050, 2: 1049, 7: 900 }))).toEqual({ agreeing: [1], all: 4 });
    expect(agreementOf(50, a, losses({ 1: 1051, 2: 1151, 5: 1251 }))).toEqual({ agreeing: [], all: 3 });
    expect(agreementOf(50, a, losses({}))).toEqual({ agreeing: [], all: 3 });
  });

  test("two are not enough, three that hang together are, by the links with those that agree and with each other", () => {
    const [one, other] = [
      { a: 10, b: 11, agreeing: [1] },
      { a: 11, b: 12, agreeing: [1, 2] },
    ];
    expect(linksOf([one], 3)).toEqual([]);
    expect(linksOf([one, { a: 20, b: 21, agreeing: [1] }], 3)).toEqual([]);
    expect(linksOf([one, other], 3)).toEqual(["1,10", "1,11", "1,12", "10,11", "11,12", "2,11", "2,12"]);
    expect(linksOf([one, other], 4)).toEqual([]);
  });

  test("the order of pairs does not matter, one more pair never pays a link again, and a counterpart touches links with itself alone", () => {
    const pair = fc.record({
      a: fc.integer({ min: 100, max: 106 }),
      b: fc.integer({ min: 107, max: 112 }),
      agreeing: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), pair, fc.nat(5), (pairs, extra, liar) => {
        const links = linksOf(pairs, 3);
        expect(linksOf([...pairs].reverse(), 3)).toEqual(links);
        expect(linksOf([...pairs, extra], 3)).toEqual(expect.arrayContaining(links));
        const silenced = pairs.map(({ a, b, agreeing }) => ({
          a,
          b,
          agreeing: agreeing.filter((one) => one !== liar),
        }));
        const ofOthers = links.filter((link) => !link.startsWith(`${liar},`));
        expect(linksOf(silenced, 3)).toEqual(ofOthers);
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("the direction of a link", () => {
  test("is one of twelve sectors, clockwise from north, anywhere on the sphere", () => {
    const [x, y, z] = [1_000_000, -4_000_000, 4_000_000];
    const flat = Math.hypot(x, y);
    const radius = Math.hypot(flat, z);
    const east = [-y / flat, x / flat, 0];
    const north = [(-z * x) / flat / radius, (-z * y) / flat / radius, flat / radius];
    for (let degrees = 15; degrees < 360; degrees += 30) {
      const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
      const [dx, dy, dz] = [0, 1, 2].map((axis) => 9000 * (sin * east[axis] + cos * north[axis]));
      expect(bearingSector(x, y, z, dx, dy, dz)).toBe(Math.floor(degrees / 30));
    }
  });

  test("of a link that is at most half as long from another place lies in that place's sector or beside it", () => {
    const [x, y, z] = [6_000_000, 1_000_000, 2_000_000];
    const coordinate = fc.integer({ min: -40_000, max: 40_000 });
    fc.assert(
      fc.property(fc.tuple(coordinate, coordinate), fc.tuple(coordinate, coordinate), (there, other) => {
        // On the plane that touches the sphere at the hotspot.
        const flat = Math.hypot(x, y);
        const radius = Math.hypot(flat, z);
        const on = ([e, n]: readonly number[]) =>
          [
            (-y / flat) * e + ((-z * x) / flat / radius) * n,
            (x / flat) * e + ((-z * y) / flat / radius) * n,
            (flat / radius) * n,
          ] as const;
        const squared = ([e, n]: readonly number[]) => e * e + n * n;
        const apart = [other[0] - there[0], other[1] - there[1]];
        fc.pre(squared(there) > 0 && isHalfAsFar(squared(apart), squared(other)));
        const turn = (SECTORS + bearingSector(x, y, z, ...on(other)) - bearingSector(x, y, z, ...on(there))) % SECTORS;
        expect([0, 1, SECTORS - 1]).toContain(turn);
      }),
      { numRuns: runs(300) },
    );
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
