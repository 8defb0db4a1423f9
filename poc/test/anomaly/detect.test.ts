/** The detectors over whole epochs of a small town: who is found, who is not, and what it does to shares. */
import { chordSquared, positionOfCell, surfaceDistanceM } from "@earshot/geo";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allocateColumns,
  appealsTable,
  buildManifest,
  closeEpoch,
  DETECTOR,
  DETECTORS,
  type DetectorName,
  type EpochInput,
  type EpochOutput,
  earshotDetectors,
  evidenceTable,
  manifestBytes,
  partitionOf,
  permuteColumns,
  prepareEpoch,
  scoreEpoch,
  suspicionInTable,
  suspicionWeightsE4,
  verifyPartition,
  witnessesTable,
} from "../../src/index.ts";
import { buildLossTable, linkLossDdb, SPEED_OF_LIGHT_M_PER_S } from "../../src/radio/index.ts";
import { runs } from "../helium/soak.ts";
import { EPOCH, type Heard, keyOf, type TownHotspot, townEpoch } from "./town.ts";

const freeSpace = buildLossTable(SPEED_OF_LIGHT_M_PER_S);
const EXCESS_DDB = 300;
const FREQUENCY_HZ = 904_300_000;
const KEY_BYTES = 33;
const CLEAN = 14;

/** `count` hotspots of as many owners on a grid with 1.1 km steps. */
function grid(count: number, cleanEpochs = CLEAN): TownHotspot[] {
  return Array.from({ length: count }, (_, n) => ({
    latDeg: 40 + 0.01 * Math.floor(n / 4),
    lngDeg: -74 + 0.013 * (n % 4),
    owner: n,
    cleanEpochs,
  }));
}

/** Everybody hears everybody over the real distances of `places`, 30 dB below free space, with up to 4 dB of a pair's own. */
function hearing(places: readonly TownHotspot[]): Heard {
  const at = townEpoch(places, () => undefined).hotspots.cell;
  const positions = Array.from(at, (cell) => positionOfCell(Number(cell >> 32n), Number(cell & 0xffff_ffffn)));
  return (from, to) => {
    const [a, b] = [positions[from], positions[to]];
    const distanceM = surfaceDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z));
    const ofPair = ((Math.min(from, to) * 31 + Math.max(from, to) * 17) % 9) * 10 - 40;
    return {
      rssiDdbm: 140 - linkLossDdb(freeSpace, Math.max(300, distanceM), FREQUENCY_HZ) - EXCESS_DDB + ofPair,
      snrDdb: 50,
    };
  };
}

/** The same place for hearing, and another asserted one for hotspot 0. */
function movedTown(count: number, kmNorth: number, cleanEpochs = CLEAN, beaconsADay = 4) {
  const real = grid(count, cleanEpochs);
  const asserted = real.map((one, n) => (n === 0 ? { ...one, latDeg: one.latDeg + kmNorth / 111.2 } : one));
  return townEpoch(asserted, hearing(real), beaconsADay);
}

function levelOf({ suspicionOut }: EpochOutput, hotspot: number, detector: DetectorName): number {
  const key = keyOf(hotspot);
  const row = suspicionOut!.clean_epochs.findIndex(
    (_, at) => Buffer.compare(suspicionOut!.key.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES), key) === 0,
  );
  return row === -1 ? 0 : (suspicionOut as unknown as Record<string, Uint16Array>)[`${detector}_e4`][row];
}

function suspects(output: EpochOutput, count: number): string[] {
  return Array.from({ length: count }, (_, hotspot) => hotspot).flatMap((hotspot) =>
    DETECTORS.filter(({ name }) => levelOf(output, hotspot, name) > 0).map(({ name }) => `${hotspot} ${name}`),
  );
}

const sharesOf = ({ shares }: EpochOutput, hotspot: number) =>
  shares.beacon_shares[hotspot] + shares.witness_shares[hotspot];

