/** The columnar engine under preset `helium` against the row-by-row verifier, through the importer. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { helium } from "../../src/parameters/presets/helium.ts";
import { verifyHeliumEpoch } from "../reference/helium-verifier.ts";
import { heliumEpochs } from "../reference/helium-world.ts";
import { comparable, judge } from "./judge.ts";
import { runs } from "./soak.ts";

describe("properties", () => {
  test("gives every report the verdict, the figures, the selection and the units of the row-by-row verifier", () => {
    fc.assert(
      fc.property(heliumEpochs, (epoch) => {
        const reference = verifyHeliumEpoch(epoch);
        const { verdicts } = judge(epoch);
        expect(comparable(verdicts)).toEqual(comparable(reference.verdicts));
      }),
      { numRuns: runs(300) },
    );
  });

  test("leaves the times and pays the shares of the row-by-row verifier", () => {
    fc.assert(
      fc.property(heliumEpochs, (epoch) => {
        const reference = verifyHeliumEpoch(epoch);
        const { output, hotspotKeys } = judge(epoch);
        const { stateOut, shares } = output;
        const times = new Map<string, (bigint | undefined)[]>();
        for (let row = 0; row < stateOut.last_beacon_ms.length; row++) {
          times.set(Buffer.from(stateOut.key.subarray(33 * row, 33 * row + 33)).toString("hex"), [
            stateOut.last_beacon_ms[row],
            stateOut.last_reciprocal_beacon_ms[row],
            stateOut.last_witness_ms[row],
          ]);
        }
        hotspotKeys.forEach((key, row) => {
          const state = reference.state.get(key);
          const expected = [state?.lastBeaconMs, state?.lastReciprocalBeaconMs, state?.lastWitnessMs];
          expect(times.get(key)).toEqual(expected.map((ms) => BigInt(ms ?? 0)));
          const own = reference.shares.get(key) ?? { beacon: 0n, witness: 0n };
          expect(shares.beacon_shares[row]).toBe(own.beacon * 10_000n);
          expect(shares.witness_shares[row]).toBe(own.witness * 10_000n);
        });
      }),
      { numRuns: runs(150) },
    );
  });
});

describe("the generator", () => {
  test("reaches every verdict of the preset, and proofs with more valid witnesses than are paid", () => {
    const epochs = fc.sample(heliumEpochs, { numRuns: 400, seed: 1 });
    const verdicts = epochs.flatMap((epoch) => [...verifyHeliumEpoch(epoch).verdicts]);
    const reached = (kind: string) => new Set(verdicts.filter((v) => v.kind === kind).map(({ reason }) => reason));
    const beaconReasons = [...helium.beaconChecks, "valid", "stale", "duplicate", "gateway_no_valid_witnesses"];
    const witnessReasons = [...helium.witnessChecks, "valid", "stale", "bad_encoding", "gateway_no_valid_beacons"];
    expect([...reached("beacon")]).toEqual(expect.arrayContaining(beaconReasons));
    expect([...reached("witness")]).toEqual(expect.arrayContaining(witnessReasons));
    const unpaid = verdicts.filter((v) => v.kind === "witness" && v.reason === "valid" && !v.selected);
    expect(unpaid).not.toEqual([]);
  });
});
