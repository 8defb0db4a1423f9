/**
 * The uploads of many chunks under one number each, and canonical order over them: (receive ms, upload id).
 *
 * An upload's number is its place when chunks are laid end to end. Columns stay in their chunks; only places are built here.
 */
import { REPORT_KINDS, type ReportKind, type UploadChunk } from "./upload-chunk.ts";

const ID_BYTES = 32;
/** Integers up to here are exact in a double. */
const EXACT = 2 ** 53;

export class UploadSet {
  readonly chunks: readonly UploadChunk[];
  readonly count: number;
  /** By upload: its chunk. */
  readonly #chunkOf: Uint16Array | Uint32Array;
  /** By chunk: number of its first upload. */
  readonly #first: Float64Array;
  /** By chunk and kind: first row of each upload's reports in the chunk; empty where the chunk has none of the kind. */
  readonly #starts: readonly Readonly<Record<ReportKind, Uint32Array>>[];

  constructor(chunks: readonly UploadChunk[]) {
    this.chunks = chunks;
    this.#first = new Float64Array(chunks.length);
    let count = 0;
    for (const [index, { uploads }] of chunks.entries()) {
      this.#first[index] = count;
      count += uploads.sender.length;
    }
    this.count = count;
    this.#chunkOf = chunks.length < 65_536 ? new Uint16Array(count) : new Uint32Array(count);
    for (let chunk = 1; chunk < chunks.length; chunk++)
      this.#chunkOf.fill(chunk, this.#first[chunk], this.#first[chunk] + chunks[chunk].uploads.sender.length);
    this.#starts = chunks.map(startsOf);
  }

  chunkOf(upload: number): UploadChunk {
    return this.chunks[this.#chunkOf[upload]];
  }

  /** Row of an upload in its chunk. */
  rowOf(upload: number): number {
    return upload - this.#first[this.#chunkOf[upload]];
  }

  /** First row of an upload's reports of a kind in its chunk; only where it has some. */
  startOf(upload: number, kind: ReportKind): number {
    return this.#starts[this.#chunkOf[upload]][kind][this.rowOf(upload)];
  }

  receiveOffsetMs(upload: number): number {
    return this.chunkOf(upload).uploads.receive_offset_ms[this.rowOf(upload)];
  }

  sequence(upload: number): number {
    return Number(this.chunkOf(upload).uploads.sequence[this.rowOf(upload)]);
  }

  /** The 32 bytes of an upload's id, a view. */
  id(upload: number): Uint8Array {
    const at = this.rowOf(upload) * ID_BYTES;
    return this.chunkOf(upload).uploads.id.subarray(at, at + ID_BYTES);
  }

  /** The 32 bytes of the id an upload says it follows, a view. */
  previousId(upload: number): Uint8Array {
    const at = this.rowOf(upload) * ID_BYTES;
    return this.chunkOf(upload).uploads.previous_id.subarray(at, at + ID_BYTES);
  }

  /** Numbers of all uploads in canonical order; of two records of one upload and time either may come first. */
  canonicalOrder(): Uint32Array {
    const receive = new Float64Array(this.count);
    let at = 0;
    let latest = 0;
    for (const { uploads } of this.chunks) {
      for (const offset of uploads.receive_offset_ms) {
        receive[at++] = offset;
        if (offset > latest) latest = offset;
      }
    }
    // Time and number are one exact double, so the fast numeric sort carries the number along.
    const scale = 2 ** Math.ceil(Math.log2(Math.max(this.count, 2)));
    const order = new Uint32Array(this.count);
    if ((latest + 1) * scale <= EXACT) {
      for (let upload = 0; upload < this.count; upload++) receive[upload] = receive[upload] * scale + upload;
      receive.sort();
      for (let place = 0; place < this.count; place++) order[place] = receive[place] % scale;
    } else {
      for (let upload = 0; upload < this.count; upload++) order[upload] = upload;
      order.sort((a, b) => receive[a] - receive[b]);
    }
    this.#orderTies(order);
    return order;
  }

  /** Orders uploads of one millisecond by id. */
  #orderTies(order: Uint32Array): void {
    let from = 0;
    while (from < order.length) {
      const offset = this.receiveOffsetMs(order[from]);
      let to = from + 1;
      while (to < order.length && this.receiveOffsetMs(order[to]) === offset) to++;
      if (to - from > 1) order.subarray(from, to).sort((a, b) => compareIds(this.id(a), this.id(b)));
      from = to;
    }
  }
}

function startsOf(chunk: UploadChunk): Readonly<Record<ReportKind, Uint32Array>> {
  const { uploads } = chunk;
  const starts = REPORT_KINDS.map((kind) => {
    const counts = uploads[kind];
    const rows = new Uint32Array(counts.some((count) => count > 0) ? counts.length : 0);
    let next = 0;
    for (let row = 0; row < rows.length; row++) {
      rows[row] = next;
      next += counts[row];
    }
    return [kind, rows] as const;
  });
  return Object.fromEntries(starts) as Record<ReportKind, Uint32Array>;
}

export function compareIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}
