/**
 * Payload keys of an epoch's groups, and the first group with a given key.
 *
 * A table of all groups would be tens of megabytes at random places, of which hardly a place is asked for. So the keys asked for are
 * made a table, which is small, and the groups pass it in log order. A witness may say it heard whatever it likes, so places in the
 * table are those of a hash that nobody knew while the epoch's reports were taken: multipliers from its last entropy, the upper bits
 * of the sum (Dietzfelbinger's multiplicative hashing). Which places they are changes no group.
 */
import { readU32 } from "../protocol/byte-codec.ts";
import type { EpochInput } from "./epoch-input.ts";
import type { BeaconVerdicts } from "./judge-beacons.ts";

/** Words of the key by beacon row, and the beacon row of each group, ascending. */
export interface PayloadKeys {
  readonly beaconOf: Uint32Array;
  readonly lower: Uint32Array;
  readonly upper: Uint32Array;
  readonly logIndex: Uint32Array;
  /** Odd multipliers of the lower and the upper word. */
  readonly multipliers: readonly [number, number];
}

/** Keys of groups whose beacons are these rows, ascending; `entropy` of the epoch, by minute. */
export function payloadKeys(
  beacons: BeaconVerdicts["beacons"],
  beaconOf: Uint32Array,
  { blockhash }: Pick<EpochInput["entropy"], "blockhash">,
): PayloadKeys {
  const { payload_key_hi: upper, payload_key_lo: lower, log_index: logIndex } = beacons;
  return { beaconOf, lower, upper, logIndex, multipliers: multipliersOf(blockhash) };
}

const HASH_BYTES = 32;
/** Of epochs without entropy, which come from elsewhere and take no reports: 2^32 / φ, and a prime of the same kind. */
const NO_ENTROPY = [0x9e37_79b1, 0x85eb_ca77] as const;

/** From the last minute's entropy, which begins after the last window of the epoch closed. */
function multipliersOf(blockhash: Uint8Array): readonly [number, number] {
  const last = blockhash.length - HASH_BYTES;
  return last < 0 ? NO_ENTROPY : [readU32(blockhash, last) | 1, readU32(blockhash, last + 4) | 1];
}

/** Slots a key asked for, at least: most groups meet an empty one. */
const SLOTS = 4;

/**
 * For each of the rows `asked` of two columns of words: the first group with that key, or the number of groups where none has it. Costs a
 * look at every group, so it is for many at once.
 */
export function findFirstGroups(
  keys: PayloadKeys,
  askedUpper: Uint32Array,
  askedLower: Uint32Array,
  asked: Uint32Array,
): Uint32Array {
  const { beaconOf, lower, upper } = keys;
  const [ofLower, ofUpper] = keys.multipliers;
  const groups = beaconOf.length;
  const first = new Uint32Array(asked.length).fill(groups);
  if (asked.length === 0) return first;
  // Two int32 a slot, the lower word and the place + 1 of a key; of equal keys the first one asked for stands there.
  const slots = new Int32Array(2 * powerOfTwo(SLOTS * asked.length));
  const mask = slots.length - 2;
  // As many upper bits as there are slots.
  const shift = Math.clz32(slots.length) + 2;
  const same = new Uint32Array(asked.length);
  for (let place = 0; place < asked.length; place++) {
    const lo = askedLower[asked[place]] | 0;
    const hi = askedUpper[asked[place]];
    let slot = ((Math.imul(lo, ofLower) + Math.imul(hi, ofUpper)) >>> shift) << 1;
    let entry = slots[slot + 1];
    while (entry !== 0 && !(slots[slot] === lo && askedUpper[asked[entry - 1]] === hi)) {
      slot = (slot + 2) & mask;
      entry = slots[slot + 1];
    }
    same[place] = entry === 0 ? place : entry - 1;
    if (entry !== 0) continue;
    slots[slot] = lo;
    slots[slot + 1] = place + 1;
  }
  for (let group = 0; group < groups; group++) {
    const beacon = beaconOf[group];
    const lo = lower[beacon] | 0;
    let slot = ((Math.imul(lo, ofLower) + Math.imul(upper[beacon], ofUpper)) >>> shift) << 1;
    for (let entry = slots[slot + 1]; entry !== 0; entry = slots[slot + 1]) {
      if (slots[slot] === lo && askedUpper[asked[entry - 1]] === upper[beacon]) {
        if (first[entry - 1] === groups) first[entry - 1] = group;
        break;
      }
      slot = (slot + 2) & mask;
    }
  }
  for (let place = 0; place < asked.length; place++) first[place] = first[same[place]];
  return first;
}

/** Bits of the filter a group, at least: of random keys at most one in sixteen meets a bit that is set. */
const FILTER_BITS = 16;

/** Groups whose key an earlier group has, each with the first that has it. A filter of one bit a key leaves few to look for. */
export function findRepeatedGroups(keys: PayloadKeys): ReadonlyMap<number, number> {
  const { beaconOf, lower, upper } = keys;
  const groups = beaconOf.length;
  const filter = new Int32Array(powerOfTwo(FILTER_BITS * groups) / 32 + 1);
  const mask = powerOfTwo(FILTER_BITS * groups) - 1;
  const suspects = new Uint32Array(groups);
  let count = 0;
  for (let group = 0; group < groups; group++) {
    const bit = lower[beaconOf[group]] & mask;
    const word = filter[bit >>> 5];
    filter[bit >>> 5] = word | (1 << (bit & 31));
    suspects[count] = group;
    count += (word >>> (bit & 31)) & 1;
  }
  const suspectBeacons = suspects.subarray(0, count).map((group) => beaconOf[group]);
  const first = findFirstGroups(keys, upper, lower, suspectBeacons);
  const firstOf = new Map<number, number>();
  for (let at = 0; at < count; at++) if (first[at] !== suspects[at]) firstOf.set(suspects[at], first[at]);
  return firstOf;
}

/** The least power of two that is not below `number`. */
function powerOfTwo(number: number): number {
  return number <= 1 ? 1 : 2 ** (32 - Math.clz32(number - 1));
}
