/** The contract of ports/store.ts as tests; every adapter runs it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Migration, Store } from "../../src/ports/store.ts";
import { insertRows } from "../../src/store/insert-rows.ts";
import { acquireLease, releaseLease, renewLease, requireLease } from "../../src/store/leases.ts";
import { migrations } from "../../src/store/migrations/index.ts";
import { openStore } from "../../src/store/open-store.ts";
import { readPosition, writePosition } from "../../src/store/positions.ts";
import { readAmount, readBytes, readInteger, readText } from "../../src/store/values.ts";
import { messageOf } from "../temporary-folder.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);

/** A table with a column of every kind. */
const sample: Migration = {
  number: 1,
  name: "sample",
  up: ({ int64, bytes, text, tableEnd }) => [
    `CREATE TABLE sample (id ${int64} PRIMARY KEY, raw ${bytes}, word ${text}, amount ${int64} NOT NULL)${tableEnd}`,
    "CREATE INDEX sample_by_word ON sample (word)",
  ],
};
const second: Migration = {
  number: 2,
  name: "second",
  up: ({ int64, tableEnd }) => [`CREATE TABLE two (a ${int64})${tableEnd}`],
};

export interface StoreContract {
  readonly name: string;
  /** URL of a new, empty database. */
  readonly makeUrl: () => Promise<string>;
}

