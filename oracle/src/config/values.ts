/** Texts that stand for numbers in the configuration, and the schema of each: durations in ms, sizes in bytes, listeners. */
import Type from "typebox";

const DURATION_UNITS_MS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZE_UNITS_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** "250 ms", "5 s", "10 min", "6 h", "7 d". */
export const duration = (fallback: string, description: string) =>
  Type.String({
    pattern: "^[0-9]{1,9}(\\.[0-9]{1,3})? ?(ms|s|min|h|d)$",
    default: fallback,
    description,
    expected: 'a duration such as "5 s" or "10 min"',
  });

/** "64 KiB", "512 MiB". */
export const size = (fallback: string, description: string) =>
  Type.String({
    pattern: "^[0-9]{1,9} ?(B|KiB|MiB|GiB)$",
    default: fallback,
    description,
    expected: 'a size such as "512 MiB"',
  });

export const endpoint = (fallback: string, description: string) =>
  Type.String({
    pattern: "^(\\[[0-9A-Fa-f:]{2,45}\\]|[A-Za-z0-9.-]{1,253}):[0-9]{1,5}$",
    default: fallback,
    description,
    expected: 'HOST:PORT such as "127.0.0.1:8080"',
  });

export const text = (fallback: string, description: string, expected = "some text") =>
  Type.String({ default: fallback, description, expected });

/** A path that must be said: nothing stands for it. */
export const path = (fallback: string, description: string) =>
  Type.String({ minLength: 1, default: fallback, description, expected: "a path" });

export const integer = (minimum: number, maximum: number, fallback: number, description: string) =>
  Type.Integer({
    minimum,
    maximum,
    default: fallback,
    description,
    expected: `an integer from ${minimum} to ${maximum}`,
  });

export const flag = (fallback: boolean, description: string) =>
  Type.Boolean({ default: fallback, description, expected: "true or false" });

export const choice = <const T extends readonly string[]>(values: T, fallback: T[number], description: string) =>
  Type.Unsafe<T[number]>({
    type: "string",
    enum: values,
    default: fallback,
    description,
    expected: values.map((value) => JSON.stringify(value)).join(" or "),
  });

export const urls = (fallback: readonly string[], description: string) =>
  Type.Array(Type.String({ pattern: "^https?://[^\\s]+$", expected: "http(s)://HOST[:PORT]" }), {
    default: fallback,
    description,
    expected: "a list of http(s) addresses",
  });

export const addresses = (fallback: readonly string[], description: string) =>
  Type.Array(Type.String({ pattern: "^(\\[[0-9A-Fa-f:]{2,45}\\]|[A-Za-z0-9.-]{1,253}):[0-9]{1,5}$" }), {
    default: fallback,
    description,
    expected: 'a list of HOST:PORT such as ["127.0.0.1:4222"]',
  });

/** Addresses of machines, and networks of them; read-config.ts looks closer. */
export const networks = (fallback: readonly string[], description: string) =>
  Type.Array(Type.String({ pattern: "^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$", expected: "ADDRESS or ADDRESS/BITS" }), {
    default: fallback,
    description,
    expected: 'a list of addresses or networks such as ["10.0.0.7", "fd00::/8"]',
  });

/** Wallets in base58. */
export const wallets = (description: string) =>
  Type.Array(Type.String({ pattern: "^[1-9A-HJ-NP-Za-km-z]{32,44}$", expected: "a wallet in base58" }), {
    default: [],
    description,
    expected: "a list of wallets in base58",
  });

export function durationMs(written: string): number {
  const [, amount, unit] = /^([0-9.]+) ?([a-z]+)$/.exec(written)!;
  return Math.round(Number(amount) * DURATION_UNITS_MS[unit as keyof typeof DURATION_UNITS_MS]);
}

export function sizeBytes(written: string): number {
  const [, amount, unit] = /^([0-9]+) ?([A-Za-z]+)$/.exec(written)!;
  return Number(amount) * SIZE_UNITS_BYTES[unit as keyof typeof SIZE_UNITS_BYTES];
}

/** `HOST:PORT` as its two parts; IPv6 addresses stand in brackets. */
export function hostAndPort(written: string): { readonly host: string; readonly port: number } {
  const colon = written.lastIndexOf(":");
  return { host: written.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(written.slice(colon + 1)) };
}
