/** Route keys of a wallet, as the chain has them. */
import { keyToTextUnchecked } from "@earshot/poc/protocol";
import type { RegistryBook } from "../registry/registry-book.ts";

/** Text forms of the route keys whose router's authority is the wallet (32 bytes), ascending. */
export function routeKeysOf(registry: Pick<RegistryBook, "payers">, wallet: Uint8Array): readonly string[] {
  const keys: string[] = [];
  for (const { authority, key } of registry.payers()) {
    if (Buffer.compare(authority, wallet) === 0) keys.push(keyToTextUnchecked(key));
  }
  return keys.sort();
}
