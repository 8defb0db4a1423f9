/**
 * Who may send what, by what the registry program says: hotspots and payers by key, in memory, and answers for an epoch.
 *
 * The same rule that makes hotspots.arrow: a hotspot takes part from the epoch after the one it was onboarded in, and a change holds
 * from the epoch after it. Accounts carry the slot they were read at; an older reading never replaces a newer one.
 */
import { importKey, type VerifyKey } from "@earshot/poc/protocol";
import type { HotspotAccount } from "./hotspot-account.ts";
import type { RouterAccount } from "./network-account.ts";
import { timedAt } from "./timed.ts";

export type Sender =
  | {
      readonly status: "hotspot" | "payer";
      /** The bytes of the key as Latin-1 text. */
      readonly name: string;
      readonly key: VerifyKey;
    }
  | { readonly status: "refused"; readonly why: RefusedSender };

/** Why somebody may not send, for the answer. */
export type RefusedSender = "not registered" | "registered from the next epoch on" | "suspended" | "key not usable";

/** What a challenge needs to know of a hotspot. */
export type ChallengedHotspot =
  /** Number of its region. */
  | { readonly region: number }
  /** It may not prove coverage, and why. */
  | { readonly unchallenged: "light hotspot" | "no location" };

interface Entry<Account> {
  account: Account;
  slot: number;
}

/** Imported keys that are kept: a key costs about 2 kB, importing one 0.2 ms. */
const MAX_KEYS = 200_000;

export class RegistryBook {
  readonly #hotspots = new Map<string, Entry<HotspotAccount>>();
  readonly #payers = new Map<string, Entry<RouterAccount>>();
  readonly #keys = new Map<string, VerifyKey | null>();

  get hotspotCount(): number {
    return this.#hotspots.size;
  }

  get payerCount(): number {
    return this.#payers.size;
  }

  /** False where a newer reading is known. */
  putHotspot(account: HotspotAccount, slot: number): boolean {
    return put(this.#hotspots, account.deviceKey, account, slot);
  }

  /** False where a newer reading is known. */
  putPayer(account: RouterAccount, slot: number): boolean {
    return put(this.#payers, account.key, account, slot);
  }

  /** All hotspots, in no order. */
  hotspots(): Iterable<HotspotAccount> {
    return this.#hotspots.values().map(({ account }) => account);
  }

  payers(): Iterable<RouterAccount> {
    return this.#payers.values().map(({ account }) => account);
  }

  /** Who signs with a key in an epoch. Where a key is a hotspot's and a payer's, it is the hotspot's. */
  sender(key: Uint8Array, epoch: number): Sender {
    const name = nameOf(key);
    const hotspot = this.#hotspots.get(name)?.account;
    const isPayer = hotspot === undefined && this.#payers.has(name);
    if (hotspot === undefined && !isPayer) return { status: "refused", why: "not registered" };
    if (hotspot !== undefined) {
      if (hotspot.onboardedEpoch >= epoch) return { status: "refused", why: "registered from the next epoch on" };
      if (timedAt(hotspot.suspended, epoch)) return { status: "refused", why: "suspended" };
    }
    const imported = this.#import(name, key);
    if (imported === null) return { status: "refused", why: "key not usable" };
    return { status: isPayer ? "payer" : "hotspot", name, key: imported };
  }

  /** What a hotspot may do in an epoch, or why it is none of the network's. */
  challenged(key: Uint8Array, epoch: number): ChallengedHotspot | { readonly why: RefusedSender } {
    const hotspot = this.#hotspots.get(nameOf(key))?.account;
    if (hotspot === undefined) return { why: "not registered" };
    if (hotspot.onboardedEpoch >= epoch) return { why: "registered from the next epoch on" };
    if (timedAt(hotspot.suspended, epoch)) return { why: "suspended" };
    const { cellPublic, region } = timedAt(hotspot.location, epoch);
    if (hotspot.kind !== "full") return { unchallenged: "light hotspot" };
    return cellPublic === 0n ? { unchallenged: "no location" } : { region };
  }

  #import(name: string, key: Uint8Array): VerifyKey | null {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    if (this.#keys.size >= MAX_KEYS) this.#keys.delete(this.#keys.keys().next().value!);
    const imported = usableKey(key);
    this.#keys.set(name, imported);
    return imported;
  }
}

function put<Account>(entries: Map<string, Entry<Account>>, key: Uint8Array, account: Account, slot: number): boolean {
  const name = nameOf(key);
  const entry = entries.get(name);
  if (entry !== undefined && slot < entry.slot) return false;
  if (entry === undefined) entries.set(name, { account, slot });
  else {
    entry.account = account;
    entry.slot = slot;
  }
  return true;
}

function usableKey(key: Uint8Array): VerifyKey | null {
  try {
    return importKey(key);
  } catch {
    // The program should refuse such a key; nothing it signs can count.
    return null;
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
