/**
 * What the peers get ready-made, outside their timed part: groups, positions, beacon verdicts, ids in arrival order.
 *
 * Groups stand in the engine's order, that of the beacons' log: group g is beacon row peer.group_beacon[g], its rows are
 * peer.group_row[start[g]] to peer.group_row[start[g + 1] - 1] in log order; rows of payloads nobody beaconed follow after the
 * last group. Hotspot ids are in cell order; peer.arrival_id maps each to its id in a table
 * ordered by registration, which is no order in space.
 */
import { cellBaseCell, gridDistance11, isPentagonBaseCell, localIj } from "@earshot/geo";
import { NO_ROW } from "../src/epoch/tables.ts";
import { REASON } from "../src/verify/reason.ts";
import type { DumpColumn } from "./dump.ts";
import { createRandom } from "./random.ts";
import { DEFAULT_SEED, type SyntheticEpoch } from "./synthetic-epoch.ts";

/** Grid distances are stored only where a C peer without H3 may need one: the rest hold this. */
const GRID_NOT_STORED = -2;
/** Nearer than this a pair may be below the minimum of eight cells; also stored: pairs not in one hexagonal base cell. */
const GRID_STORED_BELOW_M = 1_300;

/** The `peer.*` columns of an epoch. */
export function peerColumns(epoch: SyntheticEpoch): Map<string, DumpColumn> {
  const { hotspots, beacons, challenges, witnesses, beaconOfWitness } = epoch;
  const columns = new Map<string, DumpColumn>();
  columns.set("peer.interval_ms", Uint32Array.of(epoch.intervalMs));
  const count = hotspots.x.length;
  columns.set("peer.x", hotspots.x);
  columns.set("peer.y", hotspots.y);
  columns.set("peer.z", hotspots.z);
  const words = new Uint32Array(hotspots.columns.cell.buffer, hotspots.columns.cell.byteOffset, 2 * count);
  const gridI = new Int32Array(count);
  const gridJ = new Int32Array(count);
  for (let id = 0; id < count; id++) {
    const local = words[2 * id + 1] === 0 ? undefined : localIj(words[2 * id + 1], words[2 * id]);
    gridI[id] = local?.i ?? 0;
    gridJ[id] = local?.j ?? 0;
  }
  columns.set("peer.grid_i", gridI);
  columns.set("peer.grid_j", gridJ);
  columns.set("peer.arrival_id", shuffledIds(count));

  const beaconCount = beacons.hotspot.length;
  const transmit = new Uint32Array(beaconCount);
  const reason = new Uint8Array(beaconCount);
  const measured = new Int32Array(beaconCount);
  for (let row = 0; row < beaconCount; row++) {
    transmit[row] = challenges.transmit_offset_ms[beacons.challenge[row]];
    // The only fault the generator gives a beacon; its verdict stands for all its rows.
    reason[row] = beacons.proof_status[row] === 0 ? REASON.valid : REASON.invalid_packet;
    measured[row] = beacons.proof_status[row];
  }
  columns.set("peer.transmit_offset_ms", transmit);
  columns.set("peer.beacon_reason", reason);
  columns.set("peer.beacon_measured", measured);

  const groupBeacon = Uint32Array.from({ length: beaconCount }, (_, beacon) => beacon);
  const { start, row } = groupRows(beaconOfWitness, groupBeacon);
  columns.set("peer.group_beacon", groupBeacon);
  columns.set("peer.group_start", start);
  columns.set("peer.group_row", row);
  const grid = new Int8Array(beaconOfWitness.length).fill(GRID_NOT_STORED);
  for (let at = 0; at < grid.length; at++) {
    const witness = witnesses.hotspot[at];
    if (beaconOfWitness[at] === NO_ROW || witness === NO_ROW) continue;
    const beaconer = beacons.hotspot[beaconOfWitness[at]];
    const a = [words[2 * beaconer + 1], words[2 * beaconer]];
    const b = [words[2 * witness + 1], words[2 * witness]];
    if (b[0] === 0) continue;
    const dx = hotspots.x[beaconer] - hotspots.x[witness];
    const dy = hotspots.y[beaconer] - hotspots.y[witness];
    const dz = hotspots.z[beaconer] - hotspots.z[witness];
    const isNear = dx * dx + dy * dy + dz * dz < (GRID_STORED_BELOW_M * 256) ** 2;
    const isPlain = cellBaseCell(a[0]) === cellBaseCell(b[0]) && !isPentagonBaseCell(cellBaseCell(a[0]));
    if (isNear || !isPlain) grid[at] = Math.min(127, gridDistance11(a[0], a[1], b[0], b[1]));
  }
  columns.set("peer.grid_steps", grid);
  return columns;
}

/** Rows by group, in log order inside each; rows without a beacon after all groups. */
function groupRows(beaconOfWitness: Uint32Array, groupBeacon: Uint32Array): { start: Uint32Array; row: Uint32Array } {
  const groups = groupBeacon.length;
  const groupOf = new Uint32Array(groups);
  for (let group = 0; group < groups; group++) groupOf[groupBeacon[group]] = group;
  const start = new Uint32Array(groups + 1);
  for (const beacon of beaconOfWitness) if (beacon !== NO_ROW) start[groupOf[beacon] + 1]++;
  for (let group = 0; group < groups; group++) start[group + 1] += start[group];
  const next = start.slice();
  const row = new Uint32Array(beaconOfWitness.length);
  let stale = start[groups];
  for (let at = 0; at < row.length; at++) {
    const beacon = beaconOfWitness[at];
    row[beacon === NO_ROW ? stale++ : next[groupOf[beacon]]++] = at;
  }
  return { start, row };
}

/** A random permutation: place of each hotspot in order of registration. */
function shuffledIds(count: number): Uint32Array {
  const random = createRandom(DEFAULT_SEED, 6);
  const ids = Uint32Array.from({ length: count }, (_, id) => id);
  for (let left = count - 1; left > 0; left--) {
    const other = random.below(left + 1);
    [ids[left], ids[other]] = [ids[other], ids[left]];
  }
  return ids;
}
