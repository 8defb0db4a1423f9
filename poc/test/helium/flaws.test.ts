/**
 * Upstream's flaws by the numbers of docs/reference/helium-preset.md: those the preset reproduces, and those that cannot occur here.
 * Each is judged by the engine and by the row-by-row verifier, which must agree (scene.ts).
 */
import { describe, expect, test } from "vitest";
import { cellAt, cellAtRoundedDistance } from "../reference/helium-sites.ts";
import { HOUR_MS, judgeByReference, judgeScene, ORIGIN, Scene, START_MS } from "./scene.ts";

describe("reproduced", () => {
  test("flaw 1: whoever hears a payload can file it as its own, and a report that comes first takes the witnesses", () => {
    const scene = new Scene();
    const [honest, thief, listener] = [scene.gateway(), scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(honest);
    const stolen = { ...beacon, key: thief.key, receivedMs: beacon.receivedMs - 1 };
    scene.beacons.push(stolen);
    const witness = scene.witness(listener, beacon);
    const judged = judgeScene(scene.epoch());
    expect(judged.of(stolen)).toMatchObject({ reason: "valid", selected: true });
    expect(judged.of(witness)).toMatchObject({ reason: "valid", selected: true });
    expect(judged.of(beacon)).toMatchObject({ reason: "valid", selected: false });
  });

  test("flaw 2: reports are joined by payload alone, so the second beacon of a payload finds no witness", () => {
    const scene = new Scene();
    const [first, second, listener] = [scene.gateway(), scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(first);
    const copy = { ...beacon, key: second.key, receivedMs: beacon.receivedMs + 1 };
    scene.beacons.push(copy);
    scene.witness(listener, beacon, 100);
    scene.witness(second, beacon, 200);
    const judged = judgeScene(scene.epoch());
    expect(judged.of(beacon).unitsE4).toBe(5000);
    expect(judged.of(copy)).toMatchObject({ reason: "valid", unitsE4: 0 });
  });

  test("flaw 4: reciprocity is judged by times that the same proof has just moved", () => {
    const scene = new Scene();
    const sender = scene.gateway();
    const fresh = scene.gateway({ lastBeaconH: null, lastReciprocalBeaconH: null, lastWitnessH: null });
    const own = scene.beacon(fresh);
    // The newcomer's beacon fails for want of a reception, and moves the time its reception is judged by all the same.
    scene.witness(sender, own);
    const other = scene.beacon(sender, { atMs: 6 * HOUR_MS + 60_000 });
    const heard = scene.witness(fresh, other);
    const judged = judgeScene(scene.epoch());
    expect(judged.of(own).reason).toBe("gateway_no_valid_witnesses");
    expect(judged.of(heard)).toMatchObject({ reason: "valid", selected: true });
  });

  test("flaw 6: one garbage report of anybody keeps a beaconer's reciprocity alive", () => {
    const paid = (hasGarbage: boolean) => {
      const scene = new Scene();
      const sender = scene.gateway({ lastReciprocalBeaconH: null });
      const other = scene.gateway();
      const garbage = scene.gateway({ isAsserted: false });
      const beacon = scene.beacon(sender);
      if (hasGarbage) scene.witness(garbage, beacon);
      const reception = scene.witness(sender, scene.beacon(other, { atMs: 7 * HOUR_MS }));
      return judgeScene(scene.epoch()).of(reception).reason;
    };
    expect(paid(false)).toBe("gateway_no_valid_beacons");
    expect(paid(true)).toBe("valid");
  });

  test("flaw 7: a report of the same payload from outside its window takes the place of the honest one", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    const early = scene.witness(listener, beacon, -HOUR_MS);
    const honest = scene.witness(listener, beacon, 100);
    const judged = judgeScene(scene.epoch());
    expect(judged.of(early).reason).toBe("entropy_expired");
    expect(judged.of(honest).reason).toBe("duplicate");
  });

  test("flaw 8: a frequency 2^31 Hz and more away wraps and passes", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    const wrapped = scene.witness(listener, beacon, 500, { frequencyHz: beacon.frequencyHz + 2 ** 31 });
    expect(judgeScene(scene.epoch()).of(wrapped)).toMatchObject({ reason: "valid", selected: true });
  });

  test("flaw 8: up to 0.9 dB of each gain is lost", () => {
    const boundDdbm = (gainDdbi: number) => {
      const scene = new Scene();
      const beacon = scene.beacon(scene.gateway({ gainDdbi }), {}, { txPowerDbm: 10 });
      const witness = scene.witness(scene.gateway({ gainDdbi }), beacon, 500, { signalDdbm: 3000 });
      return judgeScene(scene.epoch()).of(witness).limit;
    };
    expect(boundDdbm(29)).toBe(boundDdbm(20));
  });

  test("flaw 8: the limit of 100 km lets 100,999 m pass", () => {
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway());
    const witness = scene.witness(scene.gateway({ cell: cellAtRoundedDistance(ORIGIN, 100_999) }), beacon);
    expect(judgeScene(scene.epoch()).of(witness)).toMatchObject({ reason: "valid", selected: true });
  });

  test("flaw 8: a last witness in the future passes reciprocity", () => {
    const scene = new Scene();
    const beacon = scene.beacon(scene.gateway({ lastWitnessH: -20 }));
    expect(judgeScene(scene.epoch()).of(beacon).reason).toBe("valid");
  });

  test("flaw 10: an invalid first report moves the 1500 ms window", () => {
    const reasonOf = (hasBogus: boolean) => {
      const scene = new Scene();
      const [sender, listener, attacker] = [scene.gateway(), scene.gateway(), scene.gateway({ isAsserted: false })];
      const beacon = scene.beacon(sender);
      if (hasBogus) scene.witness(attacker, beacon, -1000);
      return { scene, witness: scene.witness(listener, beacon, 600) };
    };
    const honest = reasonOf(false);
    expect(judgeScene(honest.scene.epoch()).of(honest.witness).reason).toBe("valid");
    const attacked = reasonOf(true);
    expect(judgeScene(attacked.scene.epoch()).line(attacked.witness)).toBe("too_late 1600 1500");
  });

  test("flaw 11: signal-to-noise ratio, data rate and transmit power are not looked at", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender, {}, { txPowerDbm: 90 });
    const witness = scene.witness(listener, beacon, 500, { snrDdb: -5000, dataRate: 24, signalDdbm: -200 });
    const judged = judgeScene(scene.epoch());
    expect(judged.of(beacon)).toMatchObject({ reason: "valid", selected: true });
    expect(judged.of(witness)).toMatchObject({ reason: "valid", selected: true });
  });

  test("flaw 12: without a denylist everybody is denied", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    const witness = scene.witness(listener, beacon);
    const judged = judgeScene(scene.epoch({ denylist: null }));
    expect(judged.line(beacon)).toBe("denied 1 0");
    expect(judged.of(witness)).toMatchObject({ reason: "denied", side: "beaconer" });
  });

  test("flaw 13 (#793): hotspots whose proofs fail, and denied ones, still crowd the density of others", () => {
    const scaleOf = (neighbour: "none" | "fails reciprocity" | "denied") => {
      const scene = new Scene();
      const sender = scene.gateway();
      const listener = scene.gateway({ cell: cellAt(ORIGIN, 30_000, 45) });
      scene.witness(listener, scene.beacon(sender));
      if (neighbour === "fails reciprocity") {
        const crowd = scene.gateway({ cell: ORIGIN, lastReciprocalBeaconH: 60, lastWitnessH: null });
        const failed = scene.beacon(crowd, { atMs: 7 * HOUR_MS });
        scene.witness(listener, failed);
        expect(judgeScene(scene.epoch()).of(failed).reason).toBe("gateway_no_valid_witnesses");
      }
      if (neighbour === "denied") scene.deniedKeys.push(scene.gateway({ cell: ORIGIN }).key);
      return judgeScene(scene.epoch()).shares(sender).beacon / (2500n * 10_000n);
    };
    expect(scaleOf("none")).toBe(10_000n);
    expect(scaleOf("fails reciprocity")).toBe(5000n);
    expect(scaleOf("denied")).toBe(5000n);
  });

  test("flaw 14: a region whose channels are not published leaves a beacon without an answer until it is stale", () => {
    const scene = new Scene();
    const sender = scene.gateway();
    const listener = scene.gateway();
    const beacon = scene.beacon(sender);
    const witness = scene.witness(listener, beacon);
    const judged = judgeScene(scene.epoch({ planOf: () => undefined }));
    expect(judged.line(beacon)).toBe("stale 0 1");
    expect(judged.line(witness)).toBe("stale 0 1");
  });
});

