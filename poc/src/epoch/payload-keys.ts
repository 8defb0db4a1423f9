/**
 * Payload keys of an epoch's groups, and the first group with a given key.
 *
 * A table of all groups would be tens of megabytes at random places, of which hardly a place is asked for. So the keys asked for are
 * made a table, which is small, and the groups pass it in log order. Keys are folds of SHA-256 digests and need no further mixing:
 * a hotspot cannot choose many, since only the first report of a challenge is entered.
 */
import type { BeaconVerdicts } from "./judge-beacons.ts";

/** Words of the key by beacon row, and the beacon row of each group, ascending. */
export interface PayloadKeys {
  readonly beaconOf: Uint32Array;
  readonly lower: Uint32Array;
  readonly upper: Uint32Array;
  readonly logIndex: Uint32Array;
}

/** Keys of groups whose beacons are these rows, ascending. */
export function payloadKeys(beacons: BeaconVerdicts["beacons"], beaconOf: Uint32Array): PayloadKeys {
  const { payload_key_hi: upper, payload_key_lo: lower, log_index: logIndex } = beacons;
  return { beaconOf, lower, upper, logIndex };
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
  const groups = beaconOf.length;
  const first = new Uint32Array(asked.length).fill(groups);
  if (asked.length === 0) return first;
  // Two int32 a slot, the lower word and the place + 1 of a key; of equal keys the first one asked for stands there.
  const slots = new Int32Array(2 * powerOfTwo(SLOTS * asked.length));
  const mask = slots.length - 2;
  const same = new Uint32Array(asked.length);
  for (let place = 0; place < asked.length; place++) {
    const lo = askedLower[asked[place]] | 0;
    const hi = askedUpper[asked[place]];
    let slot = (lo << 1) & mask;
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
    let slot = (lo << 1) & mask;
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
