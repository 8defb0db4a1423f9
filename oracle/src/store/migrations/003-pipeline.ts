import type { Migration } from "../../ports/store.ts";

export const pipeline: Migration = {
  number: 3,
  name: "pipeline",
  up: ({ int64, bytes, text, tableEnd }) => [
    // Sealed segments as verified for an epoch (pipeline/work-table.ts).
    `CREATE TABLE pipeline_chunk (
      epoch ${int64} NOT NULL,
      log ${text} NOT NULL,
      segment ${int64} NOT NULL,
      chunk_sha256 ${bytes} NOT NULL,
      segment_sha256 ${bytes} NOT NULL,
      PRIMARY KEY (epoch, log, segment))${tableEnd}`,
    `CREATE TABLE pipeline_epoch (
      epoch ${int64} PRIMARY KEY,
      manifest_sha256 ${bytes} NOT NULL,
      root_hash ${bytes} NOT NULL,
      total_atoms ${int64} NOT NULL,
      leaf_count ${int64} NOT NULL,
      parameter_hash ${bytes} NOT NULL)${tableEnd}`,
    // What an epoch is judged under (pipeline/stored-facts.ts); tables and rules stand in the artefact store.
    `CREATE TABLE epoch_fact (
      epoch ${int64} NOT NULL,
      name ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (epoch, name))${tableEnd}`,
    `CREATE TABLE epoch_entropy (
      minute ${int64} PRIMARY KEY,
      slot ${int64} NOT NULL,
      block_time_s ${int64} NOT NULL,
      blockhash ${bytes} NOT NULL)${tableEnd}`,
    // The running epoch (pipeline/live-table.ts).
    `CREATE TABLE live_verdict (
      epoch ${int64} NOT NULL,
      upload_id ${bytes} NOT NULL,
      index_in_upload ${int64} NOT NULL,
      kind ${int64} NOT NULL,
      hotspot_key ${bytes} NOT NULL,
      challenge_id ${bytes},
      closes_ms ${int64},
      told_ms ${int64} NOT NULL,
      reason ${int64} NOT NULL,
      measured ${int64} NOT NULL,
      limit_value ${int64} NOT NULL,
      selected ${int64},
      PRIMARY KEY (epoch, upload_id, index_in_upload))${tableEnd}`,
    "CREATE INDEX live_verdict_by_hotspot ON live_verdict (epoch, hotspot_key, told_ms)",
    "CREATE INDEX live_verdict_by_challenge ON live_verdict (epoch, challenge_id)",
    `CREATE TABLE live_cell (
      epoch ${int64} NOT NULL,
      cell ${text} NOT NULL,
      partition_number ${int64} NOT NULL,
      beacons ${int64} NOT NULL,
      beacons_valid ${int64} NOT NULL,
      witness_reports ${int64} NOT NULL,
      witnesses_valid ${int64} NOT NULL,
      witnesses_selected ${int64} NOT NULL,
      PRIMARY KEY (epoch, cell, partition_number))${tableEnd}`,
    `CREATE TABLE live_hotspot (
      epoch ${int64} NOT NULL,
      hotspot_key ${bytes} NOT NULL,
      partition_number ${int64} NOT NULL,
      beacons ${int64} NOT NULL,
      beacons_valid ${int64} NOT NULL,
      witnesses ${int64} NOT NULL,
      witnesses_valid ${int64} NOT NULL,
      witnesses_selected ${int64} NOT NULL,
      last_beacon_ms ${int64} NOT NULL,
      last_witness_ms ${int64} NOT NULL,
      PRIMARY KEY (epoch, hotspot_key, partition_number))${tableEnd}`,
  ],
};
