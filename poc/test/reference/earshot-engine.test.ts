/** The columnar engine under preset `earshot` against the row-by-row verifier. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EpochOutput, earshot, reasonByNumber, scoreEpoch } from "../../src/index.ts";
import { runs } from "../helium/soak.ts";
import { type EarshotVerdict, verifyEarshotEpoch } from "./earshot-verifier.ts";
import { earshotEpochs, toEpochInput } from "./earshot-world.ts";

const SIDES = { 0: "none", 2: "beaconer", 3: "witness" } as const;

function plainVerdicts({ verdicts: v }: EpochOutput): EarshotVerdict[] {
  return Array.from(v.log_index, (_, row) => ({
    kind: v.kind[row] === 1 ? "beacon" : "witness",
    reason: reasonByNumber(v.reason[row])?.name ?? "?",
    side: SIDES[v.side[row] as 0 | 2 | 3],
    measured: v.measured[row],
    limit: v.limit[row],
    selected: v.selected[row] === 1,
    unitsE4: v.units_e4[row],
  }));
}

describe("properties", () => {
  test("gives every report the verdict, the figures, the selection and the units of the row-by-row verifier", () => {
    fc.assert(
      fc.property(earshotEpochs, (world) => {
        expect(plainVerdicts(scoreEpoch(toEpochInput(world)))).toEqual(verifyEarshotEpoch(world).verdicts);
      }),
      { numRuns: runs(300) },
    );
  });

  test("gives every hotspot the shares of the row-by-row verifier", () => {
    fc.assert(
      fc.property(earshotEpochs, (world) => {
        const { shares } = scoreEpoch(toEpochInput(world));
        const own = Array.from(shares.hotspot, (_, row) => ({
          beacon: shares.beacon_shares[row],
          witness: shares.witness_shares[row],
        }));
        expect(own).toEqual(verifyEarshotEpoch(world).shares);
      }),
      { numRuns: runs(150) },
    );
  });
});

describe("the generator", () => {
  test("reaches every verdict of the preset, and proofs with more valid witnesses than are paid", () => {
    const epochs = fc.sample(earshotEpochs, { numRuns: 400, seed: 1 });
    const verdicts = epochs.flatMap((world) => [...verifyEarshotEpoch(world).verdicts]);
    const reached = (kind: string) => new Set(verdicts.filter((v) => v.kind === kind).map(({ reason }) => reason));
    const beaconReasons = [...earshot.beaconChecks, "valid", "gateway_no_valid_witnesses"];
    const witnessReasons = [...earshot.witnessChecks, "valid", "stale", "gateway_no_valid_beacons"];
    expect([...reached("beacon")]).toEqual(expect.arrayContaining(beaconReasons));
    expect([...reached("witness")]).toEqual(expect.arrayContaining(witnessReasons));
    const unpaid = verdicts.filter((v) => v.kind === "witness" && v.reason === "valid" && !v.selected);
    expect(unpaid).not.toEqual([]);
  });
});
