import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importHeliumEpoch } from "../../src/helium/importer.ts";
import { NO_ROW } from "../../src/index.ts";
import { REASON, reasonByNumber } from "../../src/verify/reason.ts";
import { edgeCode } from "../../src/verify/witness-job.ts";
import { verifyHeliumEpoch } from "../reference/helium-verifier.ts";
import { heliumEpochs, keyOf } from "../reference/helium-world.ts";
import { HOUR_MS, judgeScene, Scene, START_MS } from "./scene.ts";
import { runs } from "./soak.ts";

/** A scene with one heard beacon, and its tables. */
function simple() {
  const scene = new Scene();
  const sender = scene.gateway({ gainDdbi: 20 });
  const listener = scene.gateway();
  const beacon = scene.beacon(sender);
  const witness = scene.witness(listener, beacon);
  return { scene, sender, listener, beacon, witness };
}

const reasons = (imported: ReturnType<typeof importHeliumEpoch>) =>
  imported.setAside.map(({ reason }) => reasonByNumber(reason)?.name);

describe("columns", () => {
  test("a beacon gets a challenge row that starts with its entropy", () => {
    const { scene, beacon } = simple();
    const { beacons, challenges, hotspots } = importHeliumEpoch(scene.epoch());
    const sender = [...hotspots.gain_ddbi].indexOf(20);
    expect({ ...challenges, challenge_id: challenges.challenge_id.length }).toEqual({
      challenge_id: 32,
      hotspot: Uint32Array.of(sender),
      minute: Uint32Array.of((START_MS + 6 * HOUR_MS) / 60_000),
      transmit_offset_ms: Uint32Array.of(6 * HOUR_MS),
      frequency_hz: Uint32Array.of(beacon.frequencyHz),
      data_rate: Uint8Array.of(12),
      sampling_entropy: new Uint8Array(32),
    });
    expect(beacons).toEqual({
      log_index: Uint32Array.of(0),
      hotspot: Uint32Array.of(sender),
      receive_offset_ms: Uint32Array.of(6 * HOUR_MS + 3000),
      challenge: Uint32Array.of(0),
      proof_status: Uint8Array.of(0),
      payload_key_hi: Uint32Array.of(0),
      payload_key_lo: Uint32Array.of(0),
      frequency_hz: Uint32Array.of(beacon.frequencyHz),
      data_rate: Uint8Array.of(12),
      tx_power_ddbm: Int16Array.of(140),
    });
  });

  test("a witness keeps its figures, in the units of the columns", () => {
    const { scene, beacon } = simple();
    const { witnesses, hotspots } = importHeliumEpoch(scene.epoch());
    expect(witnesses).toMatchObject({
      log_index: Uint32Array.of(1),
      hotspot: Uint32Array.of([...hotspots.gain_ddbi].indexOf(12)),
      receive_offset_ms: Uint32Array.of(6 * HOUR_MS + 3500),
      payload_key_lo: Uint32Array.of(0),
      frequency_hz: Uint32Array.of(beacon.frequencyHz + 24),
      rssi_ddbm: Int16Array.of(-1180),
      snr_ddb: Int16Array.of(-50),
      data_rate: Uint8Array.of(12),
    });
  });

  test("hotspots stand by cell and key, a denied one is suspended, an owner is the key unless told", () => {
    const { scene, sender, listener } = simple();
    const owner = new Uint8Array(32).fill(9);
    scene.gateways[0] = { ...sender, owner };
    scene.gateway({ isAsserted: false, isFull: false });
    scene.deniedKeys.push(listener.key);
    scene.deniedEdges.push([listener.key, sender.key], [sender.key, listener.key], [sender.key, keyOf(77)]);
    const { hotspots, deniedEdges } = importHeliumEpoch(scene.epoch());
    expect([...hotspots.cell]).toEqual([...hotspots.cell].sort((a, b) => (a < b ? -1 : 1)));
    expect(hotspots.cell[0]).toBe(0n);
    expect(hotspots.capability).toEqual(Uint8Array.of(0, 1, 1));
    const [senderRow, listenerRow] = [20, 12].map((gain) => hotspots.gain_ddbi.lastIndexOf(gain));
    expect(hotspots.suspended[listenerRow]).toBe(1);
    expect(hotspots.suspended[senderRow]).toBe(0);
    expect(hotspots.owner.subarray(32 * senderRow, 32 * senderRow + 32)).toEqual(owner);
    expect(hotspots.owner.subarray(32 * listenerRow, 32 * listenerRow + 32)).toEqual(listener.key.subarray(1));
    expect([...deniedEdges]).toEqual([edgeCode(senderRow, listenerRow)]);
  });

  test("a location of another resolution, or that is no cell, is not asserted", () => {
    const { scene, sender } = simple();
    for (const location of [0x8b195da49d00fffn, 0x8d195da49d0007fn, 0n, 2n ** 64n - 1n, 2n ** 64n, -1n]) {
      const asserted = { location, gainDdbi: 12, elevationM: 1, region: 1 };
      const { hotspots } = importHeliumEpoch(scene.epoch({ gateways: [{ ...sender, asserted }] }));
      expect(hotspots.cell).toEqual(BigUint64Array.of(0n));
    }
  });

  test("a beacon that is not the one its entropy gives has proof status 1", () => {
    const { scene, sender } = simple();
    scene.beacon(sender, { atMs: 12 * HOUR_MS }, { dataRate: 2 });
    scene.beacon(sender, { atMs: 18 * HOUR_MS }, { frequencyHz: 2 ** 40 });
    const { beacons } = importHeliumEpoch(scene.epoch());
    expect(beacons.proof_status).toEqual(Uint8Array.of(0, 1, 1));
    expect(beacons.frequency_hz[2]).toBe(0xffff_ffff);
  });

  test("power and signal beyond int16 saturate", () => {
    const { scene, sender, listener } = simple();
    const loud = scene.beacon(sender, { atMs: 12 * HOUR_MS }, { txPowerDbm: 4000 });
    scene.witness(listener, loud, 500, { signalDdbm: 40_000, snrDdb: -40_000 });
    const { beacons, witnesses } = importHeliumEpoch(scene.epoch());
    expect(beacons.tx_power_ddbm[1]).toBe(32_767);
    expect(witnesses.rssi_ddbm[1]).toBe(32_767);
    expect(witnesses.snr_ddb[1]).toBe(-32_768);
  });

  test("times of the state are kept to the millisecond, never is 0", () => {
    const { scene, sender } = simple();
    const row = { key: sender.key, lastBeaconMs: START_MS - 1, lastReciprocalBeaconMs: null, lastWitnessMs: 7 };
    const { stateIn } = importHeliumEpoch(scene.epoch({ state: [row] }));
    expect(stateIn).toMatchObject({
      last_beacon_ms: BigUint64Array.of(BigInt(START_MS - 1)),
      last_reciprocal_beacon_ms: BigUint64Array.of(0n),
      last_witness_ms: BigUint64Array.of(7n),
    });
  });
});

