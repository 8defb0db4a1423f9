/** Child process of the bench: makes the synthetic epoch of argv[3] rows and writes it as a dump to argv[2]. */
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
import { HOTSPOT_COUNT, syntheticEpoch } from "./synthetic-epoch.ts";

const [, , path, rows] = process.argv;
const epoch = syntheticEpoch(Number(rows), HOTSPOT_COUNT);
const dump = new Map<string, DumpColumn>();
addTable(dump, hotspotsTable, epoch.hotspotTable);
addTable(dump, entropyTable, epoch.entropy);
addTable(dump, challengesTable, epoch.challenges);
addTable(dump, stateInTable, epoch.stateIn);
addTable(dump, beaconsTable, epoch.beacons);
addTable(dump, witnessesTable, epoch.witnesses);
for (const [name, column] of peerColumns(epoch)) dump.set(name, column);
writeDump(path, dump);
process.stdout.write(`${JSON.stringify({ intervalMs: epoch.intervalMs, beacons: epoch.beacons.hotspot.length })}\n`);
