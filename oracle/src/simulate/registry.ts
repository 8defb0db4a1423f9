/** The registry of an epoch as hotspots.arrow, and which row each simulated hotspot has in it. */
import { cellToBigInt, publicCell } from "@earshot/geo";
import { allocateColumns, type Columns, hotspotsTable, NO_ROW, type splitsTable } from "@earshot/poc";
import { DEVICE_KEY_BYTES, sha256 } from "@earshot/poc/protocol";
import { splitsOf } from "../epoch-folder/split-rows.ts";
import { commitmentOf } from "./hide.ts";
import type { SimulatedHotspot, World } from "./world.ts";

export interface Registry {
  readonly columns: Columns<typeof hotspotsTable>;
  readonly splits: Columns<typeof splitsTable>;
  /** Row by index in the world; NO_ROW for those that the registry of the epoch does not hold. */
  readonly rowOf: Uint32Array;
  /** Index in the world by row. */
  readonly hotspotOf: Uint32Array;
}

function isRegistered(hotspot: SimulatedHotspot, epoch: number): boolean {
  return hotspot.fault !== "unregistered" && hotspot.firstEpoch <= epoch;
}

/** Column `cell`. */
function shownIndex({ assertedCell, isPrivate }: SimulatedHotspot): bigint {
  return assertedCell === undefined || isPrivate === true ? 0n : cellToBigInt(assertedCell.hi, assertedCell.lo);
}

/** The rows of an epoch, by (cell, key). */
export function registryOf(world: World, epoch: number): Registry {
  const { hotspots } = world;
  const rows = hotspots
    .map((hotspot, index) => ({ index, hotspot, cell: shownIndex(hotspot) }))
    .filter(({ hotspot }) => isRegistered(hotspot, epoch))
    .sort((a, b) => {
      if (a.cell !== b.cell) return a.cell < b.cell ? -1 : 1;
      return Buffer.compare(a.hotspot.signer.publicKey, b.hotspot.signer.publicKey);
    });
  const columns = allocateColumns(hotspotsTable, rows.length);
  const rowOf = new Uint32Array(hotspots.length).fill(NO_ROW);
  rows.forEach(({ index, hotspot, cell }, row) => {
    const { assertedCell, signer } = hotspot;
    rowOf[index] = row;
    columns.key.set(signer.publicKey, row * DEVICE_KEY_BYTES);
    columns.gateway_id.set(sha256(signer.publicKey).subarray(0, 8), row * 8);
    columns.owner.set(hotspot.owner, row * 32);
    if (hotspot.split === undefined) columns.beneficiary.set(hotspot.beneficiary, row * 32);
    if (assertedCell !== undefined) {
      const open = publicCell(assertedCell.hi, assertedCell.lo);
      columns.cell[row] = cell;
      columns.cell_public[row] = cellToBigInt(open.hi, open.lo);
      if (hotspot.isPrivate === true)
        columns.location_commitment.set(commitmentOf(world, hotspot, assertedCell), row * 32);
    }
    columns.gain_ddbi[row] = hotspot.site.gainDdbi;
    columns.elevation_m[row] = hotspot.elevationM;
    columns.region[row] = hotspot.assertedRegion;
    columns.capability[row] = hotspot.fault === "data_only" ? 0 : 1;
    columns.suspended[row] = hotspot.fault === "suspended" ? 1 : 0;
    columns.first_epoch[row] = hotspot.firstEpoch;
  });
  const splits = splitsOf(
    rows.flatMap(({ hotspot: { split = [] } }, hotspot) => split.map((share) => ({ hotspot, ...share }))),
  );
  return { columns, splits, rowOf, hotspotOf: Uint32Array.from(rows, ({ index }) => index) };
}
