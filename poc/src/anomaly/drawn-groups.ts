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
 * One walk in log order lays a hotspot's beacons side by side, without a branch that waits for a rank; then each hotspot chooses among its own.
 */
export function drawGroups(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  atMost: number,
): DrawnGroups {
  const valid = validByHotspot(context, partitions);
  const ranks = ranksByChallenge(context, partitions, valid, atMost);
  const ends = new Uint32Array(valid.length);
  const candidates = candidatesByHotspot(context, partitions, ranks, valid, ends);
  const first = drawnStarts(valid, atMost);
  const total = first[first.length - 1];
  const drawn = { partition: new Uint32Array(total), group: new Uint32Array(total), beacon: new Uint32Array(total) };
  const numbers = new GroupNumbers(partitions);
  const chosen = new Int32Array(Math.min(atMost, total) * CANDIDATE_STRIDE);
  for (let hotspot = 0, from = 0; hotspot < valid.length - 1; hotspot++) {
    const count = chooseLowest(candidates, from, ends[hotspot], chosen, atMost, numbers);
    for (let one = 0; one < count; one++) {
      const number = chosen[one * CANDIDATE_STRIDE + CANDIDATE.number];
      const place = first[hotspot] + one;
      const partition = numbers.partitionOf(number);
      const group = number - numbers.first[partition];
      drawn.partition[place] = partition;
      drawn.group[place] = group;
      drawn.beacon[place] = partitions[partition].beaconOfGroup[group];
    }
    from = ends[hotspot];
  }
  return { first, ...drawn };
}

/** Words of a beacon that may be drawn: its rank, less 2^31 so that it is compared as int32, and the number of its group. */
const CANDIDATE = { rank: 0, number: 1 } as const;
const CANDIDATE_STRIDE = 2;

/** Groups of all partitions numbered one after the other. */
class GroupNumbers {
  /** By partition: number of its first group. */
  readonly first: readonly number[];
  readonly #partitions: readonly PartitionVerdicts[];

  constructor(partitions: readonly PartitionVerdicts[]) {
    let next = 0;
    this.first = partitions.map(({ beaconOfGroup }) => {
      const own = next;
      next += beaconOfGroup.length;
      return own;
    });
    this.#partitions = partitions;
  }

  partitionOf(number: number): number {
    let partition = this.first.length - 1;
    while (this.first[partition] > number) partition--;
    return partition;
  }

  /** Whether the beacon of one stands later in log order than that of another. */
  isAfter(number: number, other: number): boolean {
    return this.#beaconOf(number) > this.#beaconOf(other);
  }

  #beaconOf(number: number): number {
    const partition = this.partitionOf(number);
    return this.#partitions[partition].beaconOfGroup[number - this.first[partition]];
  }
}

/** Valid beacons hotspot by hotspot; `ends`: before which those of each end. */
function candidatesByHotspot(
  { beacons: { beacons, hotspot: beaconers } }: EpochContext,
  partitions: readonly PartitionVerdicts[],
  ranks: Int32Array,
  valid: Uint32Array,
  ends: Uint32Array,
): Int32Array {
  let total = 0;
  for (let hotspot = 0; hotspot < valid.length; hotspot++) {
    ends[hotspot] = total;
    total += valid[hotspot];
  }
  const candidates = new Int32Array(total * CANDIDATE_STRIDE);
  const without = ranks.length - 1;
  let firstNumber = 0;
  for (const { beaconOfGroup, beaconReason } of partitions) {
    for (let group = 0; group < beaconOfGroup.length - 1; group++) {
      if (beaconReason[group] !== VALID) continue;
      const beacon = beaconOfGroup[group];
      const at = ends[beaconers[beacon]]++ * CANDIDATE_STRIDE;
      candidates[at + CANDIDATE.rank] = ranks[Math.min(beacons.challenge[beacon], without)];
      candidates[at + CANDIDATE.number] = firstNumber + group;
    }
    firstNumber += beaconOfGroup.length;
  }
  return candidates;
}

/** Copies the lowest `atMost` of the candidates `from` to before `to` into `chosen`; of equal ranks the earlier beacon's. Gives how many. */
function chooseLowest(
  candidates: Int32Array,
  from: number,
  to: number,
  chosen: Int32Array,
  atMost: number,
  numbers: GroupNumbers,
): number {
  const count = Math.min(atMost, to - from);
  const end = count * CANDIDATE_STRIDE;
  for (let at = 0; at < end; at++) chosen[at] = candidates[from * CANDIDATE_STRIDE + at];
  if (count === to - from) return count;
  let last = lastOf(chosen, end, numbers);
  for (let at = (from + count) * CANDIDATE_STRIDE; at < to * CANDIDATE_STRIDE; at += CANDIDATE_STRIDE) {
    const rank = candidates[at + CANDIDATE.rank];
    const number = candidates[at + CANDIDATE.number];
    if (rank > chosen[last + CANDIDATE.rank]) continue;
    if (rank === chosen[last + CANDIDATE.rank] && numbers.isAfter(number, chosen[last + CANDIDATE.number])) continue;
    chosen[last + CANDIDATE.rank] = rank;
    chosen[last + CANDIDATE.number] = number;
    last = lastOf(chosen, end, numbers);
  }
  return count;
}

/** Where the candidate of the highest rank begins, of equal ones the latest beacon's. */
function lastOf(chosen: Int32Array, end: number, numbers: GroupNumbers): number {
  let last = 0;
  let highest = chosen[CANDIDATE.rank];
  for (let at = CANDIDATE_STRIDE; at < end; at += CANDIDATE_STRIDE) {
    const rank = chosen[at + CANDIDATE.rank];
    if (rank < highest) continue;
    if (rank === highest && !numbers.isAfter(chosen[at + CANDIDATE.number], chosen[last + CANDIDATE.number])) continue;
    last = at;
    highest = rank;
  }
  return last;
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

/** Key of the epoch's draw, two little-endian words; of an epoch without challenges nothing is drawn. */
function evidenceKey({ challenges }: EpochInput): readonly [number, number] {
  const last = Math.max(0, challenges.minute.length - 1) * HASH_BYTES;
  const digest = sha256(DOMAIN, challenges.sampling_entropy.subarray(last, last + HASH_BYTES));
  return [readU32(digest, 0), readU32(digest, 4)];
}
