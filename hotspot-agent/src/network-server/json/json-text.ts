/** Values of the proto3 JSON mapping as text. */
import type { SecondsNanos } from "../gateway-message.ts";

const encoder = new TextEncoder();

export function json(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

export function timeText({ seconds, nanos }: SecondsNanos): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, "0")}Z`;
}

export function spanText({ seconds, nanos }: SecondsNanos): string {
  return nanos === 0 ? `${seconds}s` : `${seconds}.${String(nanos).padStart(9, "0")}s`;
}
