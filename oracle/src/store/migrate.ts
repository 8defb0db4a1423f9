/**
 * Brings a database to the schema of this version, one numbered migration after the other, each in its own transaction.
 *
 * Several processes may start at once: SQLite's write lock, or an advisory lock of PostgreSQL, lets one of them migrate. A database of
 * a newer version, or one whose migrations read differently than here, is refused and left as it is.
 */
import { createHash } from "node:crypto";
import { oracleError } from "../errors.ts";
import type { Db, Migration, SqlTypes, Store, Tx } from "../ports/store.ts";
import { readInteger, readText } from "./values.ts";

const TYPES: Readonly<Record<Db["dialect"], SqlTypes>> = {
  sqlite: { int64: "INTEGER", bytes: "BLOB", text: "TEXT", tableEnd: " STRICT" },
  postgresql: { int64: "BIGINT", bytes: "BYTEA", text: 'TEXT COLLATE "C"', tableEnd: "" },
};
/** Name of the advisory lock: "earshot" in a number. */
const MIGRATION_LOCK = 0x0ea5_5407;

/** Applies what is missing. Throws ORC_BAD_SCHEMA, ORC_STORE_UNAVAILABLE. */
export async function migrate(store: Store, migrations: readonly Migration[]): Promise<void> {
  for (const [at, { number, name }] of migrations.entries()) {
    if (number !== at + 1)
      throw oracleError("ORC_BAD_SCHEMA", `migration ${name}: expected number ${at + 1}, got ${number}`);
  }
  await store.transaction(async (tx) => {
    if (tx.dialect === "postgresql") await tx.sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    const { int64, text, tableEnd } = TYPES[tx.dialect];
    await run(
      tx,
      `CREATE TABLE IF NOT EXISTS schema_migration (
      number ${int64} PRIMARY KEY, name ${text} NOT NULL, sha256 ${text} NOT NULL)${tableEnd}`,
    );
  });
  for (const migration of migrations) await apply(store, migration);
  await store.transaction(async (tx) => {
    const [row] = await tx.sql`SELECT number, name FROM schema_migration ORDER BY number DESC LIMIT 1`;
    if (row !== undefined && readInteger(row.number) > migrations.length) {
      const detail = `migration ${readInteger(row.number)} (${readText(row.name)}) is of a newer version; this one knows ${migrations.length}`;
      throw oracleError("ORC_BAD_SCHEMA", detail);
    }
  });
}

function apply(store: Store, { number, name, up }: Migration): Promise<void> {
  const statements = up(TYPES[store.dialect]);
  // Over the SQLite text on both, so that the hash is one of the migration and not of the database.
  const sha256 = createHash("sha256").update(up(TYPES.sqlite).join("\n")).digest("hex");
  return store.transaction(async (tx) => {
    await lock(tx);
    const [known] = await tx.sql`SELECT name, sha256 FROM schema_migration WHERE number = ${number}`;
    if (known !== undefined) {
      if (known.sha256 === sha256) return;
      throw oracleError(
        "ORC_BAD_SCHEMA",
        `migration ${number} (${name}) is not what was applied as ${readText(known.name)}`,
      );
    }
    for (const statement of statements) await run(tx, statement);
    await tx.sql`INSERT INTO schema_migration ${tx.sql.rows([{ number, name, sha256 }])}`;
  });
}

/** Must come first: PostgreSQL shows a transaction what was committed before its first query, and LOCK is none. */
async function lock(tx: Tx): Promise<void> {
  if (tx.dialect === "postgresql") await tx.sql`LOCK TABLE schema_migration IN EXCLUSIVE MODE`;
}

/** A statement of a migration: text of ours, without values. */
function run(tx: Tx, statement: string): Promise<unknown> {
  return tx.sql(Object.defineProperty([statement], "raw", { value: [statement] }) as unknown as TemplateStringsArray);
}
