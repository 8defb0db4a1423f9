/** The attack suite: who is enlisted, what they assert and write, and that each family differs from honest work. */

import { readFileSync } from "node:fs";
import { ATTACK_NAMES, ATTACK_STRENGTHS, attackFamilies, realFilePath, usHotspotsFile } from "@earshot/fixtures";
import { chordSquared, surfaceDistanceM } from "@earshot/geo";
import { describe, expect, test } from "vitest";
import { assertedPosition, enlist } from "../../../src/simulate/attacks/enlist.ts";
import { fittingFigures } from "../../../src/simulate/attacks/figures.ts";
import { parseHotspotsCsv } from "../../../src/simulate/hotspots-csv.ts";
import { randomStream } from "../../../src/simulate/random.ts";
import { buildWorld } from "../../../src/simulate/world.ts";

const path = realFilePath(usHotspotsFile);
const world = buildWorld({
  path,
  listed: parseHotspotsCsv(path, readFileSync(path, "utf8")),
  near: { latDeg: 41.88, lngDeg: -87.63 },
  radiusKm: 12,
  seed: "attacks",
  firstEpoch: 20_759,
});
const attack = (name: (typeof ATTACK_NAMES)[number], strength: (typeof ATTACK_STRENGTHS)[number], share = 0.1) =>
  enlist(world, { name, strength, share, intensity: 1 }).hotspots;
const kmAway = (hotspot: (typeof world.hotspots)[number]) => {
  const a = assertedPosition(hotspot);
  const b = hotspot.site.position;
  return surfaceDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z)) / 1000;
};

describe("fixtures/attacks", () => {
  test("has every family once, with what each strength does and what meets it", () => {
    expect(attackFamilies.map(({ name }) => name)).toEqual([...ATTACK_NAMES]);
    for (const family of attackFamilies) {
      for (const strength of ATTACK_STRENGTHS) expect(family[strength].length).toBeGreaterThan(4);
      expect(family.stoppedBy.length).toBeGreaterThan(3);
      expect(Number.isFinite(family.perHotspotUsd + family.setupUsd)).toBe(true);
    }
  });
});

describe("enlist", () => {
  test("takes the share that is asked for, old, without faults, and leaves all others as they are", () => {
    for (const name of ATTACK_NAMES) {
      const hotspots = attack(name, "informed");
      const attackers = hotspots.filter(({ attacker }) => attacker !== undefined);
      expect(attackers).toHaveLength(Math.round(0.1 * world.hotspots.length));
      for (const { fault, firstEpoch } of attackers) {
        expect(fault).toBeUndefined();
        expect(firstEpoch).toBeLessThan(world.firstEpoch - 300);
      }
      hotspots.forEach((hotspot, index) => {
        if (hotspot.attacker === undefined) expect(hotspot).toBe(world.hotspots[index]);
      });
    }
  });

  test("gives the naive one wallet a group, and the informed one a hotspot", () => {
    const owners = (strength: "naive" | "informed") =>
      new Set(
        attack("relay", strength).flatMap(({ attacker, owner }) => (attacker === undefined ? [] : [owner.toHex()])),
      );
    expect(owners("naive").size).toBe(1);
    expect(owners("informed").size).toBe(Math.round(0.1 * world.hotspots.length));
  });

  test("moves what the naive assert by 5 to 500 km, and of the informed by at most 20", () => {
    for (const hotspot of attack("moved", "naive"))
      if (hotspot.attacker !== undefined) expect(kmAway(hotspot)).toBeGreaterThan(4.9);
    for (const hotspot of attack("moved", "informed"))
      if (hotspot.attacker !== undefined) expect(kmAway(hotspot)).toBeLessThan(20.5);
  });

  test("puts a room in one place of the radio, and asserts it over kilometres", () => {
    const room = attack("room", "informed").filter(({ attacker }) => attacker !== undefined);
    expect(new Set(room.map(({ site }) => site.tag)).size).toBe(1);
    expect(room.filter((hotspot) => kmAway(hotspot) > 0.7).length).toBe(room.length - 1);
  });

  test("does nothing to those who only rehearse", () => {
    const { hotspots } = enlist(world, {
      name: "moved",
      strength: "naive",
      share: 0.1,
      intensity: 1,
      isRehearsal: true,
    });
    hotspots.forEach(({ attacker, assertedCell, owner }, index) => {
      if (attacker === undefined) return;
      expect([assertedCell, owner]).toEqual([world.hotspots[index].assertedCell, world.hotspots[index].owner]);
      expect(attacker.claims).toBe("none");
    });
  });
});

describe("written figures", () => {
  const from = world.hotspots[0].site.position;
  const link = {
    from,
    to: from,
    tags: [1, 2] as const,
    eirpDdbm: 140,
    gainDdbi: 12,
    frequencyHz: 904_300_000,
    spreadingFactor: 10,
  };

  test("are alike in both directions of a pair, and stay silent where nobody could hear", () => {
    const there = fittingFigures(link, randomStream("x", 1));
    const back = fittingFigures({ ...link, tags: [2, 1] }, randomStream("x", 1));
    expect(there).toEqual(back);
    const far = { ...link, to: { x: -from.x, y: -from.y, z: -from.z } };
    expect(fittingFigures(far, randomStream("x", 1))).toBeUndefined();
  });
});
