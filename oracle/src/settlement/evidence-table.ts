/** Receipts and signed heads that were shown to this oracle, kept until they are settled: what a vote is held against. */
import { statementKey } from "@earshot/poc/protocol";
import type { Db } from "../ports/store.ts";
import { readBytes } from "../store/values.ts";

export type EvidenceKind = "receipt" | "head";

/** Keeps a statement somebody showed. The same bytes are kept once; whether they say anything true is checked later. */
export async function keepEvidence(db: Db, kind: EvidenceKind, statement: Uint8Array): Promise<void> {
  const row = { kind, ingest_key: statementKey(statement) ?? new Uint8Array(33), statement };
  await db.sql`INSERT INTO shown_evidence ${db.sql.rows([row])} ON CONFLICT (kind, statement) DO NOTHING`;
}

/** Everything shown of an ingest. */
export async function evidenceOf(db: Db, kind: EvidenceKind, ingestKey: Uint8Array): Promise<readonly Uint8Array[]> {
  const rows = await db.sql`
    SELECT statement FROM shown_evidence WHERE kind = ${kind} AND ingest_key = ${ingestKey} ORDER BY statement`;
  return rows.map((row) => readBytes(row.statement));
}

/** Forgets statements that were kept or prove nothing. */
export async function forgetEvidence(db: Db, kind: EvidenceKind, statements: readonly Uint8Array[]): Promise<void> {
  if (statements.length === 0) return;
  await db.sql`DELETE FROM shown_evidence WHERE kind = ${kind} AND statement IN ${db.sql.list(statements)}`;
}
