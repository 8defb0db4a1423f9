/**
 * Reports as growing typed columns, one row per report, one table per kind.
 *
 * The first four columns are the same in each table: hotspot (dense id of the signer), receiveOffsetMs (ingest time, ms since
 * the start of the epoch), uploadRank (rank of the upload in log order among uploads of one time) and indexInUpload. Together
 * they give a report its place in log order. Arrays are longer than `length`; their content above it means nothing.
 */
import { checkInteger } from "./byte-codec.ts";

type Column = Uint8Array | Uint16Array | Int16Array | Uint32Array | Float64Array;

/** Rows that a table starts with when no capacity is given. */
const FIRST_CAPACITY = 1024;

function grown<T extends Column>(column: T, rows: number, width = 1): T {
  const larger = new (column.constructor as new (length: number) => T)(rows * width);
  larger.set(column as never);
  return larger;
}

abstract class ReportTable {
  length = 0;
  capacity: number;
  hotspot: Uint32Array;
  receiveOffsetMs: Uint32Array;
  uploadRank: Uint32Array;
  indexInUpload: Uint16Array;

  constructor(capacity: number) {
    this.capacity = checkInteger(capacity, 1, 0x7fff_ffff, "capacity");
    this.hotspot = new Uint32Array(capacity);
    this.receiveOffsetMs = new Uint32Array(capacity);
    this.uploadRank = new Uint32Array(capacity);
    this.indexInUpload = new Uint16Array(capacity);
  }

  /** Makes room for `rows` more rows; at least doubles when it must grow. */
  reserve(rows: number): void {
    const needed = this.length + rows;
    if (needed <= this.capacity) return;
    this.grow(Math.max(needed, this.capacity * 2));
  }

  protected grow(rows: number): void {
    this.capacity = rows;
    this.hotspot = grown(this.hotspot, rows);
    this.receiveOffsetMs = grown(this.receiveOffsetMs, rows);
    this.uploadRank = grown(this.uploadRank, rows);
    this.indexInUpload = grown(this.indexInUpload, rows);
  }
}

/** Beacons, with the join key of the payload that challenge id and signature give. */
export class BeaconTable extends ReportTable {
  payloadKeyHi: Uint32Array;
  payloadKeyLo: Uint32Array;
  /** 32 bytes a row. */
  challengeId: Uint8Array;
  /** 64 bytes a row. */
  signature: Uint8Array;
  transmitMs: Float64Array;
  frequencyHz: Uint32Array;
  dataRate: Uint8Array;
  txPowerDdbm: Int16Array;
  tmst: Uint32Array;

  constructor(capacity: number = FIRST_CAPACITY) {
    super(capacity);
    this.payloadKeyHi = new Uint32Array(capacity);
    this.payloadKeyLo = new Uint32Array(capacity);
    this.challengeId = new Uint8Array(capacity * 32);
    this.signature = new Uint8Array(capacity * 64);
    this.transmitMs = new Float64Array(capacity);
    this.frequencyHz = new Uint32Array(capacity);
    this.dataRate = new Uint8Array(capacity);
    this.txPowerDdbm = new Int16Array(capacity);
    this.tmst = new Uint32Array(capacity);
  }

  protected override grow(rows: number): void {
    super.grow(rows);
    this.payloadKeyHi = grown(this.payloadKeyHi, rows);
    this.payloadKeyLo = grown(this.payloadKeyLo, rows);
    this.challengeId = grown(this.challengeId, rows, 32);
    this.signature = grown(this.signature, rows, 64);
    this.transmitMs = grown(this.transmitMs, rows);
    this.frequencyHz = grown(this.frequencyHz, rows);
    this.dataRate = grown(this.dataRate, rows);
    this.txPowerDdbm = grown(this.txPowerDdbm, rows);
    this.tmst = grown(this.tmst, rows);
  }
}

