/** The engine's input from a dump of the bench: preset, hotspot ids in cell order or in order of registration. */
import { allocateColumns, permuteColumns } from "../src/epoch/columns.ts";
import type { EpochInput } from "../src/epoch/epoch-input.ts";
import {
  beaconsTable,
  challengesTable,
  entropyTable,
  hotspotsTable,
  ledgerInTable,
  NO_ROW,
  packetsTable,
  servedInTable,
  stateInTable,
  witnessesTable,
} from "../src/epoch/tables.ts";
import type { NetworkParameters } from "../src/parameters/network-parameters.ts";
import { earshot } from "../src/parameters/presets/earshot.ts";
import { helium } from "../src/parameters/presets/helium.ts";
import type { Dump } from "./dump.ts";
import { SYNTHETIC_EPOCH } from "./synthetic-epoch.ts";

export const PRESETS = { earshot, helium } as const;
export type PresetName = keyof typeof PRESETS;
export type IdOrder = "cell" | "arrival";

/** $0.27, in 1e-8 USD. */
const TOKEN_PRICE_USD_E8 = 27_000_000;

/** Reads the epoch; its interval is the dump's (synthetic-epoch.ts says why it is not always the preset's). */
export function readEpochInput(dump: Dump, preset: PresetName, ids: IdOrder): EpochInput {
  const intervalMs = dump.read("peer.interval_ms", Uint32Array)[0];
  const parameters: NetworkParameters = {
    ...PRESETS[preset],
    time: { ...PRESETS[preset].time, intervalMs },
  };
  const input: EpochInput = {
    parameters,
    header: {
      epoch: SYNTHETIC_EPOCH,
      previousManifestHash: "0".repeat(64),
      tokenPriceUsdE8: TOKEN_PRICE_USD_E8,
    },
    hotspots: dump.table(hotspotsTable),
    entropy: dump.table(entropyTable),
    challenges: dump.table(challengesTable),
    stateIn: dump.table(stateInTable),
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    beacons: dump.table(beaconsTable),
    witnesses: dump.table(witnessesTable),
    packets: allocateColumns(packetsTable, 0),
  };
  return ids === "cell" ? input : renumber(input, dump.read("peer.arrival_id", Uint32Array));
}

/** The same epoch with other hotspot ids; `newId[id]` is the id a hotspot gets. */
function renumber(input: EpochInput, newId: Uint32Array): EpochInput {
  const order = new Uint32Array(newId.length);
  for (let id = 0; id < newId.length; id++) order[newId[id]] = id;
  for (const column of [input.challenges.hotspot, input.beacons.hotspot, input.witnesses.hotspot]) {
    for (let row = 0; row < column.length; row++) if (column[row] !== NO_ROW) column[row] = newId[column[row]];
  }
  return { ...input, hotspots: permuteColumns(hotspotsTable, input.hotspots, order) };
}
