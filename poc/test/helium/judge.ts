/** Runs an epoch through importer and engine under preset `helium`, and puts the verdicts into the reference's words. */
import { importHeliumEpoch } from "../../src/helium/importer.ts";
import type { HeliumEpoch } from "../../src/helium/reports.ts";
import type { SetAside } from "../../src/helium/set-aside.ts";
import {
  allocateColumns,
  type EpochInput,
  type EpochOutput,
  helium,
  ledgerInTable,
  packetsTable,
  reasonByNumber,
  scoreEpoch,
  servedInTable,
} from "../../src/index.ts";
import type { Verdict } from "../reference/helium-verifier.ts";
import { DAY_MS } from "../reference/helium-world.ts";

const SIDES = { 0: "none", 2: "beaconer", 3: "witness" } as const;

/** What the engine is given of an epoch of Helium's reports. */
export function toHeliumInput(epoch: HeliumEpoch): {
  readonly input: EpochInput;
  readonly setAside: readonly SetAside[];
} {
  const { setAside, ...tables } = importHeliumEpoch(epoch);
  return {
    input: {
      ...tables,
      parameters: helium,
      header: { epoch: epoch.startMs / DAY_MS, previousManifestHash: "0".repeat(64), tokenPriceUsdE8: 100_000_000 },
      servedIn: allocateColumns(servedInTable, 0),
      ledgerIn: allocateColumns(ledgerInTable, 0),
      packets: allocateColumns(packetsTable, 0),
    },
    setAside,
  };
}

/** Verdicts by log index, of the engine and of the importer. */
export function judge(epoch: HeliumEpoch): { verdicts: Verdict[]; output: EpochOutput; hotspotKeys: string[] } {
  const { input, setAside } = toHeliumInput(epoch);
  const output = scoreEpoch(input);
  const verdicts: Verdict[] = [];
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
  const hotspotKeys = Array.from({ length: input.hotspots.region.length }, (_, row) =>
    Buffer.from(input.hotspots.key.subarray(33 * row, 33 * row + 33)).toString("hex"),
  );
  return { verdicts, output, hotspotKeys };
}

/** What the reference cannot know (row ids of a self-witness) or the columns cannot hold (a signal beyond int16) set to one value. */
export function comparable(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.map((verdict) => {
    if (verdict.reason === "self_witness") return { ...verdict, measured: 0, limit: 0 };
    return verdict.reason === "bad_rssi" ? { ...verdict, measured: Math.min(verdict.measured, 0x7fff) } : verdict;
  });
}
