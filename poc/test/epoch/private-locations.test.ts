/** Epochs with private hotspots: what privacy takes is never less than any place in the cell would, and anybody recomputes it. */
import { cellFromString } from "@earshot/geo";
import fc from "fast-check";
import { cellToChildren, cellToParent } from "h3-js";
import { describe, expect, test } from "vitest";
import {
  buildManifest,
  closeEpoch,
  type EpochInput,
  type EpochOutput,
  earshot,
  helium,
  manifestBytes,
  partitionOf,
  permuteColumns,
  prepareEpoch,
  REASON,
  scoreEpoch,
  verifyPartition,
  witnessesTable,
} from "../../src/index.ts";
import { runs } from "../helium/soak.ts";
import type { EarshotEpoch, Hotspot } from "../reference/earshot-verifier.ts";
import { earshotEpochs, toEpochInput } from "../reference/earshot-world.ts";

const BEACON = 1;
const UNASSERTED: number = REASON.not_asserted;

/** The same world, with one of its hotspots in another place or another light. */
function changed(world: EarshotEpoch, hotspot: number, change: Partial<Hotspot>): EarshotEpoch {
  return { ...world, hotspots: world.hotspots.with(hotspot, { ...world.hotspots[hotspot], ...change }) };
}

const asserted = ({ hotspots }: EarshotEpoch) => hotspots.flatMap(({ cell }, index) => (cell === null ? [] : [index]));

/** A world with a private hotspot in it, and the same with that one open at any place of its cell. */
const hiddenAndOpened = fc
  .record({ world: earshotEpochs, which: fc.nat(), where: fc.nat() })
  .filter(({ world }) => asserted(world).length > 0)
  .map(({ world, which, where }) => {
    const placed = asserted(world);
    const hotspot = placed[which % placed.length];
    const own = cellToParent(world.hotspots[hotspot].cell ?? "", 8);
    const children = cellToChildren(own, 12);
    const place = children[where % children.length];
    return {
      hotspot,
      hidden: scoreEpoch(toEpochInput(changed(world, hotspot, { isPrivate: true }))),
      opened: scoreEpoch(toEpochInput(changed(world, hotspot, { isPrivate: false, cell: place }))),
    };
  });

describe("properties", () => {
  test("no report of a private hotspot, or of its beacons, passes that would not pass from any place in its cell", () => {
    fc.assert(
      fc.property(hiddenAndOpened, ({ hotspot, hidden, opened }) => {
        for (let row = 0; row < hidden.verdicts.reason.length; row++) {
          if (hidden.verdicts.reason[row] === REASON.valid) expect(opened.verdicts.reason[row]).toBe(REASON.valid);
          const isOwn = hidden.verdicts.hotspot[row] === hotspot;
          const isBeacon = hidden.verdicts.kind[row] === BEACON;
          // Whom else a beacon pays can change with who is left; its sender's own reports are never paid more.
          if (!isOwn) continue;
          expect(hidden.verdicts.selected[row]).toBeLessThanOrEqual(opened.verdicts.selected[row]);
          if (isBeacon) expect(hidden.verdicts.units_e4[row]).toBeLessThanOrEqual(opened.verdicts.units_e4[row]);
        }
      }),
      { numRuns: runs(150) },
    );
  });

  test("a private hotspot's shares are never more than at any place in its cell, where the same hotspots are active", () => {
    const sharesOf = ({ shares }: EpochOutput, hotspot: number) =>
      shares.beacon_shares[hotspot] + shares.witness_shares[hotspot];
    const activeOf = ({ verdicts }: EpochOutput) =>
      [...verdicts.selected.keys()].filter((row) => verdicts.selected[row] === 1).map((row) => verdicts.hotspot[row]);
    let compared = 0;
    fc.assert(
      fc.property(hiddenAndOpened, ({ hotspot, hidden, opened }) => {
        const active = [hidden, opened].map((output) => [...new Set(activeOf(output))].sort((a, b) => a - b).join(" "));
        fc.pre(active[0] === active[1]);
        if (sharesOf(hidden, hotspot) > 0n) compared++;
        expect(sharesOf(hidden, hotspot)).toBeLessThanOrEqual(sharesOf(opened, hotspot));
      }),
      { numRuns: runs(100) },
    );
    expect(compared).toBeGreaterThan(0);
  });

  test("nothing depends on more than the public cell: every place in it gives the same bytes", () => {
    fc.assert(
      fc.property(earshotEpochs, fc.nat(), fc.nat(), (world, which, where) => {
        const placed = asserted(world);
        fc.pre(placed.length > 0);
        const hotspot = placed[which % placed.length];
        const children = cellToChildren(cellToParent(world.hotspots[hotspot].cell ?? "", 8), 12);
        const there = changed(world, hotspot, { isPrivate: true });
        const elsewhere = changed(there, hotspot, { cell: children[where % children.length] });
        expect(manifestOf(toEpochInput(elsewhere))).toBe(manifestOf(toEpochInput(there)));
      }),
      { numRuns: runs(20) },
    );
  });

  test("any number of partitions gives the same manifest", () => {
    fc.assert(
      fc.property(earshotEpochs, fc.integer({ min: 2, max: 5 }), (world, partitions) => {
        const input = toEpochInput(world);
        expect(manifestOf(input, partitions)).toBe(manifestOf(input));
      }),
      { numRuns: runs(25) },
    );
  });
});

