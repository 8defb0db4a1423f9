/** A record on its way to the disk and after: the one object the writer, the tables and the forwarder share. */
import type { RecordKind, StoredRecord } from "./record.ts";

export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** A packet of the record that was settled before the record had a place to note it. */
export interface EarlySettlement {
  readonly index: number;
  readonly destination: number;
}

export interface LiveRecord extends StoredRecord {
  readonly kind: RecordKind;
  /** When it was appended, steady ms with fraction. */
  readonly appendedMs: number;
  /** Encoded for the disk; null once it is there or given up. */
  bytes: Uint8Array | null;
  place: Place | null;
  /** The forwarder was told: it may acknowledge. */
  isAccepted: boolean;
  /** Given up in memory mode: neither on disk nor in memory. */
  isLost: boolean;
  /** Its packets stand in the packet table. */
  isAdmitted: boolean;
  /** Packets that are not settled yet, over all destinations. */
  open: number;
  /** Rows of the packet table that wait for the record's place. */
  rows: number[];
  early: EarlySettlement[];
  readonly onAccepted: (record: LiveRecord) => void;
}
