/** Organisations in the Store, their members, keys, webhooks and the journal of their changes. */
import type { Db, Store, Tx } from "../ports/store.ts";
import { readAmount, readInteger, readNullable, readText } from "../store/values.ts";
import { type ApiKey, apiKeyId } from "./api-key.ts";
import {
  type Member,
  type MemberRole,
  type Organisation,
  type Refusal,
  type Role,
  reaches,
  refusal,
  roleOf,
  type Webhook,
} from "./organisation.ts";

/** Who asks for a change, as its signature says. */
export interface ChangeAsked {
  /** Base58 of the organisation's wallet. */
  readonly wallet: string;
  readonly signer: string;
  readonly revision: number;
  /** Route keys of the wallet, now. */
  readonly routeKeys: readonly string[];
  /** The least role that may. */
  readonly role: Role;
  /** For the journal: `PUT routes/7`. */
  readonly what: string;
  /** Unix ms. */
  readonly nowMs: number;
}

export type Changed<T> = { readonly status: "changed"; readonly revision: number; readonly value: T } | Refusal;

export interface JournalLine {
  readonly revision: number;
  readonly signer: string;
  readonly changedMs: number;
  readonly what: string;
}

/** The organisation of a wallet; without a name where there is none. */
export async function organisationOf(db: Db, wallet: string): Promise<Organisation> {
  const [row] = await db.sql`
    SELECT name, revision, webhook_url, CAST(webhook_below AS TEXT) AS webhook_below
    FROM organisation WHERE wallet = ${wallet} ORDER BY wallet`;
  if (row === undefined) return { wallet, name: null, revision: 0, members: [], webhook: null };
  const members = await db.sql`
    SELECT member, role, name FROM organisation_member WHERE wallet = ${wallet} ORDER BY member`;
  const url = readNullable(row.webhook_url, readText);
  return {
    wallet,
    name: readNullable(row.name, readText),
    revision: readInteger(row.revision),
    members: members.map(({ member, role, name }) => ({
      member: readText(member),
      role: readText(role) as MemberRole,
      name: readText(name),
    })),
    webhook: url === null ? null : { url, below: readAmount(row.webhook_below) },
  };
}

/**
 * Runs a change in one transaction: it counts if its signer may, and if it names the revision that there is. `work` looks first and refuses
 * before it writes. Everything but founding needs an organisation with a name.
 */
export function changeOrganisation<T>(
  store: Store,
  { wallet, signer, revision, routeKeys, role, what, nowMs }: ChangeAsked,
  work: (tx: Tx, organisation: Organisation) => Promise<T | Refusal>,
  isFounding = false,
): Promise<Changed<T>> {
  return store.transaction(async (tx): Promise<Changed<T>> => {
    const organisation = await organisationOf(tx, wallet);
    // A stranger learns nothing of the organisation, not even that it is there.
    const has = roleOf(organisation, routeKeys, signer);
    if (!reaches(has, role))
      return refusal("not_permitted", `a signature of the organisation's ${role}`, has ?? "a stranger's");
    if (revision !== organisation.revision) return refusal("stale_revision", organisation.revision, revision);
    if (!isFounding && organisation.name === null) {
      return refusal("not_found", "an organisation that is founded", wallet);
    }
    const value = await work(tx, organisation);
    if (isRefusal(value)) return value;
    const next = revision + 1;
    await tx.sql`
      INSERT INTO organisation ${tx.sql.rows([{ wallet, name: organisation.name, revision: next, is_low: 0 }])}
      ON CONFLICT (wallet) DO UPDATE SET revision = excluded.revision`;
    const line = { wallet, revision: next, signer, changed_ms: nowMs, what };
    await tx.sql`INSERT INTO organisation_change ${tx.sql.rows([line])}`;
    return { status: "changed", revision: next, value };
  });
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && (value as { status?: unknown }).status === "refused";
}

/** Founds it, or gives it another name. */
export async function nameOrganisation(tx: Tx, { wallet, revision }: Organisation, name: string): Promise<void> {
  await tx.sql`
    INSERT INTO organisation ${tx.sql.rows([{ wallet, name, revision, is_low: 0 }])}
    ON CONFLICT (wallet) DO UPDATE SET name = excluded.name`;
}

