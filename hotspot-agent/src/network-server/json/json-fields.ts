/**
 * Values of a JSON object from outside, each checked for type and size when it is taken (proto3 JSON mapping).
 */
import type { SecondsNanos } from "../gateway-message.ts";

/** Thrown inside a reader on a value of the wrong type; `readJson` makes null of it. */
class WrongValue extends Error {}

/** One JSON object from outside. A missing value is the type's zero, as proto3 has it; one of the wrong type throws. */
export class JsonFields {
  readonly #object: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new WrongValue();
    this.#object = value as Record<string, unknown>;
  }

  keys(): readonly string[] {
    return Object.keys(this.#object);
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? (this.#object[name] ?? undefined) : undefined;
  }

  /** 64-bit integers may come as text. */
  number(name: string): number {
    const value = this.#value(name);
    if (value === undefined) return 0;
    const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isFinite(number)) throw new WrongValue();
    return number;
  }

  int(name: string): number {
    const number = this.number(name);
    if (!Number.isInteger(number) || number < -(2 ** 31) || number >= 2 ** 32) throw new WrongValue();
    return number;
  }

  uint(name: string): number {
    const number = this.int(name);
    if (number < 0) throw new WrongValue();
    return number;
  }

  flag(name: string): boolean {
    const value = this.#value(name) ?? false;
    if (typeof value !== "boolean") throw new WrongValue();
    return value;
  }

  text(name: string): string {
    const value = this.#value(name) ?? "";
    if (typeof value !== "string") throw new WrongValue();
    return value;
  }

  bytes(name: string): Uint8Array {
    const text = this.text(name);
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new WrongValue();
    return new Uint8Array(Buffer.from(text, "base64"));
  }

  child(name: string): JsonFields | null {
    const value = this.#value(name);
    return value === undefined ? null : new JsonFields(value);
  }

  list(name: string): readonly JsonFields[] {
    const value = this.#value(name) ?? [];
    if (!Array.isArray(value)) throw new WrongValue();
    return value.map((one) => new JsonFields(one));
  }

  texts(name: string): Readonly<Record<string, string>> {
    const child = this.child(name);
    return child === null ? {} : Object.fromEntries(child.keys().map((key) => [key, child.text(key)]));
  }

  /** The number of an enumeration's value, given by name or number; -1 for a name that is not among `names`. */
  enumeration(name: string, names: readonly string[]): number {
    const value = this.#value(name);
    return typeof value === "string" ? names.indexOf(value) : this.uint(name);
  }

  span(name: string): SecondsNanos | null {
    if (this.#value(name) === undefined) return null;
    const match = /^(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(this.text(name));
    if (match === null) throw new WrongValue();
    return { seconds: Number(match[1]), nanos: Number((match[2] ?? "").padEnd(9, "0")) };
  }

  time(name: string): SecondsNanos | null {
    if (this.#value(name) === undefined) return null;
    const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(this.text(name));
    const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
    if (match === null || Number.isNaN(ms)) throw new WrongValue();
    return { seconds: Math.floor(ms / 1000), nanos: Number((match[2] ?? "").padEnd(9, "0")) };
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads an object from JSON text with `read`; null if the bytes are not UTF-8 or not JSON, or `read` met a wrong value. */
export function readJson<T>(bytes: Uint8Array, read: (fields: JsonFields) => T): T | null {
  try {
    return read(new JsonFields(JSON.parse(decoder.decode(bytes))));
  } catch {
    return null;
  }
}
