/** Packet hashes are chosen by who reports them: no choice may make an epoch slow to load. */
import { expect, test } from "vitest";
import { loadUploads } from "../../src/load/load-uploads.ts";
import { EPOCH_START_MS, smallEpoch, UploadChain } from "../small-epoch.ts";

const FNV_PRIME = 0x01000193;

/** The inverse of an odd number modulo 2^32. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

/** `count` different hashes whose 32-bit FNV from state 0 is 0: bytes 24 to 27 count, the last four walk the state back from the end. */
function collidingHashes(count: number): Uint8Array[] {
  const undo = inverse(FNV_PRIME);
  // By the upper 24 bits of the state before byte 28, which that byte cannot change: bytes 29 and 30, and the state's lower 8 bits.
  const back = new Uint32Array(1 << 24);
  for (let suffix = 0; suffix < 1 << 18; suffix++) {
    let state = (suffix >>> 16) ^ 0;
    state = Math.imul(state, undo) ^ ((suffix >>> 8) & 255);
    state = Math.imul(state, undo) ^ (suffix & 255);
    state = Math.imul(state, undo);
    back[state >>> 8] = ((suffix + 1) << 8) | (state & 255);
  }
  const hashes: Uint8Array[] = [];
  for (let counter = 0; hashes.length < count; counter++) {
    let state = 0;
    for (let i = 0; i < 4; i++) state = Math.imul(state ^ ((counter >>> (8 * i)) & 255), FNV_PRIME);
    const found = back[state >>> 8];
    if (found === 0) continue;
    const suffix = (found >>> 8) - 1;
    const hash = new Uint8Array(32);
    new DataView(hash.buffer).setUint32(24, counter, true);
    hash.set([(found ^ state) & 255, suffix & 255, (suffix >>> 8) & 255, suffix >>> 16], 28);
    hashes.push(hash);
  }
  return hashes;
}

test("loads one upload of 65,535 receipts whose hashes were made to collide, before the test times out", () => {
  const { input, signers } = smallEpoch({ uploads: false });
  const receipts = collidingHashes(65_535).map((packetHash) => {
    return { packetHash, phyBytes: 20, devAddr: 1, fCnt: 0, receivedMs: 0, routeId: 1 };
  });
  const bytes = new UploadChain(signers[0]).seal({ receipts });
  const context = { ...input, network: input.header.network };
  const { packets } = loadUploads([{ receiveMs: EPOCH_START_MS, bytes }], context);
  expect(packets.hotspot.length).toBe(65_535);
}, 20_000);
