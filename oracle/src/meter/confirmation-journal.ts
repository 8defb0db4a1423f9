/**
 * What the meter has confirmed and not yet seen in a log, on disk.
 *
 *   confirmed-<n>   66-byte confirmations (poc/protocol report.ts), appended
 *   upload          the sealed upload that is on its way: sent again, the same bytes, until an ingest has it
 *   state.json      which file, how many of its records are sealed, and the number and id of the last upload
 *
 * A confirmation counts as kept when `add` has returned: it was written and synced. An upload is on disk before it is sent, and its
 * own header says how many records it took, so a kill between the two files loses and repeats nothing. A torn last record
 * was never acknowledged to anybody and is cut off.
 */
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  type ChainHead,
  type DeviceSigner,
  EMPTY_CHAIN,
  type PacketConfirmation,
  parseUploadHeader,
  RECORD_BYTES,
  readPacketConfirmation,
  sealUpload,
  UPLOAD_HEADER_BYTES,
  uploadId,
  writePacketConfirmation,
} from "@earshot/poc/protocol";
import { makeFolder, readWhole, removeDurably, writeDurably } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";

/** A new file is begun once everything in one of this size is sealed, bytes. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Most confirmations of one upload: 660 kB. */
const MAX_UPLOAD_CONFIRMATIONS = 10_000;

interface State {
  readonly file: number;
  /** Records of the file that are in an upload. */
  readonly sealed: number;
  readonly sequence: number;
  /** Hex. */
  readonly uploadId: string;
}

export interface OutstandingUpload {
  readonly bytes: Uint8Array;
  readonly id: Uint8Array;
  readonly sequence: number;
}

export class ConfirmationJournal {
  readonly #folder: string;
  readonly #network: number;
  readonly #signer: DeviceSigner;
  #state: State;
  #descriptor: number;
  #records: number;
  #outstanding: OutstandingUpload | null = null;

