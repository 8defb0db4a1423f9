/** What a column and a table are, and the columns that several tables have. */

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

/** A column of its own literal type. */
export const col = <const N extends string, const T extends ColumnType>(name: N, type: T, meaning: string) =>
  ({ name, type, meaning }) as const;

export const logIndex = col(
  "log_index",
  "u32",
  "place of the report in the log of the epoch, over all kinds: order of (receive ms, upload id, index in upload)",
);
export const hotspot = col(
  "hotspot",
  "u32",
  "row of the sender in hotspots.arrow; 4294967295 when its key is not registered",
);
export const receiveOffsetMs = col(
  "receive_offset_ms",
  "u32",
  "ingest time of the upload, ms since the start of the epoch",
);
export const frequencyHz = col("frequency_hz", "u32", "carrier, Hz");
export const dataRate = col(
  "data_rate",
  "u8",
  "low nibble spreading factor, high nibble bandwidth (0 = 125, 1 = 250, 2 = 500 kHz; 15 = not LoRa)",
);
export const cell8 = col("cell", "u64", "H3 index");

/** No row: unregistered key, no challenge found, the treasury. */
export const NO_ROW = 0xffffffff;

/** Names of tables in EpochInput and EpochOutput: `state-in` is `stateIn`. */
export function tableField(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