describe("cannot occur here", () => {
  test("flaw 3: upstream's retry of a proof failed it by its own first run; the engine runs a proof once", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender);
    const witness = scene.witness(listener, beacon);
    const upstream = judgeByReference(scene.epoch(), { isRetried: () => true });
    expect(upstream(beacon).reason).toBe("irregular_interval");
    expect(upstream(witness)).toMatchObject({ reason: "irregular_interval", side: "beaconer" });
    expect(judgeScene(scene.epoch()).of(beacon)).toMatchObject({ reason: "valid", selected: true });
  });

  test("flaw 9: reports handled out of order moved the last beacon back; the log has one order", () => {
    const scene = new Scene();
    const sender = scene.gateway();
    const later = scene.beacon(sender, { atMs: 13 * HOUR_MS });
    const earlier = scene.beacon(sender, { atMs: 7 * HOUR_MS });
    const again = scene.beacon(sender, { atMs: 14 * HOUR_MS });
    for (const beacons of [scene.beacons, scene.beacons.toReversed()]) {
      const judged = judgeScene(scene.epoch({ beacons }));
      expect(judged.of(earlier).reason).toBe("valid");
      expect(judged.of(later).reason).toBe("valid");
      expect(judged.of(again).reason).toBe("irregular_interval");
      expect(judged.output.stateOut.last_beacon_ms[0]).toBe(BigInt(START_MS + 14 * HOUR_MS + 3000));
    }
  });
});
