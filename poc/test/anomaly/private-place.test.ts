/** Detectors and private places: an accuser gets the end of the interval that is worst for it. */
import { chordSquared, positionOfCell, surfaceDistanceM } from "@earshot/geo";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DETECTORS, type EpochInput, type EpochOutput, scoreEpoch } from "../../src/index.ts";
import { buildLossTable, linkLossDdb, SPEED_OF_LIGHT_M_PER_S } from "../../src/radio/index.ts";
import { runs } from "../helium/soak.ts";
import { type Heard, keyOf, type TownHotspot, townEpoch } from "./town.ts";

const freeSpace = buildLossTable(SPEED_OF_LIGHT_M_PER_S);
const FREQUENCY_HZ = 904_300_000;
const HOTSPOTS = 12;
const KEY_BYTES = 33;

/** Hotspots of as many owners on a grid of 3.3 km steps, all with clean records. */
const town: readonly TownHotspot[] = Array.from({ length: HOTSPOTS }, (_, n) => ({
  latDeg: 40 + 0.03 * Math.floor(n / 4),
  lngDeg: -74 + 0.039 * (n % 4),
  owner: n,
  cleanEpochs: 14,
}));

/** Everybody hears everybody from where they really are, 20 dB below free space. */
function hearing(places: readonly TownHotspot[]): Heard {
  const positions = Array.from(townEpoch(places, () => undefined).hotspots.cell, (cell) =>
    positionOfCell(Number(cell >> 32n), Number(cell & 0xffff_ffffn)),
  );
  return (from, to) => {
    const [a, b] = [positions[from], positions[to]];
    const distanceM = surfaceDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z));
    return { rssiDdbm: 140 - linkLossDdb(freeSpace, Math.max(300, distanceM), FREQUENCY_HZ) - 200, snrDdb: 50 };
  };
}

/** Hotspot 0 asserts a place so far north of its own. */
function movedBy(km: number): EpochInput {
  return townEpoch(
    town.map((one, n) => (n === 0 ? { ...one, latDeg: one.latDeg + km / 111.2 } : one)),
    hearing(town),
  );
}

function hide(input: EpochInput, rows: readonly number[]): EpochInput {
  const cell = input.hotspots.cell.slice();
  for (const row of rows) cell[row] = 0n;
  return { ...input, hotspots: { ...input.hotspots, cell } };
}

/** Levels of a hotspot by detector. */
function levelsOf({ suspicionOut }: EpochOutput, hotspot: number): number[] {
  const row = suspicionOut!.clean_epochs.findIndex(
    (_, at) => Buffer.compare(suspicionOut!.key.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES), keyOf(hotspot)) === 0,
  );
  const columns = suspicionOut as unknown as Readonly<Record<string, Uint16Array>>;
  return DETECTORS.map(({ name }) => (row === -1 ? 0 : columns[`${name}_e4`][row]));
}

const all = Array.from({ length: HOTSPOTS }, (_, row) => row);

describe("an honest town", () => {
  test.each([
    ["with one private hotspot", [0]],
    ["with half of them private", all.slice(0, 6)],
    ["with all private", all],
  ])("%s has nothing against anybody", (_, rows) => {
    const output = scoreEpoch(hide(movedBy(0), rows));
    for (const hotspot of all) expect(Math.max(...levelsOf(output, hotspot))).toBe(0);
    expect([...output.suspicionOut!.clean_epochs]).toEqual(new Array(HOTSPOTS).fill(15));
  });
});

describe("a private hotspot that is not in its cell", () => {
  test("is found 20 km away as in the open, and loses its shares", () => {
    const [open, hidden] = [movedBy(20), hide(movedBy(20), [0])].map(scoreEpoch);
    expect(Math.max(...levelsOf(open, 0))).toBe(10_000);
    expect(Math.max(...levelsOf(hidden, 0))).toBe(10_000);
    expect(hidden.shares.beacon_shares[0] + hidden.shares.witness_shares[0]).toBe(0n);
  });

  test("is never more suspect than at the place it asserts, and voters that are private are never more against it", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 25, noNaN: true }), fc.subarray(all.slice(1)), (km, others) => {
        const open = levelsOf(scoreEpoch(movedBy(km)), 0);
        levelsOf(scoreEpoch(hide(movedBy(km), [0])), 0).forEach((level, detector) => {
          expect(level).toBeLessThanOrEqual(open[detector]);
        });
        const placement = DETECTORS.findIndex(({ name }) => name === "placement");
        expect(levelsOf(scoreEpoch(hide(movedBy(km), others)), 0)[placement]).toBeLessThanOrEqual(open[placement]);
      }),
      { numRuns: runs(12) },
    );
  });
});
