/** Which beacon a witness row is of, held to a map from keys to the first beacon with that key. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookupGroups } from "../../src/epoch/match-witnesses.ts";
import { type PayloadKeys, payloadKeys } from "../../src/epoch/payload-keys.ts";
import { allocateColumns, beaconsTable, type EpochInput, witnessesTable } from "../../src/index.ts";
import { runs } from "../helium/soak.ts";

type Key = readonly [hi: number, lo: number];

type PayloadColumns = Pick<EpochInput["witnesses"], "payload_key_hi" | "payload_key_lo" | "log_index">;

/** Of two minutes. */
const ENTROPY = Uint8Array.from({ length: 64 }, (_, at) => (at * 73 + 41) & 0xff);

interface Entry {
  readonly key: Key;
  /** A beacon that is no group, a beacon that is one, or a witness. */
  readonly kind: "other" | "beacon" | "witness";
}

/** Columns of a log, in its order. */
function tables(log: readonly Entry[]): { keys: PayloadKeys; witnesses: EpochInput["witnesses"] } {
  const indexed = log.map((entry, index) => ({ ...entry, index }));
  const fill = (out: PayloadColumns, rows: typeof indexed) => {
    for (const [row, { key, index }] of rows.entries()) {
      out.payload_key_hi[row] = key[0];
      out.payload_key_lo[row] = key[1];
      out.log_index[row] = index;
    }
  };
  const sent = indexed.filter(({ kind }) => kind !== "witness");
  const heard = indexed.filter(({ kind }) => kind === "witness");
  const beacons = allocateColumns(beaconsTable, sent.length);
  const witnesses = allocateColumns(witnessesTable, heard.length);
  fill(beacons, sent);
  fill(witnesses, heard);
  const order = Uint32Array.from(sent.flatMap(({ kind }, row) => (kind === "beacon" ? [row] : [])));
  return { keys: payloadKeys(beacons, order, { blockhash: ENTROPY }), witnesses };
}

function expectFirstBeacons(log: readonly Entry[]): void {
  const groups = log.filter(({ kind }) => kind === "beacon");
  const firstOf = new Map<string, number>();
  for (const [group, { key }] of groups.entries()) if (!firstOf.has(key.join())) firstOf.set(key.join(), group);
  const expected = log
    .filter(({ kind }) => kind === "witness")
    .map(({ key }) => firstOf.get(key.join()) ?? groups.length);
  const { keys, witnesses } = tables(log);
  const { groupOf, starts } = lookupGroups(keys, witnesses);
  expect([...groupOf]).toEqual(expected);
  const before = Array.from({ length: groups.length + 2 }, (_, group) => expected.filter((own) => own < group).length);
  expect([...starts]).toEqual(before);
}

const kind = fc.constantFrom<Entry["kind"]>("beacon", "witness", "witness", "witness", "other");
const any = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff));

