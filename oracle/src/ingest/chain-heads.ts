/**
 * What this ingest knows of every device that has sent something: where its chain stands, and whose turn it is.
 *
 * A head that moves says that its device has just reported something. So whoever asks without being the device is told the head as it
 * was before every upload whose challenges may still be open; the device itself learns the true one from an answer 409, which it gets
 * for something it signed.
 */
import { type ChainHead, EMPTY_CHAIN } from "@earshot/poc/protocol";

/** Uploads of one device that may wait for one before them; an honest device has one outstanding. */
export const MAX_WAITING_PER_DEVICE = 4;

export interface DeviceHead {
  readonly name: string;
  readonly head: ChainHead;
}

interface LeftHead {
  readonly head: ChainHead;
  /** From when on the head after it may be told, Unix ms. */
  readonly untilMs: number;
}

/** One record a device, so that an upload looks its device up once. */
export class DeviceChain {
  readonly name: string;
  #head: ChainHead = EMPTY_CHAIN;
  /** Heads that were left lately, oldest first. */
  readonly #left: LeftHead[] = [];
  #last: Promise<void> | undefined;
  #waiting = 0;
  /** Bucket of its rate limit: tokens at a steady time. */
  tokens = Number.POSITIVE_INFINITY;
  tokensAtMs = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The head that uploads must follow. */
  get head(): ChainHead {
    return this.#head;
  }

  /** The head that may be told to anybody at `nowMs`. */
  toldHead(nowMs: number): ChainHead {
    this.#forgetUntil(nowMs);
    return this.#left[0]?.head ?? this.#head;
  }

  /** Goes on from an upload that was received at `receiveMs`; the head before is told for `withholdMs` more. */
  advance(head: ChainHead, receiveMs: number, withholdMs: number): void {
    this.#forgetUntil(receiveMs);
    // The clock may have stepped back: nothing is told sooner than what came before it.
    const untilMs = Math.max(receiveMs + withholdMs, this.#left.at(-1)?.untilMs ?? 0);
    this.#left.push({ head: this.#head, untilMs });
    this.#head = head;
  }

  /** Takes a head that was told before the process began, where it is further on. */
  learn(head: ChainHead): void {
    if (head.sequence > this.#head.sequence) this.#head = head;
  }

  /** Waits for the uploads of this device that came before and takes its turn; `end` gives it on. Undefined when too many wait. */
  takeTurn(): { readonly begins: Promise<void> | undefined; readonly end: () => void } | undefined {
    if (this.#waiting > MAX_WAITING_PER_DEVICE) return undefined;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    this.#waiting++;
    const end = () => {
      if (--this.#waiting === 0) this.#last = undefined;
      resolve();
    };
    return { begins: before, end };
  }

  #forgetUntil(nowMs: number): void {
    while (this.#left.length > 0 && this.#left[0]!.untilMs <= nowMs) this.#left.shift();
  }
}

export class ChainHeads {
  readonly #withholdMs: number;
  readonly #devices = new Map<string, DeviceChain>();

  /** Heads are told `withholdMs` after their upload was received. */
  constructor(withholdMs: number) {
    this.#withholdMs = withholdMs;
  }

  /** Devices that are known. */
  get size(): number {
    return this.#devices.size;
  }

  /** A device by its name (`deviceName`); made when it is new. Only for devices that the registry knows. */
  device(name: string): DeviceChain {
    let known = this.#devices.get(name);
    if (known === undefined) {
      known = new DeviceChain(name);
      this.#devices.set(name, known);
    }
    return known;
  }

  /** The head of a device that may be told to anybody at `nowMs`. */
  toldHead(name: string, nowMs: number): ChainHead {
    return this.#devices.get(name)?.toldHead(nowMs) ?? EMPTY_CHAIN;
  }

  /** An upload is durable: its device's chain goes on from it. */
  advance(device: DeviceChain, head: ChainHead, receiveMs: number): void {
    device.advance(head, receiveMs, this.#withholdMs);
  }

  /**
   * Takes a head that another ingest told, where it is further on. It is told on as late as if its upload had been received now: who asks us
   * goes by our clock (peer-heads.ts).
   */
  learn(device: DeviceChain, head: ChainHead, nowMs: number): void {
    if (head.sequence > device.head.sequence) this.advance(device, head, nowMs);
  }

  /** What may be told at `nowMs` of all devices that have a head. */
  told(nowMs: number): DeviceHead[] {
    const told: DeviceHead[] = [];
    for (const device of this.#devices.values()) {
      const head = device.toldHead(nowMs);
      if (head.sequence > 0) told.push({ name: device.name, head });
    }
    return told;
  }
}

/** A key as the name of its device. */
export function deviceName(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