describe("reports set aside", () => {
  test("an unknown witness is gateway_not_found and takes no part in the lag rule", () => {
    const { scene, beacon, witness } = simple();
    const stranger = { ...scene.witnesses[0], key: keyOf(77), receivedMs: beacon.receivedMs - 3000 };
    scene.witnesses.push(stranger);
    const judged = judgeScene(scene.epoch());
    expect(judged.line(stranger)).toBe("gateway_not_found 0 1");
    expect(judged.of(witness).reason).toBe("valid");
  });

  test("an unknown beaconer leaves its witnesses to a registered one of the same payload", () => {
    const { scene, beacon, witness } = simple();
    const stranger = { ...beacon, key: keyOf(77), receivedMs: beacon.receivedMs - 1 };
    scene.beacons.push(stranger);
    const judged = judgeScene(scene.epoch());
    expect(judged.of(stranger).reason).toBe("gateway_not_found");
    expect(judged.of(beacon).selected).toBe(true);
    expect(judged.of(witness).selected).toBe(true);
  });

  test("an unknown beaconer's own beacon stays, with a challenge that is nobody's", () => {
    const { scene, listener } = simple();
    const { beacons, challenges, setAside } = importHeliumEpoch(scene.epoch({ gateways: [listener] }));
    expect([...beacons.hotspot, ...challenges.hotspot]).toEqual([NO_ROW, NO_ROW]);
    expect(setAside).toEqual([]);
  });

  test("a beacon whose entropy no report holds is stale, and so are its witnesses", () => {
    const { scene, beacon, witness } = simple();
    const judged = judgeScene(scene.epoch({ entropy: [] }));
    expect(judged.line(beacon)).toBe("stale 0 1");
    expect(judged.line(witness)).toBe("stale 0 1");
  });

  test("a witness without a beacon is stale in the epoch that received it", () => {
    const { scene, beacon, witness } = simple();
    const orphan = scene.witness(scene.gateways[1], beacon, 100, { payload: new Uint8Array(51) });
    const judged = judgeScene(scene.epoch());
    expect(judged.line(orphan)).toBe("stale 0 1");
    expect(judged.of(witness).reason).toBe("valid");
    expect(verifyHeliumEpoch(scene.epoch({ startMs: START_MS + 86_400_000 })).verdicts).toEqual([]);
  });

  test("the same beacon report twice counts once; the second is a duplicate", () => {
    const { scene, beacon, witness } = simple();
    scene.beacons.push({ ...beacon });
    const imported = importHeliumEpoch(scene.epoch());
    expect(imported.setAside).toEqual([
      {
        logIndex: 1,
        kind: "beacon",
        hotspot: imported.beacons.hotspot[0],
        reason: REASON.duplicate,
        side: 2,
        measured: 2,
        limit: 1,
      },
    ]);
    expect(witness.payload).toBe(beacon.payload);
  });

  test.each([
    ["a frequency beyond u32", { frequencyHz: 2 ** 32 }],
    ["a frequency below 0", { frequencyHz: -1 }],
    ["a frequency that is no number", { frequencyHz: Number.NaN }],
    ["a signal that is no int32", { signalDdbm: 2 ** 31 }],
    ["a signal that is no integer", { signalDdbm: -1180.5 }],
    ["a signal-to-noise ratio that is no number", { snrDdb: Number.NaN }],
  ])("%s of a witness is bad_encoding", (_, change) => {
    const { scene, beacon, listener } = simple();
    scene.witnesses.length = 0;
    scene.witness(listener, beacon, 500, change);
    expect(reasons(importHeliumEpoch(scene.epoch()))).toEqual(["bad_encoding"]);
  });

  test("a power that is no int32 is bad_encoding", () => {
    const { scene, sender } = simple();
    scene.beacon(sender, { atMs: 12 * HOUR_MS }, { txPowerDbm: Number.NaN });
    expect(reasons(importHeliumEpoch(scene.epoch()))).toEqual(["bad_encoding"]);
  });

  test("a report received before the epoch in which its entropy begins is entropy_expired", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const beacon = scene.beacon(sender, { atMs: 0, afterMs: -1 });
    const witness = scene.witness(listener, beacon, 0);
    const judged = judgeScene(scene.epoch());
    expect(judged.line(beacon)).toBe("entropy_expired -1 180999");
    expect(judged.of(witness).reason).toBe("entropy_expired");
  });
});

