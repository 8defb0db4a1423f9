/** Preset `helium` case by case: each rule at its limit and one beyond, by the engine and by the row-by-row verifier at once. */
import { heliumPublishedVectors } from "@earshot/fixtures";
import { describe, expect, test } from "vitest";
import type { HeliumBeaconReport, HeliumWitnessReport } from "../../src/helium/reports.ts";
import { positionDistanceM } from "../reference/earshot-verifier.ts";
import { densityScalesE4 } from "../reference/helium-density.ts";
import { distanceM, expectedRssiDbm, expectedRssiDdbm, gridCells, rewardUnitsE4 } from "../reference/helium-rules.ts";
import { cellAt, cellAtRoundedDistance, clusters } from "../reference/helium-sites.ts";
import { EU868, HOUR_MS, judgeScene, ORIGIN, Scene, START_MS } from "./scene.ts";

const { links, density, rewardUnits } = heliumPublishedVectors;
const named = (start: string) => {
  const site = clusters.flat().find(({ name }) => name.startsWith(start));
  if (site === undefined) throw new Error(`no site ${start}`);
  return site.cell;
};

/** One beacon, one reception: the line of the reception after a change to either. */
function reception(
  change: Partial<HeliumWitnessReport> | ((scene: Scene, beacon: HeliumBeaconReport) => Partial<HeliumWitnessReport>),
  listener: Parameters<Scene["gateway"]>[0] = {},
): string {
  const scene = new Scene();
  const sender = scene.gateway();
  const hears = scene.gateway(listener);
  const beacon = scene.beacon(sender);
  const own = typeof change === "function" ? change(scene, beacon) : change;
  const witness = scene.witness(hears, beacon, 500, own);
  return judgeScene(scene.epoch()).line(witness);
}

describe("vectors of the reference", () => {
  test.each(rewardUnits)("a proof with $witnesses paid witnesses is worth HIP-15's units", (row) => {
    expect(rewardUnitsE4(row.witnesses)).toEqual({ beaconer: row.beaconerE4, witness: row.witnessE4 });
  });

  test("distance, grid distance and free-space bound are upstream's", () => {
    expect(distanceM(links.distance.a, links.distance.b)).toBe(links.distance.metres);
    expect(gridCells(links.distance.a, links.distance.b)).toBe(links.distance.gridCells);
    const { rssiDbm, distanceM: metres, ...link } = links.expectedRssi;
    expect(expectedRssiDbm({ ...link, metres })).toBe(rssiDbm);
  });

  test("36 hotspots of one cell get the scales upstream's test expects", () => {
    const scales = densityScalesE4(density.hotspots);
    expect(
      [...scales].map(([cell, scaleE4]) => ({ cell, scaleE4 })).sort((a, b) => (a.cell < b.cell ? -1 : 1)),
    ).toEqual([...density.scalesE4].sort((a, b) => (a.cell < b.cell ? -1 : 1)));
  });
});

