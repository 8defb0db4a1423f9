import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { loadCapturedFrames, loadRadioLinks, realFilePath } from "@earshot/fixtures";
import { greatCircleDistanceM } from "@earshot/geo";
import { describe, expect, test } from "vitest";
import {
  hearingOdds,
  LINE_OF_SIGHT_E4,
  LINE_OF_SIGHT_ODDS,
  STREET_ODDS,
  TOWER_FLOOR_E4,
  TOWER_ODDS,
} from "../../src/simulate/hearing-odds.ts";

/** Share of (message, receiver) pairs of the campaign that were received, by the bands of `STREET_ODDS`. */
function countAntwerp(): number[] {
  const text = gunzipSync(readFileSync(realFilePath("radio/antwerp-2019.csv.gz"))).toString("utf8");
  const receivers = new Map<string, [number, number]>();
  const messages = new Map<string, { latDeg: number; lngDeg: number; heardBy: Set<string> }>();
  for (const line of text.trim().split("\n").slice(1)) {
    const [message, receiver, receiverLat, receiverLng, lat, lng] = line.split(",") as [string, string, ...string[]];
    receivers.set(receiver, [Number(receiverLat), Number(receiverLng)]);
    const entry = messages.get(message) ?? { latDeg: Number(lat), lngDeg: Number(lng), heardBy: new Set() };
    entry.heardBy.add(receiver);
    messages.set(message, entry);
  }
  const pairs = STREET_ODDS.map(() => ({ all: 0, heard: 0 }));
  for (const { latDeg, lngDeg, heardBy } of messages.values()) {
    for (const [receiver, [receiverLat, receiverLng]] of receivers) {
      const distanceM = greatCircleDistanceM(latDeg, lngDeg, receiverLat, receiverLng);
      if (distanceM >= 30_000) continue; // 33 rows give a receiver that cannot be where the file says
      const band = STREET_ODDS.findLastIndex(({ fromM }) => distanceM >= fromM);
      pairs[band].all++;
      if (heardBy.has(receiver)) pairs[band].heard++;
    }
  }
  return pairs.map(({ all, heard }) => Math.round((10_000 * heard) / all));
}

describe("hearing odds", () => {
  test("are those of the Antwerp file", () => {
    expect(STREET_ODDS.map(({ oddsE4 }) => oddsE4)).toEqual(countAntwerp());
  });

  test("from towers are those of the Grenoble and the Saint Eynard file", () => {
    const receptions = new Map<string, number>();
    for (const { receiverId, distanceM } of loadRadioLinks("grenoble")) {
      if (distanceM !== null && distanceM >= 10_000) receptions.set(receiverId, (receptions.get(receiverId) ?? 0) + 1);
    }
    const heard = [...receptions.values()].reduce((sum, count) => sum + count, 0);
    expect(Math.round((10_000 * heard) / (receptions.size * loadCapturedFrames().length))).toBe(TOWER_FLOOR_E4);

    const frames = gunzipSync(readFileSync(realFilePath("radio/saint-eynard-2023.ndjson.gz")))
      .toString("utf8")
      .trim()
      .split("\n").length;
    const perReceiver = new Map<string, number>();
    for (const { receiverId } of loadRadioLinks("saint-eynard")) {
      perReceiver.set(receiverId, (perReceiver.get(receiverId) ?? 0) + 1);
    }
    const throughout = [...perReceiver.values()].filter((count) => count > 1000);
    expect(throughout).toHaveLength(2);
    expect(Math.round((10_000 * (throughout[0] + throughout[1])) / (2 * frames))).toBe(LINE_OF_SIGHT_E4);
  });

  test("belong to the band from its lower edge on and end at the last one", () => {
    expect(hearingOdds(STREET_ODDS, 0)).toBe(0.9954);
    expect(hearingOdds(STREET_ODDS, 999.999)).toBe(0.7291);
    expect(hearingOdds(STREET_ODDS, 1000)).toBe(0.3962);
    expect(hearingOdds(STREET_ODDS, 15_000)).toBe(0);
  });

  test("never rise with distance, and a tower is heard no worse than the street", () => {
    for (const bands of [STREET_ODDS, TOWER_ODDS, LINE_OF_SIGHT_ODDS]) {
      const odds = bands.map(({ oddsE4 }) => oddsE4);
      expect(odds).toEqual([...odds].sort((a, b) => b - a));
    }
    STREET_ODDS.forEach(({ oddsE4 }, band) => {
      expect(TOWER_ODDS[band].oddsE4).toBeGreaterThanOrEqual(oddsE4);
    });
  });
});
