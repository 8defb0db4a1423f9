import type { EpochOutput } from "@earshot/poc";
import { beforeAll, describe, expect, test } from "vitest";
import { EpochView } from "../../src/api/epoch-view.ts";
import { explanationText } from "../../src/cli/explanation-text.ts";
import { Explainer, explainHotspot } from "../../src/explain/explain-hotspot.ts";
import { figureText } from "../../src/explain/figures.ts";
import { findHotspot, hotspotText } from "../../src/explain/find-hotspot.ts";
import { folderManifest } from "../../src/score/folder-manifest.ts";
import { scoreInput } from "../../src/score/score-input.ts";
import { smallEpoch } from "../small-epoch.ts";
import { messageOf } from "../temporary-folder.ts";

const { input } = smallEpoch();
let output: EpochOutput;

beforeAll(async () => {
  output = await scoreInput(input);
});

describe("explainHotspot", () => {
  test("accounts for every report of the epoch exactly once", () => {
    const all = [0, 1, 2, 3, 4].map((row) => explainHotspot(input, output, row));
    const places = all.flatMap(({ beacons, receptions }) =>
      [...beacons, ...receptions].map(({ logIndex }) => logIndex),
    );
    expect(places.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, place) => place));
    expect(all.map(({ challenges, unanswered }) => [challenges, unanswered])).toEqual(new Array(5).fill([4, 0]));
  });

  test("says the same with an index of the epoch, once for all its hotspots", () => {
    const view = new EpochView({ input, output, manifest: folderManifest(input, output), manifestHash: "" });
    const explainer = new Explainer(input, output, view);
    for (let row = 0; row < 5; row++) expect(explainer.of(row)).toEqual(explainHotspot(input, output, row));
  });

  test("gives shares whose pay is what the rewards hold, over all hotspots", () => {
    let shares = 0n;
    let atoms = 0n;
    for (let row = 0; row < 5; row++) {
      const { pay } = explainHotspot(input, output, row);
      shares += pay.beacon.sharesE12 + pay.witness.sharesE12;
      atoms += pay.beacon.atoms + pay.witness.atoms;
      expect(pay.totalSharesE12).toBe(
        output.shares.beacon_shares.reduce((sum, s, i) => sum + s + output.shares.witness_shares[i], 0n),
      );
    }
    expect(shares).toBe(explainHotspot(input, output, 0).pay.totalSharesE12);
    expect(atoms).toBe(explainHotspot(input, output, 0).pay.coveragePoolAtoms);
  });

  test("repeats the density arithmetic down to the scale in the table", () => {
    for (let row = 0; row < 5; row++) {
      const { density } = explainHotspot(input, output, row);
      expect(density.active).toBe(true);
      expect(density.steps.map(({ resolution }) => resolution)).toEqual([10, 9, 8, 7, 6, 5, 4]);
      for (const { limit, clipped, unclipped } of density.steps) expect(clipped).toBe(Math.min(limit, unclipped));
      const product = density.steps.reduce((scale, { clipped, unclipped }) => (scale * clipped) / unclipped, 1);
      expect(Math.abs(product * 10_000 - output.shares.scale_e4[row])).toBeLessThanOrEqual(0.5);
    }
  });

  test("refuses a folder whose shares do not follow from its verdicts, naming the row", async () => {
    const beacon_shares = output.shares.beacon_shares.map((shares, row) => (row === 3 ? shares + 1n : shares));
    const cooked = { ...output, shares: { ...output.shares, beacon_shares } };
    expect(await messageOf(() => explainHotspot(input, cooked, 3))).toMatch(
      /^ORC_BAD_ROW: shares\.arrow: beacon_shares: row 3: \d+, but its verdicts sum to \d+$/,
    );
    const scale_e4 = output.shares.scale_e4.map((scale) => scale - 1);
    expect(
      await messageOf(() => explainHotspot(input, { ...output, shares: { ...output.shares, scale_e4 } }, 0)),
    ).toMatch(/^ORC_BAD_ROW: shares\.arrow: /);
  });

  test("tells of every valid reception how far it lies below free space, and what bound it was held against", () => {
    const { receptions } = explainHotspot(input, output, 1);
    const valid = receptions.filter(({ verdict }) => verdict.reason === "valid");
    expect(valid.length).toBeGreaterThan(0);
    for (const { rssiDdbm, freeSpace, verdict } of valid) {
      expect(freeSpace!.excessLossDdb).toBe(freeSpace!.freeSpaceDdbm - rssiDdbm);
      // 27 dBm and 1.2 dBi on both sides over 1 to 2.5 km at 904 MHz: 29.4 dBm less 91.6 to 99.6 dB.
      expect(freeSpace!.freeSpaceDdbm).toBeGreaterThan(-710);
      expect(freeSpace!.freeSpaceDdbm).toBeLessThan(-610);
      expect(verdict.figures).toEqual({
        measured: `${(rssiDdbm / 10).toFixed(1)} dBm`,
        limit: `at most ${((freeSpace!.freeSpaceDdbm + 100) / 10).toFixed(1)} dBm`,
      });
    }
    for (const { freeSpace, verdict } of receptions) if (verdict.reason !== "valid") expect(freeSpace).toBeNull();
    expect(explanationText(explainHotspot(input, output, 1))).toMatch(
      /\d+\.\d dB below free space \(at most -\d+\.\d dBm counts\), /,
    );
  });

  test("explains a hotspot whose key is no point of its curve, and says so", () => {
    const key = input.hotspots.key.slice();
    // Neither y = 2 nor its sign is a point of Ed25519.
    key.fill(0, 34, 66);
    key[34] = 2;
    const hotspots = { ...input.hotspots, key };
    const { hotspot } = explainHotspot({ ...input, hotspots }, output, 1);
    expect(hotspot.keyProblem).toBe("not a point of Ed25519");
    expect(explainHotspot({ ...input, hotspots }, output, 0).hotspot.keyProblem).toBeNull();
    expect(findHotspot(hotspots, hotspot.key.slice(0, 12))).toBe(1);
    expect(findHotspot(hotspots, hotspotText(hotspots, 0).slice(0, 12))).toBe(0);
  });

  test("says nothing finer about the place than resolution 8 in its text", () => {
    const text = explanationText(explainHotspot(input, output, 0));
    expect(text).toContain(input.hotspots.cell_public[0].toString(16));
    expect(text).not.toContain(input.hotspots.cell[0].toString(16));
    expect(text).toContain("Beacons: 4 challenges, 0 unanswered, 4 reports");
    expect(text).toContain("Receptions: 16 reports");
  });
});

