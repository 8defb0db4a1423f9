/**
 * The tables of an epoch folder as data: every column with its type, unit and meaning.
 *
 * One source for the TypeScript types, the Arrow files, the canonical column hashes of the manifest and the generated
 * docs/reference/epoch-format.md. Times inside an epoch are uint32 milliseconds since the epoch's start ("offset").
 */

/** `bytesN`: N bytes a row, laid end to end in one Uint8Array. `u64` is a BigUint64Array. */
export type ColumnType = "u8" | "u16" | "u32" | "i16" | "i32" | "u64" | `bytes${number}`;

export interface ColumnDefinition {
  readonly name: string;
  readonly type: ColumnType;
  readonly meaning: string;
}

export interface TableDefinition {
  readonly name: string;
  /** Who makes the file: part of the input of `oracle score` (`log`: that only the loading of uploads reads or writes), or written by it. */
  readonly role: "input" | "log" | "output";
  readonly order: string;
  readonly columns: readonly ColumnDefinition[];
}

const col = <const N extends string, const T extends ColumnType>(name: N, type: T, meaning: string) =>
  ({ name, type, meaning }) as const;

const logIndex = col(
  "log_index",
  "u32",
  "place of the report in the log of the epoch, over all kinds: order of (receive ms, upload id, index in upload)",
);
const hotspot = col("hotspot", "u32", "row of the sender in hotspots.arrow; 4294967295 when its key is not registered");
const receiveOffsetMs = col("receive_offset_ms", "u32", "ingest time of the upload, ms since the start of the epoch");
const frequencyHz = col("frequency_hz", "u32", "carrier, Hz");
const dataRate = col(
  "data_rate",
  "u8",
  "low nibble spreading factor, high nibble bandwidth (0 = 125, 1 = 250, 2 = 500 kHz; 15 = not LoRa)",
);
const cell8 = col("cell", "u64", "H3 index");

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

const stateColumns = [
  col("key", "bytes33", "device key"),
  col("last_beacon_ms", "u64", "time of its last beacon that passed every check but reciprocity, Unix ms; 0 for never"),
  col("last_reciprocal_beacon_ms", "u64", "the same, of the last that somebody witnessed, Unix ms; 0 for never"),
  col(
    "last_witness_ms",
    "u64",
    "time of the last beacon it witnessed with a report that passed every check but reciprocity, Unix ms; 0 for never",
  ),
] as const;

const servedColumns = [
  col("epoch", "u32", "epoch of the bill"),
  cell8,
  col("payer", "bytes32", "wallet that paid"),
  col("data_credits", "u64", "data credits carried by the cell's own hotspots"),
] as const;

const ledgerColumns = [
  col("beneficiary", "bytes32", "wallet"),
  col("epoch_atoms", "u64", "earned in the epoch just closed"),
  col("cumulative_atoms", "u64", "earned since genesis: the leaf of the Merkle-sum tree"),
] as const;

export const stateInTable = {
  name: "state-in",
  role: "input",
  order: "by key",
  columns: stateColumns,
} as const satisfies TableDefinition;
export const stateOutTable = {
  name: "state-out",
  role: "output",
  order: "by key",
  columns: stateColumns,
} as const satisfies TableDefinition;
export const servedInTable = {
  name: "served-in",
  role: "input",
  order: "by (epoch, cell, payer)",
  columns: servedColumns,
} as const satisfies TableDefinition;
export const servedOutTable = {
  name: "served-out",
  role: "output",
  order: "by (epoch, cell, payer)",
  columns: servedColumns,
} as const satisfies TableDefinition;
export const ledgerInTable = {
  name: "ledger-in",
  role: "input",
  order: "by beneficiary",
  columns: ledgerColumns,
} as const satisfies TableDefinition;
export const ledgerOutTable = {
  name: "ledger-out",
  role: "output",
  order: "by beneficiary: the leaves of the reward tree",
  columns: ledgerColumns,
} as const satisfies TableDefinition;

const suspicionColumns = [
  col("key", "bytes33", "device key"),
  col("placement_e4", "u16", "level of detector placement, 1e-4"),
  col("reciprocity_gap_e4", "u16", "level of detector reciprocity_gap, 1e-4"),
  col("one_sided_e4", "u16", "level of detector one_sided, 1e-4"),
  col("silence_e4", "u16", "level of detector silence, 1e-4"),
  col("twin_e4", "u16", "level of detector twin, 1e-4"),
  col("conduct_e4", "u16", "level of detector conduct, 1e-4"),
  col("clean_epochs", "u16", "epochs in which it took part since one that showed something against it"),
  col("good_16", "u32", "receipts that were paid, decaying, 1/16"),
  col("bad_16", "u32", "receipts that were refuted and forks of its upload chain, decaying, 1/16"),
] as const;

export const suspicionInTable = {
  name: "suspicion-in",
  role: "input",
  order: "by key; only hotspots with something to remember",
  columns: suspicionColumns,
} as const satisfies TableDefinition;
export const suspicionOutTable = {
  name: "suspicion-out",
  role: "output",
  order: "by key; only hotspots with something to remember",
  columns: suspicionColumns,
} as const satisfies TableDefinition;

