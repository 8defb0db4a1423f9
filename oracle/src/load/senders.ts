/** Who may send uploads in an epoch: hotspots and payers' meters by key, each key imported when it first signs something. */
import { deviceKeyProblem, importEncodedKey, type VerifyKey } from "@earshot/poc/protocol";

const KEY_BYTES = 33;

/** A sender that the registry knows: a hotspot by its row, or a payer's meter by its row. */
export interface Sender {
  readonly kind: "hotspot" | "payer";
  readonly row: number;
  /** Null when the registry holds a key that no signature can be checked with; one off its curve shows by `isUsable`. */
  readonly key: VerifyKey | null;
}

export class Senders {
  readonly #rows = new Map<string, { readonly kind: Sender["kind"]; readonly row: number }>();
  readonly #senders = new Map<string, Sender>();
  /** Of the senders of whom anything was refused. */
  readonly #isUsable = new Map<Sender, boolean>();
  readonly #keys: Readonly<Record<Sender["kind"], Uint8Array>>;

  constructor(hotspotKeys: Uint8Array, payerKeys: Uint8Array) {
    this.#keys = { hotspot: hotspotKeys, payer: payerKeys };
    // Hotspots last: where a key is in both lists it is the hotspot's, and confirms nothing.
    for (const kind of ["payer", "hotspot"] as const) {
      const keys = this.#keys[kind];
      for (let row = 0; row * KEY_BYTES < keys.length; row++) {
        this.#rows.set(keyText(keys, row * KEY_BYTES), { kind, row });
      }
    }
  }

  /** The sender whose key lies at `offset` of `bytes`, or undefined. */
  find(bytes: Uint8Array, offset: number): Sender | undefined {
    const text = keyText(bytes, offset);
    const known = this.#senders.get(text);
    if (known !== undefined) return known;
    const place = this.#rows.get(text);
    if (place === undefined) return undefined;
    const keys = this.#keys[place.kind];
    const sender = { ...place, key: usableKey(keys.slice(place.row * KEY_BYTES, (place.row + 1) * KEY_BYTES)) };
    this.#senders.set(text, sender);
    return sender;
  }

  /**
   * False for a sender whose key is no point of its curve: nothing verifies under it. Asked where something did not, since the
   * arithmetic takes as long as a signature and the keys of a registry are many.
   */
  isUsable(sender: Sender): boolean {
    const known = this.#isUsable.get(sender);
    if (known !== undefined) return known;
    const isUsable = sender.key !== null && deviceKeyProblem(sender.key.key) === undefined;
    this.#isUsable.set(sender, isUsable);
    return isUsable;
  }

  /** The row of the hotspot whose key lies at `offset`, or undefined; imports nothing. */
  hotspotRow(bytes: Uint8Array, offset: number): number | undefined {
    const place = this.#rows.get(keyText(bytes, offset));
    return place?.kind === "hotspot" ? place.row : undefined;
  }
}

/** A key's bytes as a text of as many characters: such texts sort as the bytes. */
export function keyText(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, KEY_BYTES).toString("latin1");
}

/** A key of the registry made ready; null where it is none, which the program should refuse: nothing it signs can count. */
export function usableKey(key: Uint8Array): VerifyKey | null {
  try {
    return importEncodedKey(key);
  } catch {
    return null;
  }
}