  /** Opens or makes the journal. Throws ORC_WRITE_FAILED, ORC_READ_FAILED, ORC_DAMAGED_FILE. */
  constructor(folder: string, network: number, signer: DeviceSigner) {
    this.#folder = folder;
    this.#network = network;
    this.#signer = signer;
    makeFolder(folder);
    this.#state = this.#readState();
    [this.#descriptor, this.#records] = this.#openFile();
    this.#adoptUpload();
  }

  /** Confirmations that are in no upload yet. */
  get waiting(): number {
    return this.#records - this.#state.sealed;
  }

  get outstanding(): OutstandingUpload | null {
    return this.#outstanding;
  }

  /** Where the chain stands: the last upload that an ingest has, as far as this journal knows. */
  get head(): ChainHead {
    const { sequence, uploadId } = this.#state;
    return sequence === 0 ? EMPTY_CHAIN : { sequence, id: Uint8Array.fromHex(uploadId) };
  }

  /** Confirmations of the current file, sealed or not: the last ones that were kept. */
  recent(): readonly PacketConfirmation[] {
    return this.#read(0, this.#records);
  }

  /** Keeps confirmations; durable when it returns. Throws ORC_WRITE_FAILED with nothing kept. */
  add(confirmations: readonly PacketConfirmation[]): void {
    const size = RECORD_BYTES.confirmation;
    const bytes = new Uint8Array(confirmations.length * size);
    for (const [index, confirmation] of confirmations.entries())
      writePacketConfirmation(bytes, index * size, confirmation);
    const end = this.#records * size;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at, bytes.length - at, end + at);
      fsyncSync(this.#descriptor);
    } catch (cause) {
      ftruncateSync(this.#descriptor, end);
      throw oracleError("ORC_WRITE_FAILED", `${this.#folder}: a confirmation`, { cause, retryable: true });
    }
    this.#records += confirmations.length;
  }

  /** Seals waiting confirmations into the outstanding upload; false if there is one already or nothing waits. */
  seal(): boolean {
    if (this.#outstanding !== null || this.waiting === 0) return false;
    const count = Math.min(this.waiting, MAX_UPLOAD_CONFIRMATIONS);
    this.#write(this.head, this.#read(this.#state.sealed, count), false);
    this.#saveState({ ...this.#state, sealed: this.#state.sealed + count });
    return true;
  }

  /** The outstanding upload is in a log. */
  acknowledged(): void {
    const { sequence, id } = this.#required();
    this.#saveState({ ...this.#state, sequence, uploadId: id.toHex() });
    this.#drop();
    if (this.waiting === 0 && this.#records * RECORD_BYTES.confirmation >= MAX_FILE_BYTES) this.#turnFile();
  }

  /** The same confirmations in an upload that follows an ingest's head: after lost state, or when another copy of this meter went on. */
  resealAfter(head: ChainHead): void {
    const { bytes } = this.#required();
    this.#write(head, confirmationsOf(bytes), true);
    this.#saveState({ ...this.#state, sequence: head.sequence, uploadId: head.id.toHex() });
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #required(): OutstandingUpload {
    if (this.#outstanding === null) throw new Error("no upload is outstanding");
    return this.#outstanding;
  }

  #write(head: ChainHead, confirmations: readonly PacketConfirmation[], resumed: boolean): void {
    const sequence = head.sequence + 1;
    const content = { network: this.#network, sequence, previousId: head.id, resumed, confirmations };
    const { bytes, id } = sealUpload(content, this.#signer);
    writeDurably(this.#path("upload"), [bytes]);
    this.#outstanding = { bytes, id, sequence };
  }

  #drop(): void {
    removeDurably(this.#path("upload"));
    this.#outstanding = null;
  }

  /** After a start: an upload that state.json does not count yet is counted, one that was acknowledged is removed. */
  #adoptUpload(): void {
    if (!existsSync(this.#path("upload"))) return;
    const bytes = readWhole(this.#path("upload"));
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused") throw oracleError("ORC_DAMAGED_FILE", `${this.#path("upload")}: ${parsed.code}`);
    const { sequence, counts } = parsed.header;
    this.#outstanding = { bytes, id: uploadId(bytes), sequence };
    if (this.#outstanding.id.toHex() === this.#state.uploadId) {
      this.#drop();
      return;
    }
    const first = this.#state.sealed - counts.confirmations;
    const isCounted = first >= 0 && sameRecords(this.#bytes(first, counts.confirmations), confirmationBytes(bytes));
    if (!isCounted) this.#saveState({ ...this.#state, sealed: this.#state.sealed + counts.confirmations });
  }

  #turnFile(): void {
    const old = this.#state.file;
    this.#saveState({ ...this.#state, file: old + 1, sealed: 0 });
    closeSync(this.#descriptor);
    [this.#descriptor, this.#records] = this.#openFile();
    removeDurably(this.#path(`confirmed-${old}`));
  }

  #openFile(): [descriptor: number, records: number] {
    try {
      const path = this.#path(`confirmed-${this.#state.file}`);
      const descriptor = openSync(path, existsSync(path) ? "r+" : "w+");
      const records = Math.floor(fstatSync(descriptor).size / RECORD_BYTES.confirmation);
      ftruncateSync(descriptor, records * RECORD_BYTES.confirmation);
      return [descriptor, records];
    } catch (cause) {
      throw oracleError("ORC_WRITE_FAILED", `${this.#folder}: cannot be opened`, { cause, retryable: true });
    }
  }

  #readState(): State {
    const path = this.#path("state.json");
    if (!existsSync(path)) return { file: 1, sealed: 0, sequence: 0, uploadId: "0".repeat(64) };
    try {
      const state = JSON.parse(Buffer.from(readWhole(path)).toString("utf8")) as State;
      const numbers = [state.file, state.sealed, state.sequence];
      const isWhole = numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
      if (!isWhole || !/^[0-9a-f]{64}$/.test(state.uploadId)) throw new Error("a value is out of its range");
      return state;
    } catch (cause) {
      throw oracleError("ORC_DAMAGED_FILE", `${path}: expected what the meter wrote`, { cause });
    }
  }

  #saveState(state: State): void {
    writeDurably(this.#path("state.json"), [new TextEncoder().encode(`${JSON.stringify(state)}\n`)]);
    this.#state = state;
  }

  #read(first: number, count: number): PacketConfirmation[] {
    const bytes = this.#bytes(first, count);
    return Array.from({ length: count }, (_, index) =>
      readPacketConfirmation(bytes, index * RECORD_BYTES.confirmation),
    );
  }

  #bytes(first: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count * RECORD_BYTES.confirmation);
    readSync(this.#descriptor, bytes, 0, bytes.length, first * RECORD_BYTES.confirmation);
    return bytes;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function confirmationBytes(upload: Uint8Array): Uint8Array {
  const parsed = parseUploadHeader(upload);
  const count = parsed.status === "refused" ? 0 : parsed.header.counts.confirmations;
  return upload.subarray(UPLOAD_HEADER_BYTES, UPLOAD_HEADER_BYTES + count * RECORD_BYTES.confirmation);
}

function confirmationsOf(upload: Uint8Array): PacketConfirmation[] {
  const bytes = confirmationBytes(upload);
  return Array.from({ length: bytes.length / RECORD_BYTES.confirmation }, (_, index) =>
    readPacketConfirmation(bytes, index * RECORD_BYTES.confirmation),
  );
}

function sameRecords(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
