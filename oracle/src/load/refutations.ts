/**
 * Which refutations of an epoch hold, and against whom: what payers showed (poc/lorawan refutation.ts) held against what was billed.
 *
 * A refutation holds when both frames that prove its session were billed lately, and the disputed packet was not. It counts against every
 * hotspot that waits for a bill of that packet, once: the receipt is settled then and waits no longer. A proof whose receipt the log
 * holds on the wrong side of the disputed one proves nothing; of frames billed in an earlier epoch the log keeps no order.
 */
import type { EpochLog } from "@earshot/poc";
import { decodeRefutation, judgeRefutation } from "@earshot/poc/lorawan";
import { sha256 } from "@earshot/poc/protocol";
import { PENDING_KIND } from "./pending-kind.ts";

const HASH_BYTES = 32;

/** A refutation whose frames are what it says: the disputed MIC fails under the key that the other two prove. */
export interface ShownRefutation {
  readonly disputed: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** The refutations in a document (poc/lorawan refutation-document.ts) that its own frames bear out, by packet hashes. Never throws. */
export function shownRefutations(document: Uint8Array): readonly ShownRefutation[] {
  const read = decodeRefutation(document);
  if (read === null) return [];
  const { nwkSKey, before, after, disputed } = read;
  const proofs = { before: sha256(before.phyPayload), after: sha256(after.phyPayload) };
  return disputed
    .filter((frame) => judgeRefutation({ disputed: frame, before, after, nwkSKey }) === "refuted")
    .map((frame) => ({ disputed: sha256(frame), ...proofs }));
}

/** Refutations received in an epoch, in log order; 32 bytes a row. */
export interface RefutationRows {
  readonly disputed: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface RefutationInput {
  readonly refutations: RefutationRows;
  readonly pendingIn: EpochLog["pendingIn"];
  /** Receipts of the epoch in log order. */
  readonly receipts: { readonly packetHash: Uint8Array };
  /** 1 where the receipt in that row was billed. */
  readonly isBilled: (receipt: number) => boolean;
}

/** Where a packet stands among the receipts: its first receipt's row, −1 where it came in an earlier epoch. */
interface Packet {
  readonly first: number;
  isBilled: boolean;
  isClaimed: boolean;
}

/** Hashes (hexadecimal) of the packets that are refuted in the epoch. The order of refutations decides nothing. */
export function refutedPackets({ refutations, pendingIn, receipts, isBilled }: RefutationInput): ReadonlySet<string> {
  const refuted = new Set<string>();
  const count = refutations.disputed.length / HASH_BYTES;
  if (count === 0) return refuted;
  const packets = packetsNamedIn(refutations, count);
  const note = (hashes: Uint8Array, row: number, first: number, wasBilled: boolean) => {
    const name = hashAt(hashes, row);
    if (!packets.has(name)) return;
    const known = packets.get(name) ?? { first, isBilled: false, isClaimed: false };
    if (wasBilled) known.isBilled = true;
    else known.isClaimed = true;
    packets.set(name, known);
  };
  for (let row = 0; row < pendingIn.kind.length; row++) {
    const kind = pendingIn.kind[row];
    if (kind === PENDING_KIND.confirmation) continue;
    note(pendingIn.packet_hash, row, -1, kind === PENDING_KIND.billed);
  }
  for (let row = 0; row < receipts.packetHash.length / HASH_BYTES; row++) {
    note(receipts.packetHash, row, row, isBilled(row));
  }
  for (let row = 0; row < count; row++) {
    const name = hashAt(refutations.disputed, row);
    const disputed = packets.get(name);
    const before = packets.get(hashAt(refutations.before, row));
    const after = packets.get(hashAt(refutations.after, row));
    if (!disputed?.isClaimed || disputed.isBilled || !before?.isBilled || !after?.isBilled) continue;
    if (isInOrder(before, disputed) && isInOrder(disputed, after)) refuted.add(name);
  }
  return refuted;
}

/** False where the log says that the later one came first. */
function isInOrder(earlier: Packet, later: Packet): boolean {
  return earlier.first < 0 || (later.first >= 0 && earlier.first < later.first);
}

function packetsNamedIn({ disputed, before, after }: RefutationRows, count: number): Map<string, Packet | undefined> {
  const packets = new Map<string, Packet | undefined>();
  for (const hashes of [disputed, before, after])
    for (let row = 0; row < count; row++) packets.set(hashAt(hashes, row), undefined);
  return packets;
}

function hashAt(hashes: Uint8Array, row: number): string {
  return hashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES).toHex();
}
