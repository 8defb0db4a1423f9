/** Which beacons are evidence: a bounded draw that everybody repeats and nobody knows before the last window is closed. */
import { describe, expect, test } from "vitest";
import { drawGroups } from "../../src/anomaly/drawn-groups.ts";
import {
  type EpochInput,
  earshot,
  partitionOf,
  permuteColumns,
  prepareEpoch,
  verifyPartition,
  witnessesTable,
} from "../../src/index.ts";
import { sha256 } from "../../src/protocol/index.ts";
import { townEpoch } from "./town.ts";

const HOTSPOTS = 6;
const BEACONS = 12;
const AT_MOST = earshot.anomaly!.evidenceBeacons;

function town(beaconsADay = BEACONS): EpochInput {
  const places = Array.from({ length: HOTSPOTS }, (_, n) => ({
    latDeg: 40 + 0.01 * n,
    lngDeg: -74,
    owner: n,
    cleanEpochs: 20,
  }));
  return townEpoch(places, () => ({ rssiDdbm: -1000, snrDdb: 50 }), beaconsADay);
}

/** Rows of the drawn beacons by hotspot, ascending. */
function drawnBeacons(input: EpochInput, atMost = AT_MOST, partitions = 1): number[][] {
  const context = prepareEpoch(input);
  const { witnesses } = input;
  const verdicts = Array.from({ length: partitions }, (_, partition) => {
    const rows = [...witnesses.log_index.keys()].filter(
      (row) => partitionOf(witnesses.payload_key_hi[row], witnesses.payload_key_lo[row], partitions) === partition,
    );
    return verifyPartition(context, permuteColumns(witnessesTable, witnesses, Uint32Array.from(rows)), {
      partition,
      partitions,
    });
  });
  const { first, group, partition } = drawGroups(context, verdicts, atMost);
  return Array.from({ length: HOTSPOTS }, (_, hotspot) =>
    Array.from({ length: first[hotspot + 1] - first[hotspot] }, (_, n) => {
      const place = first[hotspot] + n;
      const beacon = verdicts[partition[place]].beaconOfGroup[group[place]];
      expect(context.beacons.hotspot[beacon]).toBe(hotspot);
      return beacon;
    }).sort((a, b) => a - b),
  );
}

/** The same epoch with another hash of its last block. */
function withLastEntropy(input: EpochInput, seed: number): EpochInput {
  const entropy = input.challenges.sampling_entropy.slice();
  entropy.set(sha256(Uint8Array.of(seed & 255, seed >> 8, 9)), entropy.length - 32);
  return { ...input, challenges: { ...input.challenges, sampling_entropy: entropy } };
}

describe("drawn beacons", () => {
  test("are all of a hotspot that sent no more than are looked at", () => {
    const all = Array.from({ length: HOTSPOTS }, (_, h) => [0, 1, 2, 3].map((n) => h + n * HOTSPOTS));
    expect(drawnBeacons(town(4))).toEqual(all);
    expect(drawnBeacons(town(), 1000).flat()).toHaveLength(HOTSPOTS * BEACONS);
  });

  test("are as many different ones as are looked at, of every hotspot that sent more", () => {
    for (const drawn of drawnBeacons(town())) {
      expect(drawn).toHaveLength(AT_MOST);
      expect(new Set(drawn).size).toBe(AT_MOST);
    }
  });

  test("are the same in any partitions", () => {
    const whole = drawnBeacons(town());
    expect(drawnBeacons(town(), AT_MOST, 2)).toEqual(whole);
    expect(drawnBeacons(town(), AT_MOST, 5)).toEqual(whole);
  });

  test("hang on the last block alone, so that no one knows them while there are reports to make", () => {
    const input = town();
    const earlier = input.challenges.sampling_entropy.slice();
    earlier.fill(7, 0, earlier.length - 32);
    const before = drawnBeacons(input);
    expect(drawnBeacons({ ...input, challenges: { ...input.challenges, sampling_entropy: earlier } })).toEqual(before);
    expect(drawnBeacons(withLastEntropy(input, 1))).not.toEqual(before);
  });

  test("are each as likely as any other", () => {
    const input = town();
    const draws = 200;
    const times = new Array(HOTSPOTS * BEACONS).fill(0);
    for (let seed = 0; seed < draws; seed++)
      for (const beacon of drawnBeacons(withLastEntropy(input, seed)).flat()) times[beacon]++;
    // A third of 200 draws: 66.7, with a standard deviation of 6.7; 5 of these on either side.
    for (const count of times) {
      expect(count).toBeGreaterThan(33);
      expect(count).toBeLessThan(100);
    }
  });

  test("of an epoch without beacons are none", () => {
    const context = prepareEpoch(townEpoch([], () => undefined));
    expect(drawGroups(context, [verifyPartition(context)], AT_MOST).first[0]).toBe(0);
  });
});
