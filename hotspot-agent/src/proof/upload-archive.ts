/**
 * Uploads that were acknowledged, each with its receipt, kept for two ends: as proof against an ingest that forgets, and to bring
 * an ingest up to date that an agent fails over to.
 *
 *   uploads-<number, 8 hex digits>   entries: upload bytes u32 · receipt bytes u32 · upload · receipt; little-endian
 *
 * Bounded; the oldest file goes first. A torn last entry is ignored. Losing an entry loses a proof, never a report.
 */
import { parseUploadHeader, RECEIPT_BYTES, uploadId } from "@earshot/poc/protocol";
import type { StateFiles } from "./state-files.ts";

const FILE_BYTES = 1024 * 1024;

interface Place {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly id: Uint8Array;
}

export class UploadArchive {
  readonly #files: StateFiles;
  readonly #maxBytes: number;
  readonly #places = new Map<number, Place>();
  #names: { readonly name: string; bytes: number }[] = [];
  #canAppend = false;
  #number = 0;

  constructor(files: StateFiles, maxBytes: number) {
    this.#files = files;
    this.#maxBytes = maxBytes;
  }

  /** Reads what there is. */
  async load(): Promise<void> {
    this.#names = [];
    this.#places.clear();
    for (const { name, bytes } of await this.#files.list()) {
      if (!/^uploads-[0-9a-f]{8}$/.test(name)) continue;
      this.#names.push({ name, bytes });
      this.#number = Number.parseInt(name.slice(8), 16) + 1;
      const content = await this.#files.read(name);
      if (content !== null) for (const entry of entriesOf(content)) this.#remember(name, content, entry);
    }
  }

  /** The id acknowledged under a number, as far as it is kept; the last one where a number was used twice. */
  idAt(sequence: number): Uint8Array | undefined {
    return this.#places.get(sequence)?.id;
  }

  /** The sealed bytes acknowledged under a number. */
  async uploadAt(sequence: number): Promise<Uint8Array | undefined> {
    const place = this.#places.get(sequence);
    const content = place === undefined ? null : await this.#files.read(place.name);
    return place === undefined ? undefined : content?.slice(place.offset, place.offset + place.length);
  }

  /** Keeps an upload and its receipt; durable when it resolves. Rejects when the disk takes nothing. */
  async add(upload: Uint8Array, receipt: Uint8Array): Promise<void> {
    const content = new Uint8Array(8 + upload.length + receipt.length);
    const view = new DataView(content.buffer);
    view.setUint32(0, upload.length, true);
    view.setUint32(4, receipt.length, true);
    content.set(upload, 8);
    content.set(receipt, 8 + upload.length);
    const file = this.#open();
    try {
      await this.#files.append(file.name, content);
      await this.#files.sync(file.name);
    } catch (error) {
      await this.#giveUp(file);
      throw error;
    }
    this.#remember(file.name, content, { offset: 8, length: upload.length }, file.bytes);
    file.bytes += content.length;
    await this.#keepBound();
  }

  /** A part may stand in the file: nothing follows it. One that has nothing else goes, and with it its descriptor. */
  async #giveUp(file: { readonly name: string; readonly bytes: number }): Promise<void> {
    this.#canAppend = false;
    if (file.bytes > 0) return;
    this.#names.pop();
    await this.#files.remove(file.name).catch(() => {});
  }

  #open(): { readonly name: string; bytes: number } {
    const last = this.#names.at(-1);
    if (this.#canAppend && last !== undefined && last.bytes < FILE_BYTES) return last;
    const file = { name: `uploads-${(this.#number++).toString(16).padStart(8, "0")}`, bytes: 0 };
    this.#names.push(file);
    this.#canAppend = true;
    return file;
  }

  #remember(name: string, content: Uint8Array, entry: Entry, base = 0): void {
    const upload = content.subarray(entry.offset, entry.offset + entry.length);
    const parsed = parseUploadHeader(upload);
    if (parsed.status === "refused") return;
    const { sequence } = parsed.header;
    this.#places.set(sequence, { name, offset: base + entry.offset, length: entry.length, id: uploadId(upload) });
  }

  async #keepBound(): Promise<void> {
    let bytes = this.#names.reduce((sum, file) => sum + file.bytes, 0);
    while (bytes > this.#maxBytes && this.#names.length > 1) {
      const { name, bytes: gone } = this.#names.shift()!;
      bytes -= gone;
      for (const [sequence, place] of this.#places) if (place.name === name) this.#places.delete(sequence);
      await this.#files.remove(name).catch(() => {});
    }
  }
}

interface Entry {
  readonly offset: number;
  readonly length: number;
}

function* entriesOf(content: Uint8Array): Generator<Entry> {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  for (let at = 0; at + 8 <= content.length; ) {
    const length = view.getUint32(at, true);
    const end = at + 8 + length + view.getUint32(at + 4, true);
    if (end > content.length || end - at !== 8 + length + RECEIPT_BYTES) return;
    yield { offset: at + 8, length };
    at = end;
  }
}
