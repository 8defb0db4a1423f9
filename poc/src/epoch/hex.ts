/** Bytes as lower-case hexadecimal text, for manifests and messages. */
import { pocError } from "../errors.ts";

export function bytesToHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of hexadecimal text of exactly `length` bytes; throws POC_BAD_ENCODING naming `what`. */
export function hexToBytes(text: string, length: number, what: string): Uint8Array {
  if (text.length !== length * 2 || !/^[0-9a-f]*$/.test(text)) {
    throw pocError(
      "POC_BAD_ENCODING",
      `${what}: expected ${length * 2} lower-case hexadecimal digits, got ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
