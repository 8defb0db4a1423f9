/** Tables of what happened: hotspots, challenges, reports and packets of the epoch. */
import { col, dataRate, frequencyHz, hotspot, logIndex, receiveOffsetMs, type TableDefinition } from "./column.ts";

export const hotspotsTable = {
  name: "hotspots",
  role: "input",
  order: "by (cell, key); the row number is the hotspot id of every other table",
  columns: [
    col("key", "bytes33", "device key: tag byte 0xED (Ed25519) or 0x02/0x03 (P-256), then 32 bytes"),
    col("gateway_id", "bytes8", "first 8 bytes of SHA-256(key)"),
    col("owner", "bytes32", "wallet that owns the hotspot this epoch"),
    col("beneficiary", "bytes32", "wallet its rewards go to; zero when splits.arrow divides them"),
    col("cell", "u64", "asserted H3 cell, resolution 12; 0 when not asserted, or private"),
    col("cell_public", "u64", "its resolution-8 parent; all there is of a private location; 0 when not asserted"),
    col(
      "location_commitment",
      "bytes32",
      "commitment to the finer digits of a private location; zero when it is open or not asserted",
    ),
    col("gain_ddbi", "i16", "antenna gain, 0.1 dBi"),
    col("elevation_m", "i16", "antenna height above ground, m"),
    col("region", "u8", "region number"),
    col("capability", "u8", "0 data only, 1 proofs and data"),
    col("suspended", "u8", "1 when the registry has suspended it for this epoch"),
    col("first_epoch", "u32", "first epoch in which it was registered"),
  ],
} as const satisfies TableDefinition;

export const splitsTable = {
  name: "splits",
  role: "input",
  order: "by (hotspot, wallet); only hotspots whose rewards go to two to six wallets",
  columns: [
    col("hotspot", "u32", "row in hotspots.arrow"),
    col("wallet", "bytes32", "who gets this share"),
    col("share_e4", "u16", "1e-4 of what the hotspot earns; the rows of a hotspot sum to 10000"),
  ],
} as const satisfies TableDefinition;

export const entropyTable = {
  name: "entropy",
  role: "input",
  order: "by minute",
  columns: [
    col("minute", "u32", "Unix minute m"),
    col("slot", "u64", "slot of the first finalised block with block time ≥ m"),
    col("block_time_s", "u64", "its block time, Unix s"),
    col("blockhash", "bytes32", "its blockhash: E(m)"),
  ],
} as const satisfies TableDefinition;

export const challengesTable = {
  name: "challenges",
  role: "input",
  order: "by (minute, hotspot)",
  columns: [
    col("challenge_id", "bytes32", "challenge id"),
    col("hotspot", "u32", "challenged hotspot: row in hotspots.arrow"),
    col("minute", "u32", "Unix minute of the challenge"),
    col("transmit_offset_ms", "u32", "when the beacon goes on the air, ms since the start of the epoch"),
    frequencyHz,
    dataRate,
    col("sampling_entropy", "bytes32", "E(m′) of the first minute that begins after the window closed"),
  ],
} as const satisfies TableDefinition;

export const beaconsTable = {
  name: "beacons",
  role: "input",
  order: "any; log_index is the order",
  columns: [
    logIndex,
    hotspot,
    receiveOffsetMs,
    col("challenge", "u32", "row of the challenge in challenges.arrow; 4294967295 when it names none of this epoch"),
    col(
      "proof_status",
      "u8",
      "0: signature verifies and the payload follows from it; 1: signature does not verify; 2: no such challenge",
    ),
    col("payload_key_hi", "u32", "XOR fold of the 24-byte payload, upper word"),
    col("payload_key_lo", "u32", "XOR fold of the 24-byte payload, lower word"),
    frequencyHz,
    dataRate,
    col("tx_power_ddbm", "i16", "conducted power actually used, 0.1 dBm"),
  ],
} as const satisfies TableDefinition;

export const witnessesTable = {
  name: "witnesses",
  role: "input",
  order: "any; log_index is the order",
  columns: [
    logIndex,
    hotspot,
    receiveOffsetMs,
    col("payload_key_hi", "u32", "XOR fold of the 24-byte payload heard, upper word"),
    col("payload_key_lo", "u32", "XOR fold of the 24-byte payload heard, lower word"),
    frequencyHz,
    col("rssi_ddbm", "i16", "RSSI, 0.1 dBm"),
    col("snr_ddb", "i16", "signal-to-noise ratio, 0.1 dB"),
    dataRate,
  ],
} as const satisfies TableDefinition;

export const packetsTable = {
  name: "packets",
  role: "input",
  order: "any; log_index is the order, in which receipts of earlier epochs that are billed in this one come first",
  columns: [
    logIndex,
    hotspot,
    col(
      "receive_offset_ms",
      "u32",
      "ingest time of the receipt, ms since the start of the epoch; 0 when it came before that",
    ),
    col("packet_hash", "bytes32", "SHA-256 of the PHYPayload"),
    col("phy_bytes", "u16", "length of the PHYPayload"),
    col("dev_addr", "u32", "DevAddr"),
    col("payer", "bytes32", "wallet that pays for the route; zero when no payer confirmed the copy"),
    col("data_credits", "u32", "data credits billed: 0 when not confirmed"),
  ],
} as const satisfies TableDefinition;
