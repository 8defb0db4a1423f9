/**
 * The agent's end of its chain of uploads, with one file as its only memory: the upload sealed last.
 *
 *   last-upload   index after the last receipt in it, u64 little-endian · the sealed upload
 *
 * An upload is in that file, durable, before it is sent, and stays there when it is acknowledged: its number and predecessor are
 * the chain. After a restart it is sent again, and the ingest answers that it has it. A file that is missing, torn or of another
 * key means that the state was lost: nothing is sealed until an ingest has told the head to go on from.
 */
import {
  type ChainHead,
  type DeviceSigner,
  EMPTY_CHAIN,
  importKey,
  parseUploadHeader,
  RECORD_BYTES,
  readBeacon,
  readPacketReceipt,
  readWitness,
  type SealedUpload,
  sealUpload,
  UPLOAD_HEADER_BYTES,
  type UploadContent,
  verifyUpload,
} from "@earshot/poc/protocol";
import type { StateFiles } from "./state-files.ts";

export const UPLOAD_FILE = "last-upload";

/** What an upload is made of; `receiptsEnd` is where the journal of receipts goes on after it. */
export interface UploadReports extends Pick<UploadContent, "beacons" | "witnesses" | "receipts"> {
  readonly receiptsEnd: number;
}

export interface Outstanding extends SealedUpload {
  readonly sequence: number;
  readonly receiptsEnd: number;
}

export class UploadChain {
  readonly #files: StateFiles;
  readonly #network: number;
  readonly #signer: DeviceSigner;
  #head: ChainHead | null = null;
  #outstanding: Outstanding | null = null;
  #isResumed = false;
  #receiptsEnd = 0;

  constructor(files: StateFiles, network: number, signer: DeviceSigner) {
    this.#files = files;
    this.#network = network;
    this.#signer = signer;
  }

  /** The last acknowledged upload; null while it is not known, because the state was lost or never was. */
  get head(): ChainHead | null {
    return this.#head;
  }

  /** The upload that was sealed and is not acknowledged. */
  get outstanding(): Outstanding | null {
    return this.#outstanding;
  }

  /** Where the journal of receipts goes on after the last sealed upload. */
  get receiptsEnd(): number {
    return this.#receiptsEnd;
  }

  /** Reads the file; before anything else. */
  async load(): Promise<void> {
    const content = await this.#files.read(UPLOAD_FILE);
    if (content === null || content.length < 8) return;
    const bytes = content.slice(8);
    const upload = verifyUpload(bytes, importKey(this.#signer.publicKey), this.#network);
    if (upload.status === "refused") return;
    const { sequence, previousId } = upload.header;
    this.#head = { sequence: sequence - 1, id: previousId.slice() };
    this.#receiptsEnd = Number(new DataView(content.buffer).getBigUint64(0, true));
    this.#outstanding = { bytes, id: upload.id, sequence, receiptsEnd: this.#receiptsEnd };
  }

  /**
   * Seals the next upload and makes it durable; rejects, with nothing changed, when the disk takes nothing.
   * The head must be known and no upload outstanding.
   */
  async seal(reports: UploadReports): Promise<void> {
    if (this.#head === null || this.#outstanding !== null) throw new Error("an upload is sealed out of turn");
    await this.#seal(this.#head, reports, this.#isResumed);
    this.#isResumed = false;
  }

  /** The outstanding upload is in a log: it is the head now. */
  acknowledged(): void {
    const { sequence, id } = this.#outstanding!;
    this.#head = { sequence, id };
    this.#outstanding = null;
  }

  /** The outstanding upload will never be in a log: its number is free again. */
  abandon(): void {
    this.#outstanding = null;
  }

  /**
   * Goes on from an ingest's head under the resumed flag. What was outstanding is sealed again after it, with the same reports.
   * Rejects, with nothing changed, when the disk takes nothing.
   */
  async goOnFrom(head: ChainHead): Promise<void> {
    const isFresh = this.#head === null && head.sequence === 0;
    if (this.#outstanding !== null) {
      await this.#seal(head, reportsOf(this.#outstanding), !isFresh);
    } else {
      this.#isResumed = !isFresh;
    }
    this.#head = head.sequence === 0 ? EMPTY_CHAIN : { sequence: head.sequence, id: head.id.slice() };
  }

  async #seal(head: ChainHead, reports: UploadReports, resumed: boolean): Promise<void> {
    const { receiptsEnd, ...content } = reports;
    const sequence = head.sequence + 1;
    const sealed = sealUpload(
      { network: this.#network, sequence, previousId: head.id, resumed, ...content },
      this.#signer,
    );
    const file = new Uint8Array(8 + sealed.bytes.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(receiptsEnd), true);
    file.set(sealed.bytes, 8);
    await this.#files.replace(UPLOAD_FILE, file);
    this.#outstanding = { ...sealed, sequence, receiptsEnd };
    this.#receiptsEnd = receiptsEnd;
  }
}

/** The reports in a sealed upload, as they went in. */
function reportsOf({ bytes, receiptsEnd }: Outstanding): UploadReports {
  const parsed = parseUploadHeader(bytes);
  if (parsed.status === "refused") throw new Error("a sealed upload does not parse");
  const { counts } = parsed.header;
  let at = UPLOAD_HEADER_BYTES;
  const group = <T>(count: number, size: number, read: (from: Uint8Array, offset: number) => T): T[] =>
    Array.from({ length: count }, () => {
      at += size;
      return read(bytes, at - size);
    });
  return {
    beacons: group(counts.beacons, RECORD_BYTES.beacon, readBeacon),
    witnesses: group(counts.witnesses, RECORD_BYTES.witness, readWitness),
    receipts: group(counts.receipts, RECORD_BYTES.receipt, readPacketReceipt),
    receiptsEnd,
  };
}
