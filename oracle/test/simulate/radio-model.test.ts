import { loadRadioLinks, measuredLinks, type RadioSet } from "@earshot/fixtures";
import { EARTH_RADIUS_M, POSITION_UNITS_PER_M } from "@earshot/geo";
import { buildLossTable, linkLossDdb, SEEN_SNR_MINIMUM_DDB, SPEED_OF_LIGHT_M_PER_S } from "@earshot/poc/radio";
import { describe, expect, test } from "vitest";
import { excessAt, excessQuantiles, RadioModel, type RadioSite } from "../../src/simulate/radio-model.ts";
import { type RandomStream, randomStream } from "../../src/simulate/random.ts";

const frequencyHz = 868_100_000;
const campaignEirpDdbm = 140;
const freeSpace = buildLossTable(SPEED_OF_LIGHT_M_PER_S);
const equator = Math.floor(EARTH_RADIUS_M * POSITION_UNITS_PER_M);

function site(distanceM: number, tag: number, isTower = false): RadioSite {
  const y = Math.floor(distanceM * POSITION_UNITS_PER_M);
  return { position: { x: equator, y, z: 0 }, tag, isTower, openness: 1, gainDdbi: 0 };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(part * (sorted.length - 1) + 0.5)];
}

/** Excess losses of what the model receives in a replay of a campaign: its distances, power and antennas. */
function replay(set: RadioSet, highEnds: number, fromM: number, toM: number): number[] {
  const distances = loadRadioLinks(set).flatMap(({ distanceM }) =>
    distanceM !== null && distanceM >= fromM && distanceM < toM ? [distanceM] : [],
  );
  const stream = randomStream("replay", set, fromM);
  const receivers = Array.from({ length: 64 }, () => site(0, stream.u32(), highEnds > 0));
  const model = new RadioModel(receivers, stream);
  const excess: number[] = [];
  for (let round = 0; round < 1500; round++) {
    const transmitter = site(distances[stream.below(distances.length)], stream.u32(), highEnds > 1);
    const links = model.linksOf(transmitter, -1);
    for (const { distanceM, rssiDdbm } of model.receptions(links, campaignEirpDdbm, frequencyHz, 10, stream)) {
      excess.push(campaignEirpDdbm - linkLossDdb(freeSpace, distanceM, frequencyHz) - rssiDdbm);
    }
  }
  return excess.sort((a, b) => a - b);
}

/** Middle 80 % of the receptions of single links around their own median. */
function withinLinkSpread(links: readonly (readonly number[])[]): [number, number] {
  const deviations = links.flatMap((values) => {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted.map((value) => value - quantile(sorted, 0.5));
  });
  deviations.sort((a, b) => a - b);
  return [quantile(deviations, 0.1), quantile(deviations, 0.9)];
}

function grenobleLinks(): number[][] {
  const links = new Map<string, number[]>();
  for (const { receiverId, distanceM, rssiDdbm } of loadRadioLinks("grenoble")) {
    const key = `${receiverId} ${distanceM}`;
    links.set(key, [...(links.get(key) ?? []), rssiDdbm]);
  }
  return [...links.values()].filter(({ length }) => length >= 30);
}

function simulatedTowerLinks(): number[][] {
  const stream = randomStream("links");
  return Array.from({ length: 200 }, (_, link) => {
    const model = new RadioModel([site(0, stream.u32(), true)], randomStream("links", link));
    const links = model.linksOf(site(1500 + stream.below(6000), stream.u32()), -1);
    return Array.from({ length: 300 }, () =>
      model.receptions(links, campaignEirpDdbm, frequencyHz, 12, stream).map(({ rssiDdbm }) => rssiDdbm),
    ).flat();
  }).filter(({ length }) => length >= 30);
}