export const conductTable = {
  name: "conduct",
  role: "input",
  order: "by key; only hotspots with an entry",
  columns: [
    col("key", "bytes33", "device key"),
    col("paid", "u32", "receipts of it that were billed in the epoch"),
    col("refuted", "u32", "receipts of it that the payer refuted in the epoch"),
    col("forks", "u32", "second uploads with a number it had used, in the epoch"),
  ],
} as const satisfies TableDefinition;

export const appealsTable = {
  name: "appeals",
  role: "input",
  order: "by (key, detector)",
  columns: [
    col("key", "bytes33", "device key of the hotspot whose appeal was upheld"),
    col("detector", "u8", "number of the detector that is lifted"),
    col("from_epoch", "u32", "first epoch it is lifted in: never one that was closed when the outcome was logged"),
    col("until_epoch", "u32", "first epoch it counts in again"),
    col("outcome_id", "bytes32", "SHA-256 of the logged outcome"),
  ],
} as const satisfies TableDefinition;

export const evidenceTable = {
  name: "evidence",
  role: "output",
  order: "by (hotspot, detector, counterpart)",
  columns: [
    hotspot,
    col("detector", "u8", "detector number"),
    col("rule_version", "u16", "version of the detectors' rules"),
    col("counterpart", "u32", "row of the hotspot whose link it is"),
    col("accuses", "u8", "1 when the link speaks against the hotspot, 0 when it speaks for it"),
    col(
      "challenge",
      "u32",
      "row of the first challenge whose reports the link stands on; 4294967295 when there is none",
    ),
    col("receptions", "u32", "receptions of the link, both ways"),
    col("measured", "i32", "what was measured; unit by detector"),
    col("limit", "i32", "what it was held against; unit by detector"),
  ],
} as const satisfies TableDefinition;

export const verdictsTable = {
  name: "verdicts",
  role: "output",
  order: "by log_index",
  columns: [
    logIndex,
    col("kind", "u8", "1 beacon, 2 witness"),
    hotspot,
    col("challenge", "u32", "row in challenges.arrow; 4294967295 when none was found"),
    col("reason", "u8", "reason number"),
    col("side", "u8", "0 none, 2 the beaconer's failure, 3 the reporter's own"),
    col("measured", "i32", "what was measured; unit by reason"),
    col("limit", "i32", "what it was held against; unit by reason"),
    col("selected", "u8", "1 when the report is paid for: beacon with units, or a sampled witness"),
    col("units_e4", "u16", "reward units, 1e-4"),
  ],
} as const satisfies TableDefinition;

export const cellsTable = {
  name: "cells",
  role: "output",
  order: "by (resolution, cell)",
  columns: [
    col("resolution", "u8", "4 to 10; radio, demand and shares stand in the rows of resolution 8"),
    cell8,
    col("active_hotspots", "u32", "hotspots with a paid proof, before any limit"),
    col("unclipped", "u32", "sum of its children's clipped counts"),
    col("clipped", "u32", "count after the limit"),
    col("limit", "u32", "density limit"),
    col(
      "scale_e4",
      "u16",
      "clipped / unclipped, 1e-4, half-even: this resolution's part of the density scale; 0 without active hotspots",
    ),
    col("beacons", "u32", "beacon reports of its hotspots"),
    col("beacons_valid", "u32", "valid ones"),
    col("witness_reports", "u32", "witness reports of beacons sent from the cell"),
    col("witnesses_valid", "u32", "valid ones"),
    col("witnesses_selected", "u32", "sampled ones"),
    col(
      "median_excess_loss_ddb",
      "i32",
      "lower median of what valid witnesses lost beyond free space (EIRP + gain − loss − RSSI), 0.1 dB, to within 0.1 dB; -2147483648 when there are none",
    ),
    col("served_credits_e4", "u64", "data credits that count for the weight, 1e-4"),
    col("weight_e4", "u16", "cell weight, 1e-4"),
    col("shares", "u64", "shares earned by proofs sent from the cell, 1e-12"),
  ],
} as const satisfies TableDefinition;

export const cellReasonsTable = {
  name: "cell-reasons",
  role: "output",
  order: "by (cell, reason)",
  columns: [
    col("cell", "u64", "resolution-8 cell of the beaconer"),
    col("reason", "u8", "reason number"),
    col("witness_reports", "u32", "witness reports of its beacons with this verdict"),
  ],
} as const satisfies TableDefinition;

export const sharesTable = {
  name: "shares",
  role: "output",
  order: "by hotspot",
  columns: [
    hotspot,
    col("scale_e4", "u16", "density scale of its location, 1e-4"),
    col("weight_e4", "u16", "weight of its resolution-8 cell, 1e-4"),
    col("beacon_shares", "u64", "shares of its own beacons, 1e-12"),
    col("witness_shares", "u64", "shares of its receptions, 1e-12"),
    col("data_credits", "u64", "billed data credits it carried"),
  ],
} as const satisfies TableDefinition;

