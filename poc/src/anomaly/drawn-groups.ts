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
const NO_RANK = 0x7fff_ffff;
const SIGN = 1 << 31;

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
  const valid = validByHotspot(context, partitions);
  const first = drawnStarts(valid, atMost);
  const total = first[first.length - 1];
  const draw: Draw = {
    first,
    partition: new Uint32Array(total),
    group: new Uint32Array(total),
    beacon: new Uint32Array(total),
    rank: new Int32Array(total),
    held: new Uint32Array(valid.length),
    highest: new Int32Array(valid.length).fill(NO_RANK),
  };
  const key = evidenceKey(context.input);
  partitions.forEach((verdicts, number) => {
    const ranks = ranksOf(context, verdicts, valid, atMost, key);
    drawFrom(context.beacons, verdicts, number, ranks, valid, atMost, draw);
  });
  return draw;
}

/** What is drawn so far. Ranks less 2^31, so that they are compared as int32. */
interface Draw extends DrawnGroups {
  readonly rank: Int32Array;
  /** By hotspot: how many are drawn, and once they are as many as wanted, the highest rank of these. */
  readonly held: Uint32Array;
  readonly highest: Int32Array;
}

/** One partition's groups; of a busy hotspot's most end at the look at the highest rank drawn. */
function drawFrom(
  { hotspot: beaconers }: EpochContext["beacons"],
  { beaconOfGroup, beaconReason }: PartitionVerdicts,
  number: number,
  ranks: Int32Array,
  valid: Uint32Array,
  atMost: number,
  { beacon, first, group, held, highest, partition, rank }: Draw,
): void {
  for (let own = 0; own < ranks.length; own++) {
    if (beaconReason[own] !== VALID) continue;
    const row = beaconOfGroup[own];
    const hotspot = beaconers[row];
    const ranked = ranks[own];
    if (ranked > highest[hotspot]) continue;
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
    if (valid[hotspot] > atMost && held[hotspot] === atMost)
      highest[hotspot] = rank[lastOf(rank, beacon, from, from + atMost)];
  }
}

/**
 * Ranks of one partition's groups whose hotspot has more than are wanted. Apart from the draw, because this loop has no branch that
 * waits for an id: the memory answers for many at once.
 */
function ranksOf(
  { beacons: { beacons, hotspot }, input }: EpochContext,
  { beaconOfGroup }: PartitionVerdicts,
  valid: Uint32Array,
  atMost: number,
  [key0, key1]: readonly [number, number],
): Int32Array {
  const ranks = new Int32Array(beaconOfGroup.length - 1);
  const { challenge } = beacons;
  const { challenge_id: ids } = input.challenges;
  for (let group = 0; group < ranks.length; group++) {
    const row = beaconOfGroup[group];
    if (valid[hotspot[row]] <= atMost) continue;
    const id = challenge[row] * HASH_BYTES;
    ranks[group] = halfSipHash8First(key0, key1, readU32(ids, id), readU32(ids, id + 4)) ^ SIGN;
  }
  return ranks;
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
function lastOf(rank: Int32Array, beacon: Uint32Array, from: number, to: number): number {
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
