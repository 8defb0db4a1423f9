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

export interface DrawnGroups {
  /** Groups of hotspot h stand at `first[h]` to before `first[h + 1]` of the two columns below, in no order that counts. */
  readonly first: Uint32Array;
  readonly partition: Uint32Array;
  /** Group of the partition; its rows are those of one valid beacon. */
  readonly group: Uint32Array;
}

/** Draws at most `atMost` groups of valid beacons a hotspot; the same beacons whatever the partitions. */
export function drawGroups(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  atMost: number,
): DrawnGroups {
  const { count } = context.hotspots;
  const { beaconOf, first, group, partition, rank } = rankedGroups(context, partitions, atMost);
  const lowest = new Lowest(rank, beaconOf, atMost);
  let kept = 0;
  for (let hotspot = 0, from = 0; hotspot < count; hotspot++) {
    const to = first[hotspot + 1];
    const places = to - from > atMost ? lowest.of(from, to) : undefined;
    const most = places === undefined ? to - from : atMost;
    first[hotspot] = kept;
    for (let at = 0; at < most; at++, kept++) {
      const place = places === undefined ? from + at : places[at];
      partition[kept] = partition[place];
      group[kept] = group[place];
    }
    from = to;
  }
  first[count] = kept;
  return { first, partition: partition.subarray(0, kept), group: group.subarray(0, kept) };
}

/** All valid groups by hotspot, with the ranks of those whose hotspot has more than are drawn. */
function rankedGroups(
  { beacons, hotspots, input }: EpochContext,
  partitions: readonly PartitionVerdicts[],
  atMost: number,
) {
  const first = new Uint32Array(hotspots.count + 2);
  for (const { beaconOfGroup, beaconReason } of partitions)
    for (let group = 0; group < beaconOfGroup.length - 1; group++)
      if (beaconReason[group] === VALID) first[beacons.hotspot[beaconOfGroup[group]] + 2]++;
  const isCrowded = Uint8Array.from(first, (groups) => (groups > atMost ? 1 : 0));
  for (let at = 2; at < first.length; at++) first[at] += first[at - 1];
  const total = first[first.length - 1];
  const group = new Uint32Array(total);
  const partition = new Uint32Array(total);
  const rank = new Uint32Array(total);
  const [key0, key1] = evidenceKey(input);
  const { challenge_id: ids } = input.challenges;
  // In log order, in which ids stand side by side.
  partitions.forEach(({ beaconOfGroup, beaconReason }, number) => {
    for (let own = 0; own < beaconOfGroup.length - 1; own++) {
      if (beaconReason[own] !== VALID) continue;
      const beacon = beaconOfGroup[own];
      const hotspot = beacons.hotspot[beacon];
      const place = first[hotspot + 1]++;
      partition[place] = number;
      group[place] = own;
      if (isCrowded[hotspot + 2] === 0) continue;
      const id = beacons.beacons.challenge[beacon] * HASH_BYTES;
      rank[place] = halfSipHash8First(key0, key1, readU32(ids, id), readU32(ids, id + 4));
    }
  });
  return {
    first,
    group,
    partition,
    rank,
    beaconOf: (at: number) => partitions[partition[at]].beaconOfGroup[group[at]],
  };
}

/** Finds the lowest ranks in a stretch of them, allocating nothing. */
class Lowest {
  readonly #rank: Uint32Array;
  readonly #beaconOf: (place: number) => number;
  readonly #places: Uint32Array;

  constructor(rank: Uint32Array, beaconOf: (place: number) => number, atMost: number) {
    this.#rank = rank;
    this.#beaconOf = beaconOf;
    this.#places = new Uint32Array(atMost);
  }

  /** Places of the lowest ranks from `from` to before `to`, which are more than are wanted; ascending, valid until the next call. */
  of(from: number, to: number): Uint32Array {
    const places = this.#places;
    let held = 0;
    for (let place = from; place < to; place++) {
      let at = held;
      for (; at > 0 && this.#isBefore(place, places[at - 1]); at--) if (at < places.length) places[at] = places[at - 1];
      if (at === places.length) continue;
      places[at] = place;
      if (held < places.length) held++;
    }
    // Ascending, so that moving them forward one by one writes over none that is still to be read.
    return places.sort();
  }

  #isBefore(place: number, other: number): boolean {
    const rank = this.#rank;
    return rank[place] < rank[other] || (rank[place] === rank[other] && this.#beaconOf(place) < this.#beaconOf(other));
  }
}

/** Key of the epoch's draw, two little-endian words; of an epoch without challenges nothing is drawn. */
function evidenceKey({ challenges }: EpochInput): readonly [number, number] {
  const last = Math.max(0, challenges.minute.length - 1) * HASH_BYTES;
  const digest = sha256(DOMAIN, challenges.sampling_entropy.subarray(last, last + HASH_BYTES));
  return [readU32(digest, 0), readU32(digest, 4)];
}
