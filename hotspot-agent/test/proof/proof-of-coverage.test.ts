import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beaconPayload } from "@earshot/poc/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { openKeyring } from "../../src/keyring.ts";
import { silentLog } from "../../src/log.ts";
import { ProofOfCoverage } from "../../src/proof/proof-of-coverage.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { MemoryFiles } from "../doubles/memory-files.ts";
import { earshotOracle, network } from "../doubles/oracle.ts";
import { StepClock } from "../doubles/step-clock.ts";
import { foreignBeacon, packetOf, Rig, START_MS } from "./support.ts";

const keys = mkdtempSync(join(tmpdir(), "earshot-many-"));
afterEach(() => rmSync(keys, { recursive: true, force: true }));

describe("an agent with fifty gateways", () => {
  test("has each beacon once an interval and hear nine neighbours, in fifty chains that never fork", async () => {
    const clock = new StepClock(START_MS);
    const oracle = earshotOracle("a", () => clock.nowMs());
    const euis = Array.from({ length: 50 }, (_, i) => (0xaa55_0000 + i).toString(16).padStart(16, "0"));
    let secrets = 0;
    const proof: ProofOfCoverage = new ProofOfCoverage({
      oracle: {
        urls: [oracle.url],
        signers: [oracle.keyText],
        network: 3,
        beacons: true,
        receipts: true,
        spoolBytes: 1_000_000,
      },
      radio: { region: "EU868", antennaGainDdbi: 0, hasListenBeforeTalk: false },
      keyring: openKeyring(keys, () => new Uint8Array(32).fill(++secrets)),
      folder: "proof",
      transmit: async ({ downlinkId, gatewayEui, origin, items }) => {
        const { phyPayload, frequencyHz } = items[0]!;
        const group = Math.floor(euis.indexOf(gatewayEui) / 10);
        clock.after(371, () => {
          for (const eui of euis.slice(10 * group, 10 * group + 10)) {
            if (eui !== gatewayEui) proof.hear(packetOf(phyPayload, clock.nowMs(), { gatewayEui: eui, frequencyHz }));
          }
        });
        const accepted = { itemIndex: 0, usedPowerDbm: null, tmst: null, sentMs: clock.nowMs() };
        return { downlinkId, gatewayEui, origin, statuses: ["OK"], accepted };
      },
      clock,
      log: silentLog,
      telemetry: new Telemetry(),
      send: network(oracle),
      openFiles: () => new MemoryFiles(),
      random: () => 0.5,
    });
    const stop = new AbortController();
    const running = proof.run(stop.signal);
    for (const eui of euis) proof.gatewaySeen(eui);
    await clock.advance(21_600_000 + 5000);
    const { beacons, witnesses } = oracle.reports();
    expect(beacons).toHaveLength(50);
    expect(witnesses).toHaveLength(450);
    const sent = new Set(beacons.map(({ challengeId, signature }) => beaconPayload(challengeId, signature).toHex()));
    expect(sent.size).toBe(50);
    expect(witnesses.every(({ payload }) => sent.has(payload.toHex()))).toBe(true);
    expect(oracle.forks).toHaveLength(0);
    expect(new Set(oracle.log.map(({ device }) => device)).size).toBe(50);
    expect(proof.status()).toMatchObject({ beacons: 50, witnesses: 450, pendingReports: 0, isRegistered: true });
    stop.abort();
    await running;
  }, 120_000);
});

describe("an actor that fails", () => {
  test("is run again and takes nothing else with it", async () => {
    const clock = new StepClock(START_MS);
    const oracle = earshotOracle("a", () => clock.nowMs());
    const rig = new Rig(clock, [oracle]);
    let isBroken = true;
    const transmit = rig.transmit.bind(rig);
    rig.transmit = (command) => {
      if (isBroken) throw new Error("a bug");
      return transmit(command);
    };
    await rig.start();
    await clock.advance(21_600_000);
    rig.hear(foreignBeacon("one"));
    await clock.advance(2000);
    expect(oracle.reports().witnesses).toHaveLength(1);
    isBroken = false;
    await clock.advance(21_600_000);
    expect(oracle.reports().beacons).toHaveLength(1);
    await rig.close();
  });
});

describe("the status", () => {
  test("says what a person asks: reachable, registered, next beacon, last upload", async () => {
    const clock = new StepClock(START_MS);
    const oracle = earshotOracle("a", () => clock.nowMs());
    const silent = earshotOracle("b", () => clock.nowMs());
    silent.isDown = true;
    const rig = new Rig(clock, [oracle, silent]);
    await rig.start();
    await clock.advance(6000);
    expect(rig.proof.status()).toMatchObject({
      oracles: [
        { url: oracle.url, isReachable: true, problem: null },
        { url: silent.url, isReachable: false, problem: "no answer in 5000 ms" },
      ],
      isRegistered: null,
      unregistered: [],
      unchallenged: [],
      parametersProblem: null,
      region: "EU868",
      lastBeaconMs: null,
      lastUploadMs: null,
    });
    await clock.until(() => rig.proof.status().nextBeaconMs !== null, 21_600_000, 1000);
    const { nextBeaconMs } = rig.proof.status();
    await clock.advance(60_000);
    const after = rig.proof.status();
    expect(Math.abs(after.lastBeaconMs! - nextBeaconMs!)).toBeLessThan(1000);
    expect(after).toMatchObject({ beacons: 1, nextBeaconMs: null, isRegistered: true, pendingReports: 0 });
    await rig.close();
  });
});
