/**
 * The bench's epoch with links that hold both ways, as those of radio do.
 *
 * The core bench draws the audience of each beacon by itself, so that of its pairs many are heard one way only, which no kernel minds and
 * a detector takes for a fault. Here a valid reception of such a pair is given to a hotspot with which the beaconer has a link both ways,
 * at the level that this pair has all day; where every such one has heard the beacon already, it is left out.
 */
import { surfaceDistanceM } from "@earshot/geo";
import { lineChordSquared } from "../../src/anomaly/link-columns.ts";
import { permuteColumns } from "../../src/epoch/columns.ts";
import { prepareEpoch } from "../../src/epoch/epoch-context.ts";
import type { EpochInput } from "../../src/epoch/epoch-input.ts";
import { witnessesTable } from "../../src/epoch/tables.ts";
import { verifyPartition } from "../../src/epoch/verify-partition.ts";
import { linkLossDdb } from "../../src/radio/path-loss.ts";
import { LINE, LINE_STRIDE } from "../../src/verify/hotspot-lines.ts";
import { BEACON_LINE, BEACON_STRIDE, hotspotOfRow } from "../../src/verify/witness-job.ts";

/** Excess loss that a pair has all day, how far one reception strays from it, and the noise that ties SNR to level, 0.1 dB. */
const EXCESS_DDB = { least: 240, spread: 154, fading: 20 } as const;
const NOISE_DDBM = -1170;
const SNR_DDB = { least: -170, most: 120 } as const;
const TWO_24 = 0x100_0000;

/** The same input with other senders and levels of some of its valid receptions. */
export function withMutualLinks(input: EpochInput): EpochInput {
  const context = prepareEpoch(input);
  const { beaconOfGroup, groupOf, logIndex, reason, rows, starts } = verifyPartition(context);
  const { beacons, hotspots, rules } = context;
  const directed = new Set<number>();
  forEachValid((beaconer, witness) => directed.add(beaconer * TWO_24 + witness));
  const mutual = new Map<number, number[]>();
  for (const code of directed) {
    const beaconer = Math.floor(code / TWO_24);
    const witness = code % TWO_24;
    if (!directed.has(witness * TWO_24 + beaconer)) continue;
    const of = mutual.get(beaconer);
    if (of === undefined) mutual.set(beaconer, [witness]);
    else of.push(witness);
  }
  const place = placesByLogIndex(input.witnesses.log_index, logIndex, groupOf, starts);
  const witnesses = { ...input.witnesses };
  for (const name of ["hotspot", "rssi_ddbm", "snr_ddb"] as const)
    Object.assign(witnesses, { [name]: input.witnesses[name].slice() });
  const isTaken = new Uint32Array(hotspots.count + 1);
  const isOut = new Uint8Array(logIndex.length);
  const turn = new Uint32Array(hotspots.count + 1);
  forEachValid((beaconer, witness, row, group) => {
    if (isTaken[beaconer] !== group + 1) {
      isTaken[beaconer] = group + 1;
      for (let other = starts[group]; other < starts[group + 1]; other++)
        isTaken[hotspotOfRow(rows, other)] = group + 1;
    }
    if (directed.has(witness * TWO_24 + beaconer)) return;
    const of = mutual.get(beaconer) ?? [];
    const first = turn[beaconer]++;
    const free = of.findIndex((_, n) => isTaken[of[(first + n) % of.length]] !== group + 1);
    if (free === -1) {
      isOut[place[row]] = 1;
      return;
    }
    const instead = of[(first + free) % of.length];
    isTaken[instead] = group + 1;
    const at = place[row];
    const beacon = beaconOfGroup[group];
    const eirp = beacons.lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    const distanceM = surfaceDistanceM(lineChordSquared(hotspots.lines, beaconer, instead));
    const excess =
      EXCESS_DDB.least +
      EXCESS_DDB.spread * luckOf(beaconer, instead) +
      ((row * 7) % (2 * EXCESS_DDB.fading)) -
      EXCESS_DDB.fading;
    const gain = hotspots.lines[instead * LINE_STRIDE + LINE.gain];
    const rssi = Math.round(
      eirp + gain - linkLossDdb(rules.loss, distanceM, beacons.beacons.frequency_hz[beacon]) - excess,
    );
    witnesses.hotspot[at] = instead;
    witnesses.rssi_ddbm[at] = rssi;
    witnesses.snr_ddb[at] = Math.max(SNR_DDB.least, Math.min(SNR_DDB.most, rssi - NOISE_DDBM));
  });
  const kept = Uint32Array.from(isOut.keys()).filter((row) => isOut[row] === 0);
  return { ...input, witnesses: permuteColumns(witnessesTable, witnesses, kept) };

  function forEachValid(visit: (beaconer: number, witness: number, row: number, group: number) => void): void {
    for (let group = 0; group < beaconOfGroup.length - 1; group++) {
      const beaconer = beacons.hotspot[beaconOfGroup[group]];
      for (let row = starts[group]; row < starts[group + 1]; row++)
        if (reason[row] === 0) visit(beaconer, hotspotOfRow(rows, row), row, group);
    }
  }
}

/** Row of the witnesses table by row in group order. */
function placesByLogIndex(
  own: Uint32Array,
  ordered: Uint32Array,
  groupOf: Uint32Array,
  starts: Uint32Array,
): Uint32Array {
  const rowOf = new Uint32Array(own.reduce((most, index) => Math.max(most, index), 0) + 1);
  for (let row = 0; row < own.length; row++) rowOf[own[row]] = row;
  const next = starts.slice();
  const place = new Uint32Array(ordered.length);
  groupOf.forEach((group, at) => {
    place[next[group]++] = rowOf[ordered[at]];
  });
  return place;
}

/** 0 to 1, the same both ways. */
function luckOf(a: number, b: number): number {
  const mixed = Math.imul(Math.min(a, b) * 31 + Math.max(a, b), 0x9e37_79b1);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296;
}
