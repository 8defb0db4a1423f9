import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { readInteger } from "../../src/store/values.ts";
import { PostgresServer, postgresPrograms } from "../servers/postgres.ts";
import { skipReason } from "../servers/server-process.ts";
import { messageOf } from "../temporary-folder.ts";
import { testStore } from "./store.contract.ts";

const programs = postgresPrograms();
const reason = skipReason("PostgreSQL", programs);
let server: PostgresServer;

if (programs !== undefined) {
  beforeAll(async () => {
    server = await PostgresServer.start(programs);
  });
  afterAll(() => server?.remove());
}

testStore({ name: "PostgreSQL", makeUrl: () => server.database() }, reason);

describe.skipIf(reason !== undefined)("the store while PostgreSQL restarts", () => {
  test("keeps every transaction that was committed, answers the others with a retryable code, and goes on afterwards", async () => {
    const store = await openStore(await server.database());
    await store.sql`CREATE TABLE paid (id BIGINT PRIMARY KEY)`;
    const committed: number[] = [];
    const refused: unknown[] = [];
    let isOver = false;
    const paying = (async () => {
      for (let id = 0; !isOver; id++) {
        try {
          await store.transaction((tx) => tx.sql`INSERT INTO paid ${tx.sql.rows([{ id }])}`);
          committed.push(id);
        } catch (error) {
          refused.push(error);
        }
      }
    })();
    for (let round = 0; round < 2; round++) {
      const enough = committed.length + 20;
      while (committed.length < enough) await store.ping();
      await server.crash();
      const before = refused.length;
      while (refused.length === before) await new Promise(setImmediate);
      await server.run();
    }
    const enough = committed.length + 5;
    while (committed.length < enough) await store.ping();
    isOver = true;
    await paying;
    const rows = await store.sql`SELECT id FROM paid ORDER BY id`;
    const stored = new Set(rows.map(({ id }) => readInteger(id)));
    expect(committed.filter((id) => !stored.has(id))).toEqual([]);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: "ORC_STORE_UNAVAILABLE", retryable: true });
    await store.close();
  });

  test("a server that is not there is a retryable code", async () => {
    const url = "postgres://earshot@127.0.0.1:1/nothing";
    expect(await messageOf(() => openStore(url))).toMatch(/^ORC_STORE_UNAVAILABLE: ERR_POSTGRES_CONNECTION_REFUSED/);
  });
});
