/**
 * The broker's messages that the meter may still need, written before the broker hears that they were taken: a killed meter goes on with
 * them, and nothing that was delivered and accepted stays unconfirmed for want of the other half.
 *
 *   seen-<n>   records of kind u8 · length u32 LE · payload; the last two files are kept, the newer one is appended to
 *
 * Written and not synced: a kill loses nothing, a power cut the last moments. A torn last record was never taken and is cut off.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";

export interface SeenMessage {
  readonly kind: "delivered" | "accepted";
  readonly payload: Uint8Array;
}

export interface SeenMessagesOptions {
  /** A message is kept at least so long, ms, unless there are too many. */
  readonly keepMs: number;
  /** Most bytes of one file. */
  readonly maxBytes: number;
}

const KINDS = ["delivered", "accepted"] as const;
const HEADER_BYTES = 5;
const NAME = /^seen-([0-9]{1,9})$/;

export class SeenMessages {
  readonly #folder: string;
  readonly #options: SeenMessagesOptions;
  #number: number;
  #descriptor: number;
  #bytes: number;
  #begunMs: number | undefined;

  /** Opens or makes it. Throws ORC_WRITE_FAILED. */
  constructor(folder: string, options: SeenMessagesOptions) {
    this.#folder = folder;
    this.#options = options;
    makeFolder(folder);
    this.#number = this.#numbers().at(-1) ?? 1;
    [this.#descriptor, this.#bytes] = this.#open();
  }

  /** All that is kept, oldest first. */
  read(): readonly SeenMessage[] {
    return this.#numbers().flatMap((number) => recordsOf(readFileSync(this.#path(number))).messages);
  }

  /** Keeps a message. Throws ORC_WRITE_FAILED with nothing kept. */
  add({ kind, payload }: SeenMessage, nowMs: number): void {
    this.#begunMs ??= nowMs;
    const { keepMs, maxBytes } = this.#options;
    if (nowMs - this.#begunMs >= keepMs || this.#bytes >= maxBytes) this.#turn(nowMs);
    const record = Buffer.alloc(HEADER_BYTES + payload.length);
    record[0] = KINDS.indexOf(kind);
    record.writeUInt32LE(payload.length, 1);
    record.set(payload, HEADER_BYTES);
    try {
      for (let at = 0; at < record.length; ) {
        at += writeSync(this.#descriptor, record, at, record.length - at, this.#bytes + at);
      }
    } catch (cause) {
      ftruncateSync(this.#descriptor, this.#bytes);
      throw failed(this.#folder, cause);
    }
    this.#bytes += record.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The next file; the one before last is no longer needed. */
  #turn(nowMs: number): void {
    closeSync(this.#descriptor);
    this.#number++;
    [this.#descriptor, this.#bytes] = this.#open();
    this.#begunMs = nowMs;
    for (const old of this.#numbers()) if (old < this.#number - 1) rmSync(this.#path(old), { force: true });
  }

  #open(): [descriptor: number, bytes: number] {
    try {
      const path = this.#path(this.#number);
      const descriptor = openSync(path, existsSync(path) ? "r+" : "w+");
      const bytes = fstatSync(descriptor).size === 0 ? 0 : recordsOf(readFileSync(path)).wholeBytes;
      ftruncateSync(descriptor, bytes);
      return [descriptor, bytes];
    } catch (cause) {
      throw failed(this.#folder, cause);
    }
  }

  #numbers(): number[] {
    return readdirSync(this.#folder)
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  #path(number: number): string {
    return join(this.#folder, `seen-${number}`);
  }
}

/** Records up to the first that is not whole or not one. */
function recordsOf(bytes: Buffer): { readonly messages: readonly SeenMessage[]; readonly wholeBytes: number } {
  const messages: SeenMessage[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const kind = KINDS[bytes[at]!];
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 1);
    if (kind === undefined || end > bytes.length) break;
    messages.push({ kind, payload: new Uint8Array(bytes.subarray(at + HEADER_BYTES, end)) });
    at = end;
  }
  return { messages, wholeBytes: at };
}

function failed(folder: string, cause: unknown) {
  return oracleError("ORC_WRITE_FAILED", `${folder}: a message of the broker`, { cause, retryable: true });
}
