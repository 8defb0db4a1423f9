/**
 * Who was served where: billed data credits by hotspot, and the history by (epoch, resolution-8 cell, payer) that cell weights read.
 */

import { compareCells } from "@earshot/geo";
import { compareByteRows } from "../byte-rows.ts";
import type { HotspotOwners, ServedHistory } from "../score/cell-served.ts";
import { allocateColumns, type Columns } from "./columns.ts";
import { cellHalves, type EpochContext } from "./epoch-context.ts";
import { internRows } from "./key-index.ts";
import { servedOutTable } from "./tables.ts";

const WALLET_BYTES = 32;

export interface Demand {
  /** Billed data credits by hotspot row; suspended hotspots carry none. */
  readonly creditsByHotspot: Float64Array;
  readonly history: ServedHistory;
  readonly owners: HotspotOwners;
  /** Dense wallet id of each hotspot's owner. */
  readonly ownerOf: Uint32Array;
  /** What the next epoch reads: rows that will still be in its window. */
  readonly servedOut: Columns<typeof servedOutTable>;
}

/** `epochs`: how many epochs the weight looks back, this one included. */
export function readDemand(context: EpochContext, epochs: number): Demand {
  const { input, cells8, hotspots } = context;
  const { packets, servedIn, header } = input;
  const creditsByHotspot = new Float64Array(hotspots.count);
  const placed: number[] = [];
  for (let row = 0; row < packets.hotspot.length; row++) {
    const hotspot = packets.hotspot[row];
    const credits = packets.data_credits[row];
    if (credits === 0 || hotspot >= hotspots.count || input.hotspots.suspended[hotspot] !== 0) continue;
    creditsByHotspot[hotspot] += credits;
    if (cells8.of[hotspot] < cells8.hi.length) placed.push(row);
  }

  const old = servedIn.epoch.length;
  const wallets = new Uint8Array((hotspots.count + old + placed.length) * WALLET_BYTES);
  wallets.set(input.hotspots.owner);
  wallets.set(servedIn.payer, hotspots.count * WALLET_BYTES);
  placed.forEach((row, i) => {
    wallets.set(
      packets.payer.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES),
      (hotspots.count + old + i) * WALLET_BYTES,
    );
  });
  const { ids } = internRows(wallets, WALLET_BYTES);
  const ownerOf = ids.subarray(0, hotspots.count);
  const firstOf = new Map<number, number>();
  ids.forEach((id, row) => {
    if (!firstOf.has(id)) firstOf.set(id, row);
  });

  const rows = mergedRows(context, ids.subarray(hotspots.count), placed);
  return {
    creditsByHotspot,
    history: toHistory(rows),
    owners: owners(context, ownerOf),
    ownerOf,
    servedOut: toTable(rows, header.epoch, epochs, (id) => {
      const at = (firstOf.get(id) ?? 0) * WALLET_BYTES;
      return wallets.subarray(at, at + WALLET_BYTES);
    }),
  };
}

interface ServedRow {
  readonly epoch: number;
  readonly hi: number;
  readonly lo: number;
  readonly payer: number;
  credits: number;
}

/** Old rows as they are, and this epoch's packets summed by (cell, payer). */
function mergedRows(context: EpochContext, payers: Uint32Array, placed: readonly number[]): ServedRow[] {
  const { input, cells8 } = context;
  const { servedIn, packets, header } = input;
  const { hi, lo } = cellHalves(servedIn.cell);
  const rows: ServedRow[] = Array.from(servedIn.epoch, (epoch, row) => ({
    epoch,
    hi: hi[row],
    lo: lo[row],
    payer: payers[row],
    credits: Number(servedIn.data_credits[row]),
  }));
  const sums = new Map<number, ServedRow>();
  placed.forEach((row, i) => {
    const cell = cells8.of[packets.hotspot[row]];
    const payer = payers[servedIn.epoch.length + i];
    const key = cell * 2 ** 26 + payer;
    const sum = sums.get(key);
    if (sum === undefined)
      sums.set(key, {
        epoch: header.epoch,
        hi: cells8.hi[cell],
        lo: cells8.lo[cell],
        payer,
        credits: packets.data_credits[row],
      });
    else sum.credits += packets.data_credits[row];
  });
  return rows.concat([...sums.values()]);
}

function toHistory(rows: readonly ServedRow[]): ServedHistory {
  return {
    epoch: Uint32Array.from(rows, (row) => row.epoch),
    cellHi: Uint32Array.from(rows, (row) => row.hi),
    cellLo: Uint32Array.from(rows, (row) => row.lo),
    payer: Uint32Array.from(rows, (row) => row.payer),
    dataCredits: Float64Array.from(rows, (row) => row.credits),
  };
}

function owners(context: EpochContext, ownerOf: Uint32Array): HotspotOwners {
  const { cells8, hotspots } = context;
  const placed = Array.from({ length: hotspots.count }, (_, hotspot) => hotspot).filter(
    (hotspot) => cells8.of[hotspot] < cells8.hi.length,
  );
  return {
    cellHi: Uint32Array.from(placed, (hotspot) => cells8.hi[cells8.of[hotspot]]),
    cellLo: Uint32Array.from(placed, (hotspot) => cells8.lo[cells8.of[hotspot]]),
    owner: Uint32Array.from(placed, (hotspot) => ownerOf[hotspot]),
  };
}

function toTable(
  rows: readonly ServedRow[],
  epoch: number,
  epochs: number,
  walletOf: (id: number) => Uint8Array,
): Columns<typeof servedOutTable> {
  const kept = rows
    .filter((row) => epoch + 1 - row.epoch < epochs)
    .map((row) => ({ row, wallet: walletOf(row.payer) }));
  kept.sort(
    (a, b) =>
      a.row.epoch - b.row.epoch ||
      compareCells(a.row.hi, a.row.lo, b.row.hi, b.row.lo) ||
      compareByteRows(a.wallet, 0, b.wallet, 0, WALLET_BYTES),
  );
  const out = allocateColumns(servedOutTable, kept.length);
  kept.forEach(({ row, wallet }, place) => {
    out.epoch[place] = row.epoch;
    out.cell[place] = (BigInt(row.hi) << 32n) | BigInt(row.lo);
    out.payer.set(wallet, place * WALLET_BYTES);
    out.data_credits[place] = BigInt(row.credits);
  });
  return out;
}
