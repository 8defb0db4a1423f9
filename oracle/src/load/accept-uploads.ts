/**
 * From a raw log to the uploads that count, in canonical order, whatever order the records lie in.
 *
 * Canonical order is (receive ms, upload id). An upload counts when it was received between the start of the epoch and the end of
 * its grace time, verifies under a registered key, holds only what its sender may report, and continues its sender's chain. The
 * chain of a sender is walked in the order (sequence, receive ms, id) and goes on from the head that the epoch before left
 * (`chains-in`); a sender that had none begins with number 1. The heads that are left to the next epoch (`chains-out`) are those at
 * the end of the epoch: uploads of its grace time are in the next log too.
 */
import { allocateColumns, chainsOutTable, type EpochInput, type EpochLog } from "@earshot/poc";
import {
  type ChainHead,
  chainLink,
  EMPTY_CHAIN,
  importKey,
  parseUploadHeader,
  stepChain,
  type VerifiedUpload,
  type VerifyKey,
  verifyUpload,
} from "@earshot/poc/protocol";
import type { LogRecord } from "../log/segment-reader.ts";
import { type IntakeRefusal, RefusalCounts } from "./intake.ts";

const KEY_BYTES = 33;
const ID_BYTES = 32;

/** A sender that the registry knows: a hotspot by its row, or a payer's meter by its row. */
export interface Sender {
  readonly kind: "hotspot" | "payer";
  readonly row: number;
  /** Null when the registry holds a key that no signature can be checked with. */
  readonly key: VerifyKey | null;
}

export interface AcceptedUpload {
  readonly upload: VerifiedUpload;
  readonly sender: Sender;
  /** ms since the start of the epoch. */
  readonly receiveOffsetMs: number;
}

export interface AcceptOptions {
  readonly hotspots: Pick<EpochInput["hotspots"], "key">;
  readonly payers: EpochLog["payers"];
  readonly chainsIn: EpochLog["chainsIn"];
  readonly network: number;
  /** Unix ms. */
  readonly epochStartMs: number;
  /** Length of the epoch, and of it and its grace time, ms. */
  readonly epochMs: number;
  readonly openMs: number;
  /** Called now and then with the number of uploads verified. */
  readonly onProgress?: ((uploads: number) => void) | undefined;
}

export interface Acceptance {
  /** In canonical order. */
  readonly accepted: readonly AcceptedUpload[];
  readonly uploads: number;
  /** Accepted uploads before which numbers of their sender are missing. */
  readonly gaps: number;
  readonly refused: RefusalCounts;
  readonly senders: Senders;
  readonly chainsOut: EpochLog["chainsOut"];
}

/** Verifies a log. Never throws for what an upload says. */
export function acceptUploads(records: Iterable<LogRecord>, options: AcceptOptions): Acceptance {
  const senders = new Senders(options.hotspots.key, options.payers.key);
  const refused = new RefusalCounts();
  const verified: AcceptedUpload[] = [];
  let uploads = 0;
  for (const record of records) {
    uploads++;
    const answer = verifyRecord(record, options, senders);
    if (typeof answer === "string") refused.add(answer);
    else verified.push(answer);
    if ((uploads & 1023) === 0) options.onProgress?.(uploads);
  }
  verified.sort(compareCanonical);
  const heads = readHeads(options.chainsIn);
  const followed = followChains(verified, heads, options.epochMs, refused);
  return { ...followed, uploads, refused, senders, chainsOut: headColumns(heads) };
}

function verifyRecord(
  { receiveMs, bytes }: LogRecord,
  { network, epochStartMs, openMs }: AcceptOptions,
  senders: Senders,
): AcceptedUpload | IntakeRefusal {
  const receiveOffsetMs = receiveMs - epochStartMs;
  if (receiveOffsetMs < 0 || receiveOffsetMs >= openMs) return "outside_epoch";
  const parsed = parseUploadHeader(bytes);
  if (parsed.status === "refused") return parsed.code;
  const sender = senders.find(parsed.header.signer, 0);
  if (sender?.key === null) return "bad_key";
  const upload = verifyUpload(bytes, sender?.key, network);
  if (upload.status === "refused") return upload.code;
  if (sender === undefined) return "unknown_key";
  const { reports, counts } = upload.header;
  const allowed = sender.kind === "payer" ? counts.confirmations === reports : counts.confirmations === 0;
  return allowed ? { upload, sender, receiveOffsetMs } : "wrong_sender";
}

/**
 * Keeps what continues its sender's chain; expects canonical order and keeps it. `heads`, by key, are those at the start of the epoch
 * and become those at its end. Where numbers are missing the chain goes on behind the gap: an ingest acknowledged what follows, and a
 * log that lost an upload, or hides one, must not silence its sender for ever. What is missing, the sender's receipt proves.
 */