export class WitnessTable extends ReportTable {
  payloadKeyHi: Uint32Array;
  payloadKeyLo: Uint32Array;
  receivedMs: Float64Array;
  tmst: Uint32Array;
  rssiDdbm: Int16Array;
  snrDdb: Int16Array;
  frequencyHz: Uint32Array;
  dataRate: Uint8Array;

  constructor(capacity: number = FIRST_CAPACITY) {
    super(capacity);
    this.payloadKeyHi = new Uint32Array(capacity);
    this.payloadKeyLo = new Uint32Array(capacity);
    this.receivedMs = new Float64Array(capacity);
    this.tmst = new Uint32Array(capacity);
    this.rssiDdbm = new Int16Array(capacity);
    this.snrDdb = new Int16Array(capacity);
    this.frequencyHz = new Uint32Array(capacity);
    this.dataRate = new Uint8Array(capacity);
  }

  protected override grow(rows: number): void {
    super.grow(rows);
    this.payloadKeyHi = grown(this.payloadKeyHi, rows);
    this.payloadKeyLo = grown(this.payloadKeyLo, rows);
    this.receivedMs = grown(this.receivedMs, rows);
    this.tmst = grown(this.tmst, rows);
    this.rssiDdbm = grown(this.rssiDdbm, rows);
    this.snrDdb = grown(this.snrDdb, rows);
    this.frequencyHz = grown(this.frequencyHz, rows);
    this.dataRate = grown(this.dataRate, rows);
  }
}

export class ReceiptTable extends ReportTable {
  /** 32 bytes a row. */
  packetHash: Uint8Array;
  phyBytes: Uint8Array;
  devAddr: Uint32Array;
  fCnt: Uint16Array;
  receivedMs: Float64Array;
  routeId: Float64Array;

  constructor(capacity: number = FIRST_CAPACITY) {
    super(capacity);
    this.packetHash = new Uint8Array(capacity * 32);
    this.phyBytes = new Uint8Array(capacity);
    this.devAddr = new Uint32Array(capacity);
    this.fCnt = new Uint16Array(capacity);
    this.receivedMs = new Float64Array(capacity);
    this.routeId = new Float64Array(capacity);
  }

  protected override grow(rows: number): void {
    super.grow(rows);
    this.packetHash = grown(this.packetHash, rows, 32);
    this.phyBytes = grown(this.phyBytes, rows);
    this.devAddr = grown(this.devAddr, rows);
    this.fCnt = grown(this.fCnt, rows);
    this.receivedMs = grown(this.receivedMs, rows);
    this.routeId = grown(this.routeId, rows);
  }
}

/** Confirmations; `hotspot` is the id that the caller gave the signing meter, `hotspotKey` whom the payer pays. */
export class ConfirmationTable extends ReportTable {
  /** 32 bytes a row. */
  packetHash: Uint8Array;
  /** 33 bytes a row. */
  hotspotKey: Uint8Array;
  phyBytes: Uint8Array;

  constructor(capacity: number = FIRST_CAPACITY) {
    super(capacity);
    this.packetHash = new Uint8Array(capacity * 32);
    this.hotspotKey = new Uint8Array(capacity * 33);
    this.phyBytes = new Uint8Array(capacity);
  }

  protected override grow(rows: number): void {
    super.grow(rows);
    this.packetHash = grown(this.packetHash, rows, 32);
    this.hotspotKey = grown(this.hotspotKey, rows, 33);
    this.phyBytes = grown(this.phyBytes, rows);
  }
}

/** All tables that uploads decode into; `capacity` is the rows each starts with. */
export class ReportColumns {
  readonly beacons: BeaconTable;
  readonly witnesses: WitnessTable;
  readonly receipts: ReceiptTable;
  readonly confirmations: ConfirmationTable;

  constructor(capacity: number = FIRST_CAPACITY) {
    this.beacons = new BeaconTable(capacity);
    this.witnesses = new WitnessTable(capacity);
    this.receipts = new ReceiptTable(capacity);
    this.confirmations = new ConfirmationTable(capacity);
  }
}