describe("epochs", () => {
  test("a proof belongs to the epoch in which its entropy begins, whenever its reports arrive", () => {
    const scene = new Scene();
    const [sender, listener] = [scene.gateway(), scene.gateway()];
    const last = scene.beacon(sender, { atMs: 86_400_000 - 1000, afterMs: 2000 });
    scene.witness(listener, last);
    const next = { startMs: START_MS + 86_400_000 };
    expect(judgeScene(scene.epoch()).of(last).reason).toBe("valid");
    const { beacons, witnesses, setAside } = importHeliumEpoch(scene.epoch(next));
    expect([beacons.log_index.length, witnesses.log_index.length, setAside.length]).toEqual([0, 0, 0]);
  });

  test("an epoch without gateways and reports has empty tables", () => {
    const { beacons, hotspots, setAside } = importHeliumEpoch(new Scene().epoch());
    expect([beacons.log_index.length, hotspots.region.length, setAside.length]).toEqual([0, 0, 0]);
  });
});

describe("properties", () => {
  test("every report of an epoch is in a table or set aside, once, and log indices have no gap", () => {
    fc.assert(
      fc.property(heliumEpochs, (epoch) => {
        const { beacons, witnesses, setAside } = importHeliumEpoch(epoch);
        const indices = [...beacons.log_index, ...witnesses.log_index, ...setAside.map(({ logIndex }) => logIndex)];
        expect(indices.sort((a, b) => a - b)).toEqual(indices.map((_, index) => index));
        expect(indices).toHaveLength(verifyHeliumEpoch(epoch).verdicts.length);
      }),
      { numRuns: runs(100) },
    );
  });

  test("the order of the input decides nothing", () => {
    fc.assert(
      fc.property(heliumEpochs, (epoch) => {
        const reversed = {
          ...epoch,
          gateways: [...epoch.gateways].reverse(),
          entropy: [...epoch.entropy].reverse(),
          state: [...epoch.state].reverse(),
        };
        expect(importHeliumEpoch(reversed)).toEqual(importHeliumEpoch(epoch));
        const byPlace = (reports: Iterable<{ receivedMs: number; key: Uint8Array; payload: Uint8Array }>) =>
          new Set(Array.from(reports, (r) => `${r.receivedMs} ${r.key} ${r.payload}`)).size;
        const { beacons, witnesses } = epoch;
        // Reports that agree in time, key and payload are told apart by nothing but their order.
        fc.pre(byPlace(beacons) === [...beacons].length && byPlace(witnesses) === [...witnesses].length);
        const shuffled = { ...epoch, beacons: [...beacons].reverse(), witnesses: [...witnesses].reverse() };
        expect(importHeliumEpoch(shuffled)).toEqual(importHeliumEpoch(epoch));
      }),
      { numRuns: runs(20) },
    );
  });

  test("payload keys are equal exactly where payloads are", () => {
    fc.assert(
      fc.property(heliumEpochs, (epoch) => {
        const { beacons, witnesses } = importHeliumEpoch(epoch);
        const { log } = verifyHeliumEpoch(epoch);
        const payloadOf = new Map<string, string>();
        const keyOfPayload = new Map<string, string>();
        for (const table of [beacons, witnesses]) {
          table.log_index.forEach((index, row) => {
            const key = `${table.payload_key_hi[row]} ${table.payload_key_lo[row]}`;
            const payload = `${log[index].payload}`;
            expect(payloadOf.get(key) ?? payload).toBe(payload);
            expect(keyOfPayload.get(payload) ?? key).toBe(key);
            payloadOf.set(key, payload);
            keyOfPayload.set(payload, key);
          });
        }
      }),
      { numRuns: runs(50) },
    );
  });
});

