/**
 * The report tables of an epoch from its accepted uploads: which reports the epoch takes, and their rows in log order.
 *
 * An epoch takes every report received in it that the epoch before has not judged, and of those received in its grace time the ones
 * of its own challenges (judged-reports.ts). log_index counts through beacons, witnesses and receipts together, upload after upload,
 * and inside an upload in the order of its records.
 */
import { allocateColumns, beaconsTable, type EpochInput, KeyIndex, NO_ROW, witnessesTable } from "@earshot/poc";
import type { ConfirmationRows, ReceiptRows } from "./bill-packets.ts";
import type { JudgedReports, ReportPlace } from "./judged-reports.ts";
import { SENDER_KIND, type UploadChunk } from "./upload-chunk.ts";
import type { UploadSet } from "./upload-set.ts";

export interface TakeInput {
  readonly uploads: UploadSet;
  /** In canonical order. */
  readonly accepted: Uint32Array;
  readonly judged: JudgedReports;
  readonly challenges: Pick<EpochInput["challenges"], "challenge_id" | "hotspot">;
  readonly epochMs: number;
}

/** Reports of one kind in the accepted uploads: taken, judged by the epoch before, and the rest, left to the next one. */
interface Taken {
  count: number;
  judgedBefore: number;
}

export class TakenReports {
  readonly #input: TakeInput;
  readonly #challengeIndex: KeyIndex;
  /** Payload keys that witnesses report in the grace time: 1 where a challenged of the epoch put them on the air. */
  readonly #heardInGrace = new Map<string, boolean>();
  readonly beacons: Taken = { count: 0, judgedBefore: 0 };
  readonly witnesses: Taken = { count: 0, judgedBefore: 0 };
  /** Those of the epoch proper. */
  receipts = 0;
  confirmations = 0;
  /** All reports of the accepted uploads. */
  reports = 0;
  /** Taken ones that were received in the grace time. */
  readonly inGrace: ReportPlace[] = [];

  constructor(input: TakeInput) {
    this.#input = input;
    this.#challengeIndex = new KeyIndex(input.challenges.challenge_id, 32, "challenges.challenge_id");
    this.#noteHeard();
    this.#count();
  }

  /** beacons.arrow and witnesses.arrow; log_index counts from `firstIndex`. Also the log index of every receipt. */
  rows(firstIndex: number): Pick<EpochInput, "beacons" | "witnesses"> & { readonly receiptIndex: Uint32Array } {
    const beacons = allocateColumns(beaconsTable, this.beacons.count);
    const witnesses = allocateColumns(witnessesTable, this.witnesses.count);
    const receiptIndex = new Uint32Array(this.receipts);
    const { uploads, accepted, epochMs } = this.#input;
    const at = { index: firstIndex, beacon: 0, witness: 0, receipt: 0 };
    for (const upload of accepted) {
      const chunk = uploads.chunkOf(upload);
      const row = uploads.rowOf(upload);
      const receiveOffsetMs = chunk.uploads.receive_offset_ms[row];
      const sender = chunk.uploads.sender[row];
      const beaconCount = chunk.uploads.beacons[row];
      if (beaconCount > 0) {
        const start = uploads.startOf(upload, "beacons");
        for (let i = 0; i < beaconCount; i++) {
          if (!this.#takesBeacon(upload, chunk, start + i, i, receiveOffsetMs)) continue;
          const place = at.beacon++;
          beacons.log_index[place] = at.index++;
          beacons.hotspot[place] = sender;
          beacons.receive_offset_ms[place] = receiveOffsetMs;
          this.#fillBeacon(beacons, place, chunk.beacons, start + i);
        }
      }
      const witnessCount = chunk.uploads.witnesses[row];
      if (witnessCount > 0) {
        const start = uploads.startOf(upload, "witnesses");
        for (let i = 0; i < witnessCount; i++) {
          if (!this.#takesWitness(upload, chunk, start + i, beaconCount + i, receiveOffsetMs)) continue;
          const place = at.witness++;
          witnesses.log_index[place] = at.index++;
          witnesses.hotspot[place] = sender;
          witnesses.receive_offset_ms[place] = receiveOffsetMs;
          fillWitness(witnesses, place, chunk.witnesses, start + i);
        }
      }
      const receiptCount = chunk.uploads.receipts[row];
      if (receiptCount > 0 && receiveOffsetMs < epochMs) {
        for (let i = 0; i < receiptCount; i++) receiptIndex[at.receipt++] = at.index++;
      }
    }
    return { beacons, witnesses, receiptIndex };
  }

  /** Receipts of the epoch in log order. */
  receiptRows(): ReceiptRows {
    const rows = {
      hotspot: new Uint32Array(this.receipts),
      receiveOffsetMs: new Uint32Array(this.receipts),
      packetHash: new Uint8Array(this.receipts * 32),
      phyBytes: new Uint8Array(this.receipts),
      devAddr: new Uint32Array(this.receipts),
    };
    let at = 0;
    this.#eachInEpoch("receipts", ({ uploads, receipts }, row, start, count) => {
      rows.hotspot.fill(uploads.sender[row], at, at + count);
      rows.receiveOffsetMs.fill(uploads.receive_offset_ms[row], at, at + count);
      rows.packetHash.set(receipts.packet_hash.subarray(start * 32, (start + count) * 32), at * 32);
      rows.phyBytes.set(receipts.phy_bytes.subarray(start, start + count), at);
      rows.devAddr.set(receipts.dev_addr.subarray(start, start + count), at);
      at += count;
    });
    return rows;
  }