export const rewardsTable = {
  name: "rewards",
  role: "output",
  order: "by hotspot; the treasury's row last, as hotspot 4294967295",
  columns: [
    hotspot,
    col("beneficiary", "bytes32", "wallet; zero when split-rewards.arrow divides the row"),
    col("beacon_atoms", "u64", "for beacons, base units"),
    col("witness_atoms", "u64", "for receptions, base units"),
    col("data_atoms", "u64", "for packets carried, base units"),
  ],
} as const satisfies TableDefinition;

export const splitRewardsTable = {
  name: "split-rewards",
  role: "output",
  order: "as splits; the rows of a hotspot sum to its row in rewards",
  columns: [
    col("hotspot", "u32", "row in hotspots.arrow"),
    col("wallet", "bytes32", "who is paid"),
    col("beacon_atoms", "u64", "for beacons, base units"),
    col("witness_atoms", "u64", "for receptions, base units"),
    col("data_atoms", "u64", "for packets carried, base units"),
  ],
} as const satisfies TableDefinition;

export const payersTable = {
  name: "payers",
  role: "log",
  order: "by key",
  columns: [
    col("key", "bytes33", "key of the payer's meter, as a device key"),
    col("payer", "bytes32", "wallet that pays for what the meter confirms"),
  ],
} as const satisfies TableDefinition;

const chainColumns = [
  col("key", "bytes33", "key of a sender"),
  col("sequence", "u64", "number of its last upload that counts"),
  col("upload_id", "bytes32", "id of that upload"),
] as const;

export const chainsInTable = {
  name: "chains-in",
  role: "log",
  order: "by key; every sender that ever had an upload counted",
  columns: chainColumns,
} as const satisfies TableDefinition;
export const chainsOutTable = {
  name: "chains-out",
  role: "log",
  order: "by key; as the chains stood at the end of the epoch, its grace time not included",
  columns: chainColumns,
} as const satisfies TableDefinition;

const pendingColumns = [
  col("epoch", "u32", "epoch in which it arrived, or for kind 3 was billed"),
  col("kind", "u8", "1 receipt without a confirmation, 2 confirmation without a receipt, 3 copy that was billed"),
  col("packet_hash", "bytes32", "SHA-256 of the PHYPayload"),
  col("hotspot_key", "bytes33", "key of the hotspot that carried the copy"),
  col("phy_bytes", "u16", "length of the PHYPayload as reported; 0 for kind 3"),
  col("dev_addr", "u32", "DevAddr of a receipt, else 0"),
  col("payer", "bytes32", "wallet of a confirmation, else zero"),
] as const;

export const pendingInTable = {
  name: "pending-in",
  role: "log",
  order: "rows carried on first, then receipts, confirmations and bills of the epoch, each in log order",
  columns: pendingColumns,
} as const satisfies TableDefinition;
export const pendingOutTable = {
  name: "pending-out",
  role: "log",
  order: "rows carried on first, then receipts, confirmations and bills of the epoch, each in log order",
  columns: pendingColumns,
} as const satisfies TableDefinition;

const judgedColumns = [
  col("upload_id", "bytes32", "id of an upload received in the grace time"),
  col("index_in_upload", "u16", "place of a report in it that got its verdict in the epoch whose grace time it was"),
] as const;

export const judgedInTable = {
  name: "judged-in",
  role: "log",
  order: "by (upload_id, index_in_upload)",
  columns: judgedColumns,
} as const satisfies TableDefinition;
export const judgedOutTable = {
  name: "judged-out",
  role: "log",
  order: "by (upload_id, index_in_upload)",
  columns: judgedColumns,
} as const satisfies TableDefinition;

/** What the engine judges from. */
export const inputTables = [
  hotspotsTable,
  splitsTable,
  entropyTable,
  challengesTable,
  stateInTable,
  servedInTable,
  ledgerInTable,
  beaconsTable,
  witnessesTable,
  packetsTable,
] as const;
/** What the detectors read and write besides, where a network's parameters have any (`anomaly`); elsewhere these tables do not exist. */
export const anomalyInputTables = [suspicionInTable, conductTable, appealsTable] as const;
export const anomalyOutputTables = [suspicionOutTable, evidenceTable] as const;
/** What uploads are loaded with, and what loading leaves to the next epoch: no part of judging, all of the manifest. */
export const logTables = [
  payersTable,
  chainsInTable,
  pendingInTable,
  judgedInTable,
  chainsOutTable,
  pendingOutTable,
  judgedOutTable,
] as const;
export const outputTables = [
  verdictsTable,
  cellsTable,
  cellReasonsTable,
  sharesTable,
  rewardsTable,
  splitRewardsTable,
  stateOutTable,
  servedOutTable,
  ledgerOutTable,
] as const;

/** No row: unregistered key, no challenge found, the treasury. */
export const NO_ROW = 0xffffffff;

/** Names of tables in EpochInput and EpochOutput: `state-in` is `stateIn`. */
export function tableField(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
