/**
 * What happened to the packets of one segment, per destination: the file beside each segment, byte for byte.
 *
 * Entries of 8 bytes, little-endian: offset u32 · index u16 · destination u8 · check u8. An entry says that the packet `index` of the
 * record at `offset` is settled for a destination (delivered, refused or dropped). The index `SUBSCRIBED` says instead that the
 * destination gets every packet of the segment from `offset` on; without it none is meant for it. A torn or damaged entry does
 * not fit its check and is passed over: at worst a packet is delivered again.
 */

export const CURSOR_ENTRY_BYTES = 8;
export const SUBSCRIBED = 0xffff;

export interface CursorEntry {
  readonly offset: number;
  readonly index: number;
  readonly destination: number;
}

function checkOf(bytes: Uint8Array, at: number): number {
  let check = 0x5a;
  for (let i = at; i < at + 7; i++) check = (((check << 1) | (check >>> 7)) ^ bytes[i]) & 0xff;
  return check;
}

/** Writes an entry at `at` of `bytes`. */
export function writeCursorEntry(bytes: Uint8Array, at: number, { offset, index, destination }: CursorEntry): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, offset, true);
  bytes[at + 4] = index;
  bytes[at + 5] = index >>> 8;
  bytes[at + 6] = destination;
  bytes[at + 7] = checkOf(bytes, at);
}

export function encodeCursorEntries(entries: readonly CursorEntry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * CURSOR_ENTRY_BYTES);
  for (const [i, entry] of entries.entries()) writeCursorEntry(bytes, i * CURSOR_ENTRY_BYTES, entry);
  return bytes;
}

/** One destination's view of a segment. */
export interface SegmentCursor {
  /** First record meant for the destination; null when none is. */
  readonly fromOffset: number | null;
  isSettled(offset: number, index: number): boolean;
}

const noCursor: SegmentCursor = { fromOffset: null, isSettled: () => false };

/** Packets of one record are at most 65,535, offsets below 2^32: one safe integer. */
function packetNumber(offset: number, index: number): number {
  return offset * 0x1_0000 + index;
}

/** The cursors in a file by destination number. */
export function readCursors(bytes: Uint8Array): (destination: number) => SegmentCursor {
  const found = new Map<number, { fromOffset: number | null; readonly settled: Set<number> }>();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at + CURSOR_ENTRY_BYTES <= bytes.length; at += CURSOR_ENTRY_BYTES) {
    if (bytes[at + 7] !== checkOf(bytes, at)) continue;
    const offset = view.getUint32(at, true);
    const index = view.getUint16(at + 4, true);
    let cursor = found.get(bytes[at + 6]);
    if (cursor === undefined) {
      cursor = { fromOffset: null, settled: new Set() };
      found.set(bytes[at + 6], cursor);
    }
    if (index !== SUBSCRIBED) cursor.settled.add(packetNumber(offset, index));
    else if (cursor.fromOffset === null || offset < cursor.fromOffset) cursor.fromOffset = offset;
  }
  return (destination) => {
    const cursor = found.get(destination);
    if (cursor === undefined) return noCursor;
    const { fromOffset, settled } = cursor;
    return { fromOffset, isSettled: (offset, index) => settled.has(packetNumber(offset, index)) };
  };
}
