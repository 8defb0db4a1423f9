/** Reads the fields of a Borsh account one after the other; every length is checked before it is used. Integers are little-endian. */
import { createHash } from "node:crypto";
import { oracleError } from "../errors.ts";

/** The first 8 bytes of an account of Anchor: of SHA-256("account:" ‖ name). */
export function accountDiscriminator(name: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`account:${name}`).digest().subarray(0, 8));
}

export class AccountReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  #at = 0;

  /** Steps over the discriminator. Throws ORC_BAD_ACCOUNT if it is another one. */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
    const discriminator = accountDiscriminator(name);
    if (Buffer.compare(this.bytes(8), discriminator) !== 0) throw this.#bad("another kind of account");
  }

  /** A copy of the next bytes. */
  bytes(count: number): Uint8Array {
    return this.#bytes.slice(this.#step(count), this.#at);
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#step(2), true);
  }

  i16(): number {
    return this.#view.getInt16(this.#step(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#step(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#step(8), true);
  }

  /** A u64 that must fit a number: epochs. */
  epoch(): number {
    const value = this.u64();
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
  }

  flag(): boolean {
    return this.choice(2) === 1;
  }

  /** A byte below `choices`. */
  choice(choices: number): number {
    const value = this.u8();
    if (value >= choices) throw this.#bad(`byte ${value} at ${this.#at - 1}, below ${choices} expected`);
    return value;
  }

  option<T>(read: () => T): T | undefined {
    return this.choice(2) === 1 ? read() : undefined;
  }

  /** A list of at most `most` elements. */
  list<T>(most: number, read: () => T): T[] {
    const length = this.u32();
    if (length > most) throw this.#bad(`a list of ${length}, at most ${most} expected`);
    return Array.from({ length }, read);
  }

  #step(count: number): number {
    const from = this.#at;
    if (from + count > this.#bytes.length) throw this.#bad(`cut off after ${this.#bytes.length} bytes`);
    this.#at = from + count;
    return from;
  }

  #bad(what: string) {
    return oracleError("ORC_BAD_ACCOUNT", `${this.#name}: ${what}`);
  }
}
