/**
 * Which receipts a payer confirmed: a copy is billed when the payer's meter names its packet, its hotspot and its length.
 *
 * A hotspot's first receipt of a packet is the one that can be billed; a second one of the same packet is a replay. The first
 * confirmation in log order counts, so a copy is billed once, to one payer. Data credits = max(1, ceil(bytes / bytes per credit)).
 */
import type { EpochInput } from "@earshot/poc";
import type { ConfirmationTable } from "@earshot/poc/protocol";
import type { PayerColumns } from "../epoch-folder/payers-table.ts";

const HASH_BYTES = 32;
const KEY_BYTES = 33;

export interface BillingRules {
  readonly payers: PayerColumns;
  /** Row of the hotspot whose key lies at an offset, or undefined. */
  readonly hotspotRow: (keys: Uint8Array, offset: number) => number | undefined;
  readonly bytesPerDataCredit: number;
}

/** Fills `payer` and `data_credits` of the packets that are confirmed, which must be in log order; returns how many are. */
export function matchConfirmations(
  packets: EpochInput["packets"],
  confirmations: ConfirmationTable,
  { payers, hotspotRow, bytesPerDataCredit }: BillingRules,
): number {
  const index = new CopyIndex(packets);
  let billed = 0;
  for (let row = 0; row < confirmations.length; row++) {
    const hotspot = hotspotRow(confirmations.hotspotKey, row * KEY_BYTES);
    if (hotspot === undefined) continue;
    const packet = index.find(confirmations.packetHash, row * HASH_BYTES, hotspot);
    if (packet === -1 || packets.data_credits[packet] !== 0) continue;
    const bytes = packets.phy_bytes[packet];
    if (confirmations.phyBytes[row] !== bytes) continue;
    const payer = confirmations.hotspot[row];
    packets.payer.set(payers.payer.subarray(payer * HASH_BYTES, (payer + 1) * HASH_BYTES), packet * HASH_BYTES);
    packets.data_credits[packet] = Math.max(1, Math.ceil(bytes / bytesPerDataCredit));
    billed++;
  }
  return billed;
}

/** Finds the first packet row of a (packet hash, hotspot); open addressing on bytes of the hash. */
class CopyIndex {
  readonly #packets: EpochInput["packets"];
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(packets: EpochInput["packets"]) {
    const rows = packets.hotspot.length;
    let size = 16;
    while (size < rows * 2) size *= 2;
    this.#packets = packets;
    this.#slots = new Int32Array(size).fill(-1);
    this.#mask = size - 1;
    for (let row = 0; row < rows; row++) {
      const slot = this.#slotOf(packets.packet_hash, row * HASH_BYTES, packets.hotspot[row]);
      if (this.#slots[slot] === -1) this.#slots[slot] = row;
    }
  }

  find(hash: Uint8Array, offset: number, hotspot: number): number {
    return this.#slots[this.#slotOf(hash, offset, hotspot)];
  }

  /** The slot of the copy, or the empty one where it would go. */
  #slotOf(hash: Uint8Array, offset: number, hotspot: number): number {
    const { hotspot: hotspots, packet_hash: hashes } = this.#packets;
    // Hashes come from outside, so their own bytes are mixed before they choose a slot.
    let mixed = hotspot;
    for (let i = 0; i < HASH_BYTES; i++) mixed = Math.imul(mixed ^ hash[offset + i], 0x01000193);
    let slot = (mixed ^ (mixed >>> 15)) & this.#mask;
    for (;;) {
      const row = this.#slots[slot];
      if (row === -1 || (hotspots[row] === hotspot && equalHashes(hash, offset, hashes, row * HASH_BYTES))) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

function equalHashes(a: Uint8Array, offsetA: number, b: Uint8Array, offsetB: number): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (a[offsetA + i] !== b[offsetB + i]) return false;
  return true;
}
