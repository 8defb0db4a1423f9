import { readFileSync } from "node:fs";
import { realFilePath } from "@earshot/fixtures";
import { chordSquared, latLngToCell, positionOfCell, surfaceDistanceM } from "@earshot/geo";
import { deviceKeyProblem } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { BEACON_EIRP, FAULTS, P256_SHARE, SITINGS } from "../../src/simulate/behaviour.ts";
import { parseHotspotsCsv } from "../../src/simulate/hotspots-csv.ts";
import { countryOfCell, regionOfCountry } from "../../src/simulate/region-of.ts";
import { buildWorld, type WorldOptions } from "../../src/simulate/world.ts";

const path = realFilePath("hotspots/us-2020.csv");
const listed = parseHotspotsCsv(path, readFileSync(path, "utf8"));
const sanFrancisco = { latDeg: 37.77, lngDeg: -122.42 };

function world(changes: Partial<WorldOptions> = {}) {
  return buildWorld({ path, listed, seed: "1", firstEpoch: 20_759, ...changes });
}

describe("world", () => {
  const us = world();
  const near = world({ near: sanFrancisco, radiusKm: 20 });

  test("holds the placed hotspots of the list, and the unplaced ones whose owner has another", () => {
    const placed = us.hotspots.filter(({ assertedCell }) => assertedCell !== undefined);
    expect(placed).toHaveLength(3558);
    expect(us.hotspots.length).toBeGreaterThan(3558);
    expect(us.hotspots.length).toBeLessThan(3640);
  });

  test("gives every fault to somebody and no fault to most", () => {
    const faults = us.hotspots.map(({ fault }) => fault);
    for (const { fault } of FAULTS) expect(faults).toContain(fault);
    expect(faults.filter((fault) => fault === undefined).length / faults.length).toBeGreaterThan(0.9);
  });

  test("has one usable key a hotspot, about one in twenty on P-256", () => {
    const keys = us.hotspots.map(({ signer }) => signer.publicKey);
    expect(new Set(keys.map((key) => key.toHex())).size).toBe(keys.length);
    for (const key of keys.slice(0, 200)) expect(deviceKeyProblem(key)).toBeUndefined();
    const p256 = keys.filter((key) => key[0] !== 0xed).length / keys.length;
    expect(Math.abs(p256 - P256_SHARE)).toBeLessThan(0.015);
  });

  test("hotspots of one owner share a wallet, others do not", () => {
    const owners = new Set(us.hotspots.map(({ owner }) => owner.toHex()));
    expect(owners.size).toBe(
      new Set(listed.filter(({ cell }) => cell !== undefined).map(({ ownerId }) => ownerId)).size,
    );
  });

  test("near a place holds the hotspots of that circle, the same as in the whole country", () => {
    const { hi, lo } = latLngToCell(sanFrancisco.latDeg, sanFrancisco.lngDeg, 15);
    const centre = positionOfCell(hi, lo);
    const inside = listed.filter(({ cell }) => {
      if (cell === undefined) return false;
      const { x, y, z } = positionOfCell(cell.hi, cell.lo);
      return surfaceDistanceM(chordSquared(x - centre.x, y - centre.y, z - centre.z)) <= 20_000;
    });
    const placed = near.hotspots.filter(({ assertedCell }) => assertedCell !== undefined);
    expect(new Set(placed.map(({ id }) => id))).toEqual(new Set(inside.map(({ id }) => id)));
    for (const hotspot of near.hotspots) {
      const same = us.hotspots.find(({ id }) => id === hotspot.id)!;
      expect(hotspot.signer.publicKey).toEqual(same.signer.publicKey);
      expect(hotspot.owner).toEqual(same.owner);
      expect([hotspot.site.gainDdbi, hotspot.elevationM]).toEqual([same.site.gainDdbi, same.elevationM]);
    }
  });

  test("another seed gives other keys", () => {
    const other = world({ seed: "2", near: sanFrancisco, radiusKm: 3 });
    const keys = new Set(us.hotspots.map(({ signer }) => signer.publicKey.toHex()));
    for (const { signer } of other.hotspots) expect(keys.has(signer.publicKey.toHex())).toBe(false);
  });

  test("shares of sitings and powers add up to one", () => {
    for (const choices of [SITINGS, BEACON_EIRP]) {
      expect(choices.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    }
  });

  test("finds the region by the country, or by the nearest city where the list names none", () => {
    expect(regionOfCountry("US")).toBe(0);
    expect(regionOfCountry("BE")).toBe(1);
    expect(regionOfCountry("ZZ")).toBeUndefined();
    expect(countryOfCell(latLngToCell(51.22, 4.4, 12))).toBe("BE");
    expect(countryOfCell(latLngToCell(0, -140, 12))).toBeUndefined();
  });

  test.each([
    [
      "a place where nobody is",
      { near: { latDeg: 0, lngDeg: 0 }, radiusKm: 5 },
      "ORC_BAD_HOTSPOTS",
      "no hotspot within 5 km",
    ],
    ["a radius of nothing", { near: sanFrancisco, radiusKm: 0 }, "ORC_BAD_OPTION", "radius"],
    ["a radius without a place", { radiusKm: 5 }, "ORC_BAD_OPTION", "near"],
    ["an empty list", { listed: [] }, "ORC_BAD_HOTSPOTS", "no hotspot with a location"],
    [
      "a country without a region",
      { listed: [{ ...listed[0], country: "ZZ" }] },
      "ORC_BAD_HOTSPOTS",
      ":2: no LoRaWAN region",
    ],
  ] as const)("refuses %s", (_, changes, code, detail) => {
    expect(() => world(changes)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(detail) }));
  });
});
