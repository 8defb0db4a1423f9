/** Opens the store a URL names and brings it to this version's schema. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { writeFailed } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import type { Migration, Store } from "../ports/store.ts";
import { migrate } from "./migrate.ts";
import { migrations as ownMigrations } from "./migrations/index.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/**
 * `sqlite:PATH` (the file is made), `postgres://…` or `postgresql://…`.
 * @throws ORC_BAD_OPTION for another URL, ORC_BAD_SCHEMA, ORC_STORE_UNAVAILABLE, ORC_WRITE_FAILED.
 */
export async function openStore(url: string, migrations: readonly Migration[] = ownMigrations): Promise<Store> {
  const store = await connect(url);
  try {
    await migrate(store, migrations);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function connect(url: string): Promise<Store> {
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgresStore({ url });
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (path === undefined) {
    // A URL may hold a password: say what it begins with, no more.
    const scheme = /^[a-z0-9+.-]{1,20}:/i.exec(url)?.[0] ?? "something else";
    throw oracleError("ORC_BAD_OPTION", `store: expected sqlite:PATH or postgres://…, got ${scheme}`);
  }
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
  } catch (cause) {
    throw writeFailed(path, cause);
  }
  return openSqliteStore(resolve(path));
}