export function testStore({ name, makeUrl }: StoreContract, skipReason?: string): void {
  const withStore = async (
    run: (store: Store, url: string) => Promise<void>,
    steps: readonly Migration[] = [sample],
  ) => {
    const url = await makeUrl();
    const store = await openStore(url, steps);
    try {
      await run(store, url);
    } finally {
      await store.close();
    }
  };
  const row = (id: number) => ({ id, raw: Uint8Array.of(id & 255), word: `w${id}`, amount: BigInt(id) });
  const title = `the store on ${name}${skipReason === undefined ? "" : ` (${skipReason})`}`;

  describe.skipIf(skipReason !== undefined)(title, () => {
    test("gives every kind of value back as it was put in", () =>
      withStore(async (store) => {
        await fc.assert(
          fc.asyncProperty(
            fc.record({
              id: fc.maxSafeInteger(),
              raw: fc.option(fc.uint8Array({ maxLength: 40 })),
              word: fc.option(fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"))),
              amount: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
            }),
            async ({ id, raw, word, amount }) => {
              await store.sql`DELETE FROM sample`;
              const { count } = await store.sql`INSERT INTO sample ${store.sql.rows([{ id, raw, word, amount }])}`;
              expect(count).toBe(1);
              const rows = await store.sql`
                SELECT id, raw, word, CAST(amount AS TEXT) AS amount FROM sample WHERE id = ${id} AND amount = ${amount}
                ORDER BY id`;
              expect(rows.length).toBe(1);
              const [found] = rows;
              expect(readInteger(found!.id)).toBe(id);
              expect(found!.raw === null ? null : [...readBytes(found!.raw)]).toEqual(raw === null ? null : [...raw]);
              expect(found!.word === null ? null : readText(found!.word)).toBe(word);
              expect(readAmount(found!.amount)).toBe(amount);
            },
          ),
          { numRuns: 40 * soak },
        );
      }));

    test("finds rows by numbers, texts and bytes of a list, and orders text by its bytes", () =>
      withStore(async (store) => {
        const { sql } = store;
        await insertRows(store, [3, 1, 2, 2 ** 40].map(row), (part) => sql`INSERT INTO sample ${part}`);
        const ids = async (rows: Promise<readonly Readonly<Record<string, unknown>>[]>) =>
          (await rows).map(({ id }) => readInteger(id));
        expect(await ids(sql`SELECT id FROM sample WHERE id IN ${sql.list([1, 2 ** 40, 9])} ORDER BY id`)).toEqual([
          1,
          2 ** 40,
        ]);
        const raws = sql.list([Uint8Array.of(1), Uint8Array.of(3)]);
        expect(await ids(sql`SELECT id FROM sample WHERE raw IN ${raws} AND id < ${4} ORDER BY id DESC`)).toEqual([
          3, 1,
        ]);
        expect(await ids(sql`SELECT id FROM sample WHERE word IN ${sql.list(["w2"])} ORDER BY id`)).toEqual([2]);
        await sql`UPDATE sample SET word = ${"Ä"} WHERE id = ${1}`;
        await sql`UPDATE sample SET word = ${"Z"} WHERE id = ${2}`;
        await sql`UPDATE sample SET word = ${"a"} WHERE id = ${3}`;
        expect(await ids(sql`SELECT id FROM sample WHERE id <= ${3} ORDER BY word`)).toEqual([2, 3, 1]);
      }));

    test("inserts many rows, replaces what is there on conflict, and counts what changed", () =>
      withStore(async (store) => {
        const rows = Array.from({ length: 12_345 }, (_, id) => row(id));
        await store.transaction((tx) => insertRows(tx, rows, (part) => tx.sql`INSERT INTO sample ${part}`));
        const [sum] = await store.sql`SELECT COUNT(*) AS rows, CAST(SUM(amount) AS TEXT) AS amount FROM sample`;
        expect([readInteger(sum!.rows), readAmount(sum!.amount)]).toEqual([12_345, (12_345n * 12_344n) / 2n]);
        const again = store.sql.rows([row(5), row(20_000)]);
        const { count } = await store.sql`
          INSERT INTO sample ${again} ON CONFLICT (id) DO UPDATE SET amount = sample.amount + excluded.amount`;
        expect(count).toBe(2);
        const changed = await store.sql`
          UPDATE sample SET word = ${"x"} WHERE id IN ${store.sql.list([5, 6, 99_999])} RETURNING id`;
        expect(changed.length).toBe(2);
        expect((await store.sql`DELETE FROM sample WHERE id > ${10}`).count).toBe(12_335);
        await insertRows(store, [], () => Promise.reject(new Error("no rows, no statement")));
      }));

    test("a transaction counts whole or not at all, and nobody sees it before it is committed", () =>
      withStore(async (store) => {
        await store.sql`INSERT INTO sample ${store.sql.rows([row(1)])}`;
        const inside = Promise.withResolvers<void>();
        const goOn = Promise.withResolvers<void>();
        const failing = store.transaction(async (tx) => {
          await tx.sql`UPDATE sample SET amount = ${77} WHERE id = ${1}`;
          inside.resolve();
          await goOn.promise;
          throw new Error("changed my mind");
        });
        await inside.promise;
        const [during] = await store.sql`SELECT amount FROM sample WHERE id = ${1}`;
        expect(readInteger(during!.amount)).toBe(1);
        // Another statement meanwhile must not be drawn into the transaction and lost with it.
        const meanwhile = store.sql`INSERT INTO sample ${store.sql.rows([row(2)])}`;
        goOn.resolve();
        expect(await messageOf(() => failing)).toMatch(/changed my mind/);
        await meanwhile;
        const rows = await store.sql`SELECT id, amount FROM sample ORDER BY id`;
        expect(rows.map(({ id, amount }) => [readInteger(id), readInteger(amount)])).toEqual([
          [1, 1],
          [2, 2],
        ]);
      }));

    test("transactions that read and then write do not lose each other's change, over several connections", () =>
      withStore(async (store, url) => {
        await store.sql`INSERT INTO sample ${store.sql.rows([{ ...row(1), amount: 0 }])}`;
        const other = await openStore(url, [sample]);
        const add = (to: Store) =>
          to.transaction(async (tx) => {
            const [found] = await tx.sql`SELECT amount FROM sample WHERE id = ${1}`;
            await tx.sql`UPDATE sample SET amount = ${readInteger(found!.amount) + 1} WHERE id = ${1}`;
          });
        await Promise.all(Array.from({ length: 24 }, (_, at) => add(at % 2 === 0 ? store : other)));
        const [found] = await other.sql`SELECT amount FROM sample WHERE id = ${1}`;
        expect(readInteger(found!.amount)).toBe(24);
        await other.close();
      }));

    test("says what the database refused, and goes on", () =>
      withStore(async (store) => {
        await store.sql`INSERT INTO sample ${store.sql.rows([row(1)])}`;
        expect(await messageOf(() => store.sql`INSERT INTO sample ${store.sql.rows([row(1)])}`)).toMatch(
          /^ORC_STORE_UNAVAILABLE: \S+: .*(UNIQUE|unique)/,
        );
        const twice = store.transaction(async (tx) => {
          await tx.sql`INSERT INTO sample ${tx.sql.rows([row(2)])}`;
          await tx.sql`INSERT INTO sample ${tx.sql.rows([row(2)])}`;
        });
        expect(await messageOf(() => twice)).toMatch(/^ORC_STORE_UNAVAILABLE/);
        expect((await store.sql`SELECT id FROM sample ORDER BY id`).length).toBe(1);
        for (const misuse of [
          () => store.sql.rows([]),
          () => store.sql.list([]),
          () => store.sql.rows([{ "a; DROP TABLE sample": 1 }]),
          () => store.sql.list(Array(30_001).fill(1)),
        ]) {
          expect(await messageOf(misuse)).toMatch(/^ORC_BAD_SCHEMA/);
        }
        await store.ping();
      }));

    test("migrates once, by however many processes at once, and keeps what is there", async () => {
      const url = await makeUrl();
      const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(url, [sample])));
      await stores[0]!.sql`INSERT INTO sample ${stores[0]!.sql.rows([row(1)])}`;
      const later = await openStore(url, [sample, second]);
      expect((await later.sql`SELECT id FROM sample ORDER BY id`).length).toBe(1);
      expect(await later.sql`SELECT a FROM two ORDER BY a`).toHaveLength(0);
      await Promise.all([...stores, later].map((store) => store.close()));
      expect(await messageOf(() => openStore(url, [sample]))).toMatch(
        /^ORC_BAD_SCHEMA: migration 2 \(second\) is of a newer/,
      );
      const edited = { ...sample, up: () => ["CREATE TABLE other (a BIGINT)"] };
      expect(await messageOf(() => openStore(url, [edited, second]))).toMatch(/^ORC_BAD_SCHEMA: migration 1/);
      expect(await messageOf(() => openStore(url, [second]))).toMatch(
        /^ORC_BAD_SCHEMA: migration second: expected number 1/,
      );
    });

    test("a migration that fails leaves nothing behind", async () => {
      const url = await makeUrl();
      const broken: Migration = {
        number: 2,
        name: "broken",
        up: () => ["CREATE TABLE half (a BIGINT)", "CREATE NONSENSE"],
      };
      expect(await messageOf(() => openStore(url, [sample, broken]))).toMatch(/^ORC_STORE_UNAVAILABLE/);
      const store = await openStore(url, [sample]);
      expect(await messageOf(() => store.sql`SELECT a FROM half ORDER BY a`)).toMatch(/half/);
      await store.close();
    });

    test("a lease has one holder at a time, and a holder that was taken over cannot commit", () =>
      withStore(async (store, url) => {
        const other = await openStore(url);
        const lease = (await acquireLease(store, "partition/1", "a", 60_000))!;
        expect(await acquireLease(other, "partition/1", "b", 60_000)).toBeUndefined();
        expect(await acquireLease(other, "partition/2", "b", 60_000)).toMatchObject({ holder: "b" });
        expect(await acquireLease(store, "partition/1", "a", 60_000)).toEqual(lease);
        expect(await renewLease(store, lease, 60_000)).toBe(true);
        await store.transaction((tx) => requireLease(tx, lease));
        // It runs out.
        expect(await renewLease(store, lease, 0)).toBe(true);
        await store.transaction((tx) => requireLease(tx, lease));
        const taken = (await acquireLease(other, "partition/1", "b", 60_000))!;
        expect(taken.fence).toBeGreaterThan(lease.fence);
        expect(await renewLease(store, lease, 60_000)).toBe(false);
        await releaseLease(store, lease);
        const commit = store.transaction(async (tx) => {
          await writePosition(tx, "worker", "partition/1", "17");
          await requireLease(tx, lease);
        });
        expect(await messageOf(() => commit)).toMatch(/^ORC_LEASE_LOST: partition\/1: a held it/);
        expect(await readPosition(store, "worker", "partition/1")).toBeUndefined();
        await releaseLease(other, taken);
        expect((await acquireLease(store, "partition/1", "a", 60_000))!.fence).toBeGreaterThan(taken.fence);
        await other.close();
      }, migrations));

    test("of many that ask for a lease at once, one gets it", () =>
      withStore(async (store, url) => {
        const others = await Promise.all(Array.from({ length: 3 }, () => openStore(url)));
        const asking = [store, ...others].flatMap((from, at) =>
          [0, 1, 2].map((again) => acquireLease(from, "close/1", `${at}-${again}`, 60_000)),
        );
        expect((await Promise.all(asking)).filter((lease) => lease !== undefined)).toHaveLength(1);
        await Promise.all(others.map((other) => other.close()));
      }, migrations));

    test("keeps the position of a reader with what it read, or not at all", () =>
      withStore(async (store) => {
        await store.transaction((tx) => writePosition(tx, "loader", "3", "100"));
        await store.transaction((tx) => writePosition(tx, "loader", "3", "200;a=5,0"));
        expect(await readPosition(store, "loader", "3")).toBe("200;a=5,0");
        expect(await readPosition(store, "loader", "4")).toBeUndefined();
      }, migrations));
  });
}