describe("radio model", () => {
  // The tolerance is what the SNR floor of SF10 cuts off the high losses, and the rounding to whole dBm. Where a table jumps, two
  // percentage points to either side count as the same quantile.
  test.each([
    ["antwerp", 0, 200, 1000, 5],
    ["antwerp", 0, 1000, 3000, 5],
    ["antwerp", 0, 3000, 10_000, 5],
    ["grenoble", 1, 1000, 3000, 10],
    ["grenoble", 1, 3000, 10_000, 30],
    ["saint-eynard", 2, 3000, 10_000, 5],
  ] as const)(
    "received frames have the excess loss of %s (%i ends high, %i to %i m) within %i tenths of a dB",
    (set, highEnds, fromM, toM, toleranceDdb) => {
      const received = replay(set, highEnds, fromM, toM);
      const measured = measuredLinks
        .find((entry) => entry.set === set)!
        .byRssi.bands.find((band) => band.fromM === fromM)!.quantilesDdb;
      expect(received.length).toBeGreaterThan(400);
      for (const percent of [5, 10, 25, 50, 75, 90, 95]) {
        const excess = quantile(received, percent / 100);
        expect(excess).toBeGreaterThanOrEqual(measured[percent - 2] - toleranceDdb);
        expect(excess).toBeLessThanOrEqual(measured[percent + 2] + toleranceDdb);
      }
    },
  );

  test("receptions of one link spread as those of the Grenoble tower do, within 1.5 dB", () => {
    const measured = withinLinkSpread(grenobleLinks());
    const simulated = withinLinkSpread(simulatedTowerLinks());
    expect(Math.abs(simulated[0] - measured[0])).toBeLessThanOrEqual(15);
    expect(Math.abs(simulated[1] - measured[1])).toBeLessThanOrEqual(15);
  });

  test("hears nothing below the SNR floor of the spreading factor, and something just above it", () => {
    const stream = randomStream("floor");
    const model = new RadioModel([site(0, 1, true)], stream);
    let lowest = 0;
    for (let round = 0; round < 40_000; round++) {
      const links = model.linksOf(site(5000 + stream.below(9000), stream.u32()), -1);
      for (const { snrDdb } of model.receptions(links, campaignEirpDdbm, 903_900_000, 10, stream)) {
        lowest = Math.min(lowest, snrDdb);
      }
    }
    expect(lowest).toBeGreaterThanOrEqual(SEEN_SNR_MINIMUM_DDB[10]);
    expect(lowest).toBeLessThan(SEEN_SNR_MINIMUM_DDB[10] + 10);
  });

  test("gives both directions of a pair the same rank and leaves the sender out", () => {
    const sites = [site(0, 11), site(400, 12), site(900, 13, true)];
    const model = new RadioModel(sites, randomStream("both"));
    for (const a of [0, 1, 2]) {
      const links = model.linksOf(sites[a], a);
      expect(links.some((link) => link.site === a)).toBe(false);
      for (const link of links) {
        const back = model.linksOf(sites[link.site], link.site).find((other) => other.site === a)!;
        expect([back.rank, back.odds, back.distanceM]).toEqual([link.rank, link.odds, link.distanceM]);
      }
    }
  });

  test("walls take links away and leave the excess loss of the rest alone", () => {
    const heardOf = (openness: number, stream: RandomStream) => {
      const model = new RadioModel([{ ...site(0, 1), openness }], randomStream("walls"));
      const excess: number[] = [];
      for (let tag = 0; tag < 40_000; tag++) {
        const links = model.linksOf(site(1200, tag), -1);
        for (const { rssiDdbm } of model.receptions(links, campaignEirpDdbm, frequencyHz, 10, stream))
          excess.push(rssiDdbm);
      }
      return excess.sort((a, b) => a - b);
    };
    const open = heardOf(1, randomStream("open"));
    const walled = heardOf(0.25, randomStream("walled"));
    expect(walled.length / open.length).toBeCloseTo(0.25, 1);
    expect(Math.abs(quantile(walled, 0.5) - quantile(open, 0.5))).toBeLessThanOrEqual(10);
  });

  test("takes the band a distance lies in, or the nearest the campaign has", () => {
    const antwerp = measuredLinks.find(({ set }) => set === "antwerp")!.byRssi.bands;
    expect(excessQuantiles(0, 10)).toBe(antwerp[0].quantilesDdb);
    expect(excessQuantiles(0, 999.9)).toBe(antwerp[0].quantilesDdb);
    expect(excessQuantiles(0, 1000)).toBe(antwerp[1].quantilesDdb);
    expect(excessQuantiles(0, 14_000)).toBe(antwerp[2].quantilesDdb);
  });

  test("ends at the table's minimum and maximum and ascends between them", () => {
    for (const highEnds of [0, 1, 2]) {
      const table = excessQuantiles(highEnds, 5000);
      const values = Array.from({ length: 2001 }, (_, i) => excessAt(table, i / 2000));
      expect(values[0]).toBe(table[0]);
      expect(values[2000]).toBe(table[100]);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
  });

  test("the lowest per cent stays within 5.5 dB of the 0.1 % quantile that the whole campaigns have", () => {
    // 5.1 and 1.3 dB: of 71,096 Antwerp and 12,559 Grenoble links, 14 dBm EIRP, 0 dBi.
    const all = (set: RadioSet) => measuredLinks.find((entry) => entry.set === set)!.byRssi.all.quantilesDdb;
    expect(Math.abs(excessAt(all("antwerp"), 0.001) - 51)).toBeLessThan(55);
    expect(Math.abs(excessAt(all("grenoble"), 0.001) - 13)).toBeLessThan(55);
  });
});
