/** The columnar engine under preset `helium` against the row-by-row verifier, through the importer. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importHeliumEpoch } from "../../src/helium/importer.ts";
import type { HeliumEpoch } from "../../src/helium/reports.ts";
import {
  allocateColumns,
  type EpochOutput,
  helium,
  ledgerInTable,
  packetsTable,
  reasonByNumber,
  scoreEpoch,
  servedInTable,
} from "../../src/index.ts";
import { verifyHeliumEpoch } from "../reference/helium-verifier.ts";
import { DAY_MS, heliumEpochs } from "../reference/helium-world.ts";
import { runs } from "./soak.ts";

const SIDES = { 0: "none", 2: "beaconer", 3: "witness" } as const;

interface PlainVerdict {
  readonly kind: string;
  readonly reason: string;
  readonly side: string;
  readonly measured: number;
  readonly limit: number;
  readonly selected: boolean;
  readonly unitsE4: number;
}

/** Verdicts by log index, of the engine and of the importer. */
function judge(epoch: HeliumEpoch): { verdicts: PlainVerdict[]; output: EpochOutput; hotspotKeys: string[] } {
  const { setAside, ...tables } = importHeliumEpoch(epoch);
  const output = scoreEpoch({
    ...tables,
    parameters: helium,
    header: { epoch: epoch.startMs / DAY_MS, previousManifestHash: "0".repeat(64), tokenPriceUsdE8: 100_000_000 },
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    packets: allocateColumns(packetsTable, 0),
  });
  const verdicts: PlainVerdict[] = [];
  const { verdicts: v } = output;
  for (let row = 0; row < v.log_index.length; row++) {
    verdicts[v.log_index[row]] = {
      kind: v.kind[row] === 1 ? "beacon" : "witness",
      reason: reasonByNumber(v.reason[row])?.name ?? "?",
      side: SIDES[v.side[row] as 0 | 2 | 3],
      measured: v.measured[row],
      limit: v.limit[row],
      selected: v.selected[row] === 1,
      unitsE4: v.units_e4[row],
    };
  }
  for (const { logIndex, kind, reason, side, measured, limit } of setAside) {
    const name = reasonByNumber(reason)?.name ?? "?";
    verdicts[logIndex] = {
      kind,
      reason: name,
      side: SIDES[side as 0 | 2 | 3],
      measured,
      limit,
      selected: false,
      unitsE4: 0,
    };
  }
  const hotspotKeys = Array.from({ length: tables.hotspots.region.length }, (_, row) =>
    Buffer.from(tables.hotspots.key.subarray(33 * row, 33 * row + 33)).toString("hex"),
  );
  return { verdicts, output, hotspotKeys };
}

/** What the reference cannot know (row ids of a self-witness) or the columns cannot hold (a signal beyond int16) set to one value. */
function comparable(verdicts: readonly PlainVerdict[]): PlainVerdict[] {
  return verdicts.map((verdict) => {
    if (verdict.reason === "self_witness") return { ...verdict, measured: 0, limit: 0 };
    return verdict.reason === "bad_rssi" ? { ...verdict, measured: Math.min(verdict.measured, 0x7fff) } : verdict;
  });
}

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