function followChains(
  verified: readonly AcceptedUpload[],
  heads: Map<string, ChainHead>,
  epochMs: number,
  refused: RefusalCounts,
): { accepted: AcceptedUpload[]; gaps: number } {
  const bySender = new Map<Sender, AcceptedUpload[]>();
  for (const upload of verified) {
    const own = bySender.get(upload.sender);
    if (own === undefined) bySender.set(upload.sender, [upload]);
    else own.push(upload);
  }
  const counted = new Set<AcceptedUpload>();
  const gaps = new Set<AcceptedUpload>();
  for (const own of bySender.values()) {
    // By number, since clocks of ingests differ and step, and a sender that is refused once is refused for ever. Of one number the
    // first by time counts; of one millisecond ids decide, which say nothing, but decide for everybody.
    own.sort((a, b) => a.upload.header.sequence - b.upload.header.sequence || compareCanonical(a, b));
    const key = keyText(own[0].upload.header.signer, 0);
    const first = heads.get(key) ?? EMPTY_CHAIN;
    const logged = new Map<number, Uint8Array>();
    let head = first;
    for (const upload of own) {
      const link = chainLink(upload.upload);
      const isAfterGap = link.sequence > head.sequence + 1;
      const step = isAfterGap
        ? { outcome: "accept" as const, head: { sequence: link.sequence, id: link.id } }
        : stepChain(head, link, (number) => logged.get(number));
      if (step.outcome === "accept") {
        if (isAfterGap) gaps.add(upload);
        logged.set(step.head.sequence, step.head.id);
        counted.add(upload);
        if (upload.receiveOffsetMs < epochMs) heads.set(key, step.head);
      } else {
        refused.add(link.sequence < first.sequence ? "past_number" : step.outcome);
      }
      head = step.head;
    }
  }
  return { accepted: verified.filter((upload) => counted.has(upload)), gaps: gaps.size };
}

function readHeads({ key, sequence, upload_id: ids }: EpochLog["chainsIn"]): Map<string, ChainHead> {
  const heads = new Map<string, ChainHead>();
  sequence.forEach((number, row) => {
    heads.set(keyText(key, row * KEY_BYTES), {
      sequence: Number(number),
      id: ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES),
    });
  });
  return heads;
}

function headColumns(heads: ReadonlyMap<string, ChainHead>): EpochLog["chainsOut"] {
  // Latin-1 texts sort as the bytes they stand for.
  const sorted = [...heads].sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = allocateColumns(chainsOutTable, sorted.length);
  sorted.forEach(([text, { sequence, id }], row) => {
    columns.key.set(Buffer.from(text, "latin1"), row * KEY_BYTES);
    columns.sequence[row] = BigInt(sequence);
    columns.upload_id.set(id, row * ID_BYTES);
  });
  return columns;
}

function compareCanonical(a: AcceptedUpload, b: AcceptedUpload): number {
  return a.receiveOffsetMs - b.receiveOffsetMs || compareIds(a.upload.id, b.upload.id);
}

function compareIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/** Who may send: hotspots and payers by key, each key imported when it first signs something. */
export class Senders {
  readonly #rows = new Map<string, { readonly kind: Sender["kind"]; readonly row: number }>();
  readonly #senders = new Map<string, Sender>();
  readonly #keys: Readonly<Record<Sender["kind"], Uint8Array>>;

  constructor(hotspotKeys: Uint8Array, payerKeys: Uint8Array) {
    this.#keys = { hotspot: hotspotKeys, payer: payerKeys };
    // Hotspots last: where a key is in both lists it is the hotspot's, and confirms nothing.
    for (const kind of ["payer", "hotspot"] as const) {
      const keys = this.#keys[kind];
      for (let row = 0; row * KEY_BYTES < keys.length; row++) {
        this.#rows.set(keyText(keys, row * KEY_BYTES), { kind, row });
      }
    }
  }

  /** The sender whose key lies at `offset` of `bytes`, or undefined. */
  find(bytes: Uint8Array, offset: number): Sender | undefined {
    const text = keyText(bytes, offset);
    const known = this.#senders.get(text);
    if (known !== undefined) return known;
    const place = this.#rows.get(text);
    if (place === undefined) return undefined;
    const keys = this.#keys[place.kind];
    const sender = { ...place, key: usableKey(keys.slice(place.row * KEY_BYTES, (place.row + 1) * KEY_BYTES)) };
    this.#senders.set(text, sender);
    return sender;
  }

  /** The row of the hotspot whose key lies at `offset`, or undefined; imports nothing. */
  hotspotRow(bytes: Uint8Array, offset: number): number | undefined {
    const place = this.#rows.get(keyText(bytes, offset));
    return place?.kind === "hotspot" ? place.row : undefined;
  }
}

function keyText(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, KEY_BYTES).toString("latin1");
}

function usableKey(key: Uint8Array): VerifyKey | null {
  try {
    return importKey(key);
  } catch {
    // The registry should refuse such a key when it is registered; here it means that nothing it signs can count.
    return null;
  }
}
