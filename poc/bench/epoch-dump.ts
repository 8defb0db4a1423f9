/** Writes the synthetic epoch with everything the variants read, or the cells of the density bench, as a dump. */
import {
  beaconsTable,
  challengesTable,
  entropyTable,
  hotspotsTable,
  stateInTable,
  witnessesTable,
} from "../src/epoch/tables.ts";
import { addTable, type DumpColumn, writeDump } from "./dump.ts";
import { peerColumns } from "./peer-columns.ts";
import { DEFAULT_SEED, HOTSPOT_COUNT, syntheticEpoch } from "./synthetic-epoch.ts";
import { syntheticCells } from "./synthetic-places.ts";

/** All input tables of an epoch of `rows` witness rows, and the peers' columns. */
export function epochDump(path: string, rows: number, hotspots = HOTSPOT_COUNT): void {
  const epoch = syntheticEpoch(rows, hotspots);
  const dump = new Map<string, DumpColumn>();
  addTable(dump, hotspotsTable, epoch.hotspotTable);
  addTable(dump, entropyTable, epoch.entropy);
  addTable(dump, challengesTable, epoch.challenges);
  addTable(dump, stateInTable, epoch.stateIn);
  addTable(dump, beaconsTable, epoch.beacons);
  addTable(dump, witnessesTable, epoch.witnesses);
  for (const [name, column] of peerColumns(epoch)) dump.set(name, column);
  writeDump(path, dump);
}

/** Asserted cells of `hotspots` hotspots, unsorted. */
export function cellDump(path: string, hotspots: number): void {
  const { hi, lo } = syntheticCells(hotspots, DEFAULT_SEED);
  const cells = BigUint64Array.from(hi, (high, row) => (BigInt(high) << 32n) | BigInt(lo[row]));
  writeDump(path, new Map([["cells.cell", cells]]));
}
