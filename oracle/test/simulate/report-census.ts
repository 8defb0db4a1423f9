/**
 * Counts what the logs of a run hold and what its epochs made of it, each in its own way: the logs by walking all uploads of all
 * folders as one stream, the epochs by their tables. Reports are texts that say who sent what and when it was received.
 */
import { join } from "node:path";
import { type EpochOutput, NO_ROW } from "@earshot/poc";
import { decodeUpload, importKey, parseUploadHeader, ReportColumns, verifyUpload } from "@earshot/poc/protocol";
import type { FolderInput } from "../../src/epoch-folder/folder.ts";
import { type LogRecord, readLog } from "../../src/log/segment-reader.ts";

export interface Census {
  /** Beacon and witness reports received before the last epoch's end, sorted. */
  readonly proofs: readonly string[];
  /** Copies that a hotspot reported and a payer confirmed before that, each once, sorted. */
  readonly bills: readonly string[];
}

const hex = (bytes: Uint8Array, row: number, width: number) => bytes.slice(row * width, (row + 1) * width).toHex();

/** What the uploads of all logs together hold; ids and chains checked here and not by the loader. */
export function censusOfLogs(folders: readonly string[], inputs: readonly FolderInput[]): Census {
  const [first] = inputs;
  const startMs = first.header.epoch * first.parameters.time.epochMs;
  const spanMs = inputs.length * first.parameters.time.epochMs;
  const known = new Set(inputs.flatMap(({ hotspots, payers }) => [...keysOf(hotspots.key), ...keysOf(payers.key)]));
  const heads = new Map<string, { sequence: number; id: string }>();
  first.chainsIn.sequence.forEach((sequence, row) => {
    const id = hex(first.chainsIn.upload_id, row, 32);
    heads.set(hex(first.chainsIn.key, row, 33), { sequence: Number(sequence), id });
  });
  const receipts = new Set<string>();
  const confirmations = new Set<string>();
  const proofs: string[] = [];
  for (const { receiveMs, bytes } of union(folders)) {
    const header = parseUploadHeader(bytes);
    if (header.status !== "ok" || receiveMs >= startMs + spanMs) continue;
    const key = header.header.signer.toHex();
    if (!known.has(key)) continue;
    const upload = verifyUpload(bytes, importKey(header.header.signer.slice()), first.header.network);
    if (upload.status !== "ok") continue;
    const head = heads.get(key) ?? { sequence: 0, id: "0".repeat(64) };
    if (upload.header.sequence !== head.sequence + 1 || upload.header.previousId.toHex() !== head.id) continue;
    heads.set(key, { sequence: upload.header.sequence, id: upload.id.toHex() });
    const columns = new ReportColumns(upload.header.reports);
    decodeUpload(upload, { hotspot: 0, receiveOffsetMs: receiveMs - startMs, uploadRank: 0 }, columns);
    const { beacons, witnesses, receipts: receipted, confirmations: confirmed } = columns;
    for (let row = 0; row < beacons.length; row++) {
      const { payloadKeyHi, payloadKeyLo, frequencyHz, txPowerDdbm } = beacons;
      const what = [payloadKeyHi[row], payloadKeyLo[row], frequencyHz[row], txPowerDdbm[row]];
      proofs.push(["beacon", key, receiveMs - startMs, ...what].join(" "));
    }
    for (let row = 0; row < witnesses.length; row++) {
      const { payloadKeyHi, payloadKeyLo, rssiDdbm, snrDdb } = witnesses;
      const what = [payloadKeyHi[row], payloadKeyLo[row], rssiDdbm[row], snrDdb[row]];
      proofs.push(["witness", key, receiveMs - startMs, ...what].join(" "));
    }
    for (let row = 0; row < receipted.length; row++) receipts.add(`${key} ${hex(receipted.packetHash, row, 32)}`);
    for (let row = 0; row < confirmed.length; row++) {
      confirmations.add(`${hex(confirmed.hotspotKey, row, 33)} ${hex(confirmed.packetHash, row, 32)}`);
    }
  }
  return { proofs: proofs.sort(), bills: [...receipts.intersection(confirmations)].sort() };
}

/** What the epochs judged and billed; a report that has no verdict, or a verdict without a report, is an error here. */
export function censusOfEpochs(inputs: readonly FolderInput[], outputs: readonly EpochOutput[]): Census {
  const { epochMs } = inputs[0].parameters.time;
  const proofs: string[] = [];
  const bills: string[] = [];
  inputs.forEach((input, index) => {
    const { hotspots, beacons, witnesses, packets } = input;
    const judged = new Set(outputs[index].verdicts.log_index);
    const note = (logIndex: number, kind: string, hotspot: number, offsetMs: number, what: readonly number[]) => {
      if (!judged.delete(logIndex)) throw new Error(`report ${logIndex} has no verdict`);
      const atMs = index * epochMs + offsetMs;
      const key = hotspot === NO_ROW ? "none" : hex(hotspots.key, hotspot, 33);
      if (atMs < inputs.length * epochMs) proofs.push([kind, key, atMs, ...what].join(" "));
    };
    beacons.log_index.forEach((logIndex, row) => {
      const { payload_key_hi: hi, payload_key_lo: lo, frequency_hz: frequencyHz, tx_power_ddbm: power } = beacons;
      const what = [hi[row], lo[row], frequencyHz[row], power[row]];
      note(logIndex, "beacon", beacons.hotspot[row], beacons.receive_offset_ms[row], what);
    });
    witnesses.log_index.forEach((logIndex, row) => {
      const { payload_key_hi: hi, payload_key_lo: lo, rssi_ddbm: rssi, snr_ddb: snr } = witnesses;
      const what = [hi[row], lo[row], rssi[row], snr[row]];
      note(logIndex, "witness", witnesses.hotspot[row], witnesses.receive_offset_ms[row], what);
    });
    if (judged.size > 0) throw new Error(`${judged.size} verdicts without a report`);
    packets.data_credits.forEach((credits, row) => {
      if (credits > 0)
        bills.push(`${hex(hotspots.key, packets.hotspot[row], 33)} ${hex(packets.packet_hash, row, 32)}`);
    });
  });
  return { proofs: proofs.sort(), bills: bills.sort() };
}

/** Every record of all logs once, by receive time and number: the grace time of an epoch is in two of them. */
function union(folders: readonly string[]): LogRecord[] {
  const records = new Map<string, LogRecord & { sequence: number }>();
  for (const folder of folders) {
    for (const record of readLog(join(folder, "uploads"))) {
      const header = parseUploadHeader(record.bytes);
      const sequence = header.status === "ok" ? header.header.sequence : 0;
      records.set(`${record.receiveMs} ${Buffer.from(record.bytes).toString("base64")}`, { ...record, sequence });
    }
  }
  return [...records.values()].sort((a, b) => a.receiveMs - b.receiveMs || a.sequence - b.sequence);
}

function keysOf(keys: Uint8Array): string[] {
  return Array.from({ length: keys.length / 33 }, (_, row) => hex(keys, row, 33));
}
