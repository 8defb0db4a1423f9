/**
 * A signed transaction's bytes (legacy or version 0), read strictly: what it contains, or why it is none.
 *
 * Source: Solana's transaction format. LiteSVM aborts the process on bytes it cannot read, so nothing reaches it that has not passed
 * here. Every length is checked before it is read; the sanity rules are those of the runtime (header, program and account indexes).
 */
import { base58 } from "./base58.ts";

/** Bytes a transaction may have on the wire: one IPv6 MTU less headers. */
export const MAX_TRANSACTION_BYTES = 1232;

export interface WireInstruction {
  readonly programIndex: number;
  readonly accounts: Uint8Array;
  readonly data: Uint8Array;
}

export interface TableLookup {
  readonly table: string;
  readonly writable: Uint8Array;
  readonly readonly: Uint8Array;
}

export interface WireTransaction {
  /** Exactly the transaction, without trailing bytes. */
  readonly bytes: Uint8Array;
  readonly signatures: readonly string[];
  readonly version: "legacy" | 0;
  readonly requiredSignatures: number;
  readonly readonlySigned: number;
  readonly readonlyUnsigned: number;
  readonly staticKeys: readonly string[];
  readonly recentBlockhash: string;
  /** Offset of the 32 bytes of the recent blockhash in `bytes`. */
  readonly blockhashOffset: number;
  readonly instructions: readonly WireInstruction[];
  readonly lookups: readonly TableLookup[];
}

export type ReadTransaction =
  | { readonly ok: true; readonly transaction: WireTransaction }
  | { readonly ok: false; readonly reason: string };

class Malformed extends Error {}

/** Reads a transaction, or says what is wrong with it. */
export function readTransaction(bytes: Uint8Array): ReadTransaction {
  try {
    return { ok: true, transaction: new Reader(bytes).transaction() };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: error.message };
    throw error;
  }
}

/** Reads a message as `getFeeForMessage` takes it: a transaction without its signatures. */
export function readMessage(message: Uint8Array): ReadTransaction {
  const required = message[0] === 0x80 ? message[1] : message[0];
  if (required === undefined || required > 127) return { ok: false, reason: "message has no header" };
  const bytes = new Uint8Array(1 + required * 64 + message.length);
  bytes[0] = required;
  bytes.set(message, 1 + required * 64);
  return readTransaction(bytes);
}

/** Whether the account at `index` of the static keys is locked for writing. */
export function isWritable(transaction: WireTransaction, index: number): boolean {
  const { requiredSignatures, readonlySigned, readonlyUnsigned, staticKeys } = transaction;
  return index < requiredSignatures
    ? index < requiredSignatures - readonlySigned
    : index < staticKeys.length - readonlyUnsigned;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A copy: a Buffer's slices would share the caller's memory.
    this.#bytes = new Uint8Array(bytes);
  }

  transaction(): WireTransaction {
    const signatures = this.#list(() => base58(this.#take(64)));
    const first = this.#peek();
    if (first >= 0x80) {
      this.#at++;
      if (first !== 0x80) throw new Malformed(`message version ${first & 0x7f} is not supported`);
    }
    const isLegacy = first < 0x80;
    const requiredSignatures = this.#byte();
    const readonlySigned = this.#byte();
    const readonlyUnsigned = this.#byte();
    const staticKeys = this.#list(() => base58(this.#take(32)));
    const blockhashOffset = this.#at;
    const recentBlockhash = base58(this.#take(32));
    const instructions = this.#list(() => ({
      programIndex: this.#byte(),
      accounts: this.#take(this.#length()),
      data: this.#take(this.#length()),
    }));
    const lookups = isLegacy
      ? []
      : this.#list(() => ({
          table: base58(this.#take(32)),
          writable: this.#take(this.#length()),
          readonly: this.#take(this.#length()),
        }));
    const read: WireTransaction = {
      bytes: this.#bytes.slice(0, this.#at),
      signatures,
      version: isLegacy ? "legacy" : 0,
      requiredSignatures,
      readonlySigned,
      readonlyUnsigned,
      staticKeys,
      recentBlockhash,
      blockhashOffset,
      instructions,
      lookups,
    };
    sanitize(read);
    return read;
  }

  #peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Malformed("io error: unexpected end of file");
    return byte;
  }

  #byte(): number {
    const byte = this.#peek();
    this.#at++;
    return byte;
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Malformed("io error: unexpected end of file");
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** A compact u16: 7 bits a byte, the shortest form only. */
  #length(): number {
    let value = 0;
    for (let place = 0; place < 3; place++) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << (place * 7);
      if (byte >= 0x80) continue;
      if (value > 0xffff || (byte === 0 && place > 0)) break;
      return value;
    }
    throw new Malformed("invalid value: a compact length out of range or not in its shortest form");
  }

  #list<T>(read: () => T): T[] {
    const length = this.#length();
    const items: T[] = [];
    for (let index = 0; index < length; index++) items.push(read());
    return items;
  }
}

function sanitize(transaction: WireTransaction): void {
  const { signatures, staticKeys, requiredSignatures, readonlySigned, readonlyUnsigned, lookups } = transaction;
  if (requiredSignatures === 0 || signatures.length !== requiredSignatures)
    throw new Malformed(`${signatures.length} signatures where the header asks for ${requiredSignatures}`);
  if (readonlySigned >= requiredSignatures) throw new Malformed("no writable signer to pay the fee");
  if (requiredSignatures + readonlyUnsigned > staticKeys.length)
    throw new Malformed("the header counts more accounts than the message has");
  for (const { writable, readonly } of lookups)
    if (writable.length + readonly.length === 0) throw new Malformed("a table lookup without indexes");
  const looked = lookups.reduce((sum, { writable, readonly }) => sum + writable.length + readonly.length, 0);
  const total = staticKeys.length + looked;
  if (total > 256) throw new Malformed(`${total} accounts, more than 256`);
  for (const { programIndex, accounts } of transaction.instructions) {
    if (programIndex === 0 || programIndex >= staticKeys.length) throw new Malformed("program index out of range");
    if (accounts.some((index) => index >= total)) throw new Malformed("account index out of range");
  }
}
