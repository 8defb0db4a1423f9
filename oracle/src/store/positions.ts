/** How far readers of logs have come. A position is written in the transaction that writes what was read up to it. */
import type { Db, Tx } from "../ports/store.ts";
import { readText } from "./values.ts";

/** Text of the reader's own: a log index, or the checkpoint of a shuffled partition; undefined at the start. */
export async function readPosition(db: Db, reader: string, source: string): Promise<string | undefined> {
  const [row] = await db.sql`
    SELECT position FROM reader_position WHERE reader = ${reader} AND source = ${source} ORDER BY reader`;
  return row === undefined ? undefined : readText(row.position);
}

export async function writePosition(tx: Tx, reader: string, source: string, position: string): Promise<void> {
  await tx.sql`
    INSERT INTO reader_position ${tx.sql.rows([{ reader, source, position }])}
    ON CONFLICT (reader, source) DO UPDATE SET position = excluded.position`;
}