describe("beacon checks", () => {
  const minuteMs = 6 * HOUR_MS + 60_000;

  test.each([
    [-1, "entropy_expired -1 180999"],
    [0, "valid 0 0"],
    [180_000, "valid 0 0"],
    [180_999, "valid 0 0"],
    [181_000, "entropy_expired 181000 180999"],
  ])("B5: a beacon received %i ms after its entropy: %s", (afterMs, expected) => {
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway(), { atMs: minuteMs, afterMs });
    expect(judgeScene(scene.epoch()).line(beacon)).toBe(expected);
  });

  test.each([
    ["at the last ms of the interval before", "valid", -1],
    ["at the first ms of the same interval", "irregular_interval", 0],
    ["later in the same interval than this one", "irregular_interval", 6 * HOUR_MS - 1],
    ["in a later interval", "irregular_interval", 30 * HOUR_MS],
  ])("B7: a beacon whose sender's last was %s: %s", (_, expected, sinceIntervalMs) => {
    const lastBeaconMs = START_MS + 6 * HOUR_MS + sinceIntervalMs;
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway(), { atMs: 6 * HOUR_MS, afterMs: 0 });
    const state = [{ ...scene.state[0], lastBeaconMs }];
    expect(judgeScene(scene.epoch({ state })).of(beacon).reason).toBe(expected);
  });

  test("B7: a hotspot without a last beacon may beacon at once", () => {
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway({ lastBeaconH: null }));
    expect(judgeScene(scene.epoch()).of(beacon).reason).toBe("valid");
  });

  test("are applied in order: of two failures the earlier names the reason", () => {
    // Each step repairs the check before it, so what is left shows.
    const steps = [
      "not_asserted",
      "denied",
      "entropy_expired",
      "invalid_capability",
      "irregular_interval",
      "invalid_packet",
      "gateway_no_valid_witnesses",
      "valid",
    ];
    steps.forEach((expected, repaired) => {
      const scene = new Scene();
      const sender = scene.gateway({
        isAsserted: repaired > 0,
        isFull: repaired > 3,
        lastBeaconH: repaired > 4 ? 12 : -6,
        lastWitnessH: repaired > 6 ? 12 : null,
      });
      const listener = scene.gateway();
      if (repaired <= 1) scene.deniedKeys.push(sender.key);
      const beacon = scene.beacon(sender, { afterMs: repaired > 2 ? 0 : 200_000 }, repaired > 5 ? {} : { dataRate: 5 });
      const witness = scene.witness(listener, beacon, 0);
      const judged = judgeScene(scene.epoch());
      expect(judged.of(beacon).reason).toBe(expected);
      // An invalid beacon gives its reason to all its witnesses.
      expect(judged.of(witness)).toMatchObject(
        expected === "valid" ? { reason: "valid", side: "none" } : { reason: expected, side: "beaconer" },
      );
    });
  });

  test("B1: a beacon of an unknown key fails all its witnesses and touches no times", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    const witness = scene.witness(listener, beacon);
    const judged = judgeScene(scene.epoch({ gateways: [listener] }));
    expect(judged.of(beacon).reason).toBe("gateway_not_found");
    expect(judged.of(witness)).toMatchObject({ reason: "gateway_not_found", side: "beaconer" });
    expect(judged.output.stateOut.last_witness_ms[0]).toBe(BigInt(START_MS - 12 * HOUR_MS));
  });

  test.each([
    ["48 h ago", "gateway_no_valid_witnesses 172800 172800", 48 * HOUR_MS],
    ["1 ms less than 48 h ago", "valid 0 0", 48 * HOUR_MS - 1],
    ["in the future", "valid 0 0", -HOUR_MS],
    ["never", "gateway_no_valid_witnesses -1 172800", null],
  ])("B9: a beacon of a hotspot that witnessed %s: %s", (_, expected, beforeMs) => {
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway());
    const lastWitnessMs = beforeMs === null ? null : beacon.receivedMs - beforeMs;
    expect(judgeScene(scene.epoch({ state: [{ ...scene.state[0], lastWitnessMs }] })).line(beacon)).toBe(expected);
  });

  test("a valid beacon nobody heard is worth nothing", () => {
    const scene = new Scene();
    const sender = scene.gateway();
    const beacon = scene.beacon(sender);
    const judged = judgeScene(scene.epoch());
    expect(judged.of(beacon)).toMatchObject({ reason: "valid", selected: false, unitsE4: 0 });
    expect(judged.shares(sender)).toEqual({ beacon: 0n, witness: 0n });
  });
});