  /** Confirmations of the epoch in log order. */
  confirmationRows(): ConfirmationRows {
    const rows = {
      payer: new Uint32Array(this.confirmations),
      packetHash: new Uint8Array(this.confirmations * 32),
      hotspotKey: new Uint8Array(this.confirmations * 33),
      phyBytes: new Uint8Array(this.confirmations),
    };
    let at = 0;
    this.#eachInEpoch("confirmations", ({ uploads, confirmations }, row, start, count) => {
      rows.payer.fill(uploads.sender[row], at, at + count);
      rows.packetHash.set(confirmations.packet_hash.subarray(start * 32, (start + count) * 32), at * 32);
      rows.hotspotKey.set(confirmations.hotspot_key.subarray(start * 33, (start + count) * 33), at * 33);
      rows.phyBytes.set(confirmations.phy_bytes.subarray(start, start + count), at);
      at += count;
    });
    return rows;
  }

  /** Which payloads of the grace time's witness reports the challenged of the epoch say they sent, whenever they said so. */
  #noteHeard(): void {
    const { uploads, accepted, epochMs, judged, challenges } = this.#input;
    for (let place = accepted.length - 1; place >= 0; place--) {
      const upload = accepted[place];
      if (uploads.receiveOffsetMs(upload) < epochMs) break;
      const { uploads: rows, witnesses } = uploads.chunkOf(upload);
      const count = rows.witnesses[uploads.rowOf(upload)];
      if (count === 0) continue;
      const start = uploads.startOf(upload, "witnesses");
      for (let row = start; row < start + count; row++) this.#heardInGrace.set(payloadText(witnesses, row), false);
    }
    if (this.#heardInGrace.size === 0) return;
    for (const upload of accepted) {
      const { uploads: rows, beacons } = uploads.chunkOf(upload);
      const row = uploads.rowOf(upload);
      const count = rows.beacons[row];
      if (count === 0) continue;
      const start = uploads.startOf(upload, "beacons");
      const judgedBefore = judged.of(upload);
      for (let i = 0; i < count; i++) {
        if (judgedBefore?.has(i) === true) continue;
        const text = payloadText(beacons, start + i);
        if (!this.#heardInGrace.has(text)) continue;
        const challenge = this.#challengeOf(beacons, start + i);
        if (challenge === NO_ROW || rows.sender_kind[row] !== SENDER_KIND.hotspot) continue;
        if (challenges.hotspot[challenge] === rows.sender[row]) this.#heardInGrace.set(text, true);
      }
    }
  }

  #count(): void {
    const { uploads, accepted, epochMs, judged } = this.#input;
    for (const upload of accepted) {
      const chunk = uploads.chunkOf(upload);
      const row = uploads.rowOf(upload);
      const { beacons, witnesses, receipts, confirmations, receive_offset_ms: receive } = chunk.uploads;
      this.reports += beacons[row] + witnesses[row] + receipts[row] + confirmations[row];
      const isInGrace = receive[row] >= epochMs;
      if (!isInGrace) {
        this.receipts += receipts[row];
        this.confirmations += confirmations[row];
      }
      if (!isInGrace && judged.of(upload) === undefined) {
        this.beacons.count += beacons[row];
        this.witnesses.count += witnesses[row];
      } else this.#countOneByOne(upload, chunk, row, isInGrace);
    }
  }

  #countOneByOne(upload: number, chunk: UploadChunk, row: number, isInGrace: boolean): void {
    const { uploads, judged } = this.#input;
    const receiveOffsetMs = chunk.uploads.receive_offset_ms[row];
    const judgedBefore = judged.of(upload);
    const kinds = [
      { taken: this.beacons, kind: "beacons", first: 0, takes: this.#takesBeacon },
      { taken: this.witnesses, kind: "witnesses", first: chunk.uploads.beacons[row], takes: this.#takesWitness },
    ] as const;
    for (const { taken, kind, first, takes } of kinds) {
      const count = chunk.uploads[kind][row];
      if (count === 0) continue;
      const start = uploads.startOf(upload, kind);
      for (let i = 0; i < count; i++) {
        const indexInUpload = first + i;
        if (judgedBefore?.has(indexInUpload) === true) taken.judgedBefore++;
        if (!takes.call(this, upload, chunk, start + i, indexInUpload, receiveOffsetMs)) continue;
        taken.count++;
        if (isInGrace) this.inGrace.push({ upload, indexInUpload });
      }
    }
  }

  #takesBeacon(
    upload: number,
    chunk: UploadChunk,
    row: number,
    indexInUpload: number,
    receiveOffsetMs: number,
  ): boolean {
    if (this.#input.judged.of(upload)?.has(indexInUpload) === true) return false;
    return receiveOffsetMs < this.#input.epochMs || this.#challengeOf(chunk.beacons, row) !== NO_ROW;
  }

  #takesWitness(
    upload: number,
    chunk: UploadChunk,
    row: number,
    indexInUpload: number,
    receiveOffsetMs: number,
  ): boolean {
    if (this.#input.judged.of(upload)?.has(indexInUpload) === true) return false;
    return receiveOffsetMs < this.#input.epochMs || this.#heardInGrace.get(payloadText(chunk.witnesses, row)) === true;
  }

  #challengeOf(beacons: UploadChunk["beacons"], row: number): number {
    const challenge = this.#challengeIndex.find(beacons.challenge_id, row * 32);
    return challenge < 0 ? NO_ROW : challenge;
  }

  #fillBeacon(to: EpochInput["beacons"], place: number, from: UploadChunk["beacons"], row: number): void {
    const challenge = this.#challengeOf(from, row);
    to.payload_key_hi[place] = from.payload_key_hi[row];
    to.payload_key_lo[place] = from.payload_key_lo[row];
    to.frequency_hz[place] = from.frequency_hz[row];
    to.data_rate[place] = from.data_rate[row];
    to.tx_power_ddbm[place] = from.tx_power_ddbm[row];
    to.challenge[place] = challenge;
    to.proof_status[place] = challenge === NO_ROW ? 2 : 1 - from.is_signed[row];
  }

  #eachInEpoch(
    kind: "receipts" | "confirmations",
    each: (chunk: UploadChunk, row: number, start: number, count: number) => void,
  ): void {
    const { uploads, accepted, epochMs } = this.#input;
    for (const upload of accepted) {
      const chunk = uploads.chunkOf(upload);
      const row = uploads.rowOf(upload);
      const count = chunk.uploads[kind][row];
      if (count === 0) continue;
      if (chunk.uploads.receive_offset_ms[row] >= epochMs) break;
      each(chunk, row, uploads.startOf(upload, kind), count);
    }
  }
}

function fillWitness(to: EpochInput["witnesses"], place: number, from: UploadChunk["witnesses"], row: number): void {
  to.payload_key_hi[place] = from.payload_key_hi[row];
  to.payload_key_lo[place] = from.payload_key_lo[row];
  to.frequency_hz[place] = from.frequency_hz[row];
  to.rssi_ddbm[place] = from.rssi_ddbm[row];
  to.snr_ddb[place] = from.snr_ddb[row];
  to.data_rate[place] = from.data_rate[row];
}

function payloadText(
  columns: { readonly payload_key_hi: Uint32Array; readonly payload_key_lo: Uint32Array },
  row: number,
): string {
  return `${columns.payload_key_hi[row]}:${columns.payload_key_lo[row]}`;
}