describe("an honest town", () => {
  test("has nothing against anybody, and everybody is a clean epoch older", () => {
    const output = scoreEpoch(townEpoch(grid(12), hearing(grid(12))));
    expect(suspects(output, 12)).toEqual([]);
    expect(output.evidence!.hotspot).toHaveLength(0);
    expect([...output.suspicionOut!.clean_epochs]).toEqual(new Array(12).fill(CLEAN + 1));
    expect(sharesOf(output, 0)).toBeGreaterThan(0n);
  });

  test("hotspots that nobody heard, and an epoch without any, have no state and lose nothing", () => {
    const silent = scoreEpoch(townEpoch(grid(3, 0), () => undefined));
    expect(silent.suspicionOut!.clean_epochs).toHaveLength(0);
    const empty = scoreEpoch(townEpoch([], () => undefined));
    expect(empty.evidence!.hotspot).toHaveLength(0);
  });

  test("whose places are not asserted is judged without them", () => {
    const input = townEpoch(grid(8), hearing(grid(8)));
    input.hotspots.cell[3] = 0n;
    input.hotspots.cell_public[3] = 0n;
    expect(suspects(scoreEpoch(input), 8)).toEqual([]);
  });
});

describe("a hotspot 20 km from where it says", () => {
  const input = movedTown(12, 20);
  const output = scoreEpoch(input);

  test("is found by placement alone, and its shares are gone, while the others keep theirs", () => {
    expect(suspects(output, 12)).toEqual(["0 placement"]);
    expect(levelOf(output, 0, "placement")).toBe(10_000);
    expect(sharesOf(output, 0)).toBe(0n);
    for (let hotspot = 1; hotspot < 12; hotspot++) expect(sharesOf(output, hotspot)).toBeGreaterThan(0n);
    expect(output.suspicionOut!.clean_epochs.filter((epochs) => epochs === 0)).toHaveLength(1);
  });

  test("is shown each link, with the reports it stands on, the figures and the version of the rules", () => {
    const { evidence } = output;
    expect([...evidence!.counterpart]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    for (let row = 0; row < evidence!.hotspot.length; row++) {
      const challenge = evidence!.challenge[row];
      expect([0, evidence!.counterpart[row]]).toContain(input.challenges.hotspot[challenge]);
      expect(evidence!.measured[row] < evidence!.limit[row]).toBe(evidence!.accuses[row] === 1);
      expect([evidence!.rule_version[row], evidence!.receptions[row]]).toEqual([earshotDetectors.ruleVersion, 8]);
    }
  });

  test("is found from the drawn beacons alone, where hotspots send more", () => {
    const often = scoreEpoch(movedTown(12, 20, CLEAN, 12));
    expect(suspects(often, 12)).toEqual(["0 placement"]);
    // Four of its own and four of each other one.
    expect([...often.evidence!.receptions]).toEqual(new Array(11).fill(8));
  });

  test("is not condemned by two voters however certain, by new ones, or by hotspots of its own owner", () => {
    expect(suspects(scoreEpoch(movedTown(3, 20)), 3)).toEqual([]);
    expect(suspects(scoreEpoch(movedTown(12, 20, CLEAN - 1)), 12)).toEqual([]);
    const ofOneOwner = movedTown(12, 20);
    ofOneOwner.hotspots.owner.fill(9);
    expect(suspects(scoreEpoch(ofOneOwner), 12)).toEqual([]);
  });

  test("fades by a tenth an epoch when the next shows nothing, and says it is left over", () => {
    const after = scoreEpoch({ ...townEpoch(grid(12), () => undefined), suspicionIn: output.suspicionOut! });
    expect(levelOf(after, 0, "placement")).toBe(9000);
    expect(after.evidence!.hotspot).toHaveLength(0);
  });

  test("gets its weight back from the epoch an upheld appeal names, and only in its epochs", () => {
    const lifted = (fromEpoch: number, untilEpoch: number) => {
      const appeals = allocateColumns(appealsTable, 1);
      appeals.key.set(keyOf(0));
      appeals.from_epoch[0] = fromEpoch;
      appeals.until_epoch[0] = untilEpoch;
      return scoreEpoch({ ...input, appeals });
    };
    expect(sharesOf(lifted(EPOCH, EPOCH + 1), 0)).toBeGreaterThan(0n);
    expect(sharesOf(lifted(EPOCH + 1, EPOCH + 2), 0)).toBe(0n);
    expect(sharesOf(lifted(EPOCH - 2, EPOCH), 0)).toBe(0n);
    // The evidence stays what it was.
    expect(levelOf(lifted(EPOCH, EPOCH + 1), 0, "placement")).toBe(10_000);
  });

  test("has the weight that the state of the epoch says", () => {
    const weights = suspicionWeightsE4(input, input.parameters.anomaly!, output.suspicionOut!);
    expect([...weights]).toEqual([0, ...new Array(11).fill(10_000)]);
  });
});

describe("other lies", () => {
  const places = grid(12);
  const true_ = hearing(places);

  test("20 dB more power than reported shows as a gap between directions", () => {
    const input = townEpoch(places, (from, to, beacon) => {
      const figures = true_(from, to, beacon)!;
      return from === 0 ? { ...figures, rssiDdbm: figures.rssiDdbm + 200 } : figures;
    });
    expect(suspects(scoreEpoch(input), 12)).toEqual(["0 reciprocity_gap"]);
  });

  test("receptions of many that never hear it are one-sided", () => {
    const input = townEpoch(places, (from, to, beacon) => (from === 0 ? undefined : true_(from, to, beacon)));
    expect(suspects(scoreEpoch(input), 12)).toEqual(["0 one_sided"]);
  });

  test("of two keys that all hear alike in two places the one with the shorter record is the twin", () => {
    const stands = places.map((one, n) => (n === 5 ? places[6] : one));
    const records = places.map((one, n) => ({ ...one, cleanEpochs: n === 5 ? 40 : 50 }));
    const heard = hearing(stands);
    const same = (id: number) => (id === 5 ? 6 : id);
    const input = townEpoch(records, (from, to, beacon) =>
      (from === 5 || from === 6) && (to === 5 || to === 6) ? undefined : heard(same(from), same(to), beacon),
    );
    expect(suspects(scoreEpoch(input), 12)).toEqual(["5 twin"]);
  });

  test("two keys are not twins by what fewer others than the rules ask for hear alike", () => {
    const stands = places.map((one, n) => (n === 5 ? places[6] : one));
    const heard = hearing(stands);
    const same = (id: number) => (id === 5 ? 6 : id);
    const isEither = (id: number) => id === 5 || id === 6;
    const others = places.map((_, n) => n).filter((n) => !isEither(n));
    const heardBy =
      (voices: number): Heard =>
      (from, to, beacon) => {
        if (isEither(from) && isEither(to)) return undefined;
        const other = isEither(from) ? to : from;
        if ((isEither(from) || isEither(to)) && others.indexOf(other) >= voices) return undefined;
        return heard(same(from), same(to), beacon);
      };
    const { voters } = earshotDetectors.twins;
    const found = (voices: number) => suspects(scoreEpoch(townEpoch(places, heardBy(voices))), 12);
    expect(found(voters)).toEqual(["6 twin"]);
    expect(found(voters - 1)).toEqual([]);
  });

  test("a hotspot that is heard far away, and by none of those next to it, is not there, unless too few say so", () => {
    const far = grid(8).map((one) => ({ ...one, latDeg: one.latDeg + 0.09, owner: one.owner + 20 }));
    const near = grid(8).map((one, n) => ({
      ...one,
      latDeg: 40.2 + 0.004 * Math.floor(n / 3),
      lngDeg: -74 + 0.005 * (n % 3),
      owner: one.owner + 40,
    }));
    const liar = { latDeg: 40.202, lngDeg: -73.998, owner: 99, cleanEpochs: CLEAN };
    const everybody = [liar, ...far, ...near];
    const asFar = hearing([far[0], ...far, ...near]);
    const heardBy =
      (voices: number): Heard =>
      (from, to, beacon) => {
        const other = Math.max(from, to);
        if (Math.min(from, to) === 0 && other > voices) return undefined;
        const side = (id: number) => (id === 0 || id <= 8 ? "far" : "near");
        if (side(from) !== side(to)) return undefined;
        const figures = asFar(from, to, beacon)!;
        // It writes and sends what fits the distance it asserts.
        return from === 0 || to === 0 ? { rssiDdbm: -1250, snrDdb: -80 } : figures;
      };
    const { voters } = earshotDetectors.silence;
    for (const [voices, found] of [
      [8, ["0 silence"]],
      [voters, ["0 silence"]],
      [voters - 1, []],
    ] as const)
      expect(suspects(scoreEpoch(townEpoch(everybody, heardBy(voices))), everybody.length)).toEqual(found);
  });

  test("of two such keys of one owner neither is believed", () => {
    const stands = places.map((one, n) => (n === 5 ? places[6] : one));
    const ofOneOwner = places.map((one, n) => (n === 5 ? { ...one, owner: places[6].owner } : one));
    const heard = hearing(stands);
    const same = (id: number) => (id === 5 ? 6 : id);
    const input = townEpoch(ofOneOwner, (from, to, beacon) =>
      (from === 5 || from === 6) && (to === 5 || to === 6) ? undefined : heard(same(from), same(to), beacon),
    );
    expect(suspects(scoreEpoch(input), 12)).toEqual(["5 twin", "6 twin"]);
  });

  test("links with hotspots of one's own owner are not paid where there is no link with any other, and are where there is", () => {
    const ofTwo = places.map((one, n) => ({ ...one, owner: n < 4 ? 99 : one.owner }));
    const isApart = (from: number, to: number) => from < 4 !== to < 4;
    const closed = scoreEpoch(
      townEpoch(ofTwo, (from, to, beacon) => (isApart(from, to) ? undefined : true_(from, to, beacon))),
    );
    const known = scoreEpoch(
      townEpoch(ofTwo, (from, to, beacon) =>
        isApart(from, to) && from !== 4 && to !== 4 ? undefined : true_(from, to, beacon),
      ),
    );
    for (let hotspot = 0; hotspot < 4; hotspot++) {
      expect(sharesOf(closed, hotspot)).toBe(0n);
      expect(sharesOf(known, hotspot)).toBeGreaterThan(0n);
    }
    expect(sharesOf(closed, 5)).toBeGreaterThan(0n);
  });

  test("of a hotspot that one other hears, the link earns nothing where its two directions surely differ, and nobody is suspect", () => {
    const { surely, surelyDdb } = earshotDetectors.reciprocity;
    const town = (sent: number, gapDdb: number) =>
      scoreEpoch(
        townEpoch(places, (from, to, beacon) => {
          const figures = true_(from, to, beacon)!;
          if (Math.min(from, to) > 0) return figures;
          if (from + to > 1) return undefined;
          if (from === 1) return figures;
          return beacon < sent ? { ...figures, rssiDdbm: figures.rssiDdbm + gapDdb } : undefined;
        }),
      );
    const denied = town(surely, surelyDdb + 10);
    expect(suspects(denied, 12)).toEqual([]);
    expect(sharesOf(denied, 0)).toBe(0n);
    expect(sharesOf(town(surely, surelyDdb), 0)).toBeGreaterThan(0n);
    expect(sharesOf(town(surely - 1, surelyDdb + 10), 0)).toBeGreaterThan(0n);
  });

  test("what is heard of far ones again and again, and never by them, earns nothing, however many others hear it", () => {
    // Three 8 km to the north that hear each other: where a second machine of hotspot 0 would stand.
    const far = places.slice(0, 3).map((one) => ({ ...one, latDeg: one.latDeg + 0.072, owner: one.owner + 20 }));
    const everybody = [...places, ...far];
    const heard = hearing(everybody);
    const isFar = (id: number) => id >= 12;
    const town = (claimed: number) =>
      scoreEpoch(
        townEpoch(everybody, (from, to, beacon) => {
          if (isFar(from) === isFar(to)) return heard(from, to, beacon);
          return to === 0 && beacon < claimed ? { rssiDdbm: -1250, snrDdb: -80 } : undefined;
        }),
      );
    const { surely } = earshotDetectors.oneSided;
    const [without, once, again] = [town(0), town(surely - 1), town(surely)];
    expect(suspects(again, everybody.length)).toEqual([]);
    expect(sharesOf(again, 0)).toBe(sharesOf(without, 0));
    expect(sharesOf(once, 0)).toBeGreaterThan(sharesOf(without, 0));
  });

  test("three hotspots of one owner on one mast, whom two others hear, earn nothing by these; two, and three owners, do", () => {
    const stands = places.map((one, n) => (n < 3 ? places[0] : one));
    const heard = hearing(stands);
    const town = (owners: readonly number[], isOnMast: (id: number) => boolean) =>
      scoreEpoch(
        townEpoch(
          places.map((one, n) => ({ ...one, owner: owners[n] ?? one.owner })),
          (from, to, beacon) => {
            const [low, high] = [Math.min(from, to), Math.max(from, to)];
            // Two others hear the mast, and nobody on it the others of it.
            if (low < 3 && (high < 3 || high > 4 || !isOnMast(low))) return undefined;
            return heard(from < 3 ? 0 : from, to < 3 ? 0 : to, beacon);
          },
        ),
      );
    const all = town([50, 50, 50], () => true);
    expect(suspects(all, 12)).toEqual([]);
    for (const hotspot of [0, 1, 2]) {
      expect(sharesOf(all, hotspot)).toBe(0n);
      expect(
        sharesOf(
          town([50, 51, 52], () => true),
          hotspot,
        ),
      ).toBeGreaterThan(0n);
    }
    const two = town([50, 50, 50], (id) => id < 2);
    expect(sharesOf(two, 0)).toBeGreaterThan(0n);
    // The two that hear them keep what they earn by the others.
    expect(sharesOf(all, 3)).toBeGreaterThan(0n);
  });

  test("who is condemned has no voice in the epoch that shows it", () => {
    // Nine that nobody hears say they heard the town, far too loud for where they stand: without their own fault they would be 45 % of its voices.
    const liars = grid(9).map((one) => ({ ...one, latDeg: one.latDeg + 0.15, owner: one.owner + 50 }));
    const input = townEpoch([...places, ...liars], (from, to, beacon) => {
      if (from >= 12) return undefined;
      return to >= 12 ? { rssiDdbm: -600, snrDdb: 80 } : true_(from, to, beacon);
    });
    const output = scoreEpoch(input);
    expect(suspects(output, 12)).toEqual([]);
    const found = suspects(output, 21);
    for (let liar = 12; liar < 21; liar++) expect(found).toContain(`${liar} one_sided`);
    expect([...output.evidence!.hotspot].every((hotspot) => hotspot >= 12)).toBe(true);
  });

  test("forks of the upload chain are conduct", () => {
    const input = townEpoch(places, true_);
    const conduct = { key: keyOf(4), paid: Uint32Array.of(10), refuted: Uint32Array.of(0), forks: Uint32Array.of(20) };
    expect(suspects(scoreEpoch({ ...input, conduct }), 12)).toEqual(["4 conduct"]);
  });
});

describe("properties", () => {
  const places = grid(16);
  const true_ = hearing(places);

  test("hostile hotspots below a third of those that hear one cannot lower its weight, whatever they report of it", () => {
    const lie = fc.record({
      rssiDdbm: fc.integer({ min: -1400, max: -300 }),
      snrDdb: fc.integer({ min: -180, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(lie, { minLength: 4, maxLength: 4 }), (lies) => {
        // 4 of 15.
        const input = townEpoch(places, (from, to, beacon) => {
          const figures = true_(from, to, beacon)!;
          return from === 0 && to >= 12 ? lies[to - 12] : figures;
        });
        const output = scoreEpoch(input);
        expect(suspects(output, 1)).toEqual([]);
      }),
      { numRuns: runs(25) },
    );
  });

  test("whatever one neighbour reports of a hotspot, it keeps its weight and all that it earns by the others", () => {
    const without = scoreEpoch(
      townEpoch(places, (from, to, beacon) => (from + to === 1 ? undefined : true_(from, to, beacon))),
    );
    const lie = fc.option(
      fc.record({ rssiDdbm: fc.integer({ min: -1400, max: -300 }), snrDdb: fc.integer({ min: -180, max: 100 }) }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.array(lie, { minLength: 4, maxLength: 4 }), (lies) => {
        const output = scoreEpoch(
          townEpoch(places, (from, to, beacon) => (from === 0 && to === 1 ? lies[beacon] : true_(from, to, beacon))),
        );
        expect(suspects(output, 1)).toEqual([]);
        expect(sharesOf(output, 0)).toBeGreaterThanOrEqual(sharesOf(without, 0));
      }),
      { numRuns: runs(25) },
    );
  });

  test("hostile hotspots below a third cannot make it look as if it stood where they are", () => {
    // Seven far to the north, all around one of them, and as many of its neighbours that keep silent about it as there may be.
    const honest = grid(16);
    const hostile = grid(7).map((one) => ({ ...one, latDeg: one.latDeg + 0.12, owner: one.owner + 50 }));
    const near = hearing(honest);
    const far = hearing(hostile);
    fc.assert(
      fc.property(fc.subarray([1, 2, 3, 4, 5, 6, 7]), fc.integer({ min: -1300, max: -900 }), (liars, rssiDdbm) => {
        const input = townEpoch([...honest, ...hostile], (from, to, beacon) => {
          if (from < 16 && to < 16) return near(from, to, beacon);
          if (from >= 16 && to >= 16) return far(from - 16, to - 16, beacon);
          const liar = Math.max(from, to) - 15;
          return Math.min(from, to) === 0 && liars.includes(liar) ? { rssiDdbm, snrDdb: -60 } : undefined;
        });
        expect(suspects(scoreEpoch(input), 1)).toEqual([]);
      }),
      { numRuns: runs(20) },
    );
  });

  test("a report more against a hotspot never lowers its level", () => {
    fc.assert(
      fc.property(
        fc.subarray([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        fc.integer({ min: 1, max: 11 }),
        (accusers, extra) => {
          const of = (those: readonly number[]) =>
            scoreEpoch(
              townEpoch(movedPlaces, (from, to, beacon) => {
                const other = from === 0 ? to : from;
                if ((from === 0 || to === 0) && !those.includes(other)) return undefined;
                return movedHearing(from, to, beacon);
              }),
            );
          const before = of(accusers);
          const after = of([...new Set([...accusers, extra])]);
          expect(levelOf(after, 0, "placement")).toBeGreaterThanOrEqual(levelOf(before, 0, "placement"));
        },
      ),
      { numRuns: runs(20) },
    );
  });

  test("one more neighbour in silence, or one more link with the place where it is believed to stand, never lowers the level of silence", () => {
    const FAR = 16;
    /** The liar is row 0, those far away 1 to 16 and then, if any, one beside `beside`, which hears it too; behind them `near` neighbours that do not. */
    const played = (linked: readonly number[], near: number, beside?: number) => {
      const towns = grid(FAR).map((one) => ({ ...one, latDeg: one.latDeg + 0.09, owner: one.owner + 20 }));
      const there = beside === undefined ? towns : [...towns, { ...towns[beside - 1], owner: 98 }];
      const here = grid(near).map((one, n) => ({
        ...one,
        latDeg: 40.24 + 0.004 * Math.floor(n / 3),
        lngDeg: -74 + 0.005 * (n % 3),
        owner: one.owner + 60,
      }));
      const liar = { latDeg: 40.242, lngDeg: -73.998, owner: 99, cleanEpochs: CLEAN };
      const heard = hearing([there[0], ...there, ...here]);
      const isThere = (id: number) => id <= there.length;
      const hears = beside === undefined ? linked : [...linked, there.length];
      const input = townEpoch([liar, ...there, ...here], (from, to, beacon) => {
        if (from !== 0 && to !== 0) return isThere(from) === isThere(to) ? heard(from, to, beacon) : undefined;
        return hears.includes(Math.max(from, to)) ? { rssiDdbm: -1250, snrDdb: -80 } : undefined;
      });
      return scoreEpoch(input);
    };
    const everybody = Array.from({ length: FAR }, (_, n) => n + 1);
    const levels = new Set<number>();
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: FAR }), { minLength: 5 }),
        fc.integer({ min: 3, max: 9 }),
        (linked, near) => {
          const before = played(linked, near);
          const level = levelOf(before, 0, "silence");
          levels.add(level);
          expect(levelOf(played(linked, near + 1), 0, "silence")).toBeGreaterThanOrEqual(level);
          const { counterpart, detector, measured } = before.evidence!;
          const believed = counterpart.find((_, row) => detector[row] === DETECTOR.silence && measured[row] === 0);
          expect(believed === undefined).toBe(level === 0);
          if (believed !== undefined)
            expect(levelOf(played(linked, near, believed), 0, "silence")).toBeGreaterThanOrEqual(level);
        },
      ),
      // Few neighbours are silent, and many.
      { numRuns: runs(20), examples: [3, 9].map((near) => [everybody, near] as [number[], number]) },
    );
    expect(levels.size).toBeGreaterThan(1);
  });

  const movedPlaces = grid(12).map((one, n) => (n === 0 ? { ...one, latDeg: one.latDeg + 0.18 } : one));
  const movedHearing = hearing(grid(12));

  test("any partitioning gives the same state, evidence and manifest", () => {
    const input = movedTown(12, 20);
    const bytes = (partitions: number, order: readonly number[]) => {
      const context = prepareEpoch(input);
      const cut = order.map((partition) => {
        const { witnesses } = input;
        const rows = [...witnesses.log_index.keys()].filter(
          (row) => partitionOf(witnesses.payload_key_hi[row], witnesses.payload_key_lo[row], partitions) === partition,
        );
        const own = permuteColumns(witnessesTable, witnesses, Uint32Array.from(rows));
        return verifyPartition(context, own, { partition, partitions });
      });
      return new TextDecoder().decode(manifestBytes(buildManifest(input, closeEpoch(context, cut))));
    };
    const whole = bytes(1, [0]);
    expect(JSON.parse(whole).tables.evidence.rows).toBeGreaterThan(0);
    expect(bytes(2, [1, 0])).toBe(whole);
    expect(bytes(5, [3, 0, 4, 1, 2])).toBe(whole);
  });
});

describe("misuse", () => {
  test("a state with two rows of one key, or of another type, is refused", () => {
    const input = townEpoch(grid(2), () => undefined);
    const twice = allocateColumns(suspicionInTable, 2);
    expect(() => scoreEpoch({ ...input, suspicionIn: twice })).toThrow(/^POC_BAD_COLUMNS: suspicion-in.key/);
    const { clean_epochs: _, ...lacking } = allocateColumns(suspicionInTable, 0);
    expect(() => scoreEpoch({ ...input, suspicionIn: lacking } as unknown as EpochInput)).toThrow(
      /^POC_BAD_COLUMNS: suspicion-in/,
    );
  });

  test("a row of the state is at most 200 bytes", () => {
    const width = { u8: 1, u16: 2, u32: 4, bytes33: 33 } as const;
    const bytes = suspicionInTable.columns.reduce((sum, { type }) => sum + width[type], 0);
    expect(bytes).toBeLessThanOrEqual(200);
    expect(evidenceTable.columns.length).toBeGreaterThan(0);
  });
});