describe("witness checks", () => {
  test("W0: the first report of a hotspot counts, even if it is invalid", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    const first = scene.witness(listener, beacon, 0, { signalDdbm: 0 });
    const second = scene.witness(listener, beacon, 1);
    const judged = judgeScene(scene.epoch());
    expect(judged.of(first).reason).toBe("bad_rssi");
    expect(judged.line(second)).toBe("duplicate 2 1");
    expect(judged.of(beacon).unitsE4).toBe(0);
  });

  test.each([
    [4000, "valid"],
    [4001, "too_late 4001 4000"],
  ])("W7: a report behind the beacon, which came first, by %i ms: %s", (lagMs, expected) => {
    const scene = new Scene();
    const [sender, listener, late] = [scene.gateway(), scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    scene.witness(listener, beacon, 0);
    const witness = scene.witness(late, beacon, lagMs);
    expect(judgeScene(scene.epoch()).line(witness)).toMatch(new RegExp(`^${expected}`));
  });

  test.each([
    [1500, "valid"],
    [1501, "too_late 1501 1500"],
  ])("W7: a report behind the first witness by %i ms when the beacon came later: %s", (lagMs, expected) => {
    const scene = new Scene();
    const [sender, listener, late] = [scene.gateway(), scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    scene.witness(listener, beacon, -1);
    const witness = scene.witness(late, beacon, lagMs - 1);
    expect(judgeScene(scene.epoch()).line(witness)).toMatch(new RegExp(`^${expected}`));
  });

  test.each([
    [100_000, "valid"],
    [-100_000, "valid"],
    [100_001, "invalid_frequency 100001 100000"],
    [-100_001, "invalid_frequency 100001 100000"],
    [2 ** 31 - 1, "invalid_frequency 2147483647 100000"],
  ])("W10: a frequency off by %i Hz: %s", (offHz, expected) => {
    expect(reception((_, beacon) => ({ frequencyHz: beacon.frequencyHz + offHz }))).toMatch(new RegExp(`^${expected}`));
  });

  test.each([
    ["London, ring 7", "below_min_distance 7 8"],
    ["London, ring 8", "valid"],
  ])("W12: a witness at %s: %s", (site, expected) => {
    expect(reception({}, { cell: named(site) })).toMatch(new RegExp(`^${expected}`));
  });

  test("W12: H3 knows no grid distance across a pentagon, which fails as too near", () => {
    const scene = new Scene();
    const sender = scene.gateway({ cell: named("pentagon, 3000 m at 0") });
    const listener = scene.gateway({ cell: named("pentagon, 3000 m at 180") });
    const beacon = scene.beacon(sender);
    const witness = scene.witness(listener, beacon);
    expect(gridCells(named("pentagon, 3000 m at 0"), named("pentagon, 3000 m at 180"))).toBe(-1);
    expect(judgeScene(scene.epoch()).line(witness)).toBe("below_min_distance -1 8");
  });

  test.each([
    [100_999, "valid"],
    [101_000, "max_distance_exceeded 101000 100999"],
  ])("W13: a witness %i m away: %s", (metres, expected) => {
    expect(reception({}, { cell: cellAtRoundedDistance(ORIGIN, metres) })).toMatch(new RegExp(`^${expected}`));
  });

  test.each([
    ["at the bound", "valid", 0],
    ["0.1 dB above it", "bad_rssi", 1],
  ])("W14: a signal %s: %s", (_, expected, aboveDdb) => {
    const at = (signalDdbm: number) => reception({ signalDdbm });
    // Only a signal beyond it shows the bound.
    const bound = Number(at(3000).split(" ")[2]);
    expect(at(bound + aboveDdb)).toBe(aboveDdb === 0 ? "valid 0 0" : `${expected} ${bound + aboveDdb} ${bound}`);
  });

  test("W14: the bound is upstream's for its own example", () => {
    const { rssiDbm, frequencyHz, txPowerDbm, beaconerGainDdbi, witnessGainDdbi } = links.expectedRssi;
    const cell = cellAtRoundedDistance(ORIGIN, links.expectedRssi.distanceM);
    for (let minute = 0; minute < 100; minute++) {
      const scene = new Scene();
      const sender = scene.gateway({ gainDdbi: beaconerGainDdbi });
      const beacon = scene.beacon(sender, { atMs: 6 * HOUR_MS + 60_000 * minute }, { txPowerDbm });
      if (beacon.frequencyHz !== 867_900_000) continue;
      const listener = scene.gateway({ gainDdbi: witnessGainDdbi, cell });
      const witness = scene.witness(listener, beacon, 500, { frequencyHz, signalDdbm: 3000 });
      expect(judgeScene(scene.epoch()).line(witness)).toBe(`bad_rssi 3000 ${Math.floor(10 * rssiDbm)}`);
      return;
    }
    throw new Error("no minute of 100 falls on the channel of the example");
  });

  test("are applied in order: of two failures the earlier names the reason", () => {
    const near = named("London, ring 7");
    type Defect = (scene: Scene, own: Parameters<Scene["gateway"]>[0] & object, report: Record<string, number>) => void;
    const lateMs = 200_000;
    const defects: [string, Defect][] = [
      ["not_asserted", (_, own) => Object.assign(own, { isAsserted: false })],
      ["denied", (scene) => scene.deniedKeys.push(scene.gateways[1].key)],
      ["denied_edge", (scene) => scene.deniedEdges.push([scene.gateways[1].key, scene.gateways[0].key])],
      ["entropy_expired", (_, __, report) => Object.assign(report, { lagMs: lateMs })],
      ["too_late", (_, __, report) => Object.assign(report, { lagMs: report.lagMs ?? 4001 })],
      ["invalid_capability", (_, own) => Object.assign(own, { isFull: false })],
      ["invalid_frequency", (_, __, report) => Object.assign(report, { offHz: 100_001 })],
      ["invalid_region", (_, own) => Object.assign(own, { region: 0 })],
      ["below_min_distance", (_, own) => Object.assign(own, { cell: near })],
      ["bad_rssi", (_, __, report) => Object.assign(report, { signalDdbm: 0 })],
      ["gateway_no_valid_beacons", (_, own) => Object.assign(own, { lastReciprocalBeaconH: null })],
      ["valid", () => undefined],
    ];
    defects.forEach(([expected], from) => {
      const own = {};
      const report: Record<string, number> = {};
      const scene = new Scene();
      const applied = defects.slice(from);
      const sender = scene.gateway();
      // Defects of the registry entry come before it exists, those that name its key after.
      for (const [name, apply] of applied) if (!name.startsWith("denied")) apply(scene, own, report);
      const listener = scene.gateway(own);
      for (const [name, apply] of applied) if (name.startsWith("denied")) apply(scene, own, report);
      const beacon = scene.beacon(sender);
      const { lagMs = 0, offHz = 0, signalDdbm = -1180 } = report;
      const witness = scene.witness(listener, beacon, lagMs, { frequencyHz: beacon.frequencyHz + offHz, signalDdbm });
      expect(judgeScene(scene.epoch()).of(witness).reason).toBe(expected);
    });
  });

  test("W5 comes after W4 and before the entropy: a beaconer's own late report is a self-witness", () => {
    const scene = new Scene();
    const sender = scene.gateway();
    const beacon = scene.beacon(sender);
    const witness = scene.witness(sender, beacon, 200_000);
    expect(judgeScene(scene.epoch()).of(witness).reason).toBe("self_witness");
    scene.deniedEdges.push([sender.key, sender.key]);
    expect(judgeScene(scene.epoch()).of(witness).reason).toBe("denied_edge");
  });

  test.each([
    ["48 h ago", "gateway_no_valid_beacons 172800 172800", 48 * HOUR_MS],
    ["1 ms less than 48 h ago", "valid", 48 * HOUR_MS - 1],
    ["in the future", "valid", -HOUR_MS],
  ])("W15: a witness that beaconed %s: %s", (_, expected, beforeMs) => {
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway());
    const witness = scene.witness(scene.gateway(), beacon);
    const lastReciprocalBeaconMs = witness.receivedMs - beforeMs;
    const state = [scene.state[0], { ...scene.state[1], lastReciprocalBeaconMs }];
    expect(judgeScene(scene.epoch({ state })).line(witness)).toMatch(new RegExp(`^${expected}`));
  });

  test("W14: where positions in 1/256 m leave a half metre open, the double haversine rounds", () => {
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway());
    const open: { witness: HeliumWitnessReport; metres: number; positionM: number }[] = [];
    for (let step = 0; open.length < 12 && step < 40_000; step++) {
      const cell = cellAt(ORIGIN, 320 + (step % 100), 0.37 * step);
      const [metres, positionM] = [distanceM(ORIGIN, cell), positionDistanceM(ORIGIN, cell)];
      if (metres !== positionM && gridCells(ORIGIN, cell) >= 8) {
        open.push({
          witness: scene.witness(scene.gateway({ cell }), beacon, 0, { signalDdbm: 3000 }),
          metres,
          positionM,
        });
      }
    }
    const judged = judgeScene(scene.epoch());
    const bound = (metres: number, { frequencyHz }: HeliumWitnessReport) =>
      expectedRssiDdbm({
        txPowerDbm: beacon.txPowerDbm,
        frequencyHz,
        metres,
        beaconerGainDdbi: 12,
        witnessGainDdbi: 12,
      });
    expect(open).toHaveLength(12);
    for (const { witness, metres } of open) expect(judged.of(witness).limit).toBe(bound(metres, witness));
    // At least one of them would have another bound by its position.
    expect(open.some(({ witness, metres, positionM }) => bound(metres, witness) !== bound(positionM, witness))).toBe(
      true,
    );
  });

  test("gains count in whole dBi, cut toward zero", () => {
    const bound = (gainDdbi: number) => Number(reception({ signalDdbm: 3000 }, { gainDdbi }).split(" ")[2]);
    expect(bound(19) - bound(10)).toBe(0);
    expect(bound(20) - bound(19)).toBe(10);
    expect(bound(-9) - bound(0)).toBe(0);
    expect(bound(-19) - bound(0)).toBe(-10);
  });
});

