/**
 * The texts that stand for numbers in the configuration: durations, sizes, endpoints, EUIs, and how each is read.
 *
 * Every reader takes text that its pattern (used by the schema too) has already admitted, so none of them throws on what
 * the schema lets through. Units: durations in ms, sizes in bytes.
 */

const DURATION_UNITS_MS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZE_UNITS_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

export const DURATION_PATTERN = "^[0-9]{1,9}(\\.[0-9]{1,3})? ?(ms|s|min|h|d)$";
/** The same without 0, however it is written. */
export const POSITIVE_DURATION_PATTERN = `^(?!0*(\\.0*)? ?[a-z])${DURATION_PATTERN.slice(1)}`;
export const SIZE_PATTERN = "^[0-9]{1,9} ?(B|KiB|MiB|GiB)$";
/** An IPv4 address, an IPv6 address in brackets, or a host name; then the port. */
export const ENDPOINT_PATTERN = "^(\\[[0-9A-Fa-f:]{2,45}\\]|[A-Za-z0-9.-]{1,253}):[0-9]{1,5}$";
export const EUI_PATTERN = "^[0-9A-Fa-f]{16}$";

/** A duration such as "250 ms", "5 s", "10 min", "6 h", "7 d", in ms. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^([0-9.]+) ?([a-z]+)$/.exec(text)!;
  return Math.round(Number(amount) * DURATION_UNITS_MS[unit as keyof typeof DURATION_UNITS_MS]);
}

/** A size such as "512 MiB", in bytes. */
export function sizeBytes(text: string): number {
  const [, amount, unit] = /^([0-9]+) ?([A-Za-z]+)$/.exec(text)!;
  return Number(amount) * SIZE_UNITS_BYTES[unit as keyof typeof SIZE_UNITS_BYTES];
}

export interface Endpoint {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT` as its two parts; IPv6 addresses stand in brackets. */
export function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { host, port: Number(text.slice(colon + 1)) };
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.[0-9]{1,3}){3}$/.test(host);
}
