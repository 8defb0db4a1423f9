/**
 * A report on its way to the partition of its payload: the record as it was signed, and where it stands.
 *
 *   kind u8 (1 beacon, 2 witness) · index in upload u16 · receive ms u64 · upload id 32 · sender key 33 · record 115 or 45
 *
 * Little-endian. Only proofs of coverage are shuffled: receipts and confirmations have no window to wait for. The ingest checked the
 * upload's signature before it acknowledged it; closing the epoch checks it again.
 */
import {
  BEACON_OFFSETS,
  BEACON_PAYLOAD_BYTES,
  beaconPayloadInto,
  parseUploadHeader,
  RECORD_BYTES,
  UPLOAD_HEADER_BYTES,
  WITNESS_OFFSETS,
} from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import type { LoggedUpload, ReadReport, ShuffledReport } from "../ports/report-log.ts";

export const LIVE_KIND = { beacon: 1, witness: 2 } as const;

const INDEX_AT = 1;
const RECEIVE_AT = 3;
const ID_AT = 11;
const KEY_AT = 43;
const RECORD_AT = 76;

export interface LiveReport {
  readonly kind: (typeof LIVE_KIND)[keyof typeof LIVE_KIND];
  readonly indexInUpload: number;
  /** Unix ms. */
  readonly receiveMs: number;
  /** 32 bytes. */
  readonly uploadId: Uint8Array;
  /** 33 bytes. */
  readonly senderKey: Uint8Array;
  /** 24 bytes. */
  readonly payload: Uint8Array;
  readonly frequencyHz: number;
  readonly dataRate: number;
  /** Of a beacon, else undefined. */
  readonly beacon?: { readonly challengeId: Uint8Array; readonly signature: Uint8Array; readonly txPowerDdbm: number };
  /** Of a witness, else undefined. */
  readonly witness?: { readonly rssiDdbm: number; readonly snrDdb: number };
}

/** The proofs of an upload, ready to be shuffled; none where the log holds something that is no upload. */
export function liveReportsOf(
  upload: Pick<LoggedUpload, "bytes" | "receiveMs" | "uploadId" | "deviceKey">,
): ShuffledReport[] {
  const parsed = parseUploadHeader(upload.bytes);
  if (parsed.status === "refused") return [];
  const { beacons, witnesses } = parsed.header.counts;
  const reports: ShuffledReport[] = [];
  let at = UPLOAD_HEADER_BYTES;
  for (let index = 0; index < beacons + witnesses; index++) {
    const isBeacon = index < beacons;
    const record = upload.bytes.subarray(at, at + (isBeacon ? RECORD_BYTES.beacon : RECORD_BYTES.witness));
    at += record.length;
    const payload = new Uint8Array(BEACON_PAYLOAD_BYTES);
    if (isBeacon) beaconPayloadInto(record, 0, payload);
    else payload.set(record.subarray(WITNESS_OFFSETS.payload, WITNESS_OFFSETS.payload + BEACON_PAYLOAD_BYTES));
    const bytes = new Uint8Array(RECORD_AT + record.length);
    const view = new DataView(bytes.buffer);
    bytes[0] = isBeacon ? LIVE_KIND.beacon : LIVE_KIND.witness;
    view.setUint16(INDEX_AT, index, true);
    view.setBigUint64(RECEIVE_AT, BigInt(upload.receiveMs), true);
    bytes.set(upload.uploadId, ID_AT);
    bytes.set(upload.deviceKey, KEY_AT);
    bytes.set(record, RECORD_AT);
    reports.push({ payload, bytes });
  }
  return reports;
}

/** Reads a shuffled report back. Throws ORC_BAD_LOG for bytes this pipeline did not write. */
export function readLiveReport({ payload, bytes, source, position }: ReadReport): LiveReport {
  const kind = bytes[0];
  const isBeacon = kind === LIVE_KIND.beacon;
  const size = RECORD_AT + (isBeacon ? RECORD_BYTES.beacon : RECORD_BYTES.witness);
  if ((!isBeacon && kind !== LIVE_KIND.witness) || bytes.length !== size || payload.length !== BEACON_PAYLOAD_BYTES) {
    throw oracleError("ORC_BAD_LOG", `${source}: position ${position}: no report of this pipeline`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = bytes.subarray(RECORD_AT);
  const recordView = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const common = {
    indexInUpload: view.getUint16(INDEX_AT, true),
    receiveMs: Number(view.getBigUint64(RECEIVE_AT, true)),
    uploadId: bytes.slice(ID_AT, KEY_AT),
    senderKey: bytes.slice(KEY_AT, RECORD_AT),
    payload,
  };
  if (isBeacon) {
    return {
      ...common,
      kind: LIVE_KIND.beacon,
      frequencyHz: recordView.getUint32(BEACON_OFFSETS.frequencyHz, true),
      dataRate: record[BEACON_OFFSETS.dataRate],
      beacon: {
        challengeId: record.slice(BEACON_OFFSETS.challengeId, BEACON_OFFSETS.signature),
        signature: record.slice(BEACON_OFFSETS.signature, BEACON_OFFSETS.transmitMs),
        txPowerDdbm: recordView.getInt16(BEACON_OFFSETS.txPowerDdbm, true),
      },
    };
  }
  return {
    ...common,
    kind: LIVE_KIND.witness,
    frequencyHz: recordView.getUint32(WITNESS_OFFSETS.frequencyHz, true),
    dataRate: record[WITNESS_OFFSETS.dataRate],
    witness: {
      rssiDdbm: recordView.getInt16(WITNESS_OFFSETS.rssiDdbm, true),
      snrDdb: recordView.getInt16(WITNESS_OFFSETS.snrDdb, true),
    },
  };
}