describe("lookup", () => {
  test("of nothing is one empty group for rows without a beacon", () => {
    expectFirstBeacons([]);
    expectFirstBeacons([{ kind: "beacon", key: [1, 2] }]);
    expectFirstBeacons([{ kind: "witness", key: [1, 2] }]);
  });

  test("finds the beacon before or after the row, the key of zeroes too", () => {
    const zero: Key = [0, 0];
    expectFirstBeacons([
      { kind: "witness", key: zero },
      { kind: "beacon", key: [7, 0] },
      { kind: "beacon", key: zero },
      { kind: "witness", key: zero },
      { kind: "witness", key: [0, 1] },
    ]);
  });

  test("finds a beacon that left the table of the latest", () => {
    const beacon = (lo: number): Entry => ({ kind: "beacon", key: [lo, lo << 14] });
    const others = Array.from({ length: 3000 }, (_, at): Entry => ({ kind: "witness", key: [9, at] }));
    expectFirstBeacons([beacon(1), beacon(2), ...others, beacon(3), ...others, { kind: "witness", key: [1, 1 << 14] }]);
  });

  test("gives the rows of a repeated key to the first beacon, wherever they stand", () => {
    const rows = (key: Key) => Array.from({ length: 1500 }, (): Entry => ({ kind: "witness", key }));
    const twin: Key = [3, 4];
    expectFirstBeacons([
      { kind: "beacon", key: twin },
      ...rows(twin),
      { kind: "beacon", key: [5, 4] },
      { kind: "beacon", key: twin },
      ...rows(twin),
      ...rows([5, 4]),
      { kind: "beacon", key: twin },
      ...rows(twin),
    ]);
  });

  test("looks up more rows than may wait, in turns", () => {
    const log: Entry[] = [{ kind: "beacon", key: [1, 1] }];
    for (let at = 0; at < 600_000; at++) log.push({ kind: "witness", key: at % 1000 === 0 ? [2, 2] : [3, at] });
    log.push({ kind: "beacon", key: [2, 2] });
    const { keys, witnesses } = tables(log);
    const { groupOf, starts } = lookupGroups(keys, witnesses);
    expect([...starts]).toEqual([0, 0, 600, 600_000]);
    expect(groupOf.every((group, row) => group === (row % 1000 === 0 ? 1 : 2))).toBe(true);
  });

  test.each<[title: string, keyOf: (at: number) => Key]>([
    ["one lower word", (at) => [at, 12_345]],
    ["one upper word", (at) => [12_345, at]],
    ["the lower bits of one key", (at) => [(at >>> 9) << 20, (at & 511) << 20]],
    ["the sum of one key", (at) => [at, (0x1234_5678 - at) >>> 0]],
  ])("takes no longer for rows that were made to have %s", (_, keyOf) => {
    const witness = (at: number): Entry => ({ kind: "witness", key: keyOf(at).map((word) => word >>> 0) as never });
    const log = Array.from({ length: 250_000 }, (_none, at) => witness(at));
    const { keys, witnesses } = tables([...log, { kind: "beacon", key: log[200_000].key }]);
    const { groupOf } = lookupGroups(keys, witnesses);
    expect(groupOf.indexOf(0)).toBe(200_000);
    expect(groupOf.reduce((sum, group) => sum + group, 0)).toBe(250_000 - 1);
  });

  test("without entropy finds what it finds with it", () => {
    const log: Entry[] = [
      { kind: "witness", key: [1, 2] },
      { kind: "beacon", key: [1, 2] },
      { kind: "witness", key: [2, 1] },
    ];
    const { keys, witnesses } = tables(log);
    const without = payloadKeys({ ...keys, payload_key_hi: keys.upper } as never, keys.beaconOf, {
      blockhash: new Uint8Array(0),
    });
    expect(without.multipliers.every((multiplier) => multiplier % 2 === 1)).toBe(true);
    expect([...lookupGroups({ ...keys, multipliers: without.multipliers }, witnesses).groupOf]).toEqual([0, 1]);
  });

  test("is the map's for any log of few keys, whose words meet in every way", () => {
    const key = fc.tuple(fc.nat(2), fc.constantFrom(0, 1, 1 << 14, 1 << 31)).map(([hi, lo]): Key => [hi, lo >>> 0]);
    fc.assert(
      fc.property(fc.array(fc.record({ kind, key }), { maxLength: 60 }), (log) => expectFirstBeacons(log)),
      { numRuns: runs(300) },
    );
  });

  test("is the map's for any log of many keys", () => {
    const log = fc
      .tuple(fc.array(fc.tuple(any, any), { minLength: 1, maxLength: 400 }), fc.array(fc.tuple(kind, fc.nat())))
      .map(([keys, entries]) => entries.map(([own, at]): Entry => ({ kind: own, key: keys[at % keys.length] })));
    fc.assert(
      fc.property(log, (entries) => expectFirstBeacons(entries)),
      { numRuns: runs(100) },
    );
  });
});
