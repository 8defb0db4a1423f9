/**
 * Where the chain of every device stands at this ingest: the head that counts, and the head that may be told to anybody.
 *
 * A head that moves says that its device has just reported something. So whoever asks without being the device is told the head as it
 * was before every upload whose challenges may still be open; the device itself learns the true one from an answer 409, which it gets
 * for something it signed.
 */
import { type ChainHead, EMPTY_CHAIN } from "@earshot/poc/protocol";

interface Device {
  head: ChainHead;
  /** Heads that were left behind lately, oldest first, each with the time from which the one after it may be told. */
  readonly withheld: { readonly before: ChainHead; readonly tellAfterMs: number }[];
}

export class ChainHeads {
  readonly #withholdMs: number;
  readonly #devices = new Map<string, Device>();
  readonly #changed = new Set<string>();

  /** Heads are told `withholdMs` after their upload was received. */
  constructor(withholdMs: number) {
    this.#withholdMs = withholdMs;
  }

  /** Devices that have a head. */
  get size(): number {
    return this.#devices.size;
  }

  /** The head that uploads must follow. `device` is the key's bytes as Latin-1 text. */
  head(device: string): ChainHead {
    return this.#devices.get(device)?.head ?? EMPTY_CHAIN;
  }

  /** The head that may be told to anybody at `nowMs`. */
  toldHead(device: string, nowMs: number): ChainHead {
    const known = this.#devices.get(device);
    if (known === undefined) return EMPTY_CHAIN;
    while (known.withheld.length > 0 && known.withheld[0]!.tellAfterMs <= nowMs) known.withheld.shift();
    return known.withheld[0]?.before ?? known.head;
  }

  /** An upload is durable: its device's chain goes on from it. */
  advance(device: string, head: ChainHead, receiveMs: number): void {
    const known = this.#devices.get(device);
    const step = { before: known?.head ?? EMPTY_CHAIN, tellAfterMs: receiveMs + this.#withholdMs };
    this.#changed.add(device);
    if (known === undefined) {
      this.#devices.set(device, { head, withheld: [step] });
      return;
    }
    // The clock may have stepped back: nothing is told sooner than what came before it.
    const lastMs = known.withheld.at(-1)?.tellAfterMs ?? step.tellAfterMs;
    known.withheld.push({ ...step, tellAfterMs: Math.max(step.tellAfterMs, lastMs) });
    known.head = head;
    this.toldHead(device, receiveMs);
  }

  /** Takes a head from elsewhere (the store, another ingest's log) where it is further on; true if it was. */
  learn(device: string, head: ChainHead): boolean {
    const known = this.#devices.get(device);
    if (head.sequence <= (known?.head.sequence ?? 0)) return false;
    if (known === undefined) this.#devices.set(device, { head, withheld: [] });
    else known.head = head;
    return true;
  }

  /** The devices whose heads changed since the last call, with their heads. */
  takeChanged(): readonly (readonly [device: string, head: ChainHead])[] {
    const changed = [...this.#changed].map((device) => [device, this.head(device)] as const);
    this.#changed.clear();
    return changed;
  }

  /** Puts devices back whose heads could not be stored. */
  putBack(devices: Iterable<string>): void {
    for (const device of devices) this.#changed.add(device);
  }
}

/** A key as the name of its device. */
export function deviceName(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