describe("misuse", () => {
  test("refuses a key twice, a key or wallet of another length, a figure no column holds", () => {
    const { scene, sender } = simple();
    const withGateway = (change: object) => () =>
      importHeliumEpoch(scene.epoch({ gateways: [{ ...sender, ...change }] }));
    expect(() => importHeliumEpoch(scene.epoch({ gateways: [sender, sender] }))).toThrow("POC_BAD_ENCODING");
    expect(withGateway({ key: new Uint8Array(32) })).toThrow("POC_BAD_LENGTH");
    expect(withGateway({ owner: new Uint8Array(33) })).toThrow("POC_BAD_LENGTH");
    expect(withGateway({ asserted: { ...sender.asserted, gainDdbi: 40_000 } })).toThrow("POC_BAD_ENCODING");
    expect(withGateway({ asserted: { ...sender.asserted, region: 256 } })).toThrow("POC_BAD_ENCODING");
  });

  test("refuses a state with a key twice or a time that is none", () => {
    const { scene } = simple();
    const [row] = scene.state;
    expect(() => importHeliumEpoch(scene.epoch({ state: [row, row] }))).toThrow("POC_BAD_ENCODING");
    expect(() => importHeliumEpoch(scene.epoch({ state: [{ ...row, lastBeaconMs: -1 }] }))).toThrow("POC_BAD_ENCODING");
    expect(() => importHeliumEpoch(scene.epoch({ state: [{ ...row, key: new Uint8Array(3) }] }))).toThrow(
      "POC_BAD_LENGTH",
    );
  });

  test.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])("refuses an ingest time of %d", (receivedMs) => {
    const { scene, sender } = simple();
    scene.beacon(sender, {}, { receivedMs, remoteEntropy: new Uint8Array(32) });
    expect(() => importHeliumEpoch(scene.epoch())).toThrow("POC_BAD_ENCODING");
  });

  test("refuses an epoch that does not begin on a second, and entropy of another length or time", () => {
    const { scene } = simple();
    expect(() => importHeliumEpoch(scene.epoch({ startMs: START_MS + 1 }))).toThrow("POC_BAD_ENCODING");
    const short = { data: new Uint8Array(31), timestampS: 1, version: 0 };
    expect(() => importHeliumEpoch(scene.epoch({ entropy: [short] }))).toThrow("POC_BAD_LENGTH");
    const timeless = { data: new Uint8Array(32), timestampS: -1, version: 0 };
    expect(() => importHeliumEpoch(scene.epoch({ entropy: [timeless] }))).toThrow("POC_BAD_ENCODING");
  });
});
