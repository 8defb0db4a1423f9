import type { Migration } from "../../ports/store.ts";

export const organisations: Migration = {
  number: 9,
  name: "organisations",
  up: ({ bytes, text, int64, tableEnd }) => [
    // A payer's organisation (organisations/organisation-table.ts). One that was dissolved has no name, and keeps its revision.
    `CREATE TABLE organisation (
      wallet ${text} PRIMARY KEY,
      name ${text},
      revision ${int64} NOT NULL,
      webhook_url ${text},
      webhook_secret ${bytes},
      webhook_below ${int64},
      is_low ${int64} NOT NULL)${tableEnd}`,
    `CREATE TABLE organisation_member (
      wallet ${text} NOT NULL,
      member ${text} NOT NULL,
      role ${text} NOT NULL,
      name ${text} NOT NULL,
      PRIMARY KEY (wallet, member))${tableEnd}`,
    `CREATE TABLE organisation_route (
      route_id ${int64} PRIMARY KEY,
      wallet ${text} NOT NULL,
      definition ${text} NOT NULL)${tableEnd}`,
    // Keys of programs, as SHA-256.
    `CREATE TABLE organisation_key (
      key_hash ${bytes} PRIMARY KEY,
      key_id ${text} NOT NULL,
      wallet ${text} NOT NULL,
      name ${text} NOT NULL,
      created_ms ${int64} NOT NULL,
      expires_ms ${int64} NOT NULL)${tableEnd}`,
    "CREATE INDEX organisation_key_by_wallet ON organisation_key (wallet)",
    // Who changed what.
    `CREATE TABLE organisation_change (
      wallet ${text} NOT NULL,
      revision ${int64} NOT NULL,
      signer ${text} NOT NULL,
      changed_ms ${int64} NOT NULL,
      what ${text} NOT NULL,
      PRIMARY KEY (wallet, revision))${tableEnd}`,
    // Warnings of a low balance, until they are delivered (organisations/alert-table.ts).
    `CREATE TABLE organisation_alert (
      alert_id ${text} PRIMARY KEY,
      wallet ${text} NOT NULL,
      balance ${int64} NOT NULL,
      below ${int64} NOT NULL,
      found_ms ${int64} NOT NULL,
      state ${text} NOT NULL,
      attempts ${int64} NOT NULL,
      next_ms ${int64} NOT NULL,
      problem ${text})${tableEnd}`,
    "CREATE INDEX organisation_alert_by_wallet ON organisation_alert (wallet, found_ms)",
  ],
};