/** Takes everything from it but its revision and its journal. */
export async function dissolveOrganisation(tx: Tx, wallet: string): Promise<void> {
  await tx.sql`DELETE FROM organisation_member WHERE wallet = ${wallet}`;
  await tx.sql`DELETE FROM organisation_route WHERE wallet = ${wallet}`;
  await tx.sql`DELETE FROM organisation_key WHERE wallet = ${wallet}`;
  await tx.sql`UPDATE organisation SET name = NULL WHERE wallet = ${wallet}`;
  await putWebhook(tx, wallet, null);
}

export async function putMember(tx: Tx, wallet: string, { member, role, name }: Member): Promise<void> {
  await tx.sql`
    INSERT INTO organisation_member ${tx.sql.rows([{ wallet, member, role, name }])}
    ON CONFLICT (wallet, member) DO UPDATE SET role = excluded.role, name = excluded.name`;
}

/** False where there is none. */
export async function dropMember(tx: Tx, wallet: string, member: string): Promise<boolean> {
  const { count } = await tx.sql`DELETE FROM organisation_member WHERE wallet = ${wallet} AND member = ${member}`;
  return count === 1;
}

export async function addApiKey(
  tx: Tx,
  wallet: string,
  hash: Uint8Array,
  { name, createdMs, expiresMs }: Omit<ApiKey, "id">,
): Promise<void> {
  const row = { key_hash: hash, key_id: apiKeyId(hash), wallet, name, created_ms: createdMs, expires_ms: expiresMs };
  await tx.sql`INSERT INTO organisation_key ${tx.sql.rows([row])}`;
}

/** False where there is none. */
export async function dropApiKey(tx: Tx, wallet: string, id: string): Promise<boolean> {
  const { count } = await tx.sql`DELETE FROM organisation_key WHERE wallet = ${wallet} AND key_id = ${id}`;
  return count > 0;
}

/** The keys of an organisation, those that have ended too, oldest first. */
export async function apiKeysOf(db: Db, wallet: string): Promise<readonly ApiKey[]> {
  const rows = await db.sql`
    SELECT key_id, name, created_ms, expires_ms FROM organisation_key WHERE wallet = ${wallet}
    ORDER BY created_ms, key_id`;
  return rows.map((row) => ({
    id: readText(row.key_id),
    name: readText(row.name),
    createdMs: readInteger(row.created_ms),
    expiresMs: readInteger(row.expires_ms),
  }));
}

/** Whose key has this hash and has not ended; undefined for nobody's. */
export async function walletOfApiKey(db: Db, hash: Uint8Array, nowMs: number): Promise<string | undefined> {
  const [row] = await db.sql`
    SELECT wallet FROM organisation_key WHERE key_hash = ${hash} AND expires_ms > ${nowMs} ORDER BY key_hash`;
  return row === undefined ? undefined : readText(row.wallet);
}

/** Sets or takes away the webhook. A new limit begins above it: a balance that is low already is told. */
export async function putWebhook(
  tx: Tx,
  wallet: string,
  webhook: (Webhook & { readonly secret: Uint8Array }) | null,
): Promise<void> {
  await tx.sql`
    UPDATE organisation SET webhook_url = ${webhook?.url ?? null}, webhook_secret = ${webhook?.secret ?? null},
      webhook_below = ${webhook?.below ?? null}, is_low = 0
    WHERE wallet = ${wallet}`;
  await tx.sql`
    UPDATE organisation_alert SET state = 'withdrawn' WHERE wallet = ${wallet} AND state = 'waiting'`;
}

/** The latest changes of an organisation, newest first. */
export async function journalOf(db: Db, wallet: string, limit: number): Promise<readonly JournalLine[]> {
  const rows = await db.sql`
    SELECT revision, signer, changed_ms, what FROM organisation_change WHERE wallet = ${wallet}
    ORDER BY revision DESC LIMIT ${limit}`;
  return rows.map((row) => ({
    revision: readInteger(row.revision),
    signer: readText(row.signer),
    changedMs: readInteger(row.changed_ms),
    what: readText(row.what),
  }));
}
