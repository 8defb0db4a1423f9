/**
 * The document of a refutation as it stands in the log: one session's proof, and the frames it refutes.
 *
 *   NwkSKey 16 · upper counter half before u16 · after u16 · number of disputed frames u16
 *   length u8 · frame before · length u8 · frame after · for each disputed one: length u8 · frame
 *
 * Integers are little-endian. Every byte has its place: anything left over, or cut off, is no document.
 */
import type { SessionProof } from "./refutation.ts";

/** One session, and frames that its payer says no device of it sent. */
export interface RefutationDocument {
  /** 16 bytes. */
  readonly nwkSKey: Uint8Array;
  readonly before: SessionProof;
  readonly after: SessionProof;
  /** PHYPayloads, at least one. */
  readonly disputed: readonly Uint8Array[];
}

const KEY_BYTES = 16;
const HEAD_BYTES = KEY_BYTES + 6;
/** MHDR, FHDR and MIC: no data frame is shorter. */
const MIN_FRAME_BYTES = 12;
const MAX_FRAME_BYTES = 255;

/** The bytes of a document. Throws RangeError for what it cannot hold. */
export function encodeRefutation({ nwkSKey, before, after, disputed }: RefutationDocument): Uint8Array {
  const frames = [before.phyPayload, after.phyPayload, ...disputed];
  if (nwkSKey.length !== KEY_BYTES || disputed.length === 0 || disputed.length > 0xffff)
    throw new RangeError("a refutation has a key of 16 bytes and 1 to 65,535 disputed frames");
  for (const { length } of frames) {
    if (length < MIN_FRAME_BYTES || length > MAX_FRAME_BYTES)
      throw new RangeError(`a frame of ${length} bytes, expected ${MIN_FRAME_BYTES} to ${MAX_FRAME_BYTES}`);
  }
  const bytes = new Uint8Array(HEAD_BYTES + frames.reduce((sum, { length }) => sum + 1 + length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set(nwkSKey, 0);
  view.setUint16(KEY_BYTES, before.fCntHigh, true);
  view.setUint16(KEY_BYTES + 2, after.fCntHigh, true);
  view.setUint16(KEY_BYTES + 4, disputed.length, true);
  let at = HEAD_BYTES;
  for (const frame of frames) {
    bytes[at] = frame.length;
    bytes.set(frame, at + 1);
    at += 1 + frame.length;
  }
  return bytes;
}

/** Reads a document; null for bytes that are none. Frames are views. Never throws. */
export function decodeRefutation(bytes: Uint8Array): RefutationDocument | null {
  if (bytes.length < HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(KEY_BYTES + 4, true);
  if (count === 0) return null;
  const frames: Uint8Array[] = [];
  let at = HEAD_BYTES;
  for (let frame = 0; frame < count + 2; frame++) {
    const length = bytes[at] ?? 0;
    if (length < MIN_FRAME_BYTES || at + 1 + length > bytes.length) return null;
    frames.push(bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (at !== bytes.length) return null;
  const [before, after, ...disputed] = frames as [Uint8Array, Uint8Array, ...Uint8Array[]];
  return {
    nwkSKey: bytes.subarray(0, KEY_BYTES),
    before: { phyPayload: before, fCntHigh: view.getUint16(KEY_BYTES, true) },
    after: { phyPayload: after, fCntHigh: view.getUint16(KEY_BYTES + 2, true) },
    disputed,
  };
}
