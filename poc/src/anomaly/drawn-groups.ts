/**
 * Which beacons the detectors look at: of a hotspot's valid ones at most `evidenceBeacons`, drawn when nobody can act on it any more.
 *
 * A beacon's rank is HalfSipHash-2-4 of the first eight bytes of its challenge id; the key is the first eight bytes of SHA-256("evidence" ||
 * E), with E the sampling entropy of the epoch's last challenge. That is the hash of a block that begins after the last window closed, so
 * whoever reports does not know which of his reports will be evidence, and whoever has the epoch's folder draws the same ones. The lowest
 * ranks are drawn; of equal ones the earlier beacon in log order.
 *
 * Drawn groups stand by hotspot, and hotspots by cell: whoever walks along them meets one town after the other, whose lines fit the
 * processor's first cache.
 */
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { EpochInput } from "../epoch/epoch-input.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { readU32 } from "../protocol/byte-codec.ts";
import { halfSipHash8First } from "../protocol/half-sip-hash.ts";
import { sha256 } from "../protocol/hash.ts";
import { REASON } from "../verify/reason.ts";

const VALID: number = REASON.valid;
const DOMAIN = new TextEncoder().encode("evidence");
const HASH_BYTES = 32;
/** No rank exceeds it. */
const NO_RANK = 0xffff_ffff;

export interface DrawnGroups {
  /** Groups of hotspot h stand at `first[h]` to before `first[h + 1]` of the columns below, in no order that counts. */
  readonly first: Uint32Array;
  readonly partition: Uint32Array;
  /** Group of the partition; its rows are those of one valid beacon. */
  readonly group: Uint32Array;
  /** Row of that beacon. */
  readonly beacon: Uint32Array;
}

/**
 * Draws at most `atMost` groups of valid beacons a hotspot; the same beacons whatever the partitions.
 *
 * One walk in log order, in which challenge ids stand side by side. What is drawn so far stands where it will stay, so that a hotspot's
 * twenty beacons come to one line of memory and not to twenty.
 */
export function drawGroups(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  atMost: number,
): DrawnGroups {
  const { hotspot: beaconers, beacons } = context.beacons;
  const valid = validByHotspot(context, partitions);
  const first = drawnStarts(valid, atMost);
  const total = first[first.length - 1];
  const held = new Uint32Array(valid.length);
  // Highest rank of those drawn, once they are as many as wanted: most beacons of a busy hotspot end at this one look.
  const highest = new Uint32Array(valid.length).fill(NO_RANK);
  const partition = new Uint32Array(total);
  const group = new Uint32Array(total);
  const beacon = new Uint32Array(total);
  const rank = new Uint32Array(total);
  const [key0, key1] = evidenceKey(context.input);
  const { challenge_id: ids } = context.input.challenges;
  for (let number = 0; number < partitions.length; number++) {
    const { beaconOfGroup, beaconReason } = partitions[number];
    for (let own = 0; own < beaconOfGroup.length - 1; own++) {
      if (beaconReason[own] !== VALID) continue;
      const row = beaconOfGroup[own];
      const hotspot = beaconers[row];
      const isCrowded = valid[hotspot] > atMost;
      let ranked = 0;
      if (isCrowded) {
        const id = beacons.challenge[row] * HASH_BYTES;
        ranked = halfSipHash8First(key0, key1, readU32(ids, id), readU32(ids, id + 4));
        if (ranked > highest[hotspot]) continue;
      }
      const from = first[hotspot];
      let place = from + held[hotspot];
      if (held[hotspot] < atMost) held[hotspot]++;
      else {
        place = lastOf(rank, beacon, from, place);
        if (ranked === rank[place] && row > beacon[place]) continue;
      }
      partition[place] = number;
      group[place] = own;
      beacon[place] = row;
      rank[place] = ranked;
      if (isCrowded && held[hotspot] === atMost) highest[hotspot] = rank[lastOf(rank, beacon, from, from + atMost)];
    }
  }
  return { first, partition, group, beacon };
}

/** Valid beacons of each hotspot that have a group. */
function validByHotspot({ beacons, hotspots }: EpochContext, partitions: readonly PartitionVerdicts[]): Uint32Array {
  const valid = new Uint32Array(hotspots.count + 1);
  for (const { beaconOfGroup, beaconReason } of partitions)
    for (let group = 0; group < beaconOfGroup.length - 1; group++)
      if (beaconReason[group] === VALID) valid[beacons.hotspot[beaconOfGroup[group]]]++;
  return valid;
}

function drawnStarts(valid: Uint32Array, atMost: number): Uint32Array {
  const first = new Uint32Array(valid.length);
  for (let hotspot = 0; hotspot < valid.length - 1; hotspot++)
    first[hotspot + 1] = first[hotspot] + Math.min(valid[hotspot], atMost);
  return first;
}

/** Place of the highest rank, of equal ones the latest beacon's. */
function lastOf(rank: Uint32Array, beacon: Uint32Array, from: number, to: number): number {
  let last = from;
  for (let place = from + 1; place < to; place++)
    if (rank[place] > rank[last] || (rank[place] === rank[last] && beacon[place] > beacon[last])) last = place;
  return last;
}

/** Key of the epoch's draw, two little-endian words; of an epoch without challenges nothing is drawn. */
function evidenceKey({ challenges }: EpochInput): readonly [number, number] {
  const last = Math.max(0, challenges.minute.length - 1) * HASH_BYTES;
  const digest = sha256(DOMAIN, challenges.sampling_entropy.subarray(last, last + HASH_BYTES));
  return [readU32(digest, 0), readU32(digest, 4)];
}