describe("selection and pay", () => {
  test("the first 14 valid witnesses by arrival are paid, the fifteenth is valid and unpaid", () => {
    const scene = new Scene();
    const sender = scene.gateway();
    const beacon = scene.beacon(sender);
    const reports = Array.from({ length: 15 }, (_, i) => scene.witness(scene.gateway(), beacon, 1400 - 100 * i));
    const judged = judgeScene(scene.epoch());
    expect(judged.of(reports[0])).toMatchObject({ reason: "valid", selected: false, unitsE4: 0 });
    for (const report of reports.slice(1)) expect(judged.of(report)).toMatchObject({ selected: true, unitsE4: 2220 });
    expect(judged.of(beacon).unitsE4).toBe(18_926);
  });

  test("a newcomer is in good standing after one beacon and one reception, in either order", () => {
    const newcomer = { lastBeaconH: null, lastReciprocalBeaconH: null, lastWitnessH: null };
    for (const witnessesFirst of [true, false]) {
      const scene = new Scene();
      const [old, fresh] = [scene.gateway(), scene.gateway(newcomer)];
      const beaconMs = (isFirst: boolean) => ({ atMs: (isFirst ? 2 : 9) * HOUR_MS });
      const own = scene.beacon(fresh, beaconMs(!witnessesFirst));
      scene.witness(old, own);
      const heard = scene.beacon(old, beaconMs(witnessesFirst));
      const reception = scene.witness(fresh, heard);
      const judged = judgeScene(scene.epoch());
      // The first of the two fails, and by failing lets the second pass.
      expect(judged.of(own).reason).toBe(witnessesFirst ? "valid" : "gateway_no_valid_witnesses");
      expect(judged.of(reception).reason).toBe(witnessesFirst ? "gateway_no_valid_beacons" : "valid");
    }
  });

  test("a witnessed beacon makes its location count in the density; elsewhere the scale is 0.2", () => {
    const scene = new Scene();
    const sender = scene.gateway({ lastReciprocalBeaconH: 30 });
    const listener = scene.gateway({ lastReciprocalBeaconH: 40, cell: cellAt(ORIGIN, 9000, 200) });
    scene.witness(listener, scene.beacon(sender));
    const judged = judgeScene(scene.epoch());
    // One witness: 0.25 units for the beaconer and 1 for the witness, both at the beaconer's scale of 1, in 1e-12.
    expect(judged.shares(sender).beacon).toBe(2500n * 10_000n * 10_000n);
    expect(judged.shares(listener).witness).toBe(10_000n * 10_000n * 10_000n);
    // The listener's own last beacon is 64 h old at the end of the day, three more than count.
    expect(judged.output.shares.scale_e4.toSorted()).toEqual(Uint16Array.of(2000, 10_000));
  });

  test("regions must be equal: EU868 does not hear EU868_A", () => {
    expect(reception({}, { region: EU868 + 14 })).toBe(`invalid_region ${EU868 + 14} ${EU868}`);
  });
});