describe("the world", () => {
  const worlds = fc.sample(earshotEpochs, { numRuns: 200, seed: 4 });

  test("has private hotspots that are paid as beaconers and as witnesses, and some that the interval alone fails", () => {
    const seen = new Set<string>();
    for (const world of worlds) {
      const { verdicts } = scoreEpoch(toEpochInput(world));
      verdicts.hotspot.forEach((hotspot, row) => {
        if (world.hotspots[hotspot]?.isPrivate !== true) return;
        const kind = verdicts.kind[row] === BEACON ? "beacon" : "witness";
        if (verdicts.selected[row] === 1) seen.add(`${kind} paid`);
        if (verdicts.reason[row] === REASON.below_min_distance) seen.add("too near");
        if (verdicts.reason[row] === REASON.max_distance_exceeded) seen.add("too far");
        if (verdicts.reason[row] === REASON.bad_rssi) seen.add("too loud");
      });
    }
    expect([...seen].sort()).toEqual(["beacon paid", "too far", "too loud", "too near", "witness paid"]);
  });

  test("has cells of resolutions 9 and 10 of open hotspots alone", () => {
    for (const world of worlds.slice(0, 60)) {
      const open = world.hotspots.flatMap(({ cell, isPrivate }) => (cell === null || isPrivate ? [] : [cell]));
      const { cells } = scoreEpoch(toEpochInput(world));
      cells.cell.forEach((cell, row) => {
        const resolution = cells.resolution[row];
        if (resolution <= 8) return;
        expect(open.map((place) => cellToParent(place, resolution))).toContain(cell.toString(16));
      });
    }
  });

  test("has no private hotspot under rules that do not know them", () => {
    const { anomaly: _anomaly, privateLocations: _privateLocations, ...rules } = earshot;
    for (const world of worlds.slice(0, 40)) {
      const input = { ...toEpochInput(world), parameters: rules };
      const { verdicts } = scoreEpoch(input);
      verdicts.hotspot.forEach((hotspot, row) => {
        const isPlainPrivate = world.hotspots[hotspot]?.isPrivate === true && world.hotspots[hotspot].cell !== null;
        if (isPlainPrivate && verdicts.kind[row] === BEACON) expect(verdicts.reason[row]).toBe(UNASSERTED);
      });
    }
  });
});

describe("misuse", () => {
  test("refuses rules that leave a private place no bound", () => {
    const [world] = fc.sample(earshotEpochs, { numRuns: 1, seed: 1 });
    const input = toEpochInput(world);
    const parameters = { ...input.parameters, distance: helium.distance };
    expect(() => scoreEpoch({ ...input, parameters })).toThrow(/^POC_BAD_PARAMETERS: privateLocations/);
  });

  test("takes a public cell that is none for no place", () => {
    const input = toEpochInput({
      epoch: 20_600,
      challenges: [],
      reports: [],
      hotspots: fc.sample(earshotEpochs, { numRuns: 1, seed: 1 })[0].hotspots.slice(0, 1),
    });
    const { hi, lo } = cellFromString("89283082b93ffff");
    input.hotspots.cell[0] = 0n;
    for (const shown of [1n, (BigInt(hi) << 32n) | BigInt(lo)]) {
      input.hotspots.cell_public[0] = shown;
      expect(prepareEpoch(input).places.privateCount).toBe(0);
    }
  });
});

function manifestOf(input: EpochInput, partitions = 1): string {
  const context = prepareEpoch(input);
  const { payload_key_hi: keyHi, payload_key_lo: keyLo } = input.witnesses;
  const parts = Array.from({ length: partitions }, (_, partition) => {
    const rows = [...keyHi.keys()].filter((row) => partitionOf(keyHi[row], keyLo[row], partitions) === partition);
    const witnesses = permuteColumns(witnessesTable, input.witnesses, Uint32Array.from(rows));
    return verifyPartition(context, witnesses, { partition, partitions });
  });
  const output = closeEpoch(context, parts);
  return Buffer.from(manifestBytes(buildManifest(input, output))).toString();
}
