/** The choice of paid witnesses, held to a sort and two passes over whole ranks of an independent hash. */
import { halfSipHash64 } from "@earshot/fixtures";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../src/protocol/index.ts";
import { SelectionRank } from "../../src/protocol/selection-rank.ts";
import { WitnessSelection } from "../../src/score/witness-selection.ts";
import { runs } from "../helium/soak.ts";

const MAXIMUM = 14;
const entropy = sha256(new TextEncoder().encode("a minute after the window"));
const challengeId = sha256(new TextEncoder().encode("a challenge"));
const seed = sha256(entropy, challengeId).subarray(0, 8);

interface Witness {
  readonly gatewayId: Uint8Array;
  readonly key: number;
  readonly cell: number;
}

function gatewayId(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number, 0xea4).buffer);
}

/** GatewayIds whose ranks nearly tie: same upper 24 bits, or the same upper word. Found among a quarter of a million, as anybody could. */
const { nearTies, ties } = findTies(1 << 18);

function findTies(tries: number) {
  const ids = new Uint32Array(2 * tries);
  for (let number = 0; number < tries; number++) ids.set([number, 0xea4], 2 * number);
  const rank = new SelectionRank();
  rank.begin(entropy, 0, challengeId, 0);
  const words = new Uint32Array(tries);
  const all = Uint32Array.from({ length: tries }, (_, number) => number);
  rank.upperWordsInto(ids, all, tries, words);
  const order = all.sort((a, b) => words[a] - words[b]);
  const pairs = (shift: number) =>
    [...order].flatMap((number, at) =>
      at > 0 && words[number] >>> shift === words[order[at - 1]] >>> shift ? [[order[at - 1], number]] : [],
    );
  return { nearTies: pairs(8).slice(0, 64), ties: pairs(0) };
}

/** Rank as 16 hex digits of two big-endian words, then the key: text that sorts as the rule orders. */
function orderOf({ gatewayId: id, key }: Witness): string {
  const [first, second] = new Uint32Array(halfSipHash64(seed, id).slice().buffer);
  return [first, second, key].map((word) => word.toString(16).padStart(8, "0")).join("");
}

function chooseByRule(witnesses: readonly Witness[]): number[] {
  const order = witnesses
    .map((witness, place) => ({ place, cell: witness.cell, order: orderOf(witness) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  const cells = new Set<number>();
  const first = order.filter(({ cell }) => !cells.has(cell) && cells.add(cell));
  const second = order.filter((witness) => !first.includes(witness));
  return [...first, ...second].slice(0, MAXIMUM).map(({ place }) => place);
}

function selectionOf(witnesses: readonly Witness[], kind: "entropy-rank" | "first-received" = "entropy-rank") {
  const keys = new Uint8Array(33 * witnesses.length);
  const view = new DataView(keys.buffer);
  for (const [hotspot, { key }] of witnesses.entries()) view.setUint32(33 * hotspot + 29, key);
  return new WitnessSelection({
    kind,
    maximumWitnesses: MAXIMUM,
    keys,
    gatewayIds: Uint8Array.from(witnesses.flatMap(({ gatewayId: id }) => [...id])),
    cell11: Uint32Array.from(witnesses, ({ cell }) => cell),
    privates: null,
  });
}

function choose(selection: WitnessSelection, count: number): number[] {
  const chosen = new Uint8Array(count + 1).fill(7);
  const candidates = Uint32Array.from({ length: count }, (_, hotspot) => hotspot);
  const selected = selection.choose(candidates, count, chosen, entropy, challengeId, 0);
  expect(chosen[count]).toBe(7);
  const places = [...chosen.subarray(0, count)].flatMap((flag, place) => (flag === 1 ? [place] : []));
  expect(selected).toBe(places.length);
  return places;
}

/** Witnesses of one beacon: most with ids of their own, some in pairs that tie, in few or many cells. */
function witnessesOf(most: number): fc.Arbitrary<Witness[]> {
  const pairs = fc.constantFrom(...nearTies, ...ties, [5, 5]);
  return fc
    .record({
      numbers: fc.uniqueArray(fc.nat(0xffffffff), { maxLength: most }),
      tied: fc.array(pairs, { maxLength: 8 }),
      cells: fc.constantFrom(1, 3, 14, 1000),
      salt: fc.nat(0xffff),
    })
    .map(({ numbers, tied, cells, salt }) => {
      const ids = [...tied.flat(), ...numbers];
      return ids.map((number, at) => ({
        gatewayId: gatewayId(number),
        key: Math.imul(at + salt, 0x9e3779b1) >>> 0,
        cell: (Math.imul(at + salt, 0x85ebca6b) >>> 8) % cells,
      }));
    });
}

describe("the choice of paid witnesses", () => {
  test("finds ids that tie, or the property below would say little", () => {
    expect(nearTies.length).toBe(64);
    expect(ties.length).toBeGreaterThan(0);
  });

  test("takes everybody up to the limit, and exactly the limit beyond", () => {
    for (const [count, paid] of [
      [0, 0],
      [1, 1],
      [14, 14],
      [15, 14],
      [64, 14],
      [65, 14],
      [500, 14],
    ]) {
      const crowd = Array.from({ length: count }, (_, at) => ({ gatewayId: gatewayId(at), key: at, cell: 0 }));
      expect(choose(selectionOf(crowd), count).length).toBe(paid);
    }
  });

  test("is by whole ranks, one of each cell before a second of any, for an ordinary beacon", () => {
    fc.assert(
      fc.property(witnessesOf(48), (witnesses) => {
        const expected = chooseByRule(witnesses).sort((a, b) => a - b);
        expect(choose(selectionOf(witnesses), witnesses.length)).toEqual(expected);
      }),
      { numRuns: runs(300) },
    );
  });

  test("is the same rule for a crowd", () => {
    fc.assert(
      fc.property(witnessesOf(300), (witnesses) => {
        const expected = chooseByRule(witnesses).sort((a, b) => a - b);
        expect(choose(selectionOf(witnesses), witnesses.length)).toEqual(expected);
      }),
      { numRuns: runs(40) },
    );
  });

  test("forgets the beacon before", () => {
    const crowd = Array.from({ length: 40 }, (_, at) => ({ gatewayId: gatewayId(at), key: at, cell: at % 20 }));
    const selection = selectionOf(crowd);
    const first = choose(selection, 40);
    choose(selection, 20);
    expect(choose(selection, 40)).toEqual(first);
  });

  test("by arrival takes the first of the log", () => {
    const crowd = Array.from({ length: 20 }, (_, at) => ({ gatewayId: gatewayId(at), key: at, cell: 0 }));
    expect(choose(selectionOf(crowd, "first-received"), 20)).toEqual(Array.from({ length: MAXIMUM }, (_, at) => at));
  });
});
