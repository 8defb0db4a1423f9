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
 * One walk in log order. What is drawn so far stands where it will stay, so that a hotspot's twenty beacons come to one line of memory and
 * not to twenty.
 */
export function drawGroups(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  atMost: number,
): DrawnGroups {
  const valid = validByHotspot(context, partitions);
  const ranks = ranksByChallenge(context, partitions, valid, atMost);
  const first = drawnStarts(valid, atMost);
  const total = first[first.length - 1];
  const draw: Draw = {
    first,
    drawn: new Int32Array(total * DRAWN_STRIDE),
    held: new Uint32Array(valid.length),
    highest: new Int32Array(valid.length).fill(NO_RANK),
  };
  partitions.forEach((verdicts, number) => {
    drawFrom(context.beacons, verdicts, number, ranks, valid, atMost, draw);
  });
  const groups = {
    first,
    partition: new Uint32Array(total),
    group: new Uint32Array(total),
    beacon: new Uint32Array(total),
  };
  for (let place = 0; place < total; place++) {
    const at = place * DRAWN_STRIDE;
    groups.partition[place] = draw.drawn[at + DRAWN.partition];
    groups.group[place] = draw.drawn[at + DRAWN.group];
    groups.beacon[place] = draw.drawn[at + DRAWN.beacon];
  }
  return groups;
}

/** Four words of a drawn beacon. Ranks less 2^31, so that they are compared as int32. */
const DRAWN = { rank: 0, beacon: 1, group: 2, partition: 3 } as const;
const DRAWN_STRIDE = 4;

/** What is drawn so far. */
interface Draw {
  readonly first: Uint32Array;
  readonly drawn: Int32Array;
  /** By hotspot: how many are drawn, and once they are as many as wanted of more, the highest rank of these. */
  readonly held: Uint32Array;
  readonly highest: Int32Array;
}

/** One partition's groups; of a busy hotspot's most end at the look at the highest rank drawn. */
function drawFrom(
  { beacons: { challenge }, hotspot: beaconers }: EpochContext["beacons"],
  { beaconOfGroup, beaconReason }: PartitionVerdicts,
  number: number,
  ranks: Int32Array,
  valid: Uint32Array,
  atMost: number,
  { drawn, first, held, highest }: Draw,
): void {
  const without = ranks.length - 1;
  for (let own = 0; own < beaconOfGroup.length - 1; own++) {
    if (beaconReason[own] !== VALID) continue;
    const row = beaconOfGroup[own];
    const hotspot = beaconers[row];
    const ranked = ranks[Math.min(challenge[row], without)];
    if (ranked > highest[hotspot]) continue;
    const from = first[hotspot] * DRAWN_STRIDE;
    const count = held[hotspot];
    let at = from + count * DRAWN_STRIDE;
    if (count < atMost) held[hotspot] = count + 1;
    else {
      at = lastOf(drawn, from, at);
      if (ranked === drawn[at + DRAWN.rank] && row > drawn[at + DRAWN.beacon]) continue;
    }
    drawn[at + DRAWN.rank] = ranked;
    drawn[at + DRAWN.beacon] = row;
    drawn[at + DRAWN.group] = own;
    drawn[at + DRAWN.partition] = number;
    if (valid[hotspot] > atMost && held[hotspot] === atMost)
      highest[hotspot] = drawn[lastOf(drawn, from, from + atMost * DRAWN_STRIDE) + DRAWN.rank];
  }
}

/**
 * Ranks of the challenges of hotspots that have more beacons than are wanted, by row; one more, of an id of zeros, for beacons without a
 * challenge. Marked first and then worked out from the first row to the last: beacons come in another order than their challenges, and
 * each that looks up its id by itself waits for the memory.
 */
function ranksByChallenge(
  { beacons: { beacons, hotspot }, input }: EpochContext,
  partitions: readonly PartitionVerdicts[],
  valid: Uint32Array,
  atMost: number,
): Int32Array {
  const { challenge } = beacons;
  const { challenge_id: ids, minute } = input.challenges;
  const isAsked = new Uint8Array(minute.length + 1);
  for (const { beaconOfGroup } of partitions)
    for (let group = 0; group < beaconOfGroup.length - 1; group++) {
      const row = beaconOfGroup[group];
      if (valid[hotspot[row]] > atMost) isAsked[Math.min(challenge[row], minute.length)] = 1;
    }
  const [key0, key1] = evidenceKey(input);
  const ranks = new Int32Array(isAsked.length);
  for (let row = 0; row < minute.length; row++) {
    if (isAsked[row] === 0) continue;
    const id = row * HASH_BYTES;
    ranks[row] = halfSipHash8First(key0, key1, readU32(ids, id), readU32(ids, id + 4)) ^ SIGN;
  }
  if (isAsked[minute.length] === 1) ranks[minute.length] = halfSipHash8First(key0, key1, 0, 0) ^ SIGN;
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

/** Where the drawn beacon of the highest rank begins, of equal ones the latest one. */
function lastOf(drawn: Int32Array, from: number, to: number): number {
  let last = from;
  for (let at = from + DRAWN_STRIDE; at < to; at += DRAWN_STRIDE) {
    const rank = drawn[at + DRAWN.rank];
    const highest = drawn[last + DRAWN.rank];
    if (rank > highest || (rank === highest && drawn[at + DRAWN.beacon] > drawn[last + DRAWN.beacon])) last = at;
  }
  return last;
}

/** Key of the epoch's draw, two little-endian words; of an epoch without challenges nothing is drawn. */
function evidenceKey({ challenges }: EpochInput): readonly [number, number] {
  const last = Math.max(0, challenges.minute.length - 1) * HASH_BYTES;
  const digest = sha256(DOMAIN, challenges.sampling_entropy.subarray(last, last + HASH_BYTES));
  return [readU32(digest, 0), readU32(digest, 4)];
}
