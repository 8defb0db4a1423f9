/** The order of wallets in ledgers and reward trees: ascending by their 32 bytes, as unsigned bytes. */
import { compareByteRows } from "../byte-rows.ts";

export const WALLET_BYTES = 32;

/** Negative, zero or positive as wallet `a` of `left` stands before, at or after wallet `b` of `right` (indices of 32-byte rows). */
export function compareWallets(left: Uint8Array, a: number, right: Uint8Array, b: number): number {
  return compareByteRows(left, a, right, b, WALLET_BYTES);
}

/** First row that does not come after the one before it, or −1 when every row does. */
export function firstUnordered(wallets: Uint8Array): number {
  for (let row = 1; row * WALLET_BYTES < wallets.length; row++) {
    if (compareWallets(wallets, row - 1, wallets, row) >= 0) return row;
  }
  return -1;
}

/** Rows of `wallets` in ascending order; equal wallets in row order. */
export function walletOrder(wallets: Uint8Array): Uint32Array {
  const rows = wallets.length / WALLET_BYTES;
  const view = new DataView(wallets.buffer, wallets.byteOffset, wallets.byteLength);
  // The first six bytes as one number settle nearly every comparison.
  const prefix = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    prefix[row] = view.getUint32(row * WALLET_BYTES) * 0x10000 + view.getUint16(row * WALLET_BYTES + 4);
  }
  const order = Uint32Array.from(prefix, (_, row) => row);
  return order.sort((a, b) => prefix[a]! - prefix[b]! || compareWallets(wallets, a, wallets, b) || a - b);
}
