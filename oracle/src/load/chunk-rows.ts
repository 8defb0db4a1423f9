/** Rows of a chunk from uploads that verified: what was received, and what it reports. */
import { allocateColumns } from "@earshot/poc";
import type { ReportColumns, VerifiedUpload, VerifyKey } from "@earshot/poc/protocol";
import type { ShownRefutation } from "./refutations.ts";
import type { Sender } from "./senders.ts";
import { chunkRefutationsTable, chunkUploadsTable, SENDER_KIND, type UploadChunk } from "./upload-chunk.ts";

/** An upload and what is known of it besides its bytes. */
export interface Received<Upload> {
  readonly upload: Upload;
  readonly sender: Sender & { readonly key: VerifyKey };
  readonly receiveOffsetMs: number;
}

export type ReportRows = Pick<UploadChunk, "beacons" | "witnesses" | "receipts" | "confirmations">;

/** Reports as they were decoded; `isSigned` says of each beacon whether its own signature verifies. */
export function reportRows(
  { beacons, witnesses, receipts, confirmations }: ReportColumns,
  isSigned: Uint8Array,
): ReportRows {
  return {
    beacons: {
      challenge_id: beacons.challengeId.slice(0, beacons.length * 32),
      is_signed: isSigned,
      payload_key_hi: beacons.payloadKeyHi.slice(0, beacons.length),
      payload_key_lo: beacons.payloadKeyLo.slice(0, beacons.length),
      frequency_hz: beacons.frequencyHz.slice(0, beacons.length),
      data_rate: beacons.dataRate.slice(0, beacons.length),
      tx_power_ddbm: beacons.txPowerDdbm.slice(0, beacons.length),
    },
    witnesses: {
      payload_key_hi: witnesses.payloadKeyHi.slice(0, witnesses.length),
      payload_key_lo: witnesses.payloadKeyLo.slice(0, witnesses.length),
      frequency_hz: witnesses.frequencyHz.slice(0, witnesses.length),
      rssi_ddbm: witnesses.rssiDdbm.slice(0, witnesses.length),
      snr_ddb: witnesses.snrDdb.slice(0, witnesses.length),
      data_rate: witnesses.dataRate.slice(0, witnesses.length),
    },
    receipts: {
      packet_hash: receipts.packetHash.slice(0, receipts.length * 32),
      phy_bytes: receipts.phyBytes.slice(0, receipts.length),
      dev_addr: receipts.devAddr.slice(0, receipts.length),
    },
    confirmations: {
      packet_hash: confirmations.packetHash.slice(0, confirmations.length * 32),
      hotspot_key: confirmations.hotspotKey.slice(0, confirmations.length * 33),
      phy_bytes: confirmations.phyBytes.slice(0, confirmations.length),
    },
  };
}

export function refutationRows(
  shown: readonly (ShownRefutation & { readonly receiveOffsetMs: number })[],
): UploadChunk["refutations"] {
  const rows = allocateColumns(chunkRefutationsTable, shown.length);
  for (const [row, { receiveOffsetMs, disputed, before, after }] of shown.entries()) {
    rows.receive_offset_ms[row] = receiveOffsetMs;
    rows.disputed.set(disputed, row * 32);
    rows.before.set(before, row * 32);
    rows.after.set(after, row * 32);
  }
  return rows;
}

export function uploadRows(verified: readonly Received<VerifiedUpload>[]): UploadChunk["uploads"] {
  const uploads = allocateColumns(chunkUploadsTable, verified.length);
  for (const [row, { upload, sender, receiveOffsetMs }] of verified.entries()) {
    const { sequence, previousId, counts } = upload.header;
    uploads.receive_offset_ms[row] = receiveOffsetMs;
    uploads.sender_kind[row] = SENDER_KIND[sender.kind];
    uploads.sender[row] = sender.row;
    uploads.sequence[row] = BigInt(sequence);
    uploads.id.set(upload.id, row * 32);
    uploads.previous_id.set(previousId, row * 32);
    uploads.beacons[row] = counts.beacons;
    uploads.witnesses[row] = counts.witnesses;
    uploads.receipts[row] = counts.receipts;
    uploads.confirmations[row] = counts.confirmations;
  }
  return uploads;
}
