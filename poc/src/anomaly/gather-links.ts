/** The close look: every reception that has a suspect at one end, as links with loss and excess from ESP. */
import { surfaceDistanceM } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { lossDdb } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import { type Direction, type Link, levelDdbm } from "./link.ts";
import { ENTRY, ENTRY_STRIDE, idsOfPair, LinkTable } from "./link-table.ts";

const VALID: number = REASON.valid;
const BAD_RSSI: number = REASON.bad_rssi;

/** A link of a suspect with one other hotspot. */
export interface SuspectLink extends Link {
  readonly counterpart: number;
  /** Row of the first challenge whose reports the link stands on. */
  readonly challenge: number;
}

/** Links of every suspect, by ascending counterpart. */
export function gatherLinks(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  isSuspect: Uint8Array,
): ReadonlyMap<number, readonly SuspectLink[]> {
  const table = new LinkTable();
  for (const verdicts of partitions) gatherPartition(context, verdicts, isSuspect, table);
  const links = new Map<number, SuspectLink[]>();
  for (let entry = 0; entry < table.size; entry++) {
    const [lower, higher] = idsOfPair(table.pairs[entry]);
    const at = entry * ENTRY_STRIDE;
    const direction = (from: number): Direction => ({
      receptions: table.sums[at + from],
      lossSumDdb: table.sums[at + from + 1],
      excessSumDdb: table.sums[at + from + 2],
    });
    const up = direction(ENTRY.up);
    const down = direction(ENTRY.down);
    const distanceM = Math.floor(surfaceDistanceM(lineChordSquared(context, lower, higher)));
    const challenge = table.sums[at + ENTRY.challenge];
    if (isSuspect[lower] === 1)
      push(links, lower, { counterpart: higher, distanceM, sent: up, heard: down, challenge });
    if (isSuspect[higher] === 1)
      push(links, higher, { counterpart: lower, distanceM, sent: down, heard: up, challenge });
  }
  for (const own of links.values()) own.sort((a, b) => a.counterpart - b.counterpart);
  return links;
}

function push(links: Map<number, SuspectLink[]>, suspect: number, link: SuspectLink): void {
  const own = links.get(suspect);
  if (own === undefined) links.set(suspect, [link]);
  else own.push(link);
}

/** Squared chord between the places of two hotspots, (1/256 m)². */
export function lineChordSquared({ hotspots: { lines } }: EpochContext, a: number, b: number): number {
  const dx = lines[a * LINE_STRIDE + LINE.x] - lines[b * LINE_STRIDE + LINE.x];
  const dy = lines[a * LINE_STRIDE + LINE.y] - lines[b * LINE_STRIDE + LINE.y];
  const dz = lines[a * LINE_STRIDE + LINE.z] - lines[b * LINE_STRIDE + LINE.z];
  return dx * dx + dy * dy + dz * dz;
}

function gatherPartition(
  context: EpochContext,
  verdicts: PartitionVerdicts,
  isSuspect: Uint8Array,
  table: LinkTable,
): void {
  const { beaconOfGroup, beaconReason, reason, rows, starts } = verdicts;
  const { beacons, hotspots, rules } = context;
  for (let group = 0; group < beaconOfGroup.length - 1; group++) {
    if (beaconReason[group] !== VALID) continue;
    const beacon = beaconOfGroup[group];
    const beaconer = beacons.hotspot[beacon];
    const isBeaconer = isSuspect[beaconer] === 1;
    const eirpDdbm = beacons.lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    const challenge = beacons.beacons.challenge[beacon];
    for (let row = starts[group]; row < starts[group + 1]; row++) {
      const at = row * ROW_STRIDE;
      const witness = rows[at] & 0xffffff;
      if (!isBeaconer && isSuspect[witness] !== 1) continue;
      if (reason[row] !== VALID && reason[row] !== BAD_RSSI) continue;
      const level = levelDdbm(rows[at + 2] >> 16, (rows[at + 2] << 16) >> 16);
      const distanceM = surfaceDistanceM(lineChordSquared(context, beaconer, witness));
      const lost = eirpDdbm + hotspots.lines[witness * LINE_STRIDE + LINE.gain] - level;
      const product = distanceM * rows[at + 1];
      table.add(beaconer, witness, lost, lost - lossDdb(rules.loss, product * product), challenge);
    }
  }
}