describe("figureText", () => {
  test("writes each figure in its unit and in the relation it had to have", () => {
    expect(figureText("bad_rssi", -423, -611, "metres")).toEqual({ measured: "-42.3 dBm", limit: "at most -61.1 dBm" });
    expect(figureText("bad_snr", -201, -197, "metres")).toEqual({ measured: "-20.1 dB", limit: "at least -19.7 dB" });
    expect(figureText("below_min_distance", 12, 300, "metres")).toEqual({ measured: "12 m", limit: "at least 300 m" });
    expect(figureText("below_min_distance", -1, 8, "grid")).toEqual({
      measured: "no grid distance",
      limit: "at least 8 grid cells",
    });
    expect(figureText("max_distance_exceeded", 123_456, 100_000, "metres").measured).toBe("123,456 m");
    expect(figureText("late", 45_123, 30_000, "metres")).toEqual({
      measured: "45.123 s after transmission",
      limit: "at most 30.0 s after transmission",
    });
    expect(figureText("invalid_region", 1, 0, "metres")).toEqual({ measured: "EU868", limit: "exactly US915" });
    expect(figureText("invalid_data_rate", 0x17, 0x0a, "metres").measured).toBe("SF7 at 250 kHz");
    expect(figureText("gateway_no_valid_beacons", -1, 172_800, "metres")).toEqual({
      measured: "never",
      limit: "at most 48.0 h ago",
    });
    expect(figureText("not_asserted", 0, 1, "metres")).toEqual({ measured: "", limit: "" });
  });
});

describe("findHotspot", () => {
  test("finds a hotspot by row, by key and by the beginning of its key", () => {
    for (let row = 0; row < 5; row++) {
      const text = hotspotText(input.hotspots, row);
      expect(findHotspot(input.hotspots, String(row))).toBe(row);
      expect(findHotspot(input.hotspots, text)).toBe(row);
      expect(findHotspot(input.hotspots, text.slice(0, 20))).toBe(row);
    }
  });

  test("refuses rows out of range, beginnings too short, and what fits none or several", async () => {
    const { hotspots } = input;
    const twins = {
      ...hotspots,
      key: Uint8Array.from([...hotspots.key.subarray(0, 33), ...hotspots.key.subarray(0, 33)]),
      region: hotspots.region.subarray(0, 2),
    };
    const cases: [() => unknown, RegExp][] = [
      [() => findHotspot(hotspots, "5"), /row 5 of 5 hotspots/],
      [() => findHotspot(hotspots, "abc"), /at least 4 characters/],
      [() => findHotspot(hotspots, "zzzzzzzz"), /none of 5 hotspots/],
      [() => findHotspot(twins, hotspotText(hotspots, 0).slice(0, 8)), /2 hotspots, among them/],
    ];
    for (const [run, message] of cases) {
      expect(await messageOf(run)).toMatch(/^ORC_UNKNOWN_HOTSPOT: /);
      expect(await messageOf(run)).toMatch(message);
    }
  });
});
