/** Child process of the bench: generate.ts epoch PATH ROWS, or cells PATH HOTSPOTS (asserted cells only), as a dump. */
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

const [, , kind, path, size] = process.argv;
const dump = new Map<string, DumpColumn>();
if (kind === "cells") {
  const { hi, lo } = syntheticCells(Number(size), DEFAULT_SEED);
  dump.set(
    "cells.cell",
    BigUint64Array.from(hi, (high, row) => (BigInt(high) << 32n) | BigInt(lo[row])),
  );
} else {
  const epoch = syntheticEpoch(Number(size), HOTSPOT_COUNT);
  addTable(dump, hotspotsTable, epoch.hotspotTable);
  addTable(dump, entropyTable, epoch.entropy);
  addTable(dump, challengesTable, epoch.challenges);
  addTable(dump, stateInTable, epoch.stateIn);
  addTable(dump, beaconsTable, epoch.beacons);
  addTable(dump, witnessesTable, epoch.witnesses);
  for (const [name, column] of peerColumns(epoch)) dump.set(name, column);
}
writeDump(path, dump);
