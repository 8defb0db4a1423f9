/** The addresses a version-0 transaction loads from address lookup tables. Layout: 56 bytes of header, then 32 bytes an address. */
import { base58 } from "./base58.ts";
import type { AccountImage } from "./svm.ts";
import type { WireTransaction } from "./wire-transaction.ts";

const HEADER_BYTES = 56;

export interface LoadedAddresses {
  readonly writable: readonly string[];
  readonly readonly: readonly string[];
}

/** The loaded addresses in the runtime's order; an index a table does not have is left out (the runtime then refuses it). */
export function loadAddresses(
  { lookups }: WireTransaction,
  accountAt: (address: string) => AccountImage | null,
): LoadedAddresses {
  const writable: string[] = [];
  const readonly: string[] = [];
  for (const lookup of lookups) {
    const data = accountAt(lookup.table)?.data ?? new Uint8Array(0);
    const count = Math.max(0, Math.floor((data.length - HEADER_BYTES) / 32));
    const addressOf = (index: number) =>
      index < count ? [base58(data.subarray(HEADER_BYTES + index * 32, HEADER_BYTES + index * 32 + 32))] : [];
    writable.push(...[...lookup.writable].flatMap(addressOf));
    readonly.push(...[...lookup.readonly].flatMap(addressOf));
  }
  return { writable, readonly };
}
